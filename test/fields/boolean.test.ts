import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { booleanKind } from '../../src/fields/boolean.ts'
import { anything, parsed, runs, spellings, texts } from './values.ts'

test('a boolean is read from any value or refused, never thrown at', () => {
  fc.assert(
    fc.property(anything, spellings, (value, spelling) => {
      const boolean = parsed(booleanKind, value, spelling)
      assert.ok(boolean === undefined || boolean === null || typeof boolean === 'boolean')
    }),
    runs,
  )
})

test('S002-BOOL: the text spelling knows the words true and false in any letter case, JSON booleans, and no other word', () => {
  for (const [value, expected] of [
    ['true', true],
    ['false', false],
    ['TRUE', true],
    ['False', false],
    [' true ', true],
    [true, true],
    [false, false],
    ['', null],
    [null, null],
  ] as const)
    assert.deepEqual(booleanKind.parse(value, 'text'), { ok: true, value: expected })
  fc.assert(
    fc.property(texts, (text) => {
      const word = text.trim().toLowerCase()
      const expected = text === '' ? null : word === 'true' ? true : word === 'false' ? false : undefined
      assert.equal(parsed(booleanKind, text, 'text'), expected)
    }),
    runs,
  )
  for (const value of ['yes', 'no', 'on', 'off', '1', '0', 't', 'f', 1, 0, [], {}, ['true']])
    assert.equal(parsed(booleanKind, value, 'text'), undefined, JSON.stringify(value))
})

test('the plain spelling takes JSON booleans alone', () => {
  for (const value of ['true', 'false', 'TRUE', 1, 0]) assert.equal(parsed(booleanKind, value, 'plain'), undefined)
  assert.equal(parsed(booleanKind, true, 'plain'), true)
  assert.equal(parsed(booleanKind, false, 'plain'), false)
})

test('a boolean comes back from every type of column that FusionPBX had for it', () => {
  for (const value of [true, false]) {
    assert.equal(booleanKind.encode(value, 'boolean'), value)
    assert.equal(booleanKind.encode(value, 'text'), String(value))
    assert.equal(booleanKind.encode(value, 'numeric'), value ? 1 : 0)
    // What the driver gives for each.
    for (const raw of [value, String(value), value ? '1' : '0', value ? 1 : 0])
      assert.equal(booleanKind.decode(raw), value)
  }
})

test('whatever else a column holds is false', () => {
  fc.assert(
    fc.property(texts, (raw) => {
      if (raw !== 'true' && raw !== '1') assert.equal(booleanKind.decode(raw), false)
    }),
    runs,
  )
})
