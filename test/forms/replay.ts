import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import bcrypt from '@node-rs/bcrypt'
import type { Effect } from '../../src/adapters/effects.ts'
import type { Resource } from '../../src/resources/core/define.ts'
import { resources } from '../../src/resources/registry.ts'
import type { TestAnswer } from '../support/app.ts'
import { type Body, bodyOf, type Variant } from './body.ts'
import { type Audit, type Capture, formsDomain, formsHost, formsUser, type JsonRow, type RowChange } from './capture.ts'
import { compareRows } from './compare.ts'
import { type Difference, type FormsOf, Ledger } from './fidelity.ts'
import { openWorld, type World } from './world.ts'

/** A row that has to be there before the form is sent. */
export type Laid = readonly [table: string, row: JsonRow]

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
  /** Settings of an application of its own. */
  readonly env?: Record<string, string>
  /** Facts beyond the comparison. */
  readonly also?: (facts: { world: World; answer: TestAnswer; changes: readonly RowChange[] }) => Promise<void> | void
}

const generations = ['5.6', '5.4'] as const

const registered = (resource: FormsOf): Resource => {
  const found = resources.find((candidate) => candidate.name === `${resource}s`)
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
  if (isAccepted) assert.equal(answer.status, { create: 201, update: 200, remove: 204 }[verb], answer.text)
  else assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.text}`)

  const changes = await world.changes()
  const keys = await primaryKeys(world)
  const context = { columns: world.columns, keys, sent: new Set(textsOf(sentBody)) }
  const compared = compareRows(context, capture.rows, changes)
  const audits = await auditRows(world)
  const effects = await effectsOf(world, answer)
  const form = variant === 'page' && !replay.variants ? `${capture.operation}/page` : capture.operation
  const differences = [
    ...compareAnswers(capture, answer),
    ...compared.differences,
    ...compareAudits(capture, audits),
    ...compareEffects(capture, effects),
    ...compareFolders(capture, had, world.voicemailPaths()),
  ]
  const unlisted = ledger.unlisted(form, differences)
  if (unlisted.length > 0)
    assert.fail(
      `differences that docs/fidelity.md does not list:\n${unlisted.join('\n')}\n${isAccepted ? '' : answer.text}`,
    )

  checkCache(world, cached, effects)
  checkNewKeys(changes, keys)
  checkAudits(audits, changes, keys)
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

const primaryKeysOf = new WeakMap<World, Promise<ReadonlyMap<string, string>>>()

function primaryKeys(world: World): Promise<ReadonlyMap<string, string>> {
  const known = primaryKeysOf.get(world)
  if (known) return known
  const read = world.app
    .sql<{ tab: string; col: string }>(
      `select c.relname::text as tab, a.attname::text as col
         from pg_index i join pg_class c on c.oid = i.indrelid join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
        where i.indisprimary and c.relnamespace = 'public'::regnamespace`,
    )
    .then((rows) => new Map(rows.map(({ tab, col }) => [tab, col])))
  primaryKeysOf.set(world, read)
  return read
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

// --- answers -------------------------------------------------------------------------------------------------------

function compareAnswers(capture: Capture, answer: TestAnswer): Difference[] {
  const fusionpbx = capture.message[0]?.mood === 'positive' ? 'accepted' : 'refused'
  const tandem = answer.status < 300 ? 'accepted' : 'refused'
  return fusionpbx === tandem ? [] : [{ what: 'answer', fusionpbx, tandem }]
}

// --- effects -------------------------------------------------------------------------------------------------------

/** `cache KEY` and `switch COMMAND`, with the host's name out of the way. */
const effectText = (effect: Effect): string | undefined => {
  if (effect.to === 'cache') return `cache ${effect.perHost ? 'HOST:' : ''}${effect.key}`.replaceAll(':', '.')
  return effect.to === 'switch' ? `switch ${effect.command.join(' ')}` : undefined
}

const commandText = (command: string): string => {
  const key = /API-Command-Argument: delete (.*)$/.exec(command)?.[1]
  if (key !== undefined) return `cache ${key.replace(new RegExp(`^${formsHost}\\.`), 'HOST.')}`
  return `switch ${command.replace(/^(bg)?api /, '')}`
}

async function effectsOf(world: World, answer: TestAnswer): Promise<string[]> {
  const id = /^[0-9a-f-]{36}/.exec(answer.headers['x-tandem-receipt'] ?? '')?.[0]
  if (id === undefined) return []
  const [row] = await world.app.sql<{ effects: string }>(
    'select effects::text from tandem.receipts where receipt_uuid = $1',
    [id],
  )
  return (JSON.parse(row?.effects ?? '[]') as Effect[]).flatMap((effect) => effectText(effect) ?? [])
}

function compareEffects(capture: Capture, ours: readonly string[]): Difference[] {
  const theirs = capture.esl.map(({ command }) => commandText(command))
  const split = (text: string): [what: string, rest: string] => {
    const [what = '', ...rest] = text.split(' ')
    return [what, rest.join(' ')]
  }
  const differences: Difference[] = []
  for (const text of theirs)
    if (!ours.includes(text)) differences.push({ what: split(text)[0], fusionpbx: split(text)[1], tandem: 'nothing' })
  for (const text of ours)
    if (!theirs.includes(text)) differences.push({ what: split(text)[0], fusionpbx: 'nothing', tandem: split(text)[1] })
  const common = (texts: readonly string[], others: readonly string[]) =>
    texts.filter((text) => others.includes(text)).join(', ')
  if (common(theirs, ours) !== common(ours, theirs))
    differences.push({
      what: 'order of effects',
      fusionpbx: common(theirs, ours),
      tandem: common(ours, theirs),
    })
  return differences
}

/** Files in FusionPBX's cache: of every name that the rows answer to, of neighbours, and of a switch. */
function layCache(world: World, laid: readonly Laid[]): string[] {
  const numbers = laid.flatMap(([, row]) => [row.extension, row.number_alias, row.voicemail_id]).filter(Boolean)
  const names = [
    ...new Set(
      [...numbers, '201', '202', '203', '211', '555'].map((number) => `directory.${number}@${formsDomain.name}`),
    ),
    'directory.201@other.example.net',
    `${formsHost}.configuration.sofia.conf`,
    'configuration.acl.conf',
  ]
  for (const name of names) writeFileSync(join(world.app.cacheDir, name), '')
  return names
}

/** What a receipt says was dropped is gone from the disk, and nothing else is. */
function checkCache(world: World, laid: readonly string[], effects: readonly string[]): void {
  const dropped = effects.map((text) => text.replace(/^cache /, '').replace(/^HOST/, formsHost))
  assert.deepEqual(
    laid.filter((name) => !existsSync(join(world.app.cacheDir, name))).sort(),
    laid.filter((name) => dropped.includes(name)).sort(),
  )
}

// --- folders -------------------------------------------------------------------------------------------------------

const voicemailRoot = '/var/lib/freeswitch/storage/voicemail/'
const inVoicemail = (paths: readonly string[]): string[] =>
  paths.flatMap((path) => (path.startsWith(voicemailRoot) ? [path.slice(voicemailRoot.length)] : []))

const domainFolder = `default/${formsDomain.name}/`

/** The storage before the form: what it removes, the folders of the boxes there are, and the tenant's unless it makes it. */
function voicemailBefore(capture: Capture, laid: readonly Laid[], more: readonly string[]): string[] {
  const made = inVoicemail(capture.files.created)
  const boxes = laid.flatMap(([table, row]) =>
    table === 'v_voicemails' ? [`${domainFolder}${row.voicemail_id}/`] : [],
  )
  return [
    ...inVoicemail(capture.files.removed),
    ...boxes.filter((path) => !made.includes(path)),
    ...(made.includes(domainFolder) ? [] : [domainFolder]),
    ...more,
  ]
}

/** Folders and files of the storage that came and went, in words. */
const folderText = (made: readonly string[], removed: readonly string[]): string => {
  const short = (paths: readonly string[]) =>
    paths.map((path) => path.replace(domainFolder, '').replace(/\/$/, '') || domainFolder).sort()
  const words = [...short(made).map((path) => `made ${path}`), ...short(removed).map((path) => `removed ${path}`)]
  return words.length === 0 ? 'nothing' : words.join(', ')
}

function compareFolders(capture: Capture, had: readonly string[], has: readonly string[]): Difference[] {
  const fusionpbx = folderText(inVoicemail(capture.files.created), inVoicemail(capture.files.removed))
  const tandem = folderText(
    has.filter((path) => !had.includes(path)),
    had.filter((path) => !has.includes(path)),
  )
  return fusionpbx === tandem ? [] : [{ what: 'voicemail storage', fusionpbx, tandem }]
}

// --- audit ---------------------------------------------------------------------------------------------------------

const auditRows = (world: World): Promise<(Audit & JsonRow)[]> =>
  world.app.sql<Audit & JsonRow>('select * from v_database_transactions order by transaction_date')

type Tables = Record<string, JsonRow[]>
const tablesOf = (text: string | null): Tables => (text === null ? {} : JSON.parse(text))

/** Names of tables with rows in one half of the audits. */
const filled = (audits: readonly Audit[], half: 'transaction_old' | 'transaction_new'): string =>
  [
    ...new Set(
      audits.flatMap((audit) =>
        Object.entries(tablesOf(audit[half])).flatMap(([table, rows]) => (rows.length > 0 ? [table] : [])),
      ),
    ),
  ]
    .sort()
    .join(', ') || 'none'

const isSecret = /password|secret|api_key/
const secretsOf = (audit: Audit): unknown[] =>
  [audit.transaction_old, audit.transaction_new].flatMap((text) =>
    Object.values(tablesOf(text)).flatMap((rows) =>
      rows.flatMap((row) =>
        Object.entries(row).flatMap(([column, value]) => (isSecret.test(column) && value ? [value] : [])),
      ),
    ),
  )

function compareAudits(capture: Capture, ours: readonly Audit[]): Difference[] {
  const theirs = capture.audit
  if (!theirs) return []
  const say = (column: keyof Audit, value: string | null): string => {
    if (value === null) return 'NULL'
    if (column === 'transaction_date') return 'now'
    return column === 'user_uuid' && value === formsUser ? 'the user who is logged in' : value
  }
  const values = (audits: readonly Audit[], column: keyof Audit) =>
    [...new Set(audits.map((audit) => say(column, audit[column])))].join(', ')
  const differences: Difference[] = []
  const compare = (what: string, fusionpbx: string, tandem: string) => {
    if (fusionpbx !== tandem) differences.push({ what: `audit.${what}`, fusionpbx, tandem })
  }
  const rows = (audits: readonly Audit[]) => `${audits.length} row${audits.length === 1 ? '' : 's'}`
  compare('rows', rows(theirs), rows(ours))
  if (theirs.length === 0 || ours.length === 0) return differences
  for (const column of ['user_uuid', 'app_name', 'app_uuid', 'transaction_code', 'transaction_type'] as const)
    compare(column, values(theirs, column), values(ours, column))
  compare('transaction_date', values(theirs, 'transaction_date'), values(ours, 'transaction_date'))
  for (const half of ['transaction_old', 'transaction_new'] as const)
    compare(half, filled(theirs, half), filled(ours, half))
  const inClear = (audits: readonly Audit[]) =>
    audits.flatMap(secretsOf).some((value) => value !== '********') ? 'in clear' : 'masked'
  if (theirs.flatMap(secretsOf).length > 0) compare('secrets', inClear(theirs), 'masked')
  return differences
}

/** What any audit row of Tandem's holds, whatever FusionPBX's does. */
function checkAudits(audits: readonly Audit[], changes: readonly RowChange[], keys: ReadonlyMap<string, string>): void {
  assert.equal(audits.length, changes.length > 0 ? 1 : 0)
  const [audit] = audits
  if (!audit) return
  assert.equal(audit.transaction_address, '127.0.0.1')
  assert.deepEqual(Object.keys(JSON.parse(audit.transaction_result ?? '{}')).slice(0, 3), ['message', 'code', 'uuid'])
  for (const value of secretsOf(audit)) assert.equal(value, '********')
  const [old, fresh] = [tablesOf(audit.transaction_old), tablesOf(audit.transaction_new)]
  for (const change of changes) {
    const name = change.table.replace(/^v_/, '')
    const key = keys.get(change.table) ?? ''
    const rows = (change.op === 'delete' ? old : fresh)[name] ?? []
    assert.ok(rows.length > 0, `the audit row does not speak of ${change.op} in ${name}`)
    if (change.op === 'update') {
      const changed = Object.keys(change.after ?? {}).filter(
        (column) => !column.startsWith('update_') && change.after?.[column] !== change.before?.[column],
      )
      for (const column of changed)
        for (const half of [old, fresh])
          assert.ok(
            (half[name] ?? []).some((row) => column in row),
            `the audit row does not show ${name}.${column}`,
          )
    } else {
      const uuid = (change.before ?? change.after)?.[key]
      assert.ok(
        rows.some((row) => row[key] === uuid),
        `the audit row does not name the row of ${name}`,
      )
    }
  }
}
