import type { Kind } from './kind.ts'
import { textKind } from './text.ts'

/** Separators people and phones put between the digits of a hardware address. */
const separators = /[:\-.\s]/g

/** A device's MAC address: 12 lower-case hexadecimal digits, whatever separators it came with (S002-MAC). */
export const macKind: Kind<string> = {
  ...textKind({ max: 17, pattern: /^[0-9a-f]{12}$/, says: 'Invalid MAC address format' }),
  name: 'mac',
  parse(value) {
    if (value === null || value === '') return { ok: true, value: null }
    const digits = typeof value === 'string' ? value.replace(separators, '').toLowerCase() : ''
    if (!/^[0-9a-f]{12}$/.test(digits)) return { ok: false, text: 'Invalid MAC address format', whole: true }
    return { ok: true, value: digits }
  },
  schema: () => ({ type: 'string', pattern: '^([0-9A-Fa-f][:. -]?){11}[0-9A-Fa-f]$', examples: ['a0:b1:c2:d3:e4:f5'] }),
}
