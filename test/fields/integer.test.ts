import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { integerKind } from '../../src/fields/integer.ts'
import { anything, parsed, runs, spellings } from './values.ts'

const bounds = fc
  .tuple(fc.integer({ min: -1000, max: 1000 }), fc.nat({ max: 100_000 }))
  .map(([min, width]) => ({ min, max: min + width }))

test('an integer is read from any value or refused, and one that is accepted is whole and within its bounds', () => {
  fc.assert(
    fc.property(anything, spellings, bounds, fc.boolean(), (value, spelling, { min, max }, counted) => {
      const number = parsed(integerKind({ min, max, counted }), value, spelling)
      if (number === undefined || number === null) return
      assert.ok(Number.isSafeInteger(number))
      assert.ok(number >= min && number <= max)
    }),
    runs,
  )
})

test('both bounds are inside, and what is beyond them is told them', () => {
  fc.assert(
    fc.property(bounds, ({ min, max }) => {
      const kind = integerKind({ min, max })
      for (const edge of [min, max]) {
        assert.equal(parsed(kind, edge, 'plain'), edge)
        assert.equal(parsed(kind, String(edge), 'text'), edge)
        assert.equal(parsed(kind, edge, 'text'), edge)
      }
      for (const beyond of [min - 1, max + 1])
        assert.deepEqual(kind.parse(beyond, 'plain'), { ok: false, text: `must be between ${min} and ${max}` })
    }),
    runs,
  )
})

test('S004-NUMTEXT: the text spelling reads digits in quotes; the plain one does not', () => {
  const kind = integerKind({ min: -10, max: 1000 })
  for (const [sent, expected] of [
    ['5', 5],
    [' 5 ', 5],
    ['-5', -5],
    ['005', 5],
    ['', null],
    [null, null],
    [5, 5],
  ] as const)
    assert.equal(parsed(kind, sent, 'text'), expected)
  for (const wrong of ['5.0', '5e1', '0x5', '+5', 'five', '5 5', '٥', '5\u0000', true, [5], {}, 5.5, Number.NaN])
    assert.equal(parsed(kind, wrong, 'text'), undefined, JSON.stringify(wrong))
  assert.equal(parsed(kind, '5', 'plain'), undefined)
  assert.equal(parsed(kind, 5, 'plain'), 5)
})

test('an integer that nobody bounded fits into an int of PostgreSQL', () => {
  assert.equal(parsed(integerKind(), 2_147_483_647, 'plain'), 2_147_483_647)
  assert.equal(parsed(integerKind(), 2_147_483_648, 'plain'), undefined)
  assert.equal(parsed(integerKind(), -1, 'plain'), undefined)
})

test('an integer comes back from number and text columns', () => {
  const kind = integerKind({ min: -1_000_000, max: 1_000_000 })
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), (value) => {
      assert.equal(kind.encode(value, 'text'), String(value))
      assert.equal(kind.encode(value, 'numeric'), value)
      // The driver gives numerics as text.
      for (const raw of [kind.encode(value, 'text'), String(kind.encode(value, 'numeric')), value])
        assert.equal(kind.decode(raw), value)
    }),
    runs,
  )
  for (const raw of ['', 'many', 'NaN', 'Infinity', '1,5']) assert.equal(kind.decode(raw), null)
})
