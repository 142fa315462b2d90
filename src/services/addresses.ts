import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net'

/** A set of addresses and ranges that can be asked about one address. */
export interface AddressList {
  /** True when no entry was given; callers decide whether that means everyone or no one. */
  readonly isEmpty: boolean
  /** True when the address is in the list. Text that is no address is in no list. */
  contains(address: string): boolean
}

/** A range: its first address as written, and how many leading bits count. */
interface Range {
  address: string
  prefixLength: number
  family: 'ipv4' | 'ipv6'
}

const mappedPrefix = '::ffff:'
const mappedBits = 96

/**
 * One spelling per address: IPv6 in lower case and shortened, IPv4-mapped IPv6 (`::ffff:10.1.2.3`, also written
 * `::ffff:a01:203`) as plain IPv4, brackets, port and zone removed. Undefined for text that is no address.
 */
export function normaliseAddress(text: string): string | undefined {
  const trimmed = text.trim()
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(trimmed)?.[1]
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(trimmed)?.[1]
  const bare = (bracketed ?? withPort ?? trimmed).replace(/%.*$/, '')
  if (isIPv4(bare)) return bare
  if (!isIPv6(bare)) return undefined
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' })
  const inner = address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : ''
  return isIPv4(inner) ? inner : address
}

function parseRange(text: string): Range | undefined {
  const [first = '', bits, ...rest] = text.trim().split('/')
  if (rest.length > 0 || !(isIPv4(first) || isIPv6(first)) || first.includes('%')) return undefined
  const longest = isIPv4(first) ? 32 : 128
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return undefined
  const prefixLength = bits === undefined ? longest : Number(bits)
  if (prefixLength > longest) return undefined
  const address = normaliseAddress(first)
  if (address === undefined) return undefined
  // A mapped range such as ::ffff:10.0.0.0/104 is the IPv4 range 10.0.0.0/8; a shorter one is wider than all of IPv4
  // and stays what it says, a range of IPv6.
  if (isIPv6(first) && isIPv4(address)) {
    return prefixLength >= mappedBits
      ? { address, prefixLength: prefixLength - mappedBits, family: 'ipv4' }
      : { address: first, prefixLength, family: 'ipv6' }
  }
  return { address, prefixLength, family: isIPv4(address) ? 'ipv4' : 'ipv6' }
}

/** True for one address or one CIDR range of IPv4 or IPv6 (`192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`). */
export const isAddressOrRange = (text: string): boolean => parseRange(text) !== undefined

/**
 * Builds a list from addresses and CIDR ranges. Host bits of a range are ignored (`10.1.2.3/8` is `10.0.0.0/8`).
 * Throws a RangeError naming the first entry that is neither: an entry silently dropped from a security list would
 * admit or refuse the wrong people.
 */
export function parseAddressList(entries: readonly string[]): AddressList {
  // One BlockList per family: a mixed one lets ::/0 match every IPv4 address as well.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const entry of entries) {
    const range = parseRange(entry)
    if (range === undefined) throw new RangeError(`${JSON.stringify(entry)} is neither an address nor a CIDR range`)
    lists[range.family].addSubnet(range.address, range.prefixLength, range.family)
  }
  return {
    isEmpty: entries.length === 0,
    contains(address) {
      if (entries.length === 0) return false
      const normal = normaliseAddress(address)
      if (normal === undefined) return false
      // BlockList assumes IPv4 unless it is told the family.
      const family = isIPv4(normal) ? 'ipv4' : 'ipv6'
      return lists[family].check(normal, family)
    },
  }
}

/** Who sent a request and how, as far as it can be believed. */
export interface ClientAddress {
  /** Normalised address; the socket's own text when that is no address (a Unix socket has none). */
  address: string
  /** True only when a trusted proxy says that the client spoke HTTPS to it; Tandem itself listens in plain HTTP. */
  https: boolean
}

type Header = string | readonly string[] | undefined

const listItems = (header: Header): string[] =>
  (typeof header === 'string' ? [header] : (header ?? []))
    .join(',')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

/**
 * Finds the client behind trusted proxies. Each proxy appends to `X-Forwarded-For` whom it heard from, so the header
 * is walked from the right, one step for every trusted address; the first untrusted one is the client, and whatever
 * stands left of it is only the client's own claim. With nothing trusted both headers are ignored. An entry that is
 * no address ends the walk at the proxy that passed it on.
 */
export function clientAddress(
  remoteAddress: string | undefined,
  forwardedForHeader: Header,
  forwardedProtoHeader: Header,
  trusted: AddressList,
): ClientAddress {
  const socket = normaliseAddress(remoteAddress ?? '') ?? remoteAddress ?? ''
  if (!trusted.contains(socket)) return { address: socket, https: false }
  let address = socket
  let stepsBack = 0
  for (const hop of listItems(forwardedForHeader).reverse()) {
    const next = normaliseAddress(hop)
    if (next === undefined) break
    address = next
    if (!trusted.contains(next)) break
    stepsBack += 1
  }
  return { address, https: protocolOf(listItems(forwardedProtoHeader), stepsBack) === 'https' }
}

/**
 * The protocol the client used. Most proxies set one value and hand it through; those that append give one per hop,
 * and then the hop that met the client is as far from the right as the client is in `X-Forwarded-For`.
 */
function protocolOf(protocols: readonly string[], stepsBack: number): string | undefined {
  const one = protocols.length === 1 ? protocols[0] : protocols.at(-1 - stepsBack)
  return one?.toLowerCase()
}

/**
 * What a limit per address counts by: an IPv4 address itself, an IPv6 address by its /64, because one subscriber
 * holds at least that many and could otherwise use a new address for every request.
 */
export function addressForLimits(address: string): string {
  const normal = normaliseAddress(address)
  if (normal === undefined || isIPv4(normal)) return normal ?? address
  const [head = '', tail] = normal.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right]
  return `${groups.slice(0, 4).join(':')}::/64`
}
