import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { ours, type TestApp, testApp } from '../support/app.ts'
import { startFakeSwitch } from '../support/switch/fake-switch.ts'
import { up } from './support.ts'

/** Everything that needs a switch, in the shape of its own dialect. */
const live: [method: string, path: string, body?: unknown][] = [
  ['GET', '/api/v1/active-calls'],
  ['GET', '/api/v1/dashboard/active-calls.php'],
  ['GET', '/api/v1/registrations'],
  ['GET', '/api/v1/dashboard/registrations.php'],
  ['POST', '/api/v1/active-calls/hangup', { call_uuid: '00000000-0000-4000-8000-000000000000' }],
  ['POST', '/api/v1/active-calls/transfer', { call_uuid: '00000000-0000-4000-8000-000000000000', destination: '1' }],
  ['GET', '/api/v2/active-calls'],
  ['GET', '/api/v2/active-calls/00000000-0000-4000-8000-000000000000'],
  ['POST', '/api/v2/active-calls/00000000-0000-4000-8000-000000000000/hold'],
  ['GET', '/api/v2/registrations'],
  ['POST', '/api/v2/registrations/1001/unregister'],
]

async function assertAll(app: TestApp, code: string): Promise<void> {
  for (const [method, path, body] of live) {
    const began = performance.now()
    const answer = await app.call(method, path, body)
    assert.ok(performance.now() - began < 1500, `${path} took ${performance.now() - began} ms`)
    assert.equal(answer.status, 503, `${path} ${answer.text}`)
    assert.equal(answer.json.error?.code ?? answer.json.code, code, path)
    assert.ok(!answer.text.includes('ClueCon'))
  }
  assert.equal((await app.call('GET', '/api/v1/extensions')).status, 200, 'the database is read all the same')
  assert.equal(
    (await app.call('POST', '/api/v1/extensions', { extension: String(Math.floor(Math.random() * 1e9)) })).status,
    201,
  )
  assert.equal((await app.call('GET', '/api/v1/dashboard/stats.php')).status, 200)
  assert.equal((await app.call('GET', '/readyz')).status, 200)
}

test('S004-ERR-ESL_NOT_AVAILABLE: without a switch configured everything that needs one says so, and the rest works', async () => {
  const app = await testApp()
  try {
    await assertAll(app, 'ESL_NOT_AVAILABLE')
    const { json } = await app.call('GET', '/readyz')
    assert.equal(json.parts.switch.status, 'none')
    assert.equal((await app.call('GET', '/version')).json.freeswitch, null)
  } finally {
    await app.close()
  }
})

test('S004-ERR-ESL_CONNECTION_FAILED: nobody listens there', async () => {
  const app = await testApp({ switchUrls: ['esl://:ClueCon@127.0.0.1:9'] })
  try {
    await assertAll(app, 'ESL_CONNECTION_FAILED')
    const { json } = await app.call('GET', '/readyz')
    assert.equal(json.parts.switch.status, 'failed')
    assert.equal(json.parts.switch.nodes[0].state, 'down')
    assert.equal(json.parts.switch.nodes[0].name, '127.0.0.1:9')
    assert.equal((await app.call('GET', '/version')).json.freeswitch, null)
    const answer = await app.call('GET', '/api/v1/active-calls')
    assert.match(answer.json.error.message, /127\.0\.0\.1:9/)
  } finally {
    await app.close()
  }
})

test('S004-ERR-ESL_CONNECTION_FAILED: a switch that takes connections and says nothing costs a second at most', async () => {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const app = await testApp({ switchUrls: [`esl://:ClueCon@127.0.0.1:${port}`] })
  try {
    await assertAll(app, 'ESL_CONNECTION_FAILED')
  } finally {
    await app.close()
    server.close()
  }
})

test('S004-ERR-ESL_CONNECTION_FAILED: a wrong password, and an address the switch does not want, are told as refusals', async () => {
  await using fake = await startFakeSwitch()
  for (const fault of ['refuseAuth', 'refuseAcl'] as const) {
    fake.faults[fault] = true
    const app = await testApp({ switchUrls: [fake.url] })
    try {
      await assertAll(app, 'ESL_CONNECTION_FAILED')
      const [node] = (await app.call('GET', '/readyz')).json.parts.switch.nodes
      assert.equal(node.state, 'refused')
      assert.ok(node.reason)
    } finally {
      await app.close()
      fake.faults.clear()
    }
  }
})

test('a FreeSWITCH older than 1.10 is refused with a sentence', async () => {
  await using fake = await startFakeSwitch({ version: '1.8.7-release~64bit' })
  const app = await testApp({ switchUrls: [fake.url] })
  try {
    assert.equal((await app.call('GET', '/api/v1/active-calls')).json.error.code, 'ESL_CONNECTION_FAILED')
    const [node] = (await app.call('GET', '/readyz')).json.parts.switch.nodes
    assert.equal(node.state, 'refused')
    assert.match(node.reason, /FreeSWITCH 1\.8\.7-release is too old: Tandem needs FreeSWITCH 1\.10 or newer/)
    await assertAll(app, 'ESL_CONNECTION_FAILED')
    // It is replaced by one that will do, without a restart of ours.
    fake.version = '1.10.12-release~64bit'
    await fake.restart()
    await up(app)
    assert.equal((await app.call('GET', '/version')).json.freeswitch, '1.10.12-release')
    assert.equal((await app.call('GET', '/api/v1/active-calls')).status, 200)
  } finally {
    await app.close()
  }
})

test('several nodes: lists are one, a node that is down is named and costs little, a call is found wherever it lives', async () => {
  await using one = await startFakeSwitch({ switchname: 'pbx1' })
  await using two = await startFakeSwitch({ switchname: 'pbx2', version: '1.10.12-release~64bit' })
  const app = await testApp({ switchUrls: [one.url, two.url] })
  try {
    await up(app)
    const here = one.call({ domain: ours.name, from: '1001', to: '1002' })
    const there = two.call({ domain: ours.name, from: '1003', to: '1004' })
    one.register({ user: '1001', domain: ours.name, callId: 'same' })
    two.register({ user: '1001', domain: ours.name, callId: 'same', contact: one.core.registrations[0]?.contact ?? '' })
    two.register({ user: '1003', domain: ours.name })
    const uuids = (answer: { json: { data: { call_uuid: string }[] } }) =>
      answer.json.data.map((row) => row.call_uuid).sort()
    const whole = await app.call('GET', '/api/v1/active-calls')
    assert.deepEqual(uuids(whole), [here.a.uuid, there.a.uuid].sort())
    assert.equal(whole.headers['x-tandem-missing-nodes'], undefined)
    assert.deepEqual(Object.keys(whole.json), ['success', 'data'])
    const phones = await app.call('GET', '/api/v1/registrations')
    assert.deepEqual(
      phones.json.data.map((row: { user: string }) => row.user),
      ['1001', '1003'],
      'one that two nodes know is one',
    )
    assert.equal((await app.call('GET', '/version')).json.freeswitch, '1.11.2-release, 1.10.12-release')
    assert.deepEqual(
      (await app.call('GET', '/readyz')).json.parts.switch.nodes.map((node: { hostname: string }) => node.hostname),
      ['pbx1', 'pbx2'],
    )
    assert.equal((await app.call('POST', '/api/v1/active-calls/hangup', { call_uuid: there.a.uuid })).status, 200)
    assert.equal(two.channels.length, 0)

    await two.kill()
    const name = `127.0.0.1:${two.port}`
    for (const path of [
      '/api/v1/active-calls',
      '/api/v1/registrations',
      '/api/v2/active-calls',
      '/api/v2/registrations',
      '/api/v1/dashboard/active-calls.php',
      '/api/v1/dashboard/registrations.php',
    ]) {
      const began = performance.now()
      const answer = await app.call('GET', path)
      assert.ok(performance.now() - began < 1500)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['x-tandem-missing-nodes'], name, path)
      assert.deepEqual(answer.json.missing_nodes, [name], path)
      assert.equal(answer.json.data.length, 1, path)
    }
    // What may be on the node that is gone cannot be called gone.
    assert.equal((await app.call('POST', '/api/v1/active-calls/hangup', { call_uuid: there.a.uuid })).status, 503)
    assert.equal((await app.call('POST', '/api/v1/active-calls/hangup', { call_uuid: here.a.uuid })).status, 200)
    await two.start()
    await up(app)
    assert.equal((await app.call('GET', '/api/v1/active-calls')).headers['x-tandem-missing-nodes'], undefined)
  } finally {
    await app.close()
  }
})

test('a switch that hangs in the middle of its life costs a list one second, and is back when it speaks again', async () => {
  await using fake = await startFakeSwitch()
  const app = await testApp({ switchUrls: [fake.url] })
  try {
    await up(app)
    fake.call({ domain: ours.name, from: '1001', to: '1002' })
    fake.faults.slow('show channels', 2500)
    const began = performance.now()
    assert.equal((await app.call('GET', '/api/v1/active-calls')).status, 503)
    assert.ok(performance.now() - began < 1500)
    fake.faults.clear()
    await new Promise((resolve) => setTimeout(resolve, 1700))
    const answer = await app.call('GET', '/api/v1/active-calls')
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.json.data.length, 1)
    assert.equal(app.switch.status()[0]?.state, 'up', 'slowness alone costs no connection')
  } finally {
    await app.close()
  }
})

test('a switch that dies and comes back is found again, with the calls it has then', async () => {
  await using fake = await startFakeSwitch()
  const app = await testApp({ switchUrls: [fake.url] })
  try {
    await up(app)
    fake.call({ domain: ours.name, from: '1001', to: '1002' })
    assert.equal((await app.call('GET', '/api/v1/active-calls')).json.data.length, 1)
    await fake.restart(300)
    await up(app)
    assert.deepEqual((await app.call('GET', '/api/v1/active-calls')).json.data, [])
    const { a } = fake.call({ domain: ours.name, from: '1005', to: '1006' })
    assert.deepEqual(
      (await app.call('GET', '/api/v1/active-calls')).json.data.map((row: { call_uuid: string }) => row.call_uuid),
      [a.uuid],
    )
  } finally {
    await app.close()
  }
})
