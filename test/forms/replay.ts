import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import bcrypt from '@node-rs/bcrypt'
import type { Resource } from '../../src/resources/core/define.ts'
import { resources } from '../../src/resources/registry.ts'
import type { TestAnswer } from '../support/app.ts'
import { auditRows, checkAudits, compareAudits, isSecret } from './audits.ts'
import { type Body, bodyOf, type Variant } from './body.ts'
import { type Capture, formsDomain, type RowChange } from './capture.ts'
import { compareRows } from './compare.ts'
import { checkCache, compareEffects, effectsOf, layCache } from './effects.ts'
import { type Difference, type FormsOf, Ledger } from './fidelity.ts'
import { compareFolders, voicemailBefore } from './folders.ts'
import { type Laid, openWorld, type World } from './world.ts'

/** One form sent through Tandem. */
export interface Replay {
  readonly capture: Capture
  /** A sentence: what the form does. */
  readonly title: string
  readonly verb: 'create' | 'update' | 'remove'
  /** The row it is about; not for a new one. */
  readonly uuid?: string
  /** Which of its inputs are sent; both when not said. A toggle or removal has nothing to choose from. */
  readonly variants?: readonly Variant[]
  /** What to send instead of the form's inputs, or beside them. */
  readonly body?: (body: Body, variant: Variant) => Body
  /** Rows beside those that the form changes. */
  readonly world?: readonly Laid[]
  /** Paths in the voicemail storage beside those that the form removes; boxes that stand in the rows have a folder. */
  readonly voicemail?: readonly string[]
  /** Of the answer, where Tandem refuses the form. */
  readonly status?: number
  /** Settings of an application of its own. */
  readonly env?: Record<string, string>
  /** Facts beyond the comparison. */
  readonly also?: (facts: { world: World; answer: TestAnswer; changes: readonly RowChange[] }) => Promise<void> | void
}

const generations = ['5.6', '5.4'] as const

const registered = (resource: FormsOf): Resource => {
  const found = resources.find((candidate) => [resource, `${resource}s`].includes(candidate.name))
  if (!found) throw new Error(`no resource ${resource}s`)
  return found
}

/** Runs the forms of a resource on the column types of every generation and holds the list of differences to them. */
export function replayForms(name: FormsOf, replays: readonly Replay[]): void {
  const resource = registered(name)
  const ledger = new Ledger(name)
  for (const generation of generations)
    describe(`${name} forms on the tables of FusionPBX ${generation}`, () => {
      const worlds = new Map<string, Promise<World>>()
      const worldOf = ({ env = {} }: Pick<Replay, 'env'>): Promise<World> => {
        const id = JSON.stringify(env)
        const world = worlds.get(id) ?? openWorld(generation, env)
        worlds.set(id, world)
        return world
      }
      before(() => worldOf({}))
      after(async () => {
        for (const world of worlds.values()) await (await world).close()
      })
      for (const replay of replays)
        for (const variant of replay.variants ?? (['typed', 'page'] as const)) {
          const how = replay.variants ? '' : variant === 'page' ? ', sent as the whole page' : ', sent as typed'
          it(`${replay.title}${how}`, async () => run(await worldOf(replay), resource, ledger, replay, variant))
        }
    })
  describe(`docs/fidelity.md about ${name} forms`, () => {
    it('lists no difference that is not there any more', () => assert.deepEqual(ledger.stale(), []))
    it('speaks of known forms only', () => assert.deepEqual(ledger.strangers(), []))
  })
}

async function run(world: World, resource: Resource, ledger: Ledger, replay: Replay, variant: Variant): Promise<void> {
  const { capture, verb, uuid } = replay
  const laid = [...rowsBefore(capture), ...(replay.world ?? [])]
  await world.lay(laid)
  const paths = voicemailBefore(capture, laid, replay.voicemail ?? [])
  world.layVoicemail(paths)
  const had = world.voicemailPaths()
  const cached = layCache(world, laid)

  const sentBody = verb === 'remove' ? undefined : inputOf(replay, variant, resource)
  const url = `/api/v1/${resource.name}${verb === 'create' ? '' : `/${uuid}`}`
  const method = { create: 'POST', update: 'PUT', remove: 'DELETE' }[verb]
  const answer = await world.app.call(method, url, sentBody, { 'x-domain': formsDomain.name })
  const isAccepted = answer.status < 300
  if (replay.status !== undefined) assert.ok(!isAccepted, answer.text)
  const status = isAccepted ? { create: 201, update: 200, remove: 204 }[verb] : (replay.status ?? 400)
  assert.equal(answer.status, status, answer.text)

  const changes = await world.changes()
  const { columns, keys } = world
  const context = { columns, keys, sent: new Set(textsOf(sentBody)) }
  const compared = compareRows(context, capture.rows, changes)
  const audits = await auditRows(world)
  const effects = await effectsOf(world, answer)
  const form = variant === 'page' && !replay.variants ? `${capture.operation}/page` : capture.operation
  const has = world.voicemailPaths()
  const verdict = compareAnswers(capture, answer)
  // What one side refuses it writes nothing of: that is one difference, not one for each column.
  const differences =
    verdict.length > 0
      ? verdict
      : [
          ...compared.differences,
          ...compareAudits(capture, audits),
          ...compareEffects(capture, effects),
          ...compareFolders(capture, had, has),
        ]
  const unlisted = ledger.unlisted(form, differences)
  if (unlisted.length > 0)
    assert.fail(
      `differences that docs/fidelity.md does not list:\n${unlisted.join('\n')}\n${isAccepted ? '' : answer.text}`,
    )

  checkCache(world, cached, effects)
  checkNewKeys(changes, keys)
  checkAudits(audits, changes, { keys, secrets: secretsIn(sentBody) })
  assert.ok(isAccepted || has.join() === had.join(), 'a refused form changes no folder')
  if (isAccepted) assert.match(answer.headers['x-tandem-receipt'] ?? '', /; row=done; /)
  else assert.deepEqual([changes, audits, effects], [[], [], []])
  await checkHashes(changes, sentBody)
  await replay.also?.({ world, answer, changes })
}

function inputOf(replay: Replay, variant: Variant, resource: Resource): Body {
  const { capture } = replay
  const isAction = 'action' in capture.form && 'uuid' in capture.form
  const body = isAction ? {} : bodyOf(capture, variant, resource)
  return replay.body ? replay.body(body, variant) : body
}

const textsOf = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsOf)
  return value === undefined || value === null ? [] : [String(value)]
}

/** Passwords and the like in a request, of a length that tells them from other values. */
const secretsIn = (value: unknown, name = ''): string[] => {
  if (typeof value !== 'object' || value === null)
    return isSecret.test(name) && String(value).length > 5 ? [String(value)] : []
  return Object.entries(value).flatMap(([key, inner]) => secretsIn(inner, Array.isArray(value) ? name : key))
}

/** Rows as they were before a form changed or removed them. */
const rowsBefore = (capture: Capture): Laid[] => {
  const seen = new Set<string>()
  return capture.rows.flatMap(({ table, before }) => {
    if (before === undefined) return []
    const [identity] = Object.entries(before).filter(([name]) => name.endsWith('_uuid') && name !== 'domain_uuid')
    const id = `${table} ${JSON.stringify(identity)}`
    if (seen.has(id)) return []
    seen.add(id)
    return [[table, before] as const]
  })
}

/** Keys that Tandem made are UUIDs of version 4 in lower case. */
function checkNewKeys(changes: readonly RowChange[], keys: ReadonlyMap<string, string>): void {
  for (const { table, op, after: row } of changes)
    if (op === 'insert')
      assert.match(
        String(row?.[keys.get(table) ?? '']),
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        `key of ${table}`,
      )
}

/** A user's new password is stored as the hash of the one that was sent. */
async function checkHashes(changes: readonly RowChange[], body: Body | undefined): Promise<void> {
  const password = body?.password
  for (const { table, before: old, after: row } of changes) {
    if (table !== 'v_users' || !row?.password || row.password === old?.password) continue
    assert.match(String(row.password), /^\$2y\$10\$/)
    assert.equal(await bcrypt.verify(String(password), String(row.password)), true, 'the hash is not of this password')
  }
}

function compareAnswers(capture: Capture, answer: TestAnswer): Difference[] {
  const fusionpbx = capture.message[0]?.mood === 'positive' ? 'accepted' : 'refused'
  const tandem = answer.status < 300 ? 'accepted' : 'refused'
  return fusionpbx === tandem ? [] : [{ what: 'answer', fusionpbx, tandem }]
}
