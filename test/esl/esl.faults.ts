import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { command, EslError } from '../../src/esl/index.ts'
import { capture, captureNames, serverBytes } from './support/captures.ts'
import { clientOf, until } from './support/client.ts'
import { cut, framesOf, told } from './support/frames.ts'
import { fuzzGrammar, fuzzJson, fuzzSeparators, fuzzSocket, fuzzStreams } from './support/fuzz.ts'
import { Peer, type PeerConnection } from './support/peer.ts'

/** How long one kind of fault is tried. */
const seconds = 20

describe('the long runs', () => {
  test('grammar', () => fuzzGrammar(200_000))
  test('separators', () => fuzzSeparators(100_000))
  test('grammar over a socket', () => fuzzSocket(20_000))
  test('hostile JSON', () => fuzzJson(50_000))
  test('streams', () => fuzzStreams(50_000))

  for (const name of captureNames) {
    const bytes = serverBytes(capture(name))
    if (bytes.length === 0) continue
    test(`${name}: any split, many times`, () => {
      const whole = framesOf([bytes]).map(told)
      const places = fc.array(fc.integer({ min: 1, max: bytes.length }), { maxLength: 200 })
      const check = fc.property(places, (at) => assert.deepEqual(framesOf(cut(bytes, at)).map(told), whole))
      fc.assert(check, { numRuns: bytes.length > 300_000 ? 30 : 300 })
    })
  }
})

/** Answers each command with its own words, but not for long: each connection ends in one of the ways connections end. */
async function badSwitch(connection: PeerConnection): Promise<void> {
  const kind = Math.floor(Math.random() * 8)
  if (kind === 0) return
  if (kind === 1) return void connection.socket.destroy()
  await connection.logIn()
  const good = Math.floor(Math.random() * 40)
  for (let count = 0; count < good; count += 1) {
    const text = (await connection.command()).trimEnd()
    if (Math.random() < 0.2) connection.event({ 'Event-Name': 'HEARTBEAT', 'Event-Sequence': '1' })
    if (text.startsWith('api')) connection.answer(text)
    else connection.reply('+OK event listener enabled json')
  }
  await connection.command()
  if (kind === 2) return void connection.socket.resetAndDestroy()
  if (kind === 3) return void connection.write('Content-Type: api/response\nContent-Length: 900\n\nhalf')
  if (kind === 4) return
  if (kind === 5) return void connection.write('Content-Type: text/disconnect-notice\nContent-Length: 2\n\nx\n')
  if (kind === 6) return void connection.write('garbage\n\n')
  connection.write('Content-Type: command/reply\nReply-Text: +OK from nowhere\n\n')
}

describe('a switch that fails in every way', () => {
  test('every answer is the answer to its command, every promise settles, and the client heals', async () => {
    const peer = await Peer.start((connection) => badSwitch(connection).catch(() => {}))
    const client = clientOf(peer.port, {
      commandTimeoutMs: 60,
      greetingTimeoutMs: 40,
      reconnect: { minMs: 2, maxMs: 10 },
    })
    await client.subscribe(['HEARTBEAT'])
    client.start()
    const outcomes = new Map<string, number>()
    const count = (what: string): void => void outcomes.set(what, (outcomes.get(what) ?? 0) + 1)
    const end = performance.now() + seconds * 1000
    const worker = async (name: number): Promise<void> => {
      for (let number = 0; performance.now() < end; number += 1) {
        const words = `${name}-${number}`
        try {
          assert.equal(await client.api(command('echo', words)), `api echo ${words}`)
          count('answered')
        } catch (error) {
          assert.ok(error instanceof EslError, String(error))
          count(error.code)
          await pause(Math.random() * 4)
        }
      }
    }
    await Promise.all(Array.from({ length: 10 }, (_, name) => worker(name)))
    assert.ok((outcomes.get('answered') ?? 0) > 200, JSON.stringify([...outcomes]))
    assert.ok(client.stats().reconnects > 20)
    assert.equal(client.stats().pending, 0)
    await until(() => client.state === 'ready', 'ready in the end')
    await client.close()
    await peer.close()
  })
})
