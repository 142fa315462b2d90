import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { openSwitch } from '../../src/adapters/switch/switch.ts'
import { liveCustomEvents, liveEvents } from '../../src/services/live/node-model.ts'
import { Synchroniser } from '../../src/services/live/synchroniser.ts'
import { ours, type TestApp } from '../support/app.ts'
import { Channel } from '../support/switch/channel.ts'
import { startFakeSwitch } from '../support/switch/fake-switch.ts'
import { type Client, listen, startWorld, whenLive, whenTold } from './streams.ts'

const silent = { info: () => {}, warn: () => {} }
const call = { domain: ours.name, from: '1001', to: '1002' }

/** `call.ended 1a2b`: what was told of which call, without the steps between beginning and end. */
const lives = (client: Client): string[] =>
  client.events
    .filter(({ type }) => type === 'call.created' || type === 'call.ended')
    .map(({ type, data }) => `${type} ${data.call.id}`)

const inSnapshot = (client: Client): string[] =>
  client.events.find(({ type }) => type === 'snapshot')?.data.calls.map(({ id }: { id: string }) => id)

const metric = async (app: TestApp, pattern: RegExp): Promise<number> =>
  Number(pattern.exec((await app.call('GET', '/metrics')).text)?.[1] ?? 0)

describe('the live model and its switch', () => {
  it('a cut connection loses and invents no call: what happened meanwhile is told once', async () => {
    await using world = await startWorld()
    const stays = world.fake.call(call)
    const goes = world.fake.call(call)
    await whenTold(world.app, 'call.bridged', 2)
    const client = await listen(world.base)
    await client.wait('snapshot')
    assert.deepEqual(inSnapshot(client).sort(), [stays.a.uuid, goes.a.uuid].sort())
    world.fake.dropConnections()
    world.fake.hangup(goes.a)
    const comes = world.fake.call(call)
    const brief = world.fake.call(call)
    world.fake.hangup(brief.a)
    await client.wait('switch.down')
    await client.wait('switch.up', 1, 5000)
    assert.deepEqual(lives(client).sort(), [`call.ended ${goes.a.uuid}`, `call.created ${comes.a.uuid}`].sort())
    const later = world.fake.call(call)
    world.fake.hangup(stays.a)
    world.fake.hangup(comes.a)
    world.fake.hangup(later.a)
    await client.wait('call.ended', 4)
    assert.deepEqual(lives(client).slice(2), [
      `call.created ${later.a.uuid}`,
      `call.ended ${stays.a.uuid}`,
      `call.ended ${comes.a.uuid}`,
      `call.ended ${later.a.uuid}`,
    ])
    client.stop()
  })

  it('a switch that was killed and started anew has no calls: each is ended once, new ones begin', async () => {
    await using world = await startWorld()
    const one = world.fake.call(call)
    const two = world.fake.addChannel({ user: '1003', domain: ours.name, dest: '1004' })
    world.fake.addGateway({ name: '33333333-0000-4000-8000-000000000001' })
    const phone = world.fake.register({ user: '1001', domain: ours.name })
    await whenTold(world.app, 'registration.added', 1)
    const client = await listen(world.base)
    await client.wait('snapshot')
    await world.fake.restart(100)
    await client.wait('switch.up', 1, 8000)
    assert.deepEqual(lives(client).sort(), [`call.ended ${one.a.uuid}`, `call.ended ${two.uuid}`].sort())
    const fresh = world.fake.call(call)
    await client.wait('call.bridged')
    assert.equal(lives(client).at(-1), `call.created ${fresh.a.uuid}`)
    // The phone did not register anew, and nobody says it did.
    assert.ok(!client.events.some(({ type }) => type.startsWith('registration.')))
    world.fake.unregister(phone)
    await client.wait('registration.expired')
    client.stop()
  })

  it('rows that lag bring no call back and hide none for long', async () => {
    await using world = await startWorld()
    world.fake.showDelayMs = 900
    const goes = world.fake.call(call)
    await pause(1000)
    const client = await listen(world.base)
    await client.wait('snapshot')
    world.fake.dropConnections()
    // Gone from the switch, but still in its table when that is read; and the other way round.
    world.fake.hangup(goes.a)
    const comes = world.fake.call(call)
    await client.wait('switch.up', 1, 5000)
    await client.wait(({ type, data }) => type === 'call.created' && data.call.id === comes.a.uuid, 1, 6000)
    await pause(300)
    assert.deepEqual(lives(client).sort(), [`call.ended ${goes.a.uuid}`, `call.created ${comes.a.uuid}`].sort())
    client.stop()
  })

  it('events that come while the snapshot is read are applied after it', async () => {
    const fake = await startFakeSwitch()
    const before = fake.call(call)
    fake.faults.slow('show channels as json', 400)
    const starting = startWorld({}, fake)
    await fake.commandArrived('show channels as json', 20_000)
    fake.hangup(before.a)
    const during = fake.call(call)
    const brief = fake.call(call)
    fake.hangup(brief.a)
    await using world = await starting
    const client = await listen(world.base)
    await client.wait('snapshot')
    assert.deepEqual(inSnapshot(client), [during.a.uuid])
    client.stop()
  })

  it('what no event told is found by looking, counted and put right', async () => {
    await using world = await startWorld({ env: { TANDEM_EVENTS__CHECK_SECONDS: '1' } })
    const lost = world.fake.call(call)
    const held = world.fake.call(call)
    await whenTold(world.app, 'call.bridged', 2)
    const client = await listen(world.base)
    await client.wait('snapshot')
    await pause(2100)
    // Behind the back of the events: two legs end, one begins, one is put on hold.
    for (const leg of [lost.a, lost.b]) {
      world.fake.core.channels.delete(leg.uuid)
      world.fake.changed(leg)
    }
    const found = new Channel({ user: '1005', domain: ours.name, dest: '1006' }, world.fake.core.nowUs())
    world.fake.core.channels.set(found.uuid, found)
    found.callstate = 'RINGING'
    world.fake.changed(found)
    held.a.callstate = 'HELD'
    world.fake.changed(held.a)
    await client.wait('call.ended', 1, 12_000)
    await client.wait('call.created', 1, 1000)
    const [onHold] = await client.wait('call.held', 1, 1000)
    assert.deepEqual(lives(client).sort(), [`call.ended ${lost.a.uuid}`, `call.created ${found.uuid}`].sort())
    assert.equal(onHold?.data.call.id, held.a.uuid)
    const of = (kind: string) => new RegExp(`tandem_live_differences_total\\{[^}]*kind="${kind}"\\} (\\d+)`)
    assert.equal(await metric(world.app, of('ghost_channel')), 2)
    assert.equal(await metric(world.app, of('missed_channel')), 1)
    assert.equal(await metric(world.app, of('channel_state')), 1)
    client.stop()
  })

  it('a switch in step differs in nothing', async () => {
    await using world = await startWorld({ env: { TANDEM_EVENTS__CHECK_SECONDS: '1' } })
    world.fake.showDelayMs = 300
    world.fake.addGateway({ name: '33333333-0000-4000-8000-000000000001' })
    for (let count = 0; count < 60; count += 1) {
      const { a } = world.fake.call(call)
      world.fake.register({ user: `2${count}`, domain: ours.name })
      await pause(100)
      if (count % 2 === 0) world.fake.hangup(a)
    }
    const { text } = await world.app.call('GET', '/metrics')
    assert.ok(!/tandem_live_differences_total\{/.test(text), text.match(/tandem_live_differences.*/g)?.join('\n'))
    await whenLive(world.app)
  })

  it('a tenant that only a variable tells is asked for', async () => {
    await using world = await startWorld()
    const mine = await listen(world.base, { headers: { 'x-domain': ours.name } })
    await mine.wait('snapshot')
    const leg = world.fake.addChannel({ callerNumber: '+13035550000', dest: '+12025550100', context: 'public' })
    await pause(100)
    assert.deepEqual(lives(mine), [])
    leg.variables.set('domain_name', ours.name)
    await mine.wait('call.created', 1, 4000)
    assert.deepEqual(lives(mine), [`call.created ${leg.uuid}`])
    mine.stop()
  })
})

describe('events that were lost', () => {
  it('the state is read anew when the connection says that it dropped some', async () => {
    await using fake = await startFakeSwitch()
    const port = openSwitch({ urls: [fake.url], events: liveEvents, custom: liveCustomEvents, logger: silent })
    const [node] = port.nodes
    assert.ok(node)
    const told: string[] = []
    const sync = new Synchroniser({
      node,
      owners: { domain: () => undefined, gateway: () => undefined },
      checkEveryMs: 600_000,
      listener: {
        changes: (changes) => told.push(...changes.map(({ type }) => type)),
        state: () => {},
        differences: () => {},
        failed: () => {},
      },
    })
    let hears = true
    port.onEvent((event) => hears && sync.event(event))
    port.onState((status) => sync.status(status))
    try {
      while (sync.state !== 'live') await pause(5)
      const ends = fake.call(call)
      while (!told.includes('call.bridged')) await pause(5)
      hears = false
      fake.hangup(ends.a)
      const comes = fake.addChannel({ user: '1003', domain: ours.name, dest: '1004' })
      await pause(50)
      hears = true
      sync.lost()
      while (sync.state !== 'live') await pause(5)
      assert.deepEqual(
        sync.model.calls.views(null).map(({ id }) => id),
        [comes.uuid],
      )
      assert.equal(told.filter((type) => type === 'call.ended').length, 1)
    } finally {
      await port.close()
    }
  })
})
