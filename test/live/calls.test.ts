import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { channelOfRow } from '../../src/services/live/channel.ts'
import { NodeModel } from '../../src/services/live/node-model.ts'
import { showRows } from '../../src/services/live/snapshot.ts'
import { callIn, eventsOf, example, other, owners, replyOf, told } from './captures.ts'

const startMs = Date.UTC(2026, 10, 21)

/** Every change of a recording, and the model it left. */
function replay(name: string) {
  const model = new NodeModel(owners)
  const changes = eventsOf(name).flatMap((event) => model.apply(event, startMs))
  return { model, changes, calls: changes.filter(({ type }) => type.startsWith('call.')) }
}

const showFound = (name: string, model = new NodeModel(owners)) => {
  const rows = showRows(replyOf(name)).flatMap((row) => channelOfRow(row, startMs) ?? [])
  return { model, rows, changes: model.calls.adopt(rows, startMs) }
}

describe('calls from recorded events', () => {
  for (const spelling of ['json', 'plain'])
    it(`a bridged call is told from its beginning to its end, once each (${spelling})`, () => {
      const { model, calls } = replay(`events-bridged-call-${spelling}`)
      assert.deepEqual(calls.map(told), [
        'call.created example.test+system',
        'call.ringing example.test+system',
        'call.answered example.test+system',
        'call.bridged example.test+system',
        'call.ended example.test+system',
      ])
      const ids = new Set(calls.map((change) => callIn(change).id))
      assert.equal(ids.size, 1)
      const [created, ringing, , bridged, ended] = calls
      const first = created && callIn(created)
      assert.equal(first?.caller_name, 'Alice')
      assert.equal(first?.caller_number, '1201')
      assert.equal(first?.destination, '1202')
      assert.equal(first?.switch, 'pbx1')
      assert.equal(ringing && callIn(ringing).state, 'ringing')
      assert.equal(bridged && callIn(bridged).legs.length, 2)
      assert.equal(ended?.body.hangup_cause, 'NORMAL_CLEARING')
      assert.equal(ended?.body.failure_cause, null)
      assert.equal(ended?.body.cdr_uuid, first?.id)
      assert.deepEqual(model.calls.views(), [])
      assert.equal(model.calls.size, 0)
    })

  it('the length of a call is that of its record: differences of whole seconds', () => {
    const { calls } = replay('events-bridged-call-json')
    const complete = eventsOf('events-bridged-call-json').filter(({ name }) => name === 'CHANNEL_HANGUP_COMPLETE')
    const record = complete.find((event) => event.get('Call-Direction') === 'inbound')
    const ended = calls.at(-1)
    assert.equal(ended?.body.duration_seconds, Number(record?.get('variable_duration')))
    assert.equal(ended?.body.billed_seconds, Number(record?.get('variable_billsec')))
  })

  it("an inbound call is the system's alone until its tenant is known, and then begins for the tenant", () => {
    const { calls } = replay('events-inbound-call-json')
    assert.deepEqual(calls.map(told), [
      'call.created null+system',
      'call.created example.test',
      'call.answered example.test+system',
      'call.bridged example.test+system',
      'call.ended example.test+system',
    ])
    assert.equal(new Set(calls.map((change) => callIn(change).id)).size, 1)
    const [, created] = calls
    assert.equal(created && callIn(created).caller_number, '+13035550000')
  })

  it('an outbound call by a gateway is one call of its tenant', () => {
    const { calls } = replay('events-outbound-call-json')
    assert.deepEqual(calls.map(told), [
      'call.created example.test+system',
      'call.answered example.test+system',
      'call.bridged example.test+system',
      'call.ended example.test+system',
    ])
    assert.equal(calls.at(-1)?.body.failure_cause, null)
  })

  it("a phone called by the API is a call of its presence's domain although its context is default", () => {
    const { calls } = replay('events-originate-json')
    assert.deepEqual(calls.map(told), [
      'call.created example.test+system',
      'call.answered example.test+system',
      'call.ended example.test+system',
    ])
    assert.equal(calls.at(-1)?.body.hangup_cause, 'MANAGER_REQUEST')
    assert.equal(calls.at(-1)?.body.cdr_uuid, callIn(calls[0] as (typeof calls)[number]).id)
  })

  it('an event in the middle of a call brings it in, with a name that is no UTF-8', () => {
    const { model, calls } = replay('events-hostile-json')
    assert.deepEqual(calls.map(told), ['call.created example.test+system', 'call.answered example.test+system'])
    assert.match(model.calls.views()[0]?.caller_name ?? '', /\ufffd/)
  })

  for (const name of [
    'events-callcenter-json',
    'events-record-json',
    'events-heartbeat-json',
    'events-registration-json',
  ])
    it(`${name} makes no call`, () => {
      const { model, calls } = replay(name)
      assert.deepEqual(calls, [])
      assert.equal(model.calls.size, 0)
    })

  it('an event told twice changes nothing the second time', () => {
    const model = new NodeModel(owners)
    const changes = eventsOf('events-bridged-call-json').flatMap((event) => [
      ...model.apply(event, startMs),
      ...model.apply(event, startMs).map((change) => ({ ...change, type: 'again' })),
    ])
    assert.deepEqual(
      changes.filter(({ type }) => type === 'again'),
      [],
    )
  })
})

describe('calls from recorded rows', () => {
  it('26 channels of every kind are 17 calls, each in its own tenant', () => {
    const { model } = showFound('many-show-channels-json')
    const calls = model.calls.views()
    assert.equal(model.calls.size, 26)
    // 26 rows: nine of them name another as their call, one is the other half of a loopback (facts 3).
    assert.equal(calls.length, 17)
    const of = (name: string) => calls.filter(({ domain }) => domain === name).length
    assert.equal(of(example.name), 14)
    assert.equal(of(other.name), 3)
    assert.deepEqual(
      calls.filter(({ domain }) => domain === null),
      [],
    )
  })

  it('a ringing call is one call although its caller has no call_uuid yet', () => {
    const { model } = showFound('many-show-channels-json')
    const ringing = model.calls.views().filter(({ state }) => state === 'ringing')
    assert.equal(ringing.length, 1)
    assert.equal(ringing[0]?.id.slice(0, 8), '7bb50709')
    assert.deepEqual(ringing[0]?.legs.map(({ uuid }) => uuid.slice(0, 8)).sort(), ['7bb50709', 'd59a422b'])
  })

  it('a queue call and a loopback call are one call each', () => {
    const { model } = showFound('many-show-channels-json')
    const legsOf = (id: string) =>
      model.calls
        .views()
        .find((call) => call.id.startsWith(id))
        ?.legs.map(({ uuid }) => uuid.slice(0, 8))
        .sort()
    assert.deepEqual(legsOf('bd09fb5e'), ['79b1d869', 'bd09fb5e'])
    assert.deepEqual(legsOf('102d3a8c'), ['102d3a8c', '26a6883b', '5c9dc500'])
  })

  it('hostile names come through as they are', () => {
    const rows = framesRows('hostile-caller-name-show')
    const model = new NodeModel(owners)
    model.calls.adopt(rows, startMs)
    assert.ok(model.calls.views().some(({ caller_name }) => caller_name.includes('\r\n')))
  })

  it('rows of calls that are known or over change nothing', () => {
    const { model, rows } = showFound('one-call-show-channels-json')
    assert.deepEqual(model.calls.adopt(rows, startMs), [])
    const ends = model.calls.bury(
      rows.map(({ uuid }) => uuid),
      startMs,
    )
    assert.deepEqual(ends.map(told), ['call.ended example.test+system'])
    assert.deepEqual(model.calls.adopt(rows, startMs), [])
    assert.deepEqual(model.calls.views(), [])
  })
})

function framesRows(name: string) {
  return showRows(replyOf(name)).flatMap((row) => channelOfRow(row, startMs) ?? [])
}
