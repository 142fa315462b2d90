import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeEvent, EslEvent, EventError, type Frame, isEvent } from '../../src/esl/index.ts'
import { capture, captureNames, serverBytes } from './support/captures.ts'
import { framesOf } from './support/frames.ts'

const eventFrames = (name: string): Frame[] => framesOf([serverBytes(capture(name))]).filter(isEvent)
const events = (name: string): EslEvent[] => eventFrames(name).map(decodeEvent)

const frameOf = (type: string, body: string | Buffer): Frame => {
  const bytes = Buffer.from(body)
  const head = Buffer.from(`Content-Length: ${bytes.length}\nContent-Type: ${type}\n\n`)
  return framesOf([Buffer.concat([head, bytes])])[0] as Frame
}
const json = (text: string | Buffer): EslEvent => decodeEvent(frameOf('text/event-json', text))
const plain = (text: string | Buffer): EslEvent => decodeEvent(frameOf('text/event-plain', text))

describe('events of every capture', () => {
  for (const name of captureNames) {
    const frames = serverBytes(capture(name)).length > 0 ? eventFrames(name) : []
    if (frames.length === 0) continue
    test(`${name}: ${frames.length} events can be read`, () => {
      for (const frame of frames) {
        const event = decodeEvent(frame)
        assert.match(event.name, /^[A-Z_]+$/)
        assert.match(event.get('Core-UUID') ?? '', /^[0-9a-f-]{36}$/)
        assert.ok((event.sequence ?? 0) > 0)
        assert.equal(event.subclass !== undefined, event.has('Event-Subclass'))
        for (const [header, value] of event.headers()) assert.deepEqual(event.getAll(header), [value].flat())
      }
    })
  }

  test('the same events in both forms have the same headers', () => {
    const inJson = events('sendevent-received-json')
    const inPlain = events('sendevent-received-plain')
    assert.equal(inJson.length, 3)
    assert.equal(inPlain.length, 3)
    for (const [index, event] of inJson.entries()) {
      // X-Note holds a literal %20, which the plain form cannot tell from a blank (facts 5).
      const headers = (one?: EslEvent): unknown => [...(one?.headers() ?? [])].filter(([header]) => header !== 'X-Note')
      assert.deepEqual(headers(event), headers(inPlain[index]))
      assert.equal(event.body, inPlain[index]?.body)
    }
    assert.equal(inJson[0]?.get('X-Note'), 'héllo %20 world: a')
    assert.equal(inPlain[0]?.get('X-Note'), 'héllo   world: a')
  })

  test('repeated headers keep all their values, in both forms', () => {
    for (const form of ['json', 'plain']) {
      const [multi, withBody] = events(`sendevent-received-${form}`)
      assert.deepEqual(multi?.getAll('X-Multi'), ['one', 'two'])
      assert.equal(multi?.get('X-Multi'), 'two')
      assert.deepEqual(withBody?.getAll('Content-Length'), ['12', '12'])
      assert.equal(withBody?.body, 'line1\nlïne2')
      assert.equal(withBody?.subclass, 'my::event')
    }
  })

  test('an event of an unknown name came as CUSTOM without a subclass', () => {
    const last = events('sendevent-received-json')[2]
    assert.equal(last?.name, 'CUSTOM')
    assert.equal(last?.subclass, undefined)
  })

  test('bytes that are not UTF-8 are replaced, in both forms', () => {
    for (const form of ['json', 'plain']) {
      const found = events(`events-hostile-${form}`)
      const values = found.flatMap((event) => [...event.headers()].flatMap(([, value]) => [value].flat()))
      assert.ok(
        values.some((value) => value.includes('\ufffd')),
        form,
      )
    }
  })

  test('the result of a background job is its body', () => {
    const [job] = events('bgapi-background-job-json')
    assert.equal(job?.name, 'BACKGROUND_JOB')
    assert.equal(job?.body, 'FreeSWITCH Version 1.11.2-release~64bit ( 64bit)\n')
    assert.equal(job?.get('Job-UUID'), 'f985fc77-ebad-4c52-befb-e70f53c77e53')
    assert.ok(events('bgapi-background-job').some(({ body }) => body?.includes('Command not found!')))
  })

  test('a bridged call has its events in the order the facts give', () => {
    const names = events('events-bridged-call-json').map(({ name }) => name)
    const expected = [
      'CHANNEL_CREATE',
      'CHANNEL_ANSWER',
      'CHANNEL_BRIDGE',
      'CHANNEL_HANGUP_COMPLETE',
      'CHANNEL_DESTROY',
    ]
    const places = expected.map((name) => names.indexOf(name))
    assert.ok(places.every((place) => place >= 0))
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    )
  })
})

describe('hostile JSON', () => {
  test('__proto__ and its kin are headers like any other', () => {
    const event = json('{"__proto__":"a","constructor":"b","hasOwnProperty":"c","Event-Name":"X"}')
    assert.equal(event.get('__proto__'), 'a')
    assert.equal(event.get('constructor'), 'b')
    assert.equal(event.get('hasOwnProperty'), 'c')
    assert.deepEqual([...event.headers()].map(([header]) => header).sort(), [
      'Event-Name',
      '__proto__',
      'constructor',
      'hasOwnProperty',
    ])
    assert.equal(({} as Record<string, unknown>).a, undefined)
  })

  test('a header that is not there is not found on the prototype', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty']) {
      assert.equal(json('{"a":"b"}').get(name), undefined)
      assert.equal(json('{"a":"b"}').has(name), false)
      assert.deepEqual(json('{"a":"b"}').getAll(name), [])
      assert.equal(plain('a: b\n\n').get(name), undefined)
    }
  })

  test('an object as __proto__ gives nothing to inherit', () => {
    const event = json('{"__proto__":{"Event-Name":"FORGED","Unique-ID":"x"},"a":"b"}')
    assert.equal(event.name, '')
    assert.equal(event.get('Unique-ID'), undefined)
    assert.equal(event.get('__proto__'), undefined)
  })

  test('in plain form too', () => {
    const event = plain('__proto__: a\nEvent-Name: X\n\n')
    assert.equal(event.get('__proto__'), 'a')
    assert.equal(event.name, 'X')
  })

  test('an array with one value, with several, and a string are accepted alike', () => {
    const event = json('{"a":["1","2"],"b":["1"],"c":"1","d":[],"e":"ARRAY::1|:2"}')
    assert.deepEqual(event.getAll('a'), ['1', '2'])
    assert.equal(event.get('a'), '2')
    assert.deepEqual(event.getAll('b'), ['1'])
    assert.deepEqual(event.getAll('c'), ['1'])
    assert.deepEqual(event.getAll('d'), [])
    assert.equal(event.has('d'), false)
    assert.equal(event.get('e'), 'ARRAY::1|:2', 'JSON says what is an array by itself')
    assert.deepEqual(plain('e: ARRAY::1|:2\n\n').getAll('e'), ['1', '2'])
  })

  test('duplicate keys are found behind every kind of value', () => {
    const text =
      '{ "a" : "x\\\\" , "b":{"a":"inner","c":["}"]},"a\\u0022":["]","a"],"n":1.5,"t":true,"z":null,"a":"y","":"e","\\u0061":["v","w"] }'
    const event = json(text)
    assert.deepEqual(event.getAll('a'), ['x\\', 'y', 'v', 'w'])
    assert.equal(event.get('a'), 'w')
    assert.deepEqual(event.getAll('a"'), [']', 'a'])
    assert.deepEqual(event.getAll('n'), ['1.5'])
    assert.deepEqual(event.getAll('t'), ['true'])
    assert.deepEqual(event.getAll('b'), [])
    assert.deepEqual(event.getAll('z'), [])
    assert.deepEqual(event.getAll(''), ['e'])
    assert.deepEqual(json('{}').getAll('a'), [])
    assert.deepEqual(json(' { } ').getAll('a'), [])
  })

  test('a body that is no text is none', () => {
    assert.equal(json('{"_body":["a"]}').body, undefined)
    assert.equal(json('{"_body":""}').body, '')
    assert.equal(json('{"a":"b"}').body, undefined)
  })

  test('a sequence that is no number is none', () => {
    for (const value of ['"-1"', '"x"', '""', '"1e3"', '"99999999999999999999"', '[]'])
      assert.equal(json(`{"Event-Sequence":${value}}`).sequence, undefined)
    assert.equal(json('{"Event-Sequence":"4540"}').sequence, 4540)
  })

  for (const text of ['', '[]', '"x"', 'null', '1', '{', '{"a":}', '{"a":"b"}x', '\0', '['.repeat(100_000)])
    test(`not an event: ${text.slice(0, 20) || 'nothing'}`, () => assert.throws(() => json(text), EventError))
})

describe('plain form', () => {
  test('percent signs are undone as bytes; those that encode nothing stay', () => {
    const event = plain('a: caf%C3%A9%20%7e\nb: 100% %zz %4\nc: %E9\nd:\ne: x: y\n\n')
    assert.equal(event.get('a'), 'café ~')
    assert.equal(event.get('b'), '100% %zz %4')
    assert.equal(event.get('c'), '\ufffd')
    assert.equal(event.get('d'), '')
    assert.equal(event.get('e'), 'x: y')
  })

  test('the body has the inner length, whatever it holds', () => {
    const event = plain('Event-Name: X\nContent-Length: 11\n\na: b\n\nContent-Length: 3\n\n'.slice(0, 49))
    assert.equal(event.body, 'a: b\n\nConte')
    assert.equal(event.get('a'), undefined)
  })

  test('a body with no length, or shorter than it says, is no event', () => {
    assert.throws(() => plain('Event-Name: X\n\nbody'), EventError)
    assert.throws(() => plain('Event-Name: X\nContent-Length: 5\n\nbody'), EventError)
    assert.throws(() => plain('Event-Name: X\nContent-Length: x\n\nbody'), EventError)
    assert.throws(() => plain('no colon\n\n'), EventError)
  })

  test('XML is not read', () => {
    assert.throws(() => decodeEvent(frameOf('text/event-xml', '<event/>')), EventError)
    assert.throws(() => decodeEvent(frameOf('log/data', 'x')), EventError)
  })

  test('an event can be made for tests', () => {
    const event = new EslEvent({ 'Event-Name': 'HEARTBEAT' }, undefined)
    assert.equal(event.name, 'HEARTBEAT')
  })
})
