import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  callerNumber,
  dialable,
  displayName,
  identifier,
  mailAddresses,
  makePin,
  makeSipPassword,
  pin,
  sipHost,
  sipSecret,
  sipWord,
} from '../../src/fields/telephony.ts'
import { type TextLimits, textKind } from '../../src/fields/text.ts'
import { parsed, texts } from './values.ts'

/**
 * What must never be in an accepted value: white space separates words of event-socket commands and dial strings,
 * quotes and brackets end XML attributes that FusionPBX's Lua writes unescaped, and `${` runs commands in the switch.
 */
const never: [name: string, limits: TextLimits, characters: RegExp][] = [
  ['dialable', dialable, /[^A-Za-z0-9*#+._-]/],
  ['sipWord', sipWord, /[\s"'<>&\\`$]/],
  ['sipHost', sipHost, /[\s"'<>&\\`$]/],
  ['sipSecret', sipSecret, /[\s"<>&]/],
  ['identifier', identifier, /[^A-Za-z0-9_.:@-]/],
  ['displayName', displayName, /\$\{/],
  ['callerNumber', callerNumber, /[^A-Za-z0-9*#+._() -]/],
  ['pin', pin, /[^0-9]/],
  ['mailAddresses', mailAddresses, /["'<>&\\\n\r]/],
]

for (const [name, limits, characters] of never) {
  test(`an accepted ${name} holds nothing that means something where it ends up`, () => {
    const kind = textKind(limits)
    const check = (value: string) => {
      for (const spelling of ['text', 'plain'] as const) {
        const text = parsed(kind, value, spelling)
        if (text === undefined || text === null) continue
        assert.doesNotMatch(text, characters, JSON.stringify(value))
        assert.ok(text.length <= (limits.max ?? 1024))
        assert.equal(parsed(kind, text, spelling), text, 'reading it again changes nothing')
      }
    }
    fc.assert(fc.property(texts, check), { numRuns: 1500 })
    // Every character up to the ideographic space and of the specials, inside a value that is fine.
    for (let code = 0; code <= 0xffff; code = code === 0x3001 ? 0xfe00 : code + 1)
      check(`1${String.fromCharCode(code)}1@1`)
    for (const line of ['\n', '\r', '\u0085', '\u2028', '\u2029'])
      for (const attack of ['${system(id)}', '" /><x', "'; drop", '\nreload']) check(`a${line}${attack}`)
  })
}

test('values that people have are accepted as they are', () => {
  const fine: [limits: TextLimits, values: string[]][] = [
    [dialable, ['101', '*97', '+4930123456', 'front-desk', 'a.b_c#1']],
    [sipHost, ['sip.carrier.com', '192.0.2.1:5061', '[2001:db8::1]:5060', 'sip.carrier.com;transport=tls']],
    [sipWord, ['error/user_busy', 'PCMU,PCMA', 'ACxxxx', 'tport=tcp']],
    [sipSecret, ['SecurePass123!', 'a1b2c3d4e5f60718', '*?!.']],
    [identifier, ['example.com', 'external-ipv6', 'en-us', 'public']],
    [displayName, ['John Doe', "John O'Neil", 'Müller & Söhne', '营业部', 'R&D $5']],
    [callerNumber, ['5551234567', '+1 (555) 123-4567', 'anonymous']],
    [pin, ['1234', '123456']],
    [mailAddresses, ['john@example.com', 'a@b.de,c@d.de', 'a@b.de; c+tag@d.de']],
  ]
  for (const [limits, values] of fine)
    for (const value of values) assert.equal(parsed(textKind(limits), value, 'text'), value)
  assert.equal(parsed(textKind(dialable), '1 0 1', 'text'), '1-0-1')
})

test('S002-PWD-EXT, S002-PWD-VM: made secrets have the documented form and are not alike', () => {
  const passwords = Array.from({ length: 200 }, makeSipPassword)
  for (const password of passwords) assert.match(password, /^[0-9a-f]{16}$/)
  assert.equal(new Set(passwords).size, passwords.length)
  const pins = Array.from({ length: 2000 }, makePin)
  for (const made of pins) assert.match(made, /^\d{6}$/)
  assert.ok(new Set(pins).size > 1900)
  // All of the range is in use, leading zeroes too.
  for (const digit of '0123456789') assert.ok(pins.some((made) => made.startsWith(digit)))
})
