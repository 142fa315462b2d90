import { accepted, isNothing, type Kind, refused } from './kind.ts'

/**
 * A whole number. FusionPBX keeps some in numeric and some in text columns; the text spelling shows both as text
 * (S004-NUMTEXT) unless `counted`, as for epochs, durations and counts.
 */
export function integerKind(limits: { min?: number; max?: number; counted?: boolean } = {}): Kind<number> {
  const min = limits.min ?? 0
  const max = limits.max ?? 2_147_483_647
  return {
    name: 'integer',
    parse(value, spelling) {
      if (isNothing(value)) return accepted<number>(null)
      const text = typeof value === 'string' && (spelling === 'text' || limits.counted) ? value.trim() : undefined
      const number = text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : value
      if (typeof number !== 'number' || !Number.isSafeInteger(number)) return refused('must be a whole number')
      if (number < min || number > max) return refused(`must be between ${min} and ${max}`)
      return accepted(number)
    },
    encode: (value, type) => (type === 'text' ? String(value) : value),
    decode(raw) {
      const number = Number(raw)
      return raw === '' || !Number.isFinite(number) ? null : number
    },
    spell(expression, type, { spelling, nullable }) {
      // A text column may hold anything that another program wrote; what is no number is shown as none.
      const number =
        type === 'text' ? `case when ${expression} ~ '^-?[0-9]{1,15}$' then ${expression}::numeric end` : expression
      if (spelling === 'plain' || limits.counted) return number
      const text = type === 'text' ? expression : `${expression}::text`
      return nullable ? text : `coalesce(${text}, '')`
    },
    schema(spelling) {
      if (spelling === 'text' && !limits.counted) return { type: 'string', pattern: '^-?\\d*$' }
      return { type: spelling === 'plain' ? ['integer', 'null'] : 'integer', minimum: min, maximum: max }
    },
  }
}
