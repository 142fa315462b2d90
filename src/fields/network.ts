import { isIP } from 'node:net'
import type { TextLimits } from './text.ts'

const widths: Readonly<Record<number, number>> = { 4: 32, 6: 128 }

/** True for an address of IPv4 or IPv6 with the length of its network behind a slash. */
function isNetwork(text: string): boolean {
  const [address = '', length, ...more] = text.split('/')
  const width = widths[isIP(address)]
  // A zone (`fe80::1%eth0`) means something on one machine only.
  if (width === undefined || length === undefined || more.length > 0 || address.includes('%')) return false
  return /^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= width
}

/** A single address becomes the network that holds it alone, as FusionPBX writes it (facts 9). */
const withLength = (text: string): string => {
  const width = widths[isIP(text)]
  return width === undefined ? text : `${text}/${width}`
}

/**
 * A network in CIDR notation: `192.0.2.0/24`, `2001:db8::/32`, or one address. Not a host name: FusionPBX's page asks
 * the DNS once and stores what it says that day, which is not for a request to hang on.
 */
export const network: TextLimits = {
  max: 64,
  tidy: withLength,
  accepts: isNetwork,
  says: 'must be an IP address, or a network such as 192.0.2.0/24',
}
