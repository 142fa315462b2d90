import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CommandError, command, decodeEvent, EventError, Framer, isEvent, quoted } from '../../../src/esl/index.ts'
import { clientOf } from './client.ts'
import { framesOf, told } from './frames.ts'
import { assertSafe, builders, field, made, sent, separators, wireOf } from './grammar.ts'
import { Peer, wellSwitch } from './peer.ts'

const kind = fc.constantFrom(...Object.keys(builders))
const fields = fc.array(field, { maxLength: 5 })

/** Every command that can be made is one command. */
export function fuzzGrammar(numRuns: number): void {
  let count = 0
  const check = fc.property(kind, fields, (name, values) => {
    const one = made(name, values)
    if (!one) return
    count += 1
    assertSafe(one)
  })
  fc.assert(check, { numRuns })
  assert.ok(count > numRuns / 20, 'enough of them were commands')
}

/** A command of n words has n blanks that separate; its words cannot add one, or take one away. */
export function fuzzSeparators(numRuns: number): void {
  const check = fc.property(fields, fields, (plain, inQuotes) => {
    try {
      const { line } = command('x', ...plain, ...inQuotes.map(quoted))
      assert.equal(separators(line), plain.length + inQuotes.length)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
    }
  })
  fc.assert(check, { numRuns })
}

/** Over a real socket: what the peer reads is what was made, in order, and nothing else. */
export async function fuzzSocket(numRuns: number): Promise<void> {
  await using peer = await Peer.start(wellSwitch((text) => (text.startsWith('api ') ? text : '+OK')))
  await using client = clientOf(peer.port)
  await client.start().ready()
  let expected = Buffer.from('auth ClueCon\n\n')
  const samples = fc.sample(fc.tuple(kind, fields), numRuns)
  for (const [name, values] of samples) {
    const one = made(name, values)
    if (!one) continue
    expected = Buffer.concat([expected, Buffer.from(wireOf(one))])
    await sent(client, one)
  }
  assert.equal(peer.connections.length, 1)
  assert.equal(peer.connections[0]?.received, expected.toString('latin1'))
}

/** Hostile JSON, keys and values of any kind: what is read is what is there, and nothing is inherited. */
export function fuzzJson(numRuns: number): void {
  const key = fc.oneof(field, fc.constantFrom('__proto__', 'constructor', 'toString', '_body', 'Event-Name', 'a'))
  const value = fc.oneof(field, fc.array(field, { maxLength: 3 }), fc.jsonValue())
  const check = fc.property(fc.array(fc.tuple(key, value), { maxLength: 8 }), (pairs) => {
    const text = `{${pairs.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`).join(',')}}`
    const [frame] = framesOf([
      Buffer.from(`Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-json\n\n${text}`),
    ])
    assert.ok(frame)
    const event = decodeEvent(frame)
    const spelt = (one: string): string => JSON.parse(JSON.stringify(one))
    for (const [name] of pairs) {
      const all = pairs
        .filter(([other]) => spelt(other) === spelt(name))
        .flatMap(([, one]) => textsOf(JSON.parse(JSON.stringify(one) ?? 'null')))
      assert.deepEqual(event.getAll(spelt(name)), all)
    }
    assert.equal(event.has('no such header'), false)
    assert.equal(({} as Record<string, unknown>).polluted, undefined)
  })
  fc.assert(check, { numRuns })
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string')
  return typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : []
}

/** Streams of frames with random bodies, some of them damaged: the framer and the decoders never fail otherwise. */
export function fuzzStreams(numRuns: number): void {
  const type = fc.constantFrom('api/response', 'text/event-json', 'text/event-plain', 'log/data')
  const frame = fc.tuple(
    type,
    fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      field.map((text) => Buffer.from(text)),
    ),
  )
  const check = fc.property(
    fc.array(frame, { minLength: 1, maxLength: 8 }),
    fc.infiniteStream(fc.nat(500)),
    (frames, places) => {
      const bytes = Buffer.concat(
        frames.flatMap(([name, body]) => [
          Buffer.from(`Content-Type: ${name}\nContent-Length: ${body.length}\n\n`),
          body,
        ]),
      )
      const whole = framesOf([bytes])
      assert.deepEqual(
        whole.map((one) => [one.type, Buffer.from(one.body)]),
        frames.map(([name, body]) => [name, Buffer.from(body)]),
      )
      const at = [...Array(6)].map(() => places.next().value as number).sort((a, b) => a - b)
      const pieces = at
        .map((place, index) => bytes.subarray(at[index - 1] ?? 0, place))
        .concat(bytes.subarray(at.at(-1)))
      assert.deepEqual(framesOf(pieces, new Framer()).map(told), whole.map(told))
      for (const one of whole.filter(isEvent)) {
        try {
          decodeEvent(one)
        } catch (error) {
          assert.ok(error instanceof EventError)
        }
      }
    },
  )
  fc.assert(check, { numRuns })
}
