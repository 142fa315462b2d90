import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createKey } from '../../src/services/keys.ts'
import { ours, theirs } from '../support/app.ts'
import { listen, listenBySocket, startWorld, whenTold } from './streams.ts'

const from = (domain: { name: string }) => ({ 'x-domain': domain.name })

describe('the stream of events', () => {
  it('begins with a snapshot and goes on with what changes', async () => {
    await using world = await startWorld()
    const { a } = world.fake.call({ domain: ours.name, from: '1001', to: '1002' })
    world.fake.register({ user: '1001', domain: ours.name })
    await whenTold(world.app, 'registration.added', 1)
    const client = await listen(world.base, { headers: from(ours) })
    assert.equal(client.response.headers['content-type'], 'text/event-stream; charset=utf-8')
    assert.equal(client.response.headers['cache-control'], 'no-store')
    const [snapshot] = await client.wait('snapshot')
    assert.equal(snapshot?.data.is_complete, true)
    assert.deepEqual(
      snapshot?.data.calls.map((call: { id: string; state: string; domain: string }) => [
        call.id,
        call.state,
        call.domain,
      ]),
      [[a.uuid, 'answered', ours.name]],
    )
    assert.deepEqual(
      snapshot?.data.registrations.map(({ user, domain }: { user: string; domain: string }) => `${user}@${domain}`),
      [`1001@${ours.name}`],
    )
    const startMs = Date.now()
    const next = world.fake.call({ domain: ours.name, from: '1003', to: '1004' })
    await client.wait('call.bridged')
    assert.ok(Date.now() - startMs < 200, 'a call appears within 200 ms')
    world.fake.hold(next.a)
    world.fake.unhold(next.a)
    world.fake.hangup(next.a)
    const [ended] = await client.wait('call.ended')
    assert.deepEqual(
      client.events.slice(1).map(({ type }) => type),
      ['call.created', 'call.ringing', 'call.answered', 'call.bridged', 'call.held', 'call.unheld', 'call.ended'],
    )
    assert.equal(ended?.data.hangup_cause, 'NORMAL_CLEARING')
    assert.equal(ended?.data.cdr_uuid, next.a.uuid)
    assert.equal(ended?.data.call.id, next.a.uuid)
    client.stop()
  })

  it('tells of registrations and gateways, each to whom it belongs', async () => {
    await using world = await startWorld()
    const gateway = '33333333-0000-4000-8000-000000000001'
    await world.app.sql(`insert into v_gateways (gateway_uuid, domain_uuid, gateway) values ($1, $2, 'carrier')`, [
      gateway,
      ours.uuid,
    ])
    const client = await listen(world.base, { headers: from(ours) })
    const stranger = await listen(world.base, { headers: from(theirs) })
    await client.wait('snapshot')
    const phone = world.fake.register({ user: '1001', domain: ours.name })
    world.fake.expire(phone)
    world.fake.addGateway({ name: gateway })
    const [expired] = await client.wait('registration.expired')
    assert.equal(expired?.data.reason, 'expired')
    // A row that FusionPBX's own page wrote is found within seconds.
    await client.wait('gateway.up', 1, 4000)
    world.fake.setGatewayState(gateway, 'FAIL_WAIT')
    const [down] = await client.wait('gateway.down')
    assert.equal(down?.data.gateway.gateway_uuid, gateway)
    assert.deepEqual(
      client.events.map(({ type }) => type),
      ['snapshot', 'registration.added', 'registration.expired', 'gateway.up', 'gateway.down'],
    )
    assert.deepEqual(
      stranger.events.map(({ type }) => type),
      ['snapshot'],
    )
    client.stop()
    stranger.stop()
  })

  it('keeps tenants apart, whatever names callers choose', async () => {
    await using world = await startWorld()
    const [mine, stranger, system] = await Promise.all([
      listen(world.base, { headers: from(ours) }),
      listen(world.base, { headers: from(theirs) }),
      listen(world.base),
    ])
    const hostile = 'x\r\n\r\nevent: call.ended\ndata: {"stolen":true}\n\n\u2028\u0000"</script>'
    const { a } = world.fake.call({ domain: ours.name, from: '1001', to: '1002', a: { callerName: hostile } })
    world.fake.hangup(a)
    const [created] = await mine.wait('call.created')
    assert.equal(created?.data.call.caller_name, hostile)
    const [ended] = await mine.wait('call.ended')
    assert.equal(ended?.data.stolen, undefined)
    await system.wait('call.ended')
    await pause(100)
    assert.deepEqual(
      stranger.events.map(({ type }) => type),
      ['snapshot'],
    )
    assert.ok(!stranger.received().includes(a.uuid))
    assert.equal(mine.events.filter(({ type }) => type === 'call.created').length, 1)
    assert.equal(mine.events.filter(({ type }) => type === 'call.ended').length, 1)
    for (const client of [mine, stranger, system]) client.stop()
  })

  it("tells an inbound call to its tenant when its tenant is known, to the system's listeners at once", async () => {
    await using world = await startWorld()
    const mine = await listen(world.base, { headers: from(ours) })
    const system = await listen(world.base)
    const a = world.fake.addChannel({ callerNumber: '+13035550000', callerName: 'Carrier', dest: '+12025550100' })
    await system.wait('call.created')
    await pause(50)
    assert.equal(mine.events.filter(({ type }) => type === 'call.created').length, 0)
    a.context = ours.name
    const b = world.fake.ring(a, { user: '1001', domain: ours.name })
    const [created] = await mine.wait('call.created')
    assert.equal(created?.data.call.id, a.uuid)
    assert.equal(created?.data.call.caller_number, '+13035550000')
    world.fake.answer(b)
    world.fake.answer(a)
    world.fake.bridge(a, b)
    world.fake.hangup(a)
    await system.wait('call.ended')
    assert.equal(system.events.filter(({ type }) => type === 'call.created').length, 1)
    mine.stop()
    system.stop()
  })

  it('is the same as a WebSocket', async () => {
    await using world = await startWorld({ env: { TANDEM_EVENTS__HEARTBEAT_SECONDS: '1' } })
    const [socket, sse] = await Promise.all([
      listenBySocket(world.base, { headers: { 'x-api-key': 'test-global-key-0123456789abcdef', ...from(ours) } }),
      listen(world.base, { headers: from(ours) }),
    ])
    const { a } = world.fake.call({ domain: ours.name, from: '1001', to: '1002' })
    world.fake.hangup(a)
    await Promise.all([socket.wait('call.ended'), sse.wait('call.ended')])
    assert.deepEqual(
      socket.events.slice(1).map(({ data }) => data),
      sse.events.slice(1).map(({ data }) => data),
    )
    assert.deepEqual(
      socket.events.map(({ id }) => id),
      sse.events.map(({ id }) => id),
    )
    await pause(2200)
    assert.ok(socket.pings() >= 1)
    assert.match(sse.received(), /\n: beat\n\n/)
    socket.stop()
    sse.stop()
  })

  it('lets nobody in without a key, by stream or by socket', async () => {
    await using world = await startWorld()
    await assert.rejects(listen(world.base, { headers: { 'x-api-key': 'wrong' } }), /answered 401/)
    await assert.rejects(listenBySocket(world.base, { headers: {} }), /answered 401/)
    await assert.rejects(listen(world.base, { query: '?types=call.creatd' }), /answered 400 .*types/)
    await assert.rejects(listen(world.base, { query: '?colour=red' }), /answered 400 .*colour/)
    const posted = await world.app.call('POST', '/api/v2/events')
    assert.equal(posted.status, 405)
    assert.equal(posted.headers.allow, 'GET, OPTIONS')
  })
})

describe('keys and the stream of events', () => {
  const listenAs = async (scopes: string[], query = '') => {
    const world = await startWorld({ env: { TANDEM_EVENTS__RECHECK_SECONDS: '1' } })
    const { key, record } = await createKey(world.app.database, { domainUuid: ours.uuid, name: 'listener', scopes })
    return { world, record, open: () => listen(world.base, { headers: { 'x-api-key': key }, query }) }
  }

  it("a tenant's key hears its own tenant", async () => {
    const { world, open } = await listenAs(['*:read'])
    await using _ = world
    const client = await open()
    world.fake.call({ domain: theirs.name, from: '1001', to: '1002' })
    const { a } = world.fake.call({ domain: ours.name, from: '1001', to: '1002' })
    await client.wait('call.bridged')
    assert.deepEqual([...new Set(client.events.slice(1).map(({ data }) => data.call.id))], [a.uuid])
    await assert.rejects(
      listen(world.base, { headers: { 'x-api-key': 'tdm_nonsense', ...from(theirs) } }),
      /answered 401/,
    )
    client.stop()
  })

  it('a key hears what its scopes allow', async () => {
    const { world, open } = await listenAs(['events:read', 'registrations:read'])
    await using _ = world
    const client = await open()
    world.fake.call({ domain: ours.name, from: '1001', to: '1002' })
    world.fake.register({ user: '1001', domain: ours.name })
    await client.wait('registration.added')
    const [snapshot] = client.events
    assert.equal(snapshot?.data.calls, undefined)
    assert.deepEqual(snapshot?.data.registrations, [])
    assert.deepEqual(
      client.events.map(({ type }) => type),
      ['snapshot', 'registration.added'],
    )
    client.stop()
  })

  it('a key without the scope is refused', async () => {
    const { world, open } = await listenAs(['extensions:read'])
    await using _ = world
    await assert.rejects(open(), /answered 403 .*events:read/)
  })

  it('the stream of a revoked key ends with the reason', async () => {
    const { world, open, record } = await listenAs(['*:read'])
    await using _ = world
    const client = await open()
    await client.wait('snapshot')
    await world.app.sql('update tandem.api_keys set revoked_at = now() where prefix = $1', [record.prefix])
    const [end] = await client.wait('end', 1, 5000)
    assert.equal(end?.data.reason, 'key_revoked')
    await client.over()
    await assert.rejects(open(), /answered 401/)
  })

  it("a browser's session opens streams by its cookie, for its tenant, until it is closed", async () => {
    await using world = await startWorld()
    const opened = await world.app.call('POST', '/api/v2/events/session')
    assert.equal(opened.status, 201, opened.text)
    const set = String(opened.headers['set-cookie'])
    assert.match(set, /^tandem_events=[\w-]{43}; Path=\/api\/v2\/events; HttpOnly; SameSite=Strict; Max-Age=43200$/)
    const cookie = set.split(';', 1)[0] ?? ''
    const headers = { cookie }
    const stream = { headers, withoutKey: true }
    const [one, two] = [await listen(world.base, stream), await listenBySocket(world.base, { headers })]
    await one.wait('snapshot')
    await two.wait('snapshot')
    world.fake.call({ domain: theirs.name, from: '1001', to: '1002' })
    const own = world.fake.call({ domain: ours.name, from: '1001', to: '1002' })
    await two.wait('call.created')
    assert.deepEqual(
      two.events.filter(({ type }) => type === 'call.created').map(({ data }) => data.call.id),
      [own.a.uuid],
    )
    one.stop()
    two.stop()
    const none = { 'x-api-key': undefined, 'x-domain': undefined, cookie }
    assert.equal((await world.app.call('GET', '/api/v2/extensions', undefined, none)).status, 401)
    for (const foreign of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }])
      assert.equal((await world.app.call('GET', '/api/v2/events', undefined, { ...none, ...foreign })).status, 401)
    assert.equal((await world.app.call('DELETE', '/api/v2/events/session', undefined, none)).status, 204)
    assert.equal((await world.app.call('GET', '/api/v2/events', undefined, none)).status, 401)
    const made = `tandem_events=${'A'.repeat(43)}`
    assert.equal((await world.app.call('GET', '/api/v2/events', undefined, { ...none, cookie: made })).status, 401)
  })

  it('a ticket whose key was revoked meanwhile opens nothing', async () => {
    await using world = await startWorld()
    const { key, record } = await createKey(world.app.database, {
      domainUuid: ours.uuid,
      name: 'page',
      scopes: ['*:read'],
    })
    const { json } = await world.app.call('POST', '/api/v2/events/ticket', undefined, { 'x-api-key': key })
    assert.equal(typeof json.ticket, 'string')
    await world.app.sql('update tandem.api_keys set revoked_at = now() where prefix = $1', [record.prefix])
    const query = `?ticket=${json.ticket}`
    await assert.rejects(listen(world.base, { query, headers: {}, withoutKey: true }), /answered 401/)
  })

  it('a ticket opens one stream, once, and nothing else', async () => {
    await using world = await startWorld()
    const { status, json } = await world.app.call('POST', '/api/v2/events/ticket')
    assert.equal(status, 201)
    assert.equal(json.expires_in, 60)
    const query = `?ticket=${encodeURIComponent(json.ticket)}`
    const client = await listenBySocket(world.base, { query, headers: {} })
    world.fake.call({ domain: theirs.name, from: '1001', to: '1002' })
    const { a } = world.fake.call({ domain: ours.name, from: '1001', to: '1002' })
    await client.wait('call.bridged')
    assert.deepEqual([...new Set(client.events.slice(1).map(({ data }) => data.call.id))], [a.uuid])
    await assert.rejects(listenBySocket(world.base, { query, headers: {} }), /answered 401/)
    const again = await world.app.call('POST', '/api/v2/events/ticket')
    const answer = await world.app.call('GET', `/api/v2/extensions?ticket=${again.json.ticket}`, undefined, {
      'x-api-key': undefined,
    })
    assert.equal(answer.status, 401)
    await assert.rejects(
      listen(world.base, { query: `?ticket=${again.json.ticket.slice(0, -2)}xx`, headers: {} }),
      /answered 401/,
    )
    client.stop()
  })
})

describe('going on where it was', () => {
  it('with Last-Event-ID nothing is lost and nothing told twice', async () => {
    await using world = await startWorld()
    const first = await listen(world.base, { headers: from(ours) })
    const one = world.fake.call({ domain: ours.name, from: '1001', to: '1002' })
    const bridged = (await first.wait('call.bridged'))[0]
    first.stop()
    world.fake.hangup(one.a)
    const two = world.fake.call({ domain: ours.name, from: '1003', to: '1004' })
    world.fake.call({ domain: theirs.name, from: '1003', to: '1004' })
    await pause(50)
    const second = await listen(world.base, { headers: { ...from(ours), 'last-event-id': bridged?.id ?? '' } })
    await second.wait('call.bridged')
    const told = second.events.map(({ type, data }) => `${type} ${data.call?.id}`)
    assert.deepEqual(told, [
      `call.ended ${one.a.uuid}`,
      `call.created ${two.a.uuid}`,
      `call.ringing ${two.a.uuid}`,
      `call.answered ${two.a.uuid}`,
      `call.bridged ${two.a.uuid}`,
    ])
    const third = await listenBySocket(world.base, {
      query: `?last_event_id=${second.events.at(-1)?.id}&types=call`,
      headers: { 'x-api-key': 'test-global-key-0123456789abcdef', ...from(ours) },
    })
    world.fake.hangup(two.a)
    await third.wait('call.ended')
    assert.equal(third.events.length, 1)
    second.stop()
    third.stop()
  })

  it('an id that is too old, unknown or of another process is told, and a snapshot follows', async () => {
    await using world = await startWorld({ env: { TANDEM_EVENTS__KEPT_BYTES: '65536' } })
    const client = await listen(world.base, { headers: from(ours) })
    const [snapshot] = await client.wait('snapshot')
    for (let calls = 0; calls < 40; calls += 1) {
      const { a } = world.fake.call({ domain: ours.name, from: '1001', to: '1002' })
      world.fake.hangup(a)
      // So little is kept here that even a quick reader must be let read.
      await client.wait('call.ended', calls + 1, 10_000)
    }
    const resetOf = async (id: string) => {
      const again = await listen(world.base, { headers: { ...from(ours), 'last-event-id': id } })
      await again.wait('snapshot')
      again.stop()
      assert.deepEqual(
        again.events.map(({ type }) => type),
        ['reset', 'snapshot'],
      )
      return again.events[0]?.data.reason
    }
    assert.equal(await resetOf(snapshot?.id ?? ''), 'too_old')
    assert.equal(await resetOf('abc123-5'), 'another_process')
    assert.equal(await resetOf(`${snapshot?.id?.split('-')[0]}-999999`), 'unknown_id')
    assert.equal(await resetOf('nonsense'), 'unknown_id')
    // A tenant in which nothing happened has lost nothing, however much happened elsewhere.
    const quiet = await listen(world.base, { headers: { ...from(theirs), 'last-event-id': snapshot?.id ?? '' } })
    const { a } = world.fake.call({ domain: theirs.name, from: '1001', to: '1002' })
    await quiet.wait('call.bridged')
    assert.equal(quiet.events[0]?.data.call.id, a.uuid)
    quiet.stop()
    client.stop()
  })

  it('a slow reader is cut with the reason and goes on without loss', async () => {
    await using world = await startWorld({ env: { TANDEM_EVENTS__SLOW_SECONDS: '1' } })
    const slow = await listen(world.base, { headers: from(ours) })
    await slow.wait('snapshot')
    slow.response.pause()
    const callerName = 'n'.repeat(250)
    const ids: string[] = []
    const startMs = Date.now()
    while (
      Date.now() - startMs < 20_000 &&
      !/reason="slow_reader"\} 1/.test((await world.app.call('GET', '/metrics')).text)
    )
      for (let calls = 0; calls < 60; calls += 1) {
        const { a } = world.fake.call({ domain: ours.name, from: '1001', to: '1002', a: { callerName } })
        world.fake.hangup(a)
        ids.push(a.uuid)
        await pause(1)
      }
    slow.response.resume()
    await slow.over(5000)
    const last = slow.events.filter(({ id }) => id !== undefined).at(-1)
    const again = await listen(world.base, { headers: { ...from(ours), 'last-event-id': last?.id ?? '' } })
    const endsOf = (client: { events: { type: string; data: { call: { id: string } } }[] }) =>
      client.events.filter(({ type }) => type === 'call.ended').map(({ data }) => data.call.id)
    await again.wait('call.ended', ids.length - endsOf(slow).length, 10_000)
    assert.ok(endsOf(again).length > 0, 'it was cut before the end')
    const ends = [...endsOf(slow), ...endsOf(again)]
    // Compared one by one: a difference of thousands of lines is of no use to anyone.
    assert.equal(ends.length, ids.length)
    assert.equal(
      ends.findIndex((id, index) => id !== ids[index]),
      -1,
    )
    assert.ok(!again.events.some(({ type }) => type === 'reset'))
    again.stop()
  })

  it('streams end with a reason when the server stops', async () => {
    const world = await startWorld()
    const sse = await listen(world.base)
    const socket = await listenBySocket(world.base)
    await Promise.all([sse.wait('snapshot'), socket.wait('snapshot')])
    const stopped = world[Symbol.asyncDispose]()
    const [end] = await sse.wait('end')
    assert.equal(end?.data.reason, 'server_stopping')
    await Promise.all([sse.over(), socket.over(), stopped])
    assert.equal(socket.code(), 1001)
  })
})

describe('changed configuration', () => {
  it('a committed write is told to its tenant, with its resource, key and operation', async () => {
    await using world = await startWorld()
    const mine = await listen(world.base, { headers: from(ours) })
    const stranger = await listen(world.base, { headers: from(theirs) })
    const made = await world.app.call('POST', '/api/v2/extensions', { extension: '1001', password: 'Correct-Horse-1' })
    assert.equal(made.status, 201, made.text)
    const refused = await world.app.call('POST', '/api/v2/extensions', {
      extension: '1001',
      password: 'Correct-Horse-1',
    })
    assert.equal(refused.status, 409)
    const { extension_uuid: uuid } = made.json
    await world.app.call('PATCH', `/api/v2/extensions/${uuid}`, { description: 'Desk' })
    await world.app.call('DELETE', `/api/v2/extensions/${uuid}`)
    const told = await mine.wait('configuration.changed', 3)
    assert.deepEqual(
      told.map(({ data }) => [data.resource, data.operation, data.key, data.domain]),
      [
        ['extensions', 'create', uuid, ours.name],
        ['extensions', 'update', uuid, ours.name],
        ['extensions', 'remove', uuid, ours.name],
      ],
    )
    assert.equal(stranger.events.length, 1)
    mine.stop()
    stranger.stop()
  })
})
