import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  addressForLimits,
  clientAddress,
  isAddressOrRange,
  normaliseAddress,
  parseAddressList,
} from '../../src/services/addresses.ts'

describe('normalised addresses', () => {
  const spellings: [given: string, normal: string | undefined][] = [
    ['192.0.2.7', '192.0.2.7'],
    [' 192.0.2.7 ', '192.0.2.7'],
    ['192.0.2.7:443', '192.0.2.7'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::FFFF:0a01:0203', '10.1.2.3'],
    ['0:0:0:0:0:ffff:10.1.2.3', '10.1.2.3'],
    ['::1', '::1'],
    ['unknown', undefined],
    ['010.1.2.3', undefined],
    ['1.2.3', undefined],
    ['10.0.0.0/8', undefined],
    ['', undefined],
  ]
  for (const [given, normal] of spellings) {
    it(`of ${JSON.stringify(given)} is ${normal}`, () => assert.equal(normaliseAddress(given), normal))
  }
})

describe('lists of addresses', () => {
  it('contain single addresses and ranges of both families, in any spelling', () => {
    const list = parseAddressList(['192.0.2.7', '10.1.2.3/8', '2001:db8::/32', '::1'])
    for (const inside of ['192.0.2.7', '10.255.0.1', '::ffff:10.9.9.9', '::ffff:a01:203', '2001:DB8:ffff::1', '::1']) {
      assert.equal(list.contains(inside), true, inside)
    }
    for (const outside of ['192.0.2.8', '11.0.0.0', '::ffff:11.0.0.0', '2001:db9::1', '::2', 'nonsense', '']) {
      assert.equal(list.contains(outside), false, outside)
    }
  })

  it('keep the families apart: everything of one is nothing of the other', () => {
    const [four, six] = [parseAddressList(['0.0.0.0/0']), parseAddressList(['::/0'])]
    assert.deepEqual([four.contains('203.0.113.9'), four.contains('2001:db8::1')], [true, false])
    assert.deepEqual([six.contains('2001:db8::1'), six.contains('203.0.113.9')], [true, false])
    assert.deepEqual([four.contains('::ffff:203.0.113.9'), six.contains('::ffff:203.0.113.9')], [true, false])
  })

  it('take a range of mapped addresses for the IPv4 range it is', () => {
    assert.equal(parseAddressList(['::ffff:10.0.0.0/104']).contains('10.200.0.1'), true)
    assert.equal(parseAddressList(['::ffff:10.0.0.0/104']).contains('11.0.0.1'), false)
  })

  it('without entries contain nothing and say that they are empty', () => {
    assert.equal(parseAddressList([]).isEmpty, true)
    assert.equal(parseAddressList([]).contains('127.0.0.1'), false)
    assert.equal(parseAddressList(['::1']).isEmpty, false)
  })

  it('refuse what is no address, by name', () => {
    for (const entry of [
      '10.0.0.0/33',
      '::/129',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      'host',
      '10.0.0.0/-1',
      '10.0.0.0/08x',
      '',
    ]) {
      assert.equal(isAddressOrRange(entry), false, entry)
      assert.throws(() => parseAddressList(['::1', entry]), RangeError)
    }
  })

  const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const dotted = (bytes: Uint8Array): string => bytes.join('.')
  const hex = (bytes: Uint8Array): string =>
    Array.from({ length: 8 }, (_, i) => (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16)).join(':')
  const sameBits = (a: Uint8Array, b: Uint8Array, bits: number): boolean =>
    Array.from({ length: bits }, (_, i) => i).every(
      (i) => (((a[i >> 3] ?? 0) ^ (b[i >> 3] ?? 0)) & (128 >> (i & 7))) === 0,
    )

  for (const [family, length, spell] of [
    ['IPv4', 4, dotted],
    ['IPv6', 16, hex],
  ] as const) {
    it(`agree with comparing bits one by one, ${family}`, () => {
      const near = fc
        .tuple(bytesOf(length), fc.nat(length * 8), fc.nat(length * 8 - 1))
        .map(([base, bits, flipped]) => {
          const other = Uint8Array.from(base)
          other[flipped >> 3] = (other[flipped >> 3] ?? 0) ^ (128 >> (flipped & 7))
          return { base, bits, other }
        })
      fc.assert(
        fc.property(near, ({ base, bits, other }) => {
          // Mapped addresses are IPv4 and have their own test above.
          fc.pre(length === 4 || !hex(other).startsWith('0:0:0:0:0:ffff'))
          const list = parseAddressList([`${spell(base)}/${bits}`])
          assert.equal(list.contains(spell(other)), sameBits(base, other, bits))
          assert.equal(list.contains(spell(base)), true)
        }),
      )
    })
  }
})

describe('the address of a client', () => {
  const trusted = parseAddressList(['10.0.0.0/8', '::1'])
  const of = (remote: string, forwardedFor?: string | string[], proto?: string, list = trusted) =>
    clientAddress(remote, forwardedFor, proto, list)

  it('is the socket when no proxy is trusted, whatever the headers claim', () => {
    const nobody = parseAddressList([])
    assert.deepEqual(of('203.0.113.9', '198.51.100.1', 'https', nobody), { address: '203.0.113.9', https: false })
    assert.deepEqual(of('203.0.113.9', '198.51.100.1', 'https'), { address: '203.0.113.9', https: false })
  })

  it('is what the trusted proxy saw', () => {
    assert.deepEqual(of('10.0.0.1', '198.51.100.1', 'https'), { address: '198.51.100.1', https: true })
    assert.deepEqual(of('::ffff:10.0.0.1', '[2001:db8::5]:4711', 'HTTPS'), { address: '2001:db8::5', https: true })
    assert.deepEqual(of('10.0.0.1', '198.51.100.1', 'http'), { address: '198.51.100.1', https: false })
    assert.deepEqual(of('10.0.0.1', '198.51.100.1'), { address: '198.51.100.1', https: false })
  })

  it('is found from the right: what the client wrote itself stands left and is not believed', () => {
    assert.equal(of('10.0.0.1', '127.0.0.1, 10.9.9.9, 198.51.100.1, 10.0.0.2').address, '198.51.100.1')
    assert.equal(of('10.0.0.1', ['127.0.0.1', '198.51.100.1, 10.0.0.2']).address, '198.51.100.1')
  })

  it('is the outermost proxy when all of them are trusted or one passed on nonsense', () => {
    assert.equal(of('10.0.0.1', '10.0.0.3, 10.0.0.2').address, '10.0.0.3')
    assert.equal(of('10.0.0.1', '198.51.100.1, unknown, 10.0.0.2').address, '10.0.0.2')
    assert.equal(of('10.0.0.1', '').address, '10.0.0.1')
  })

  it('has used HTTPS when the proxy that met it says so, of several that each say something', () => {
    assert.equal(of('10.0.0.1', '198.51.100.1, 10.0.0.2', 'https, http').https, true)
    assert.equal(of('10.0.0.1', '198.51.100.1, 10.0.0.2', 'http, https').https, false)
    // The client claimed https and an address before the proxies wrote theirs.
    assert.equal(of('10.0.0.1', '192.0.2.1, 198.51.100.1, 10.0.0.2', 'https, http, http').https, false)
    assert.equal(of('10.0.0.1', '198.51.100.1, 10.0.0.2, 10.0.0.3', 'https, http').https, false)
  })

  it('is empty for a socket without address', () => {
    assert.deepEqual(clientAddress(undefined, '198.51.100.1', 'https', trusted), { address: '', https: false })
  })

  it('cannot be forged from outside', () => {
    const address = fc.ipV4().filter((text) => !text.startsWith('10.'))
    fc.assert(
      fc.property(address, fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())), (client, claims) => {
        const header = [...claims, client, '10.0.0.2'].join(', ')
        assert.equal(of('10.0.0.1', header).address, client)
      }),
    )
  })
})

describe('what a limit per address counts by', () => {
  it('is the address of IPv4 and the /64 of IPv6', () => {
    assert.equal(addressForLimits('::ffff:192.0.2.7'), '192.0.2.7')
    for (const address of ['2001:db8:1:2::1', '2001:db8:1:2:ffff:1:2:3']) {
      assert.equal(addressForLimits(address), '2001:db8:1:2::/64')
    }
    assert.equal(addressForLimits('2001:db8::1'), '2001:db8:0:0::/64')
    assert.equal(addressForLimits('::1'), '0:0:0:0::/64')
    assert.equal(addressForLimits(''), '')
  })
})
