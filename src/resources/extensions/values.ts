import { isIP } from 'node:net'

/** An address without a mask is that one address (facts 3). */
export const wholeAddresses = (value: string): string =>
  value
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => (part.includes('/') ? part : `${part}/${part.includes(':') ? 128 : 32}`))
    .join(',')

function isAddressRange(range: string): boolean {
  const [address = '', bits = '', ...rest] = range.split('/')
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most
}

/** True for addresses in CIDR form, separated by commas. FusionPBX drops others in silence, and a limit with them. */
export const areAddressRanges = (value: string): boolean => value.split(',').every(isAddressRange)

/** Mail addresses are separated by commas; a telephone number loses what people write between its digits. */
export const wholeContact = (value: string): string =>
  value.includes('@') ? value.replaceAll(';', ',').replaceAll(' ', '') : value.replaceAll(/[-.() ]/g, '')

/**
 * The switch runs `${function(arguments)}` wherever it expands a value, and `system` is a function too. A dial string
 * has to look up contacts; nothing else may be called from a row that a tenant can write.
 */
export const runsNothing = (value: string): boolean =>
  !(value.includes('${') && value.replaceAll(/\$\{(sofia|verto)_contact\(/g, '').includes('('))
