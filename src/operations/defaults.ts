import type { DefaultFacts, Fields, Values } from '../fields/field.ts'

/** The values with every declared default filled in where nothing was sent; null that was sent stays null. */
export function withDefaults(fields: Fields, given: Values<Fields>, facts: DefaultFacts): Values<Fields> {
  const values: Record<string, unknown> = { ...given }
  const known = { ...facts, given: values }
  for (const [name, field] of Object.entries(fields)) {
    if (values[name] !== undefined || field.default === undefined) continue
    const value =
      typeof field.default === 'function' ? (field.default as (facts: DefaultFacts) => unknown)(known) : field.default
    if (value !== undefined) values[name] = value
  }
  return values
}
