import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { macKind } from '../../src/fields/mac.ts'
import { anything, parsed, runs, spellings } from './values.ts'

const digits = fc.stringMatching(/^[0-9a-f]{12}$/)

test('S002-MAC: an address is read from any value or refused, and one that is accepted is 12 small hexadecimal digits', () => {
  fc.assert(
    fc.property(anything, spellings, (value, spelling) => {
      const mac = parsed(macKind, value, spelling)
      if (mac !== undefined && mac !== null) assert.match(mac, /^[0-9a-f]{12}$/)
    }),
    runs,
  )
})

test('S002-MAC: separators and capitals make no difference, and a normalised address stays as it is', () => {
  fc.assert(
    fc.property(digits, fc.constantFrom(':', '-', '.', ' ', ''), fc.constantFrom(2, 4), (mac, separator, width) => {
      const groups = mac.match(new RegExp(`.{${width}}`, 'g')) ?? []
      for (const spelled of [groups.join(separator), groups.join(separator).toUpperCase()]) {
        const once = parsed(macKind, spelled, 'text')
        assert.equal(once, mac)
        assert.equal(parsed(macKind, once, 'plain'), mac)
      }
      assert.equal(macKind.decode(macKind.encode(mac, 'text')), mac)
    }),
    runs,
  )
})

test('S002-MAC: too few, too many or other characters are refused in the documented words, as a whole sentence', () => {
  const refused = { ok: false, text: 'Invalid MAC address format', whole: true }
  fc.assert(
    fc.property(digits, fc.nat({ max: 11 }), fc.constantFrom('g', '/', 'é', '\u0000', '０'), (mac, at, character) => {
      for (const spelled of [
        mac.slice(0, at),
        `${mac}${mac.slice(0, at + 1)}`,
        `${mac.slice(0, at)}${character}${mac.slice(at + 1)}`,
      ])
        if (spelled !== '') assert.deepEqual(macKind.parse(spelled, 'text'), refused)
    }),
    runs,
  )
  for (const value of [112233445566, true, [], {}, ['001122334455']])
    assert.deepEqual(macKind.parse(value, 'text'), refused)
  assert.equal(parsed(macKind, '', 'text'), null)
})
