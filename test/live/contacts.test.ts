import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { NodeModel } from '../../src/services/live/node-model.ts'
import { registrationOfRow } from '../../src/services/live/registrations.ts'
import { gatewaysIn, pingsIn, showCount, showRows } from '../../src/services/live/snapshot.ts'
import { eventsOf, example, firstGateway, framesOf, owners, replyOf, told } from './captures.ts'

const nowMs = Date.UTC(2026, 10, 21)

const replay = (name: string) => {
  const model = new NodeModel(owners)
  return { model, changes: eventsOf(name).flatMap((event) => model.apply(event, nowMs)) }
}

const rowsOf = (name: string) => showRows(replyOf(name)).flatMap((row) => registrationOfRow(row, nowMs) ?? [])

describe('registrations', () => {
  for (const spelling of ['json', 'plain'])
    it(`a phone that registers and leaves is told once each, one that fails never (${spelling})`, () => {
      const { model, changes } = replay(`events-registration-${spelling}`)
      assert.deepEqual(changes.map(told), [
        'registration.added example.test+system',
        'registration.expired example.test+system',
      ])
      const [added, expired] = changes
      assert.deepEqual(added?.body.registration, {
        user: '1250',
        domain_uuid: example.uuid,
        domain: 'example.test',
        switch: 'pbx1',
        profile: 'internal',
        contact: '"" <sip:1250@127.0.0.1:6410>',
        call_id: 'reg-1250-example.test-f56a77eb20',
        network_ip: '127.0.0.1',
        network_port: 6410,
        transport: 'udp',
        user_agent: 'TestPhone/2.0',
        expires_at: new Date(nowMs + 3_600_000).toISOString(),
      })
      assert.equal(expired?.body.reason, 'unregistered')
      assert.equal(model.registrations.size, 0)
    })

  it('registering again is no news', () => {
    const model = new NodeModel(owners)
    const register = eventsOf('events-registration-json').find(({ subclass }) => subclass === 'sofia::register')
    assert.ok(register)
    assert.equal(model.apply(register, nowMs).length, 1)
    assert.equal(model.apply(register, nowMs + 1000).length, 0)
    assert.equal(model.registrations.size, 1)
  })

  it('the table of the switch is taken in, each row in its tenant', () => {
    const model = new NodeModel(owners)
    const rows = rowsOf('registrations-many-json')
    assert.ok(rows.length > 150)
    assert.equal(model.registrations.adopt(rows).length, rows.length)
    assert.deepEqual(model.registrations.adopt(rows), [])
    assert.deepEqual(model.registrations.ghosts(rows, nowMs), [])
    assert.deepEqual(
      model.registrations.views().filter(({ domain_uuid }) => domain_uuid === null),
      [],
    )
  })

  it('what an event ended is not brought back by a table that keeps it', () => {
    const model = new NodeModel(owners)
    const [row] = rowsOf('registrations-several')
    assert.ok(row)
    model.registrations.adopt([row])
    const headers: Record<string, string> = { user: row.user, host: row.realm, 'call-id': row.callId }
    const expire = { name: 'CUSTOM', subclass: 'sofia::expire', get: (header: string) => headers[header] }
    assert.deepEqual(model.apply(expire, nowMs).map(told), ['registration.expired example.test+system'])
    assert.deepEqual(model.registrations.adopt([row]), [])
  })

  it('a contact whose end nobody told ends with its time', () => {
    const model = new NodeModel(owners)
    const register = eventsOf('events-registration-json').find(({ subclass }) => subclass === 'sofia::register')
    assert.ok(register)
    model.apply(register, nowMs)
    assert.deepEqual(model.tick(nowMs + 3_600_000), [])
    assert.deepEqual(model.tick(nowMs + 3_600_000 + 121_000).map(told), ['registration.expired example.test+system'])
  })
})

describe('gateways', () => {
  for (const spelling of ['json', 'plain'])
    it(`a gateway that registers again comes up once (${spelling})`, () => {
      const { model, changes } = replay(`events-gateway-state-${spelling}`)
      assert.deepEqual(changes.map(told), ['gateway.up example.test+system'])
      const [gateway] = model.gateways.views()
      assert.equal(gateway?.gateway_uuid, firstGateway)
      assert.equal(gateway?.state, 'REGED')
      assert.equal(gateway?.up, true)
    })

  const state = (State: string, ping = 'UP') => ({
    name: 'CUSTOM',
    subclass: 'sofia::gateway_state',
    get: (header: string) => ({ Gateway: firstGateway, State, 'Ping-Status': ping })[header],
  })
  const word = (subclass: string) => ({
    name: 'CUSTOM',
    subclass,
    get: (header: string) => ({ Gateway: firstGateway, 'profile-name': 'external' })[header],
  })

  it('a renewal is no news, a failure is told once however often it fails', () => {
    const model = new NodeModel(owners)
    const states = ['REGED', 'UNREGED', 'TRYING', 'REGISTER', 'REGED', 'UNREGED', 'TRYING', 'FAILED', 'FAIL_WAIT']
    const more = ['UNREGED', 'TRYING', 'FAILED', 'FAIL_WAIT', 'UNREGED', 'TRYING', 'REGISTER', 'REGED']
    const changes = [...states, ...more].flatMap((one) => model.apply(state(one), nowMs))
    assert.deepEqual(
      changes.map(({ type }) => type),
      ['gateway.up', 'gateway.down', 'gateway.up'],
    )
    assert.deepEqual(
      model.apply(state('REGED', 'DOWN'), nowMs).map(({ type }) => type),
      ['gateway.down'],
    )
  })

  it("a gateway loaded anew survives the old one's late end; one that was taken away goes down", () => {
    const model = new NodeModel(owners)
    model.apply(word('sofia::gateway_add'), nowMs)
    model.apply(word('sofia::gateway_delete'), nowMs + 1000)
    assert.equal(model.gateways.size, 1)
    model.apply(state('REGED'), nowMs + 1500)
    const changes = model.apply(word('sofia::gateway_delete'), nowMs + 60_000)
    assert.deepEqual(
      changes.map(({ type, body }) => [type, body.deleted]),
      [['gateway.down', true]],
    )
    assert.equal(model.gateways.size, 0)
  })

  it('a snapshot is the truth', () => {
    const model = new NodeModel(owners)
    const facts = (state: string) => [{ name: firstGateway, profile: 'external', state, ping: undefined }]
    const types = (found: ReturnType<typeof facts>) => model.gateways.replace(found, 'pbx1').map(({ type }) => type)
    assert.deepEqual(types(facts('REGED')), ['gateway.up'])
    assert.equal(model.gateways.differing(facts('FAILED')), 1)
    assert.deepEqual(types(facts('FAILED')), ['gateway.down'])
    assert.deepEqual(types([]), [])
    assert.equal(model.gateways.size, 0)
  })
})

describe('answers of the switch', () => {
  it('an answer without rows leaves them out', () => {
    assert.deepEqual(showRows(replyOf('zero-show-registrations-json')), [])
    assert.equal(showCount('{"row_count":7,"rows":[]}'), 7)
  })

  it('what is no answer of show is refused', () => {
    for (const text of ['-ERR SQL disabled', '[]', 'null', '{"rows":[]}', '{"row_count":1,"rows":{}}'])
      assert.throws(() => showRows(text), text)
  })

  it('keys of rows that strangers chose are only keys', () => {
    const [row] = showRows('{"row_count":1,"rows":[{"uuid":"a","__proto__":"x","n":7}]}')
    assert.equal(row?.uuid, 'a')
    assert.equal(row?.n, '7')
    assert.equal(({} as Record<string, unknown>).x, undefined)
  })

  it('gateways are read from jsonstatus, their pings from the XML by its indentation', () => {
    const status = readFileSync(join(process.cwd(), 'test/fixtures/freeswitch/sofia-jsonstatus.txt'), 'utf8')
    assert.deepEqual(
      gatewaysIn(status).map(({ name, profile, state }) => [name.slice(-1), profile, state]),
      [
        ['3', 'external', 'NOREG'],
        ['2', 'external', 'FAIL_WAIT'],
        ['1', 'external', 'REGED'],
      ],
    )
    const xml = framesOf('sofia-status').map((frame) => frame.body.toString())
    const gateways = xml.find((text) => text.includes('<gateways>\n')) ?? ''
    // As `sofia xmlstatus gateway` of the recording shows them.
    assert.deepEqual([...pingsIn(gateways)].map(([name, ping]) => [name.slice(-1), ping]).sort(), [
      ['1', 'UP'],
      ['2', 'DOWN'],
      ['3', 'UP'],
      ['4', 'DOWN'],
      ['5', 'DOWN'],
    ])
  })
})
