import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Ear } from '../../src/services/live/audience.ts'
import type { Change } from '../../src/services/live/changes.ts'
import { type Entry, jsonOf } from '../../src/services/live/entry.ts'
import { Hub } from '../../src/services/live/hub.ts'
import { createTickets } from '../../src/services/live/tickets.ts'
import type { Scope } from '../../src/services/scopes.ts'
import { example, other } from './captures.ts'

const limits = { maxAgeMs: 600_000, maxEntries: 1000, maxBytes: 1_000_000 }

const change = (tenant: Change['audience']['tenant'], system = true, text = ''): Change => ({
  type: 'call.created',
  audience: { tenant, system },
  body: { text },
})

const ear = (domainUuid: string | null, more: Partial<Ear> = {}): Ear => ({
  domainUuid,
  scopes: ['*:read'] as Scope[],
  types: undefined,
  ...more,
})

/** What one listener is told, by number. */
function listenTo(hub: Hub, one: Ear): Entry[] {
  const heard: Entry[] = []
  hub.add({ ear: one, wake: (entry) => heard.push(entry), end: () => {} })
  return heard
}

const numbers = (entries: readonly Entry[]): number[] => entries.map(({ number }) => number)

describe('the hub of events', () => {
  it("each hears its own, the system everyone's, nobody another's", () => {
    const hub = new Hub(limits)
    const [mine, theirs, system] = [example.uuid, other.uuid, null].map((uuid) => listenTo(hub, ear(uuid))) as Entry[][]
    hub.publish([change(example), change(other), change(null), change('every', false), change(example, false)])
    assert.deepEqual(numbers(mine ?? []), [1, 4, 5])
    assert.deepEqual(numbers(theirs ?? []), [2, 4])
    assert.deepEqual(numbers(system ?? []), [1, 2, 3])
    for (const [uuid, heard] of [
      [example.uuid, mine],
      [other.uuid, theirs],
      [null, system],
    ] as const)
      assert.deepEqual(numbers(hub.next(ear(uuid), 0, 100).entries), numbers(heard ?? []), 'the past is parted alike')
  })

  it('an event is written once, however many hear it', () => {
    const hub = new Hub(limits)
    const [one, two] = [listenTo(hub, ear(example.uuid)), listenTo(hub, ear(null))]
    hub.publish([change(example)])
    assert.equal(one[0]?.frame, two[0]?.frame)
  })

  it('no text breaks a frame', () => {
    const hub = new Hub(limits)
    const heard = listenTo(hub, ear(null))
    const text = 'a\r\nevent: x\n\ndata: y\r\u2028\u0000\ud800'
    hub.publish([change(example, true, text)])
    const frame = heard[0]?.frame.toString() ?? ''
    assert.match(frame, /^id: \S+\nevent: call\.created\ndata: [^\r\n]+\n\n$/)
    assert.equal(JSON.parse(String(jsonOf(heard[0] as Entry))).text, text)
  })

  it('scopes and types narrow what is heard', () => {
    const hub = new Hub(limits)
    const configuration: Change = {
      type: 'configuration.changed',
      audience: { tenant: example, system: true },
      body: { resource: 'voicemails/messages' },
    }
    const hears = (more: Partial<Ear>): number[] => {
      const heard = listenTo(hub, ear(example.uuid, more))
      hub.publish([change(example), configuration])
      return numbers(heard).map((number) => hub.last - number)
    }
    assert.deepEqual(hears({ scopes: ['*:read'] }), [1, 0])
    assert.deepEqual(hears({ scopes: ['active-calls:read'] }), [1])
    assert.deepEqual(hears({ scopes: ['voicemails:read'] }), [0])
    assert.deepEqual(hears({ scopes: ['registrations:read'] }), [])
    assert.deepEqual(hears({ types: new Set(['configuration.changed']) }), [0])
  })

  it('a stream resumes exactly, or is told why not', () => {
    let nowMs = 1_000_000
    const hub = new Hub({ ...limits, maxAgeMs: 10_000 }, () => nowMs)
    hub.publish([change(example), change(other), change(example)])
    const mine = ear(example.uuid)
    assert.deepEqual(hub.start(mine, hub.id(1)), { after: 1, fault: undefined, isResumed: true })
    assert.deepEqual(numbers(hub.next(mine, 1, 100).entries), [3])
    assert.deepEqual(hub.start(mine, hub.id(3)), { after: 3, fault: undefined, isResumed: true })
    assert.equal(hub.start(mine, undefined).fault, undefined)
    assert.equal(hub.start(mine, hub.id(4)).fault, 'unknown_id')
    assert.equal(hub.start(mine, 'x').fault, 'unknown_id')
    assert.equal(hub.start(mine, 'otherepoch-1').fault, 'another_process')
    nowMs += 10_001
    hub.publish([change(other)])
    assert.equal(hub.start(mine, hub.id(1)).fault, 'too_old')
    assert.equal(hub.start(mine, hub.id(2)).fault, 'too_old')
    // The last it could have heard was 3, so it has missed nothing.
    assert.equal(hub.start(mine, hub.id(3)).isResumed, true)
    assert.equal(hub.start(ear(null), hub.id(3)).isResumed, true)
    assert.equal(hub.start(ear(null), hub.id(2)).fault, 'too_old')
  })

  it('memory is bounded by number, bytes and age', () => {
    let nowMs = 0
    const hub = new Hub({ maxAgeMs: 1000, maxEntries: 50, maxBytes: 20_000 }, () => nowMs)
    for (let count = 0; count < 5000; count += 1) {
      hub.publish([change(example, true, 'x'.repeat(count % 500))])
      assert.ok(hub.kept.entries <= 50 && hub.kept.bytes <= 20_000)
    }
    nowMs = 2000
    hub.trim()
    assert.deepEqual(hub.kept, { entries: 0, bytes: 0 })
    assert.deepEqual(hub.next(ear(null), 10, 100), { entries: [], upTo: 5000 })
  })
})

describe('tickets', () => {
  it('a ticket is good once and for a minute', () => {
    let nowMs = 0
    const tickets = createTickets<string>(() => nowMs)
    const [one, two] = [tickets.issue('one'), tickets.issue('two')]
    assert.notEqual(one, two)
    assert.equal(tickets.redeem(one), 'one')
    assert.equal(tickets.redeem(one), undefined)
    nowMs = 60_001
    assert.equal(tickets.redeem(two), undefined)
  })

  it('a ticket nobody signed is none, whatever it names', () => {
    const tickets = createTickets<string>()
    const ticket = tickets.issue('pass')
    const [id] = ticket.split('.')
    const forged = createTickets<string>().issue('pass')
    for (const wrong of ['', '.', `${id}.`, `${id}.${forged.split('.')[1]}`, forged, `${ticket}x`])
      assert.equal(tickets.redeem(wrong), undefined)
    assert.equal(tickets.redeem(ticket), 'pass')
  })
})
