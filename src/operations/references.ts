import type { Queryable } from '../adapters/database/database.ts'
import { type Fault, invalid } from '../errors.ts'
import type { Fields, Values } from '../fields/field.ts'
import type { Resource } from '../resources/core/define.ts'
import { type Input, labelOf } from './input.ts'
import { remember } from './remember.ts'

/** Values of some fields, and where in the request they stood. */
export interface Referring {
  readonly fields: Fields
  readonly values: Values<Fields>
  /** Path in front of the field's name: `lines[0].`. */
  readonly path: string
}

const referringFields = remember((fields: Fields) =>
  Object.entries(fields).flatMap(([name, field]) =>
    field.references ? [[name, field, field.references] as const] : [],
  ),
)

/**
 * Refuses references to rows that do not exist or belong to another tenant, all in one statement. The fault is the same
 * for both, so that nobody learns of another tenant's rows.
 */
export async function checkReferences(
  connection: Queryable,
  domainUuid: string,
  referring: readonly Referring[],
): Promise<void> {
  const values: unknown[] = [domainUuid || null]
  const claims = referring.flatMap(({ fields, values: given, path }) =>
    referringFields(fields).flatMap(([name, field, { table, key, shared, global }]) => {
      const value = given[name]
      if (value === undefined || value === null) return []
      values.push(value)
      const own = shared ? '(r.domain_uuid = $1::uuid or r.domain_uuid is null)' : 'r.domain_uuid = $1::uuid'
      const owner = global ? '($1::uuid is null or true)' : own
      const fault: Fault = {
        field: `${path}${name}`,
        label: labelOf(name, field),
        text: global ? 'does not exist' : 'does not exist in this domain',
      }
      return [
        { fault, sql: `not exists (select 1 from ${table} r where r.${key} = $${values.length}::uuid and ${owner})` },
      ]
    }),
  )
  if (claims.length === 0) return
  const rows = await connection.query<Record<string, boolean>>(
    `select ${claims.map((claim, index) => `${claim.sql} as f${index}`).join(', ')}`,
    values,
  )
  const faults = claims.flatMap((claim, index) => (rows[0]?.[`f${index}`] ? [claim.fault] : []))
  if (faults.length > 0) throw invalid(faults)
}

/** Everything in an input that may refer to other rows: its own fields and those of its child rows. */
export function referringParts(resource: Resource, values: Values<Fields>, input: Input): Referring[] {
  return [
    { fields: resource.fields, values, path: '' },
    ...(resource.children ?? []).flatMap((child) => {
      const list = input.children.get(child.table)
      return (list?.items ?? []).map((item, index) => ({
        fields: child.fields,
        values: item.values,
        path: `${list?.name}[${index}].`,
      }))
    }),
  ]
}
