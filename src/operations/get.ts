import { createHash } from 'node:crypto'
import type { Queryable } from '../adapters/database/database.ts'
import { Problem } from '../errors.ts'
import type { Resource } from '../resources/core/define.ts'
import type { Backend } from './backend.ts'
import { ownRows, type Reach, reachValues } from './scope.ts'
import { projection, type View, zoneParameter } from './view.ts'

/** One row as JSON text, with its children and related rows, or undefined: another tenant's row does not exist. */
export async function find(
  connection: Queryable,
  backend: Backend,
  resource: Resource,
  query: { reach: Reach; key: string; view: View },
): Promise<string | undefined> {
  const rows = await connection.query<{ item: string }>(
    `select row_to_json(r)::text as item from (select ${projection(resource, query.view, backend.columns).get}
      from ${resource.table} t where ${ownRows(resource, 't')} and ${zoneParameter} is not null and t.${resource.key} = $3::uuid) r`,
    [...reachValues(query.reach), query.key],
  )
  return rows[0]?.item
}

/** As `find`, but a row that is not there is a NOT_FOUND. */
export async function get(
  backend: Backend,
  resource: Resource,
  query: { reach: Reach; key: string; view: View },
): Promise<string> {
  const item = await find(backend.database, backend, resource, query)
  if (item === undefined) throw new Problem('NOT_FOUND', { message: `${resource.title} not found` })
  return item
}

/** A row as it is shown and as it is stored: tags that guard writes are made of what is stored. */
export interface ShownRow {
  readonly shown: string
  readonly stored: string
  /** Who could not be asked for what is alive of it. */
  readonly missing: readonly string[]
}

/** As `get`, with the fields that only something alive knows. */
export async function getLive(
  backend: Backend,
  resource: Resource,
  query: { reach: Reach; key: string; view: View },
): Promise<ShownRow> {
  const stored = await get(backend, resource, query)
  if (!resource.live) return { shown: stored, stored, missing: [] }
  const { fields, missing } = await backend.live(resource, query.key)
  return { shown: JSON.stringify({ ...JSON.parse(stored), ...fields }), stored, missing }
}

/** A strong entity tag: equal bytes, equal tag. */
export const entityTag = (body: string): string => `"${createHash('sha1').update(body).digest('base64url')}"`

/** Throws NOT_FOUND unless the row is there for this caller. */
export async function requireRow(backend: Backend, resource: Resource, reach: Reach, key: string): Promise<void> {
  const rows = await backend.database.query(
    `select 1 as there from ${resource.table} t where ${ownRows(resource, 't')} and ${zoneParameter} is not null and t.${resource.key} = $3::uuid`,
    [...reachValues(reach), key],
  )
  if (rows.length === 0) throw new Problem('NOT_FOUND', { message: `${resource.title} not found` })
}
