import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cleanContact, shortContact } from '../../../src/services/registrations/contact.ts'
import { readRegistrations } from '../../../src/services/registrations/read-sofia.ts'

/** Names of the lines of one entry, in sofia's order (captures registrations-*). */
const names =
  'call-id,user,contact,agent,status,ping-status,ping-time,host,network-ip,network-port,sip-auth-user,sip-auth-realm,mwi-account'.split(
    ',',
  )

/** What a SIP header can hold: anything but line breaks. */
const tempting = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(
      '</call-id>',
      '</user><user>9999@example.com</user>',
      '    <registration>',
      '    </registration>',
      '        <user>',
      '</registrations></profile>',
      '&lt;&amp;',
      '<![CDATA[',
      '',
    ),
  )
  .filter((text) => !/[\n\r\u2028\u2029]/.test(text) && text.isWellFormed())

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Sofia's text: contact and agent are escaped, the rest is not (facts 4). */
const sofiaText = (entries: readonly string[][]): string =>
  `<?xml version="1.0" encoding="ISO-8859-1"?>\n<profile>\n  <registrations>\n${entries
    .map((values) => {
      const lines = names.map((name, index) => {
        const value = values[index] ?? ''
        return `        <${name}>${name === 'contact' || name === 'agent' ? escaped(value) : value}</${name}>\n`
      })
      return `    <registration>\n${lines.join('')}    </registration>\n`
    })
    .join('')}  </registrations>\n</profile>\n`

test('S004-REG-LIST: as many phones are read as there are, with what they said, whatever they said', () => {
  const entry = fc.array(tempting, { minLength: names.length, maxLength: names.length })
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 8 }), (entries) => {
      const read = readRegistrations(sofiaText(entries), 'n', 'internal')
      assert.equal(read?.broken, 0)
      assert.deepEqual(
        read?.registrations.map((phone) => [phone.callId, phone.contact, phone.agent, phone.realm, phone.networkIp]),
        entries.map((values) => [values[0], values[2], values[3], values[11], values[8]]),
      )
    }),
    { numRuns: 300 },
  )
})

test('an entry that lacks a line, or has them in another order, is left out and counted; the others stay', () => {
  const values = names.map((name) => `x${name}`)
  const whole = sofiaText([values, values, values])
  for (const spoilt of [
    whole.replace('        <agent>xagent</agent>\n', ''),
    whole.replace('        <host>xhost</host>\n', '        <hostess>x</hostess>\n'),
    whole.replace('    </registration>\n', ''),
  ]) {
    const read = readRegistrations(spoilt, 'n', 'internal')
    assert.deepEqual([read?.registrations.length, read?.broken], [2, 1])
  }
})

test('what is no list of registrations is none', () => {
  for (const text of ['', 'Invalid Profile!\n', '-ERR no reply\n', '<?xml version="1.0"?>\n<profiles>\n</profiles>\n'])
    assert.equal(readRegistrations(text, 'n', 'internal'), undefined, text)
})

test('the user is before the last @, the status is a word, and a contact is shown without its parameters', () => {
  const values = [
    'c',
    'a@b@example.com',
    '"x" <sips:1001@[2001:db8::1]:5061;transport=tls;fs_path=x>',
    'a',
    'Registered(TLS-NAT)(unknown) exp(2026-11-21 00:44:01) expsecs(-12)',
    'Reachable',
    '1.50',
    'h',
    'i',
    'p',
    'u',
    'r',
    'm',
  ]
  const [phone] = readRegistrations(sofiaText([values]), 'n', 'internal')?.registrations ?? []
  assert.ok(phone)
  assert.deepEqual(
    [phone.user, phone.domain, phone.status, phone.transport, phone.expiresInSeconds],
    ['a@b', 'example.com', 'Registered', 'TLS-NAT', -12],
  )
  assert.equal(shortContact(phone), 'sips:1001@[2001:db8::1]:5061')
  assert.equal(cleanContact(phone), 'sofia/internal/1001@[2001:db8::1]:5061')
  assert.equal(shortContact({ contact: 'sip:1@2' }), 'sip:1@2')
})
