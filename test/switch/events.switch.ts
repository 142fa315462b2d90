import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { EventStream } from './event-stream.ts'
import type { Phone } from './phone.ts'
import { Provider } from './provider.ts'
import { ours, theirs } from './tandem.ts'
import { World } from './world.ts'

let world: World
let anna: Phone
let bert: Phone
let carl: Phone
let mine: EventStream
let others: EventStream

before(async () => {
  world = await World.open()
  anna = await world.registered('4501')
  bert = await world.registered('4502')
  carl = await world.registered('4503')
  mine = await EventStream.open(world.tandem, ours)
  others = await EventStream.open(world.tandem, theirs)
})
after(async () => {
  mine?.close()
  others?.close()
  await world?.close()
})
afterEach(async () => {
  await world?.quiet()
  await new Promise((resolve) => setTimeout(resolve, 300))
  mine?.forget()
})

const callTypes = () => mine.types().filter((type) => type.startsWith('call.'))

test('a call is told of from its beginning to its end, once each, at once, to its tenant only', async () => {
  bert.onRing = 'ring'
  const started = Date.now()
  const call = anna.call('4502')
  const created = await mine.until('call.created', ({ type }) => type === 'call.created')
  assert.ok(created.atMs - started <= 300, `told after ${created.atMs - started} ms`)
  await mine.until('call.ringing', ({ type }) => type === 'call.ringing')
  bert.answer(await bert.incoming())
  await anna.until(() => call.state === 'up', 5000, 'answer')
  await mine.until('call.answered', ({ type }) => type === 'call.answered')
  await new Promise((resolve) => setTimeout(resolve, 500))
  const hungUp = Date.now()
  anna.hangUp(call)
  const ended = await mine.until('call.ended', ({ type }) => type === 'call.ended')
  assert.ok(ended.atMs - hungUp <= 300, `the end is told after ${ended.atMs - hungUp} ms`)
  await new Promise((resolve) => setTimeout(resolve, 500))
  for (const type of ['call.created', 'call.ringing', 'call.answered', 'call.ended']) {
    assert.equal(callTypes().filter((each) => each === type).length, 1, `${type} in ${callTypes().join(', ')}`)
  }
  assert.deepEqual(
    others.types().filter((type) => type.startsWith('call.')),
    [],
  )
})

test('hold, unhold and transfer are told', async () => {
  bert.onRing = 'answer'
  const call = anna.call('4502')
  await anna.until(() => call.state === 'up', 5000, 'answer')
  await mine.until('call.answered', ({ type }) => type === 'call.answered')
  await world.eventually('listed', async () => (await world.calls()).length === 1, 2000)
  const uuid = (await world.calls())[0]?.call_uuid
  await world.tandem.call('POST', `/api/v2/active-calls/${uuid}/hold`, {})
  await mine.until('call.held', ({ type }) => type === 'call.held')
  await world.tandem.call('POST', `/api/v2/active-calls/${uuid}/unhold`, {})
  await mine.until('call.unheld', ({ type }) => type === 'call.unheld')
  carl.onRing = 'answer'
  await world.tandem.call('POST', '/api/v1/active-calls/transfer', { call_uuid: uuid, destination: '4503' })
  await mine.until('call.transferred', ({ type }) => type === 'call.transferred')
  const taken = await carl.incoming()
  await carl.until(() => taken.state === 'up', 3000, 'answer')
  assert.equal(call.state, 'up')
  anna.hangUp(call)
  await mine.until('call.ended', ({ type }) => type === 'call.ended')
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.equal(
    callTypes().filter((type) => type === 'call.created').length,
    callTypes().filter((type) => type === 'call.ended').length,
    callTypes().join(', '),
  )
})

test('a phone that comes and goes is told of', async () => {
  const phone = await world.registered('4504')
  await mine.until(
    'registration.added',
    ({ type, data }) => type === 'registration.added' && JSON.stringify(data).includes('4504'),
  )
  await phone.register(0)
  await mine.until(
    'registration.expired',
    ({ type, data }) => type === 'registration.expired' && JSON.stringify(data).includes('4504'),
  )
  assert.ok(!JSON.stringify(others.events).includes('"4504"'))
})

test('a gateway that is loaded anew is up afterwards, though the switch tells late that the old one is gone', async () => {
  const provider = await Provider.open(world.external.host)
  let uuid = ''
  try {
    provider.passwords.set('trunk-s', 'one')
    const body = {
      gateway: 'trunk-s',
      username: 'trunk-s',
      password: 'one',
      proxy: `${world.external.host}:${provider.port}`,
    }
    const more = {
      register: 'true',
      profile: 'external',
      expire_seconds: '800',
      retry_seconds: '5',
      context: 'public',
      enabled: 'true',
    }
    const made = await world.tandem.call('POST', '/api/v1/gateways', { ...body, ...more })
    uuid = made.json.data.gateway_uuid
    await world.eventually('registered', async () => provider.accepted('trunk-s') > 0, 15_000, 50)
    await mine.until('gateway.up', ({ type, data }) => type === 'gateway.up' && JSON.stringify(data).includes(uuid))
    mine.forget()
    provider.passwords.set('trunk-s', 'two')
    await world.tandem.call('PUT', `/api/v1/gateways/${uuid}`, { password: 'two' })
    await world.eventually('registered anew', async () => provider.accepted('trunk-s') > 1, 15_000, 50)
    await mine.until('gateway.up', ({ type, data }) => type === 'gateway.up' && JSON.stringify(data).includes(uuid))
    await new Promise((resolve) => setTimeout(resolve, 2000))
    const last = mine.events
      .filter(({ type, data }) => type.startsWith('gateway.') && JSON.stringify(data).includes(uuid))
      .at(-1)
    assert.equal(last?.type, 'gateway.up')
    const fresh = await EventStream.open(world.tandem, ours)
    const snapshot = fresh.events[0]?.data
    fresh.close()
    assert.ok(JSON.stringify(snapshot).includes(uuid), 'the gateway is in the snapshot')
  } finally {
    if (uuid !== '') await world.tandem.call('DELETE', `/api/v1/gateways/${uuid}`)
    provider.close()
  }
})

test('a restart of the switch is told: down, up, and the calls that ended with it', async () => {
  bert.onRing = 'answer'
  const call = anna.call('4502')
  await anna.until(() => call.state === 'up', 5000, 'answer')
  await mine.until('call.answered', ({ type }) => type === 'call.answered')
  await world.restartSwitch()
  await mine.until('switch.down', ({ type }) => type === 'switch.down', 10_000)
  await mine.until('switch.up', ({ type }) => type === 'switch.up', 30_000)
  await mine.until('call.ended', ({ type }) => type === 'call.ended', 5000)
  assert.equal(callTypes().filter((type) => type === 'call.created').length, 1, callTypes().join(', '))
})
