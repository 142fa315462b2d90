import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Provider } from './provider.ts'
import type { Answer } from './tandem.ts'
import { World } from './world.ts'

let world: World
let provider: Provider
/** Gateways of this file, to be taken off the switch again. */
const made: string[] = []

before(async () => {
  world = await World.open()
  provider = await Provider.open(world.external.host)
})
after(async () => {
  for (const uuid of made) await world.tandem.call('DELETE', `/api/v1/gateways/${uuid}`)
  for (const uuid of made) await world.eventually('gone', async () => !(await loaded(uuid)), 10_000, 100)
  provider?.close()
  await world?.close()
})

const stages = (answer: Answer) => answer.headers.get('x-tandem-receipt') ?? ''

/** A gateway made over the API that registers with our provider. */
async function gateway(user: string, password: string, fields: Record<string, unknown> = {}): Promise<string> {
  const proxy = `${world.external.host}:${provider.port}`
  const body = { gateway: user, username: user, password, proxy, register: 'true', profile: 'external', ...fields }
  const more = { expire_seconds: '800', retry_seconds: '5', context: 'public', enabled: 'true' }
  const answer = await world.tandem.call('POST', '/api/v1/gateways', { ...more, ...body })
  assert.equal(answer.status, 201, JSON.stringify(answer.json))
  made.push(answer.json.data.gateway_uuid)
  return answer.json.data.gateway_uuid
}

const change = async (uuid: string, body: Record<string, unknown>) => {
  const answer = await world.tandem.call('PUT', `/api/v1/gateways/${uuid}`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  return answer
}

const loaded = async (uuid: string) => !(await world.api('sofia', `xmlstatus gateway ${uuid}`)).startsWith('Invalid')
const registered = (user: string, times: number) =>
  world.eventually(`${user} registered ${times} times`, async () => provider.accepted(user) >= times, 15_000, 50)

test('a gateway made over the API registers with its provider', async () => {
  provider.passwords.set('trunk-a', 'first-password')
  await gateway('trunk-a', 'first-password')
  await registered('trunk-a', 1)
})

test('a changed password takes effect: the gateway registers anew with it, and its state is shown', async () => {
  provider.passwords.set('trunk-b', 'first-password')
  const uuid = await gateway('trunk-b', 'first-password')
  await registered('trunk-b', 1)
  provider.passwords.set('trunk-b', 'second-password')
  const answer = await change(uuid, { password: 'second-password' })
  assert.match(stages(answer), /; switch=(done|sent|pending)$/)
  await registered('trunk-b', 2)
  await world.eventually('shown as registered', async () => {
    const { json } = await world.tandem.call('GET', `/api/v1/gateways/${uuid}`)
    return /REGED/.test(JSON.stringify(json.data))
  })
})

test('a changed provider address takes effect', async () => {
  provider.passwords.set('trunk-c', 'password-c')
  const uuid = await gateway('trunk-c', 'password-c')
  await registered('trunk-c', 1)
  const second = await Provider.open(world.external.host)
  try {
    second.passwords.set('trunk-c', 'password-c')
    await change(uuid, { proxy: `${world.external.host}:${second.port}` })
    await world.eventually('registered with the new provider', async () => second.accepted('trunk-c') > 0, 15_000, 50)
  } finally {
    second.close()
  }
})

test('a disabled gateway leaves the switch, an enabled one comes back, a deleted one is gone', async () => {
  provider.passwords.set('trunk-d', 'password-d')
  const uuid = await gateway('trunk-d', 'password-d')
  await registered('trunk-d', 1)
  await change(uuid, { enabled: 'false' })
  await world.eventually('not loaded', async () => !(await loaded(uuid)), 15_000, 100)
  await change(uuid, { enabled: 'true' })
  await registered('trunk-d', 2)
  const gone = await world.tandem.call('DELETE', `/api/v1/gateways/${uuid}`)
  assert.ok(gone.status < 300, JSON.stringify(gone.json))
  await world.eventually('not loaded', async () => !(await loaded(uuid)), 15_000, 100)
})

test('a gateway whose provider refuses it is not called registered', async () => {
  provider.passwords.set('trunk-e', 'the-right-one')
  const uuid = await gateway('trunk-e', 'a-wrong-one')
  await world.eventually('refused', async () => provider.attempts.some((each) => each.user === 'trunk-e'), 15_000, 50)
  assert.equal(provider.accepted('trunk-e'), 0)
  const { json } = await world.tandem.call('GET', `/api/v1/gateways/${uuid}`)
  assert.doesNotMatch(JSON.stringify(json.data), /REGED/)
})
