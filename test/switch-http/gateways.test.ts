import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { packageRoot } from '../../src/root.ts'
import { insertRow, ours, testApp } from '../support/app.ts'
import { liveApp } from './support.ts'

const app = await liveApp()
after(() => app.close())

async function makeGateway(name: string): Promise<string> {
  const made = await app.call('POST', '/api/v2/gateways', { gateway: name, proxy: 'sip.example.net' })
  assert.equal(made.status, 201, made.text)
  return made.json.gateway_uuid
}

/** What the three dialects say of a gateway's registration. */
async function told(uuid: string): Promise<[unknown, unknown][]> {
  const clean = await app.call('GET', `/api/v1/gateways/${uuid}`)
  const action = await app.call('GET', `/api/v1/gateways/get.php?uuid=${uuid}`)
  const native = await app.call('GET', `/api/v2/gateways/${uuid}`)
  return [clean.json.data, action.json.data, native.json].map((row) => [
    row.registration_status,
    row.registration_state,
  ])
}

/** Status and state by what sofia says (facts 4). */
const states: [state: string, status: string][] = [
  ['REGED', 'running'],
  ['NOREG', 'running'],
  ['UNREGED', 'running'],
  ['TRYING', 'running'],
  ['REGISTER', 'running'],
  ['UNREGISTER', 'running'],
  ['FAILED', 'error'],
  ['FAIL_WAIT', 'error'],
  ['EXPIRED', 'error'],
  ['TIMEOUT', 'error'],
  ['DOWN', 'error'],
]

test('S002-GW-GET: a gateway tells how its registration stands on the switch, in every dialect', async () => {
  const uuid = await makeGateway('trunk')
  assert.deepEqual(await told(uuid), Array(3).fill(['stopped', null]), 'not loaded')
  app.fake.addGateway({ name: uuid })
  for (const [state, status] of states) {
    app.fake.setGatewayState(uuid, state)
    assert.deepEqual(await told(uuid), Array(3).fill([status, state]))
  }
})

test('S002-GW-GET: the states in what a real FreeSWITCH 1.11.2 answered are read', async () => {
  const text = readFileSync(join(packageRoot, 'test/fixtures/freeswitch/sofia-jsonstatus.txt'), 'utf8')
  app.fake.onApi(/^sofia jsonstatus$/, text)
  for (const [last, state, status] of [
    ['1', 'REGED', 'running'],
    ['2', 'FAIL_WAIT', 'error'],
    ['3', 'NOREG', 'running'],
    ['9', null, 'stopped'],
  ] as const) {
    const gateway_uuid = `11111111-0000-4000-8000-00000000000${last}`
    await insertRow(app, 'v_gateways', {
      gateway_uuid,
      domain_uuid: ours.uuid,
      gateway: `real${last}`,
      enabled: 'true',
    })
    assert.deepEqual(await told(gateway_uuid), Array(3).fill([status, state]))
  }
  for (const odd of [
    '-ERR no reply\n',
    'Unknown Command [jsonstatus]\n',
    '[]',
    '{"profiles":[]}',
    '{"profiles":{"x":null}}',
    '{}',
  ]) {
    app.fake.onApi(/^sofia jsonstatus$/, odd)
    const [clean] = await told('11111111-0000-4000-8000-000000000001')
    assert.ok(clean && clean[1] === null, odd)
  }
  app.fake.forgetOverrides()
})

test('S002-GW-GET: the tag of a gateway changes with its state, and guards writes by what is stored alone', async () => {
  const uuid = await makeGateway('tagged')
  app.fake.addGateway({ name: uuid })
  const path = `/api/v2/gateways/${uuid}`
  const tag = (await app.call('GET', path)).headers.etag
  assert.ok(tag)
  assert.equal((await app.call('GET', path, undefined, { 'if-none-match': tag })).status, 304)
  app.fake.setGatewayState(uuid, 'FAIL_WAIT')
  const fresh = await app.call('GET', path, undefined, { 'if-none-match': tag })
  assert.equal(fresh.status, 200)
  assert.equal(fresh.json.registration_state, 'FAIL_WAIT')
  assert.notEqual(fresh.headers.etag, tag)
  const changed = await app.call('PATCH', path, { description: 'one' }, { 'if-match': tag })
  assert.equal(changed.status, 200, 'the state is nothing that somebody wrote')
  assert.equal((await app.call('PATCH', path, { description: 'two' }, { 'if-match': tag })).status, 412)
})

test('S002-GW-GET: with the switch down the row is told all the same, null where the switch would know, and the answer says so', async () => {
  const uuid = await makeGateway('lonely')
  app.fake.addGateway({ name: uuid })
  await app.fake.kill()
  for (const path of [
    `/api/v1/gateways/${uuid}`,
    `/api/v1/gateways/get.php?uuid=${uuid}`,
    `/api/v2/gateways/${uuid}`,
  ]) {
    const began = performance.now()
    const answer = await app.call('GET', path)
    assert.ok(performance.now() - began < 1500)
    assert.equal(answer.status, 200)
    const row = answer.json.data ?? answer.json
    assert.equal(row.gateway, 'lonely')
    assert.equal(row.registration_status, null)
    assert.equal(row.registration_state, null)
    assert.equal(answer.headers['x-tandem-missing-nodes'], `127.0.0.1:${app.fake.port}`)
  }
})

test('S002-GW-GET: two nodes that know a gateway are asked, and the one that reached the carrier speaks', async () => {
  const { startFakeSwitch } = await import('../support/switch/fake-switch.ts')
  const { up } = await import('./support.ts')
  await using one = await startFakeSwitch()
  await using two = await startFakeSwitch()
  const both = await testApp({ switchUrls: [one.url, two.url] })
  try {
    await up(both)
    const made = await both.call('POST', '/api/v2/gateways', { gateway: 'both', proxy: 'sip.example.net' })
    const uuid = made.json.gateway_uuid
    one.addGateway({ name: uuid, state: 'FAIL_WAIT' })
    two.addGateway({ name: uuid, state: 'REGED' })
    assert.equal((await both.call('GET', `/api/v2/gateways/${uuid}`)).json.registration_state, 'REGED')
    await two.kill()
    const left = await both.call('GET', `/api/v2/gateways/${uuid}`)
    assert.equal(left.json.registration_state, 'FAIL_WAIT')
    assert.equal(left.json.registration_status, 'error')
    assert.equal(left.headers['x-tandem-missing-nodes'], `127.0.0.1:${two.port}`)
  } finally {
    await both.close()
  }
})
