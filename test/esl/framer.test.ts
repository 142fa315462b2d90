import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Framer, FramingError } from '../../src/esl/index.ts'
import { capture, captureFile, captureNames, serverBytes } from './support/captures.ts'
import { cut, framesOf, told, wire } from './support/frames.ts'

describe('frames of every capture', () => {
  test('there are captures', () => assert.ok(captureNames.length >= 118))

  for (const name of captureNames) {
    const bytes = serverBytes(capture(name))
    if (bytes.length === 0) continue

    test(`${name}: the frames, written out again, are the stream`, () => {
      const frames = framesOf([bytes])
      assert.ok(frames.length > 0)
      assert.deepEqual(Buffer.concat(frames.map(wire)), bytes)
    })

    test(`${name}: any split gives the same frames`, () => {
      const whole = framesOf([bytes]).map(told)
      if (bytes.length <= 40_000) assert.deepEqual(framesOf(cut(bytes, [...bytes.keys()])).map(told), whole)
      const places = fc.array(fc.integer({ min: 1, max: bytes.length }), { maxLength: 40 })
      const check = fc.property(places, (at) => assert.deepEqual(framesOf(cut(bytes, at)).map(told), whole))
      fc.assert(check, { numRuns: bytes.length > 300_000 ? 5 : 20 })
    })
  }

  test('the reads as they came give the same frames as the whole', () => {
    for (const name of captureNames) {
      const { steps } = capture(name)
      const reads = steps.filter(({ from }) => from === 'server').map((step) => step.bytes)
      if (reads.length > 0)
        assert.deepEqual(framesOf(reads).map(told), framesOf([Buffer.concat(reads)]).map(told), name)
    }
  })

  test('a reply over a megabyte is one frame', () => {
    const [frame, ...others] = framesOf([serverBytes(capture('big-reply'))])
    assert.equal(others.length, 0)
    assert.equal(frame?.body.length, 1_027_997)
    assert.equal(JSON.parse(frame?.body.toString() ?? '').row_count, 1150)
  })

  test('200 commands in one write have 200 answers', () => {
    const frames = framesOf([serverBytes(capture('pipelined-200'))])
    assert.equal(frames.filter(({ type }) => type === 'api/response').length, 200)
  })

  test('a frame that a killed switch cut off is no frame', () => {
    const file = captureFile('killed-mid-reply')
    const framer = new Framer()
    framer.push(Buffer.from(String(file.cut_frame_head)))
    assert.equal(framer.next(), undefined)
    framer.push(Buffer.from(String(file.cut_frame_tail)))
    assert.equal(framer.next(), undefined)
    assert.ok(framer.unfinishedBytes > 0)
  })

  test('the notice of a killed listener says why', () => {
    const [frame] = framesOf([Buffer.from(String(captureFile('slow-listener-killed').last_bytes))])
    assert.equal(frame?.type, 'text/disconnect-notice')
    assert.equal(frame?.body.toString(), 'killed listener because of lost events\n')
  })

  test('the reply to userauth without its end runs into the next and is seen to', () => {
    const frames = framesOf([serverBytes(capture('userauth-long-lists'))])
    assert.deepEqual(frames.map(({ type }) => type).slice(0, 1), ['auth/request'])
    assert.equal(frames[1]?.type, 'command/reply')
    assert.equal(frames[1]?.contentLength, 5, 'a reply of a command never has a length')
  })
})

describe('streams that are not frames', () => {
  const refused: Readonly<Record<string, string>> = {
    'a header line without a name': 'Content-Type: api/response\nnonsense\n\n',
    'a line that begins with a colon': ': x\nContent-Type: api/response\n\n',
    'no Content-Type': 'Content-Length: 3\n\nabc',
    'a length that is no number': 'Content-Type: api/response\nContent-Length: 3x\n\nabc',
    'a negative length': 'Content-Type: api/response\nContent-Length: -1\n\nabc',
    'an empty length': 'Content-Type: api/response\nContent-Length: \n\nabc',
    'two lengths': 'Content-Type: api/response\nContent-Length: 3\nContent-Length: 3\n\nabc',
    'two types': 'Content-Type: command/reply\nReply-Text: +OK\nContent-Type: command/reply\n\n',
    'two replies run together': 'Content-Type: command/reply\nReply-Text: +OK a\nReply-Text: +OK b\n\n',
    'a body over the limit': 'Content-Type: api/response\nContent-Length: 1001\n\n',
    'a header without an end': `Content-Type: ${'x'.repeat(2000)}`,
  }
  for (const [what, text] of Object.entries(refused)) {
    test(`${what}: refused, and for ever`, () => {
      const framer = new Framer({ maxBodyBytes: 1000, maxHeaderBytes: 1000 })
      framer.push(Buffer.from(text))
      assert.throws(() => framer.next(), FramingError)
      framer.push(Buffer.from('Content-Type: auth/request\n\n'))
      assert.throws(() => framer.next(), FramingError)
    })
  }

  test('whatever comes, the framer gives frames, waits or throws a FramingError', () => {
    const word = fc.constantFrom('Content-Type: a/b', 'Content-Length: 2', '\n', '\n\n', ': ', 'ab', 'x: y', '\0', '\r')
    const piece = fc.oneof(
      word.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 20 }).map(Buffer.from),
    )
    const check = fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      try {
        framesOf(pieces)
      } catch (error) {
        assert.ok(error instanceof FramingError)
      }
    })
    fc.assert(check, { numRuns: 2000 })
  })
})

describe('bytes and characters', () => {
  test('lengths count bytes, and line ends between frames belong to none', () => {
    const frames = framesOf([
      Buffer.from('Content-Type: api/response\nContent-Length: 5\n\nZoë!'),
      Buffer.from('\n\nContent-Type: command/reply\nReply-Text: +OK größer\n\n'),
    ])
    assert.deepEqual(
      frames.map((frame) => frame.body.toString() || frame.get('Reply-Text')),
      ['Zoë!', '+OK größer'],
    )
  })

  test('no byte is looked at twice: a header that comes byte by byte costs no more than its length', () => {
    const value = 'v'.repeat(200_000)
    const bytes = Buffer.from(`Content-Type: command/reply\nReply-Text: ${value}\n\n`)
    const began = performance.now()
    const [frame] = framesOf(cut(bytes, [...bytes.keys()]))
    assert.equal(frame?.get('Reply-Text'), value)
    assert.ok(performance.now() - began < 5000, 'a rescan from the start would take minutes')
  })

  test('bodies handed out are not written over by later bytes', () => {
    const framer = new Framer()
    framer.push(Buffer.from('Content-Type: api/response\nContent-'))
    framer.push(Buffer.from('Length: 3\n\nabcContent-Type: x'))
    const body = framer.next()?.body
    for (let count = 0; count < 100; count += 1) framer.push(Buffer.from('yyyyyyyyyy'))
    assert.equal(body?.toString(), 'abc')
  })
})
