import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { capture } from '../../esl/support/captures.ts'
import { type FakeSwitch, type FakeSwitchOptions, startFakeSwitch } from './fake-switch.ts'

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** What differs between any two runs of the same FreeSWITCH is made equal: uuids, times, sequence and line numbers. */
function masked(stream: string): string {
  return stream
    .replace(uuid, 'UUID')
    .replace(/^(Content-Length): \d+(?=\nContent-Type: text\/event)/gm, '$1: N')
    .replace(/"(Event-Date-\w+|Event-Sequence|Event-Calling-\w+(?:-Number)?)":"[^"]*"/g, '"$1":"…"')
    .replace(/^(Event-Date-\w+|Event-Sequence|Event-Calling-[\w-]+): .*$/gm, '$1: …')
    .replace(/UP 0 years.*\n|\d+ session\(s\).*\n|min idle cpu.*\n/g, '')
    .replace(/Content-Length: 33\d\n/g, 'Content-Length: 33N\n')
}

/** Sends the client's steps of a capture, each after the server's bytes that came before it, and gives what came back. */
async function replayed(name: string, fake: FakeSwitch): Promise<{ got: string; wanted: string }> {
  const { steps } = capture(name)
  // Captures about authentication begin at the greeting; all others after it.
  const before = !steps.some(({ bytes }) => /auth\/request|rude-rejection/.test(bytes.toString('latin1')))
  const socket = connect(fake.port, fake.host)
  let got = ''
  socket.on('data', (chunk: Buffer) => {
    got += chunk.toString('utf8')
  })
  socket.on('error', () => {})
  const until = async (length: number) => {
    for (let left = 200; got.length < length && left > 0; left--)
      await new Promise((resolve) => setTimeout(resolve, 10))
  }
  if (before) {
    await until(1)
    socket.write('auth ClueCon\n\n')
    await until('Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK accepted\n\n'.length)
    got = ''
  }
  let wanted = ''
  for (const { from, bytes } of steps) {
    if (from === 'server') wanted += bytes.toString('utf8')
    else if (from === 'client') {
      await until(wanted.length)
      socket.write(bytes)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  await until(wanted.length)
  await new Promise((resolve) => setTimeout(resolve, 20))
  socket.destroy()
  return { got: masked(got), wanted: masked(wanted) }
}

interface Case {
  readonly options?: FakeSwitchOptions
  readonly prepare?: (fake: FakeSwitch) => void
}

const someUuid = (name: string, index = 0) =>
  [
    ...capture(name)
      .steps.map(({ bytes }) => bytes.toString('utf8'))
      .join('')
      .matchAll(uuid),
  ][index]?.[0] ?? ''

const users = {
  'eslmon@example.test': {
    password: 'monpass',
    allowedEvents: ['CHANNEL_CREATE', 'CHANNEL_ANSWER', 'CHANNEL_HANGUP_COMPLETE', 'CUSTOM', 'sofia::register'],
    allowedApi: ['status', 'version', 'show', 'sofia', 'uuid_exists'],
    allowedLog: false,
  },
}

const liveCall = (name: string, variables: Record<string, string> = {}): Case => ({
  prepare: (fake) => {
    fake.call({ domain: 'example.test', from: '1201', to: '1202', a: { uuid: someUuid(name), variables } })
  },
})

/** Captures that the fake repeats byte for byte, and the state of the switch behind them. */
const cases: Record<string, Case> = {
  'acl-rejection': { prepare: (fake) => Object.assign(fake.faults, { refuseAcl: true }) },
  'auth-crlf': {},
  'auth-fail': {},
  'auth-fail-two-spaces': {},
  'auth-ok-then-exit': {},
  'auth-sent-before-greeting': {},
  'auth-without-argument': {},
  'auth-password-with-spaces': { options: { password: 'Clue Con  x ' } },
  'command-before-auth': {},
  'command-in-pieces': {},
  'command-spelling': {},
  'commands-not-api': {},
  'event-subscription-replies': {},
  'extra-blank-lines': {},
  'filter-long-value': {},
  'injection-carriage-return': {},
  'injection-content-length': {},
  'injection-double-newline': {},
  'injection-single-newline': {},
  'nul-byte': {},
  'pipelined-200': { prepare: (fake) => fake.onApi(/^expr \d+$/, (line) => line.slice(5)) },
  sendevent: {},
  'userauth-fail': { options: { users } },
  'userauth-no-esl-password': {},
  'bgapi-without-subscription': {},
  'bgapi-background-job-json': {},
  'zero-show-channels-json': {},
  'zero-show-calls-json': {},
  'zero-show-bridged-calls-json': {},
  'zero-show-detailed-calls-json': {},
  'zero-show-registrations-json': {},
  'zero-show-counts': {},
  'zero-show-text-and-xml': {},
  'zero-xmlstatus-reg': {},
  'gateway-unknown': {},
  'uuid-kill-cause': liveCall('uuid-kill-cause'),
  'one-call-uuid-kill': liveCall('one-call-uuid-kill'),
  'xml-flush-cache-hit': {
    prepare: (fake) => {
      fake.directory.set('1777@example.test', {})
      fake.cachedUsers.add('1777@example.test')
    },
  },
}

describe('the fake switch repeats what FreeSWITCH was recorded to say', () => {
  for (const [name, { options, prepare }] of Object.entries(cases)) {
    test(name, async () => {
      await using fake = await startFakeSwitch(options)
      prepare?.(fake)
      const { got, wanted } = await replayed(name, fake)
      assert.equal(got, wanted)
    })
  }
})
