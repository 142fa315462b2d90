import type { Queryable, Transaction } from '../adapters/database/database.ts'
import { Problem } from '../errors.ts'
import type { Fields, SettingReader, Values } from '../fields/field.ts'
import type { Resource, Unique } from '../resources/core/define.ts'
import { ownRows, type Reach, reachValues } from './scope.ts'
import { zoneParameter } from './view.ts'

/** One value that must not occur a second time. */
interface Claim {
  readonly rule: Unique
  readonly field: string
  readonly value: string
  readonly everywhere: boolean
}

/** The claims that the changed values of a row make. */
export function claimsOf(resource: Resource, values: Values<Fields>, settings: SettingReader): Claim[] {
  return (resource.unique ?? []).flatMap((rule) => {
    const widened = rule.widenedBy !== undefined && settings.text(...rule.widenedBy) === 'global'
    return rule.fields.flatMap((field) => {
      const value: unknown = values[field]
      if (value === undefined || value === null || rule.except?.includes(String(value))) return []
      return [{ rule, field, value: String(value), everywhere: widened || rule.within === 'everywhere' }]
    })
  })
}

/**
 * Makes concurrent writers of the same value wait for each other until this transaction ends: FusionPBX's tables have
 * no unique constraints (facts 0.7), so a check alone would let two through.
 */
export function lockClaims(connection: Transaction, resource: Resource, claims: readonly Claim[], reach: Reach): void {
  const words = claims.map(({ rule, value, everywhere }) =>
    [
      resource.table,
      rule.fields.join('+'),
      everywhere ? '*' : (reach.domain?.uuid ?? ''),
      rule.ignoreCase ? value.toLowerCase() : value,
    ].join('|'),
  )
  if (words.length === 0) return
  // Sorted, so that two writers of the same values cannot wait for each other in a circle.
  connection.send(
    `select pg_advisory_xact_lock(hashtextextended(word, 0)) from (select word from unnest($1::text[]) word group by word order by word) w`,
    [words],
  )
}

/** Refuses values that another row has; says which field, never whose row. */
export async function checkClaims(
  connection: Queryable,
  resource: Resource,
  claims: readonly Claim[],
  reach: Reach,
  key: string,
): Promise<void> {
  if (claims.length === 0) return
  const values: unknown[] = [...reachValues(reach), key]
  const parts = claims.map(({ rule, field, value, everywhere }) => {
    values.push(value)
    const comparable = (expression: string) => {
      const own = rule.comparable ? rule.comparable(expression) : expression
      return rule.ignoreCase ? `lower(${own})` : own
    }
    const columns = rule.fields.map((column) => comparable(`t.${column}`))
    const condition = `${comparable(`$${values.length}::text`)} in (${columns.join(', ')})`
    return { field, condition: everywhere ? condition : `(${ownRows(resource, 't')} and ${condition})` }
  })
  const rows = await connection.query<{ field: string }>(
    `select case ${parts.map((part) => `when ${part.condition} then '${part.field}'`).join(' ')} end as field
      from ${resource.table} t
      where t.${resource.key} <> $3::uuid and $1::text is not distinct from $1::text and ${zoneParameter} is not null
        and (${parts.map((part) => part.condition).join(' or ')}) limit 1`,
    values,
  )
  const field = rows[0]?.field
  if (field !== undefined) throw new Problem('DUPLICATE_ERROR', { message: `${resource.title} already exists`, field })
}

/** The error for a UUID chosen by the caller that some row, anyone's, already has. */
export const keyInUse = (resource: Resource, key: string): Problem =>
  new Problem('DUPLICATE_ERROR', { message: `${resource.title} already exists`, field: key })

export type { Claim }
