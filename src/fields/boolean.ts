import { accepted, isNothing, type Kind, refused } from './kind.ts'

const words = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  ['true', true],
  ['false', false],
])

/**
 * True or false. Columns are real booleans since FusionPBX 5.5.7, text 'true'/'false' before, and five were numeric
 * (facts 0.1); NULL means false (facts 0.2). The text spelling accepts JSON booleans too (S002-BOOL, C-24).
 */
export const booleanKind: Kind<boolean> = {
  name: 'boolean',
  parse(value, spelling) {
    if (isNothing(value)) return accepted<boolean>(null)
    const word = words.get(typeof value === 'string' ? value.trim().toLowerCase() : value)
    if (word === undefined || (spelling === 'plain' && typeof value !== 'boolean'))
      return refused(spelling === 'plain' ? 'must be true or false' : 'must be "true" or "false"')
    return accepted(word)
  },
  encode(value, type) {
    if (type === 'boolean') return value
    return type === 'numeric' ? (value ? 1 : 0) : String(value)
  },
  decode: (raw) => raw === true || raw === 'true' || raw === '1' || raw === 1,
  spell(expression, type, { spelling }) {
    const truth =
      type === 'boolean'
        ? `coalesce(${expression}, false)`
        : type === 'numeric'
          ? `coalesce(${expression} = 1, false)`
          : `coalesce(${expression} = 'true', false)`
    return spelling === 'text' ? `case when ${truth} then 'true' else 'false' end` : truth
  },
  schema: (spelling) => (spelling === 'text' ? { type: 'string', enum: ['true', 'false'] } : { type: 'boolean' }),
}
