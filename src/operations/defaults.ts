import type { DefaultFacts, Fields, Values } from '../fields/field.ts'
import { remember } from './remember.ts'

const defaulted = remember((fields: Fields) =>
  Object.entries(fields).flatMap(([name, field]) =>
    field.default === undefined ? [] : [[name, field.default] as const],
  ),
)

/** The values with every declared default filled in where nothing was sent; null that was sent stays null. */
export function withDefaults(fields: Fields, given: Values<Fields>, facts: DefaultFacts): Values<Fields> {
  const values: Record<string, unknown> = { ...given }
  const known = { ...facts, given: values }
  for (const [name, standard] of defaulted(fields)) {
    if (values[name] !== undefined) continue
    const value = typeof standard === 'function' ? (standard as (facts: DefaultFacts) => unknown)(known) : standard
    if (value !== undefined) values[name] = value
  }
  return values
}
