import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { command, EslClient, EslError, rest, sendEvent } from '../../src/esl/index.ts'
import { capture } from '../esl/support/captures.ts'
import { switchEnvironment } from './environment.ts'

let esl: EslClient
before(async () => {
  esl = new EslClient(switchEnvironment()).start()
  await esl.ready(10_000)
})
after(() => esl?.close())

/** Captured commands that change nothing on a switch, or only what this suite made. */
const harmless =
  /^api (?!fsctl|shutdown|reload|load|unload|global_setvar|sched|originate|bgapi|sofia profile|hupall|msleep|time_test|memcache|pause|system|callcenter_config|json|vm_|voicemail|uuid_(?!exists|dump|getvar|kill 00000000|transfer 00000000|hold 00000000|park 00000000))/

/** The kind of an answer, by how it begins (facts 2): what a reader of replies goes by. */
const kind = (text: string): string => {
  if (/^\+OK/.test(text)) return '+OK'
  if (/^-USAGE/.test(text) || /^USAGE/.test(text)) return 'usage'
  if (/^-ERR/.test(text)) return text.replace(/\[.*\]/g, '[]').trim()
  if (/^(true|false)$/.test(text)) return text
  if (/^Invalid /.test(text)) return text.trim()
  if (/^\{"row_count"/.test(text)) return 'json rows'
  if (/^<\?xml/.test(text)) return 'xml'
  return 'text'
}

/** Command and answer, in order, of a capture whose answers are all api/response. */
function exchanges(name: string): { line: string; answer: string }[] {
  const pairs: { line: string; answer: string }[] = []
  for (const { from, bytes } of capture(name).steps) {
    const text = bytes.toString('utf8')
    if (from === 'client') pairs.push({ line: text.replace(/\n+$/, ''), answer: '' })
    else if (from === 'server' && pairs.length > 0) {
      const last = pairs[pairs.length - 1] as { line: string; answer: string }
      last.answer += text
    }
  }
  return pairs
    .filter(({ line }) => !line.includes('\n'))
    .map(({ line, answer }) => ({
      line,
      answer: answer.replace(/^Content-Type: api\/response\nContent-Length: \d+\n\n/, ''),
    }))
}

describe('the switch answers as it did when it was recorded', () => {
  for (const name of ['api-errors', 'api-unknown-uuid', 'api-status-version', 'gateway-unknown', 'zero-show-counts']) {
    test(name, async () => {
      let asked = 0
      for (const { line, answer } of exchanges(name)) {
        if (!harmless.test(line)) continue
        const [, api = '', text = ''] = /^api (\S+) ?(.*)$/s.exec(line) ?? []
        const got = await esl.api(text === '' ? command(api) : command(api, rest(text)))
        const [is, was] = [kind(got), kind(answer)]
        // Counts and texts depend on what the switch is doing; failures and their words do not.
        if (was !== 'text') assert.equal(is, was, line)
        asked++
      }
      assert.ok(asked > 0, 'something was asked')
    })
  }
})

test('200 commands in a burst are answered in their order', async () => {
  const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => esl.api(command('expr', String(index)))))
  assert.deepEqual(
    answers,
    Array.from({ length: 200 }, (_, index) => String(index)),
  )
})

test('a background job gives its result', async () => {
  assert.match(await esl.bgapi(command('version')), /^FreeSWITCH Version /)
  assert.equal(await esl.bgapi(command('nosuchapi')), '-ERR nosuchapi Command not found!\n')
})

test('events reach a subscriber with headers, body and odd characters as they were sent', async () => {
  await esl.subscribe(['CUSTOM'], ['tandem::suite'])
  const arrived = new Promise<{ note: string | undefined; body: string | undefined }>((resolve) => {
    const off = esl.onEvent((event) => {
      if (event.subclass !== 'tandem::suite') return
      off()
      resolve({ note: event.get('X-Note'), body: event.body })
    })
  })
  const note = 'héllo %20 wörld: "a" <b> & \\'
  const reply = await esl.send(
    sendEvent('CUSTOM', { 'Event-Subclass': 'tandem::suite', 'X-Note': note }, 'line1\nlïne2'),
  )
  assert.match(reply, /^\+OK [0-9a-f-]{36}$/)
  assert.deepEqual(await arrived, { note, body: 'line1\nlïne2' })
})

test('a wrong password is refused, and said to be that', async () => {
  const wrong = new EslClient({ ...switchEnvironment(), password: 'certainly-not-it' }).start()
  await assert.rejects(
    wrong.ready(5000),
    (error: EslError) => error instanceof EslError && error.code === 'AUTH_REFUSED',
  )
  await wrong.close()
})

test('a slow command of one connection does not hold up another', async () => {
  const slow = new EslClient(switchEnvironment()).start()
  await slow.ready(5000)
  const waiting = slow.api(command('msleep', '1500'))
  const started = Date.now()
  assert.equal(await esl.api(command('expr', '7')), '7')
  assert.ok(Date.now() - started < 500)
  assert.match(await waiting, /^\+OK/)
  await slow.close()
})

/** Asked for past the client, which refuses to saw off the branch it sits on. */
async function reloadEventSocket(): Promise<void> {
  const { host, port, password } = switchEnvironment()
  const socket = connect(port, host)
  socket.on('error', () => {})
  socket.resume()
  socket.write(`auth ${password}\n\napi reload mod_event_socket\n\n`)
  await once(socket, 'close')
}

test('a reload of the event socket module is survived, subscriptions and all', async () => {
  await esl.subscribe(['HEARTBEAT', 'CUSTOM'], ['tandem::after'])
  const lost = new Promise<void>((resolve) => {
    const off = esl.onState((state) => {
      if (state === 'ready') return
      off()
      resolve()
    })
  })
  await reloadEventSocket()
  await lost
  await esl.ready(20_000)
  const arrived = new Promise<boolean>((resolve) => {
    esl.onEvent((event) => event.subclass === 'tandem::after' && resolve(true))
  })
  await esl.send(sendEvent('CUSTOM', { 'Event-Subclass': 'tandem::after' }))
  assert.equal(await arrived, true)
})
