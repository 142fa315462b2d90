import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type TextLimits, textKind } from '../../src/fields/text.ts'
import { anything, parsed, runs, spellings, texts } from './values.ts'

const limits: fc.Arbitrary<TextLimits> = fc.record(
  {
    max: fc.integer({ min: 1, max: 60 }),
    min: fc.integer({ min: 0, max: 3 }),
    lines: fc.boolean(),
    pattern: fc.constantFrom(/^[a-z]+$/, /^[^<>]*$/),
    choices: fc.constant(['one', 'two', '7']),
    tidy: fc.constantFrom(
      (text: string) => text.toLowerCase(),
      (text: string) => text.replaceAll(/\s+/g, '-'),
    ),
  },
  { requiredKeys: [] },
)

test('a text that is accepted is trimmed, well formed, free of control characters and within its limits', () => {
  fc.assert(
    fc.property(fc.oneof(texts, anything), spellings, limits, (value, spelling, limit) => {
      const text = parsed(textKind(limit), value, spelling)
      if (text === undefined || text === null) return
      assert.equal(typeof text, 'string')
      assert.notEqual(text, '')
      assert.ok(text.isWellFormed())
      assert.doesNotMatch(
        text,
        limit.lines ? /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/ : /[\u0000-\u001f\u007f]/,
      )
      assert.ok(text.length <= (limit.max ?? 1024))
      assert.ok(text.length >= (limit.min ?? 0))
      if (limit.pattern) assert.match(text, limit.pattern)
      if (limit.choices) assert.ok(limit.choices.includes(text))
    }),
    { numRuns: 2000 },
  )
})

test('no control character of Unicode is accepted, but for tabs and line breaks where lines are', () => {
  for (let code = 0; code < 0x250; code += 1) {
    const character = String.fromCharCode(code)
    if (!/\p{Cc}/u.test(character)) continue
    const sent = `a${character}b`
    assert.equal(parsed(textKind(), sent, 'text'), undefined, `U+${code.toString(16)}`)
    const isLine = ['\t', '\n', '\r'].includes(character)
    assert.equal(parsed(textKind({ lines: true }), sent, 'text'), isLine ? sent : undefined, `U+${code.toString(16)}`)
  }
})

test('reading what was read changes nothing', () => {
  fc.assert(
    fc.property(texts, limits, (value, limit) => {
      const kind = textKind(limit)
      const once = parsed(kind, value, 'text')
      if (once !== undefined && once !== null) assert.equal(parsed(kind, once, 'text'), once)
    }),
    runs,
  )
})

test('white space around is dropped, and nothing but white space is no value', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ \t\n]{0,3}$/), fc.stringMatching(/^[a-z]{0,5}$/), (space, word) => {
      assert.equal(parsed(textKind(), `${space}${word}${space}`, 'plain'), word === '' ? null : word)
    }),
    runs,
  )
  assert.equal(parsed(textKind(), null, 'text'), null)
  assert.equal(parsed(textKind({ min: 3 }), '', 'text'), null)
})

test('the text spelling takes a number where the documents show quoted digits; the plain one does not', () => {
  assert.equal(parsed(textKind(), 101, 'text'), '101')
  assert.equal(parsed(textKind(), 101, 'plain'), undefined)
  for (const value of [true, Number.NaN, Number.POSITIVE_INFINITY, [], {}, ['101']])
    for (const spelling of ['text', 'plain'] as const) assert.equal(parsed(textKind(), value, spelling), undefined)
})

test('a number that JSON cannot hold exactly is refused, because its digits are not those that were sent', () => {
  // JSON.parse makes 12345678901234567000 of this one.
  for (const text of ['12345678901234567890', '9007199254740993', '1e21', '-9007199254740993'])
    assert.equal(parsed(textKind(), JSON.parse(text), 'text'), undefined, text)
  for (const text of ['0', '101', '5551234567', '9007199254740991', '493012345678'])
    assert.equal(parsed(textKind(), JSON.parse(text), 'text'), text)
})

test('a text comes back from its column, and an empty one as no value', () => {
  fc.assert(
    fc.property(texts, (value) => {
      const kind = textKind({ max: 10_000, lines: true })
      const text = parsed(kind, value, 'text')
      if (text !== undefined && text !== null) assert.equal(kind.decode(kind.encode(text, 'text')), text)
    }),
    runs,
  )
  assert.equal(textKind().decode(''), null)
})

test('a long text is measured in no time, whatever its limits', () => {
  const long = `${'a'.repeat(200_000)}!`
  const start = performance.now()
  for (const limit of [{}, { pattern: /^[a-z]+$/ }, { lines: true }, { choices: ['a'] }])
    assert.equal(parsed(textKind(limit), long, 'text'), undefined)
  assert.ok(performance.now() - start < 1000)
})
