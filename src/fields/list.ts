import { accepted, type Kind, type Parsed, refused } from './kind.ts'

/** A list of one kind of value, sent as a JSON array: the names of a user's groups. Never a column. */
export function listKind<T>(of: Kind<T>, limits: { max: number }): Kind<readonly T[]> {
  return {
    name: 'list',
    parse(value, spelling): Parsed<readonly T[]> {
      if (value === null) return accepted<readonly T[]>([])
      if (!Array.isArray(value)) return refused('must be an array')
      if (value.length > limits.max) return refused(`must hold at most ${limits.max} entries`)
      const items: T[] = []
      for (const [index, item] of value.entries()) {
        const parsed = of.parse(item, spelling)
        if (!parsed.ok) return refused(`entry ${index + 1} ${parsed.text}`)
        if (parsed.value === null) return refused(`entry ${index + 1} must not be empty`)
        items.push(parsed.value)
      }
      return accepted<readonly T[]>(items)
    },
    encode: (value) => value,
    decode: () => null,
    spell: (expression) => expression,
    schema: (spelling) => ({ type: 'array', items: of.schema(spelling), maxItems: limits.max }),
  }
}
