import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { type FakeSwitch, type FakeSwitchOptions, startFakeSwitch } from './fake-switch.ts'

/** A bare client: what was sent and everything that came back, as text. */
class Client {
  received = ''
  ended = false
  readonly socket: Socket
  constructor(fake: FakeSwitch) {
    this.socket = connect(fake.port, fake.host)
    this.socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1')
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.ended = true
    })
  }
  send(text: string): this {
    this.socket.write(text)
    return this
  }
  /** Waits for a text to be there. */
  async has(text: string): Promise<void> {
    for (let left = 300; !this.received.includes(text); left--) {
      if (left === 0) assert.fail(`never received ${JSON.stringify(text)}, but ${JSON.stringify(this.received)}`)
      await pause(10)
    }
  }
  async end(): Promise<void> {
    for (let left = 300; !this.ended; left--) {
      if (left === 0) assert.fail('the connection stays open')
      await pause(10)
    }
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Runs a test against a fake with one authenticated client. */
async function withClient(
  run: (client: Client, fake: FakeSwitch) => Promise<void>,
  options?: FakeSwitchOptions,
): Promise<void> {
  await using fake = await startFakeSwitch(options)
  const client = new Client(fake)
  await client.has('auth/request\n\n')
  client.send('auth ClueCon\n\n')
  await client.has('+OK accepted\n\n')
  client.received = ''
  try {
    await run(client, fake)
  } finally {
    client.socket.destroy()
  }
}

test('the fake switch answers commands of one write in their order', () =>
  withClient(async (client, fake) => {
    client.send('api hostname\n\napi uuid_exists x\n\nbogus\n\n')
    await client.has('command not found\n\n')
    assert.equal(
      client.received,
      'Content-Type: api/response\nContent-Length: 2\n\nvmContent-Type: api/response\nContent-Length: 5\n\nfalse' +
        'Content-Type: command/reply\nReply-Text: -ERR command not found\n\n',
    )
    assert.deepEqual(fake.lines(), ['auth ClueCon', 'api hostname', 'api uuid_exists x', 'bogus'])
  }))

test('a call of the fake switch fires its events in the order of the captures and is in show', () =>
  withClient(async (client, fake) => {
    client.send('event json CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_BRIDGE CHANNEL_HANGUP_COMPLETE\n\n')
    await client.has('enabled json')
    const { a, b } = fake.call({ domain: 'example.test', from: '1201', to: '1202' })
    client.send('api show calls as json\n\n')
    await client.has('"row_count":1')
    fake.hangup(a)
    await pause(30)
    const events = [...client.received.matchAll(/"Event-Name":"(\w+)".*?"Unique-ID":"([^"]+)"/g)].map((found) => [
      found[1],
      found[2],
    ])
    assert.deepEqual(events, [
      ['CHANNEL_CREATE', a.uuid],
      ['CHANNEL_CREATE', b.uuid],
      ['CHANNEL_ANSWER', b.uuid],
      ['CHANNEL_ANSWER', a.uuid],
      ['CHANNEL_BRIDGE', a.uuid],
      ['CHANNEL_HANGUP_COMPLETE', b.uuid],
      ['CHANNEL_HANGUP_COMPLETE', a.uuid],
    ])
  }))

test('show of the fake switch lags behind as long as it is told', () =>
  withClient(
    async (client, fake) => {
      fake.call({ domain: 'example.test', from: '1201', to: '1202' })
      client.send('api show channels as json\n\n')
      await client.has('{"row_count": 0}\n')
      await pause(200)
      client.send('api show channels count as json\n\n')
      await client.has('{"row_count":2,"rows":[]}')
    },
    { showDelayMs: 150 },
  ))

test('faults of the fake switch: cut, silence, refusals', async () => {
  await withClient(async (client, fake) => {
    fake.faults.silent('uuid_kill')
    fake.faults.cut('api version', 60)
    client.send('api uuid_kill x\n\napi hostname\n\napi version\n\n')
    await client.end()
    assert.equal(client.received.length, 'Content-Type: api/response\nContent-Length: 2\n\nvm'.length + 60)
  })
  await using fake = await startFakeSwitch()
  fake.faults.refuseAcl = true
  const refused = new Client(fake)
  await refused.end()
  assert.match(
    refused.received,
    /^Content-Type: text\/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away\.\n/,
  )
  fake.faults.clear()
  fake.faults.neverGreet = 1
  const silent = new Client(fake)
  await pause(50)
  assert.equal(silent.received, '')
  silent.socket.destroy()
  fake.faults.refuseAuth = true
  const wrong = new Client(fake).send('auth ClueCon\n\n')
  await wrong.end()
  assert.match(wrong.received, /-ERR invalid\n\nContent-Type: text\/disconnect-notice/)
})

test('the fake switch comes back on the same port with a new core and without calls', () =>
  withClient(async (client, fake) => {
    fake.call({ domain: 'example.test', from: '1201', to: '1202' })
    const core = fake.core.core.uuid
    const port = fake.port
    await fake.restart()
    await client.end()
    assert.equal(fake.port, port)
    assert.notEqual(fake.core.core.uuid, core)
    assert.equal(fake.channels.length, 0)
  }))
