import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Command,
  command,
  connectionCommand,
  type EslEvent,
  isEvent,
  rest,
  sendEvent,
} from '../../src/esl/index.ts'
import { type Capture, capture, captureNames, type Step, serverBytes } from './support/captures.ts'
import { clientOf, code, until } from './support/client.ts'
import { framesOf } from './support/frames.ts'
import { Peer, type PeerConnection } from './support/peer.ts'

/** What the client is asked to do for one captured command; undefined for what this client never sends. */
interface Ask {
  readonly kind: 'api' | 'send' | 'subscribe'
  readonly command?: Command
}

function askOf(text: string): Ask | undefined {
  const [line = '', ...headers] = text.replace(/\n+$/, '').split('\n')
  const [verb = '', name = '', ...words] = line.split(' ')
  if (
    verb === 'api' &&
    name !== '' &&
    headers.length === 0 &&
    !line.includes('mod_event_socket') &&
    !/[\r\0]/.test(line)
  )
    return { kind: 'api', command: command(name, ...(words.length > 0 ? [rest(words.join(' '))] : [])) }
  if (verb === 'event' && words.length > 0 && !words.includes('NOSUCHEVENT')) return { kind: 'subscribe' }
  if (['filter', 'log', 'nolog', 'nixevent'].includes(verb) && name !== '' && !text.includes('x'.repeat(300)))
    return { kind: 'send', command: connectionCommand(verb, rest([name, ...words].join(' '))) }
  if (
    verb === 'sendevent' &&
    !headers.includes('') &&
    new Set(headers.map((one) => one.split(':')[0])).size === headers.length
  )
    return {
      kind: 'send',
      command: sendEvent(name, Object.fromEntries(headers.map((one) => one.split(': ') as [string, string]))),
    }
  return undefined
}

/** Several commands may stand in one write. */
const commandsOf = (step: Step): string[] =>
  step.bytes
    .toString('utf8')
    .split(/(?<=\n\n)/)
    .filter((one) => one.trim() !== '')

/** Captures that begin after the log-in and hold only commands this client can send. */
function replayable({ name, steps }: Capture): boolean {
  const asked = steps.filter(({ from }) => from === 'client')
  if (asked.length === 0 || name.startsWith('outbound-') || name.startsWith('auth-') || name.startsWith('userauth'))
    return false
  if (steps.some((step) => step.from === 'note')) return false
  return asked.every(
    (step) => step.bytes.toString('latin1').endsWith('\n\n') && commandsOf(step).every((one) => askOf(one)),
  )
}

/** Plays the switch's part: waits for each captured command, and then writes the captured reads as they came. */
async function play(connection: PeerConnection, steps: readonly Step[], sent: string[]): Promise<void> {
  await connection.logIn()
  for (const step of steps) {
    if (step.from === 'client') for (const _ of commandsOf(step)) sent.push(await connection.command())
    else {
      connection.write(step.bytes)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** The answers a capture holds, in order. */
const answersIn = (bytes: Buffer): string[] =>
  framesOf([bytes])
    .filter(({ type }) => type === 'api/response' || type === 'command/reply')
    .map((frame) => (frame.type === 'api/response' ? frame.body.toString('utf8') : (frame.get('Reply-Text') ?? '')))

describe('captures replayed to the client over TCP', () => {
  const chosen = captureNames.map(capture).filter(replayable)

  test('most captures can be replayed', () => assert.ok(chosen.length >= 75))

  for (const { name, steps } of chosen) {
    test(name, async () => {
      const sent: string[] = []
      await using peer = await Peer.start((connection) => play(connection, steps, sent))
      await using client = clientOf(peer.port)
      const events: EslEvent[] = []
      client.onEvent((event) => void events.push(event))
      await client.start().ready()
      const answers: Promise<string>[] = []
      const wanted: string[] = []
      const bytes = serverBytes({ name, steps })
      const expected = answersIn(bytes)
      const expectedEvents = framesOf([bytes]).filter(isEvent).length
      for (const step of steps) {
        if (step.from !== 'client') continue
        for (const text of commandsOf(step)) {
          const ask = askOf(text)
          wanted.push(text)
          if (ask?.command) answers.push(ask.kind === 'api' ? client.api(ask.command) : client.send(ask.command))
          else answers.push(client.subscribe(['HEARTBEAT']).then(() => '+OK event listener enabled', String))
        }
        if (commandsOf(step).length === 1) await answers.at(-1)
      }
      const got = await Promise.all(answers)
      assert.equal(got.length, expected.length)
      for (const [index, text] of got.entries()) {
        if (wanted[index]?.startsWith('event')) assert.match(expected[index] ?? '', /^\+OK/)
        else {
          assert.equal(text, expected[index])
          assert.equal(sent[index], wanted[index], 'what was written is what was captured')
        }
      }
      await until(() => events.length === expectedEvents, `${expectedEvents} events, not ${events.length}`)
      assert.equal(client.stats().droppedEvents, 0)
      assert.equal(client.state, 'ready')
      assert.equal(peer.failure, undefined)
    })
  }
})

/** Writes the server's steps, each after the commands captured before it. */
async function playRaw(connection: PeerConnection, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.from === 'client') await connection.command()
    else if (step.from === 'server') connection.write(step.bytes)
    else connection.socket.end()
  }
}

describe('captures of log-ins replayed to the client', () => {
  const outcomes: Readonly<Record<string, { state: string; code: string }>> = {
    'auth-fail': { state: 'refused', code: 'AUTH_REFUSED' },
    'acl-rejection': { state: 'refused', code: 'ACL_REFUSED' },
    'userauth-fail': { state: 'refused', code: 'AUTH_REFUSED' },
    'userauth-no-esl-password': { state: 'refused', code: 'AUTH_REFUSED' },
    'userauth-long-lists': { state: 'refused', code: 'AUTH_REFUSED' },
    'auth-fail-two-spaces': { state: 'refused', code: 'AUTH_REFUSED' },
  }
  for (const [name, outcome] of Object.entries(outcomes)) {
    test(`${name}: ${outcome.code}`, async () => {
      await using peer = await Peer.start((connection) => playRaw(connection, capture(name).steps))
      const user = name.startsWith('userauth') ? { user: 'eslmon@example.test' } : {}
      await using client = clientOf(peer.port, { commandTimeoutMs: 100, reconnect: { minMs: 5000 }, ...user })
      await assert.rejects(client.start().ready(), (error) => code(error) === outcome.code)
      assert.equal(client.state, outcome.state)
      assert.equal(code(client.lastError), outcome.code)
      assert.ok(!String(client.lastError?.message).includes('ClueCon'))
      if (name === 'userauth-long-lists') assert.match(String(client.lastError?.message), /esl-allowed-api/)
    })
  }

  test('userauth-restricted: logs in with user and password, and hears what is not allowed as text', async () => {
    const { steps } = capture('userauth-restricted')
    const first = steps.findIndex((step) => step.bytes.toString().startsWith('api reloadxml'))
    const played = [...steps.slice(0, 3), ...steps.slice(first)]
    await using peer = await Peer.start((connection) => playRaw(connection, played))
    await using client = clientOf(peer.port, { user: 'eslmon@example.test', password: 'monpass' })
    await client.start().ready()
    assert.equal(await client.api(command('reloadxml')), '-ERR permission denied')
    assert.equal(await client.api(command('bgapi', 'reloadxml')), '-ERR permission denied')
    assert.ok(peer.connections[0]?.received.startsWith('userauth eslmon@example.test:monpass\n\napi reloadxml\n\n'))
  })

  test('auth-timeout: the notice ends the attempt before the log-in was answered', async () => {
    const { steps } = capture('auth-timeout')
    await using peer = await Peer.start(async (connection) => {
      connection.write(steps[0]?.bytes ?? '')
      await connection.command()
      connection.write(steps[1]?.bytes ?? '')
      connection.socket.end()
    })
    await using client = clientOf(peer.port)
    await assert.rejects(client.start().ready(), (error) => code(error) === 'DISCONNECTED')
  })
})

describe('captures of ends replayed to the client', () => {
  test('shutdown-orderly: the last event is delivered, then the reason is known', async () => {
    const { steps } = capture('shutdown-orderly')
    await using peer = await Peer.start(async (connection, number) => {
      if (number > 1) return
      await connection.logIn()
      await playRaw(connection, steps)
    })
    await using client = clientOf(peer.port, { reconnect: { minMs: 5000 } })
    const names: string[] = []
    client.onEvent((event) => void names.push(event.name))
    await client.start().ready()
    await client.subscribe(['SHUTDOWN'])
    await until(() => client.state === 'waiting', 'the end')
    assert.deepEqual(names, ['SHUTDOWN'])
    assert.match(String(client.lastError?.message), /The system is being shut down/)
  })

  test('outbound-socket-async-full-linger: the notice with linger is not the end, the next one is', async () => {
    const all = serverBytes(capture('outbound-socket-async-full-linger'))
    const linger = all.indexOf('Content-Type: text/disconnect-notice')
    const after = framesOf([all.subarray(linger)])
    assert.equal(after[0]?.get('Content-Disposition'), 'linger')
    await using peer = await Peer.start(async (connection, number) => {
      if (number > 1) return
      await connection.logIn()
      connection.write(all.subarray(linger))
    })
    await using client = clientOf(peer.port, { reconnect: { minMs: 5000 } })
    const events: EslEvent[] = []
    client.onEvent((event) => void events.push(event))
    client.start()
    await until(() => client.state === 'waiting', 'the end')
    assert.ok(events.length > 0)
    assert.equal(events.length, after.filter(isEvent).length, 'events between the two notices are delivered')
    assert.equal(code(client.lastError), 'DISCONNECTED')
  })

  test('reload-mod-event-socket: every command that waits is told of the end', async () => {
    const notice = capture('reload-mod-event-socket').steps.at(-2)?.bytes ?? Buffer.alloc(0)
    await using peer = await Peer.start(async (connection, number) => {
      if (number > 1) return
      await connection.logIn()
      for (let count = 0; count < 3; count += 1) await connection.command()
      connection.write(notice)
    })
    await using client = clientOf(peer.port, { reconnect: { minMs: 5000 } })
    await client.start().ready()
    const results = await Promise.allSettled([1, 2, 3].map(() => client.api(command('status'))))
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? code(result.reason) : result.value)),
      ['DISCONNECTED', 'DISCONNECTED', 'DISCONNECTED'],
    )
  })

  test('killed-mid-reply: what was whole is answered, the rest rejected, and nothing is made up', async () => {
    const body = '{"row_count": 0}\n'
    await using peer = await Peer.start(async (connection, number) => {
      if (number > 1) return
      await connection.logIn()
      for (let count = 0; count < 5; count += 1) await connection.command()
      connection.answer(body)
      connection.answer(body)
      connection.write('Content-Type: api/response\nContent-Length: 44408\n\n{"row_count":173,')
      setTimeout(() => connection.socket.resetAndDestroy(), 20)
    })
    await using client = clientOf(peer.port, { reconnect: { minMs: 5000 } })
    await client.start().ready()
    const results = await Promise.allSettled(
      [1, 2, 3, 4, 5].map(() => client.api(command('show', 'registrations', 'as', 'json'))),
    )
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? code(result.reason) : result.value)),
      [body, body, 'DISCONNECTED', 'DISCONNECTED', 'DISCONNECTED'],
    )
  })

  test('injection-double-newline: a second reply to one command closes the connection', async () => {
    const { steps } = capture('injection-double-newline')
    const replies = steps.filter(({ from }) => from === 'server').map(({ bytes }) => bytes)
    await using peer = await Peer.start(async (connection, number) => {
      if (number > 1) return
      await connection.logIn()
      await connection.command()
      connection.write(Buffer.concat(replies))
    })
    await using client = clientOf(peer.port, { reconnect: { minMs: 5000 } })
    await client.start().ready()
    await client.api(command('status'))
    await until(() => client.state === 'waiting', 'the end')
    assert.equal(code(client.lastError), 'OUT_OF_STEP')
  })
})
