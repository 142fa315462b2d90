import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Change } from '../../src/services/live/changes.ts'
import { channelOfRow } from '../../src/services/live/channel.ts'
import { NodeModel } from '../../src/services/live/node-model.ts'
import { showRows } from '../../src/services/live/snapshot.ts'
import type { EventLike, LegView, Owner } from '../../src/services/live/values.ts'
import type { Channel } from '../support/switch/channel.ts'
import { newCore, type SwitchCore } from '../support/switch/core.ts'
import type { FakeEvent } from '../support/switch/wire.ts'
import { callIn, example, other, owners } from './captures.ts'

const nowMs = Date.UTC(2026, 10, 21)

/** An event of the fake switch as the model reads it, without a connection in between. */
function asEvent({ headers }: FakeEvent): EventLike {
  const fields = new Map(headers.map(([name, value]) => [name, typeof value === 'string' ? value : value.at(-1)]))
  return {
    name: fields.get('Event-Name') ?? '',
    subclass: fields.get('Event-Subclass'),
    get: (header) => fields.get(header),
  }
}

/** One thing that happens in a switch; `which` picks among what is there. */
const action = fc.record({
  kind: fc.constantFrom<Action['kind'][]>(
    'begin',
    'ring',
    'abroad',
    'answer',
    'bridge',
    'hold',
    'hangup',
    'hangup' as const,
  ),
  which: fc.nat(1000),
})
type Action = { kind: 'begin' | 'ring' | 'abroad' | 'answer' | 'bridge' | 'hold' | 'hangup'; which: number }

/** What a switch looked like after so many events: who was up, and what its tables showed. */
interface Moment {
  readonly events: number
  readonly up: ReadonlySet<string>
  readonly rows: string
}

const pick = <T>(items: readonly T[], which: number): T | undefined => items[which % Math.max(1, items.length)]

function act(core: SwitchCore, { kind, which }: Action): void {
  const all = [...core.channels.values()]
  const callers = all.filter((leg) => !leg.originator)
  const domain = which % 2 === 0 ? example.name : other.name
  const choose = (fits: (leg: Channel) => boolean): Channel | undefined => pick(all.filter(fits), which)
  if (kind === 'begin') {
    core.create({ user: `10${which % 90}`, domain, dest: `20${which % 90}`, callerName: `Caller ${which}` })
  } else if (kind === 'ring' || kind === 'abroad') {
    const a = pick(callers, which)
    const elsewhere = a?.domain === example.name ? other.name : example.name
    const options = {
      user: `2${which}`,
      domain: kind === 'abroad' ? elsewhere : (a?.domain ?? domain),
      direction: 'outbound',
      callUuid: a?.uuid,
    } as const
    if (a) core.progress(core.create({ ...options, callUuid: a.uuid }, a))
  } else if (kind === 'answer') {
    const leg = choose(({ answeredUs }) => answeredUs === 0)
    if (leg) core.answer(leg)
  } else if (kind === 'bridge') {
    const b = choose((leg) => leg.answeredUs > 0 && leg.originator?.peer === undefined && leg.peer === undefined)
    if (b?.originator && core.channels.has(b.originator.uuid)) {
      core.answer(b.originator)
      core.bridge(b.originator, b)
    }
  } else if (kind === 'hold') {
    const leg = choose(({ callstate }) => callstate === 'ACTIVE' || callstate === 'HELD')
    if (leg) core.hold(leg, leg.callstate !== 'HELD')
  } else {
    const leg = pick(all, which)
    if (leg) core.hangup(leg)
  }
}

/** A switch's whole history: its events in order, and its moments between actions. */
function history(actions: readonly Action[]) {
  const events: EventLike[] = []
  const core = newCore({ hostname: 'vm', switchname: 'pbx1' }, (event) => events.push(asEvent(event)))
  const moments: Moment[] = []
  const look = (): void => {
    const { channels } = core.tables()
    const rows = JSON.stringify({ row_count: channels.length, rows: channels })
    moments.push({ events: events.length, up: new Set(core.channels.keys()), rows })
  }
  look()
  for (const one of actions) {
    act(core, one)
    look()
  }
  core.dispose()
  return { events, moments }
}

const rowsOf = ({ rows }: Moment) => showRows(rows).flatMap((row) => channelOfRow(row, nowMs) ?? [])

/** Looks at a moment's tables as the synchroniser does: rows lag, whether a channel exists does not. */
function look(model: NodeModel, shown: Moment, now: Moment): Change[] {
  const { calls } = model
  const missed = rowsOf(shown).filter(({ uuid }) => !calls.legs.has(uuid) && !calls.hasEnded(uuid) && now.up.has(uuid))
  const ghosts = [...calls.legs.keys()].filter((uuid) => !now.up.has(uuid))
  const changes = [...calls.adopt(missed, nowMs), ...calls.bury(ghosts, nowMs)]
  // Only tables that caught up with the events may say that a state is another.
  const caughtUp = shown === now ? rowsOf(shown) : []
  return [...changes, ...caughtUp.flatMap((row) => calls.correct(row, nowMs))]
}

/** Whose ears hear a change: the system's, or a tenant's. */
const ears = [null, example, other] as const

/**
 * For everyone who listens, every call begins once, ends at most once, and not before it began; and no tenant is shown a
 * leg of another.
 */
function assertWholeLives(changes: readonly Change[], up: ReadonlySet<string>, model: NodeModel): void {
  for (const tenant of ears) {
    const begun = new Set<string>()
    const ended = new Set<string>()
    const answered = new Set<string>()
    for (const change of changes) {
      const isHeard = tenant ? change.audience.tenant === tenant : change.audience.system
      if (!change.type.startsWith('call.') || !isHeard) continue
      const { id, legs } = callIn(change)
      if (change.type === 'call.created') {
        assert.ok(!begun.has(id), `${id} begins twice for ${tenant?.name}`)
        begun.add(id)
      }
      assert.ok(begun.has(id), `${change.type} before ${id} began for ${tenant?.name}`)
      assert.ok(!ended.has(id), `${change.type} after ${id} ended for ${tenant?.name}`)
      if (change.type === 'call.ended') ended.add(id)
      if (change.type === 'call.answered') {
        assert.ok(!answered.has(id), `${id} is answered twice for ${tenant?.name}`)
        answered.add(id)
      }
      assertOwnLegs(legs, tenant)
    }
    const views = model.calls.views(tenant?.uuid ?? null)
    assert.deepEqual(new Set(views.map(({ id }) => id)), new Set([...begun].filter((id) => !ended.has(id))))
    for (const { legs } of views) assertOwnLegs(legs, tenant)
  }
  assert.deepEqual(new Set(model.calls.views().flatMap(({ legs }) => legs.map(({ uuid }) => uuid))), up)
}

function assertOwnLegs(legs: readonly LegView[], tenant: Owner | null): void {
  for (const { presence_id } of legs)
    assert.ok(!tenant || presence_id.endsWith(`@${tenant.name}`), `${tenant?.name} is shown ${presence_id}`)
}

/** Calls as sets of legs with their state and tenant, in no order. */
const shapeOf = (model: NodeModel): string[] =>
  model.calls
    .views()
    .map(({ legs, domain }) => {
      const shown = legs.map(({ uuid, state }) => `${uuid} ${state}`).sort()
      return `${domain}: ${shown.join(', ')}`
    })
    .sort()

/** A called leg is heard of and ends before its caller is known, whose own call goes on. */
const lostOnce: Action[] = [
  { kind: 'begin', which: 0 },
  { kind: 'ring', which: 0 },
  { kind: 'begin', which: 0 },
  { kind: 'answer', which: 22 },
  { kind: 'hangup', which: 607 },
  { kind: 'begin', which: 0 },
]

describe('events and snapshots in any order', () => {
  const actions = fc.array(action, { minLength: 1, maxLength: 60 })

  it('events alone give the channels that are up, and whole lives', () => {
    fc.assert(
      fc.property(actions, (made) => {
        const { events, moments } = history(made)
        const model = new NodeModel(owners)
        const changes = events.flatMap((event) => model.apply(event, nowMs))
        assertWholeLives(changes, moments.at(-1)?.up ?? new Set(), model)
      }),
      { numRuns: 150 },
    )
  })

  it('a snapshot at any time, as late as it may be, with events before and after, agrees with the plain replay', () => {
    fc.assert(
      fc.property(actions, fc.nat(1000), fc.nat(1000), fc.nat(5), (made, from, to, lag) => {
        const { events, moments } = history(made)
        const last = moments.length - 1
        const subscribed = from % (last + 1)
        const read = Math.min(last, subscribed + (to % (last - subscribed + 1)))
        const [begin, now, shown, end] = [subscribed, read, Math.max(0, read - lag), last].map(
          (index) => moments[index] as Moment,
        ) as [Moment, Moment, Moment, Moment]
        // Events from the subscription on wait until the tables, which lag, were read; then they are applied.
        const model = new NodeModel(owners)
        const changes = look(model, shown, now)
        changes.push(...events.slice(begin.events).flatMap((event) => model.apply(event, nowMs)))
        // What the lag hid is found by the first look after the snapshot.
        changes.push(...look(model, end, end))
        assertWholeLives(changes, end.up, model)
        const plain = new NodeModel(owners)
        for (const event of events) plain.apply(event, nowMs)
        assert.deepEqual(shapeOf(model), shapeOf(plain))
      }),
      { numRuns: 300, includeErrorInReport: true, examples: [[lostOnce, 2, 0, 2]] },
    )
  })

  it('a gap in the events is closed by the next snapshot without a call lost, invented or told twice', () => {
    fc.assert(
      fc.property(actions, fc.nat(1000), fc.nat(1000), (made, from, to) => {
        const { events, moments } = history(made)
        const last = moments.length - 1
        const lost = from % (last + 1)
        const back = Math.min(last, lost + (to % (last - lost + 1)))
        const [before, after, end] = [lost, back, last].map((index) => moments[index] as Moment) as [
          Moment,
          Moment,
          Moment,
        ]
        const model = new NodeModel(owners)
        const changes = events.slice(0, before.events).flatMap((event) => model.apply(event, nowMs))
        changes.push(...look(model, after, after))
        changes.push(...events.slice(after.events).flatMap((event) => model.apply(event, nowMs)))
        assertWholeLives(changes, end.up, model)
      }),
      { numRuns: 300, includeErrorInReport: true },
    )
  })
})
