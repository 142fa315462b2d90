import type { Row } from '../adapters/database/database.ts'
import { invalidField } from '../errors.ts'
import type { Field, Fields, Values } from '../fields/field.ts'
import type { ColumnType } from '../fields/kind.ts'
import type { Resource } from '../resources/core/define.ts'
import type { Backend } from './backend.ts'
import { entityTag } from './get.ts'
import { remember } from './remember.ts'
import { ownRows, type Reach, reachValues } from './scope.ts'
import { projection, type View, viewName, zoneParameter } from './view.ts'

/** Values that rows must have, by field name. */
export type Filters = Values<Fields>

interface ListQuery {
  readonly reach: Reach
  readonly view: View
  readonly filters?: Filters
  /** Chosen words of the resource's own filters, by filter. */
  readonly choices?: Readonly<Record<string, string>>
  /** Key of the row these rows belong to, for a resource that lies under another. */
  readonly parent?: string
}

/** A page by number, as both v1 documents count them. */
export interface PageQuery extends ListQuery {
  /** 1-based. */
  readonly page: number
  readonly perPage: number
}

/** A page by position: stable while rows come and go. */
export interface CursorQuery extends ListQuery {
  readonly limit: number
  readonly after?: string
  /** Column to sort by, `-` in front for descending; the resource's own order when absent. */
  readonly sort?: string
}

/** Rows as JSON text, ready to be sent: PostgreSQL spells them, nothing is done per row here. */
export interface Page {
  readonly items: string
  readonly total: number
  /** Entity tag of the page, where one is known without hashing the body. */
  readonly tag?: string
}

/** Count and print of the rows that a list would show. */
interface Print extends Row {
  readonly total: number
  readonly print: string | null
}

/** Every statement names all its parameters, or PostgreSQL cannot tell their types; few projections need the zone. */
const zoneIsBound = `${zoneParameter} is not null`

const fieldOf = (resource: Resource, name: string): Field | undefined => resource.fields[name]

function conditions(resource: Resource, backend: Backend, query: ListQuery, values: unknown[]): string {
  const chosen = Object.entries(query.choices ?? {}).flatMap(
    ([name, word]) => resource.filters?.[name]?.choices[word] ?? [],
  )
  const own: string[] = [ownRows(resource, 't'), ...chosen]
  if (resource.under) {
    values.push(query.parent ?? null)
    own.push(`t.${resource.under.key} = $${values.length}::uuid`)
  }
  const parts = Object.entries(query.filters ?? {}).flatMap(([name, value]) => {
    const field = fieldOf(resource, name)
    const type = backend.columns.type(resource.table, name)
    if (!field || type === undefined || value === undefined) return []
    if (value === null) return [`coalesce(t.${name}::text, '') = ''`]
    values.push(typeof value === 'boolean' ? value : field.kind.encode(value, type))
    const expression =
      typeof value === 'boolean'
        ? field.kind.spell(`t.${name}`, type, { spelling: 'plain', nullable: true, zone: zoneParameter })
        : `t.${name}`
    return [`${expression} = $${values.length}`]
  })
  return [...own, ...parts].join(' and ')
}

/**
 * The rows of a list as one number: every row version has its own (key, xmin), whoever wrote it, so any committed
 * change gives another number. It costs a fraction of spelling the rows (C-27: revalidation by a cheap query).
 */
const printSql = (resource: Resource, where: string, printed: boolean): string =>
  `select count(*)::int as total, ${
    printed ? `bit_xor(uuid_hash_extended(t.${resource.key}, t.xmin::text::bigint))::text` : 'null::text'
  } as print from ${resource.table} t where ${where}`

/** True when a list shows only the columns of its own rows: what other tables add would not show in the print. */
const isPrintable = remember((resource: Resource) =>
  Object.values(resource.fields).every((field) => field.shown !== 'list' || field.sql === undefined),
)

const orderTerm = (sorted: string): string => (sorted.startsWith('-') ? `t.${sorted.slice(1)} desc` : `t.${sorted}`)

/** One page of a resource's rows and how many there are in all, in one statement; a known page needs only its print. */
export async function list(backend: Backend, resource: Resource, query: PageQuery): Promise<Page> {
  const values: unknown[] = [...reachValues(query.reach)]
  const where = `${conditions(resource, backend, query, values)} and ${zoneIsBound}`
  const printed = backend.pages !== undefined && isPrintable(resource) ? backend.pages : undefined
  const print = printSql(resource, where, printed !== undefined)
  const offset = (query.page - 1) * query.perPage
  const id =
    printed && `${resource.name} ${viewName(query.view)} ${where} ${JSON.stringify(values)} ${query.perPage} ${offset}`
  const known = id === undefined ? undefined : printed?.get(id)
  if (known) {
    const [now] = await backend.database.query<Print>(print, values)
    if (now?.print === known.print && now?.total === known.page.total) return known.page
  }
  const order = [...resource.sort, resource.key].map(orderTerm).join(', ')
  const rows = await backend.database.query<Print & { items: string | null }>(
    `with p as (${print}) select p.total, p.print, (
      select string_agg(row_to_json(r)::text, ',')
      from (select ${projection(resource, query.view, backend.columns).list}
        from ${resource.table} t where ${where} order by ${order} limit $${values.length + 1} offset $${values.length + 2}) r) as items
      from p`,
    [...values, query.perPage, offset],
  )
  const [row] = rows
  const page: Page = { items: `[${row?.items ?? ''}]`, total: row?.total ?? 0 }
  if (id === undefined || !row) return page
  const tagged = { ...page, tag: entityTag(`${id} ${row.print} ${row.total}`) }
  printed?.put(id, { page: tagged, print: row.print })
  return tagged
}

const lowest: Partial<Record<ColumnType, string>> = {
  numeric: `'-Infinity'::numeric`,
  timestamptz: `'-infinity'::timestamptz`,
  boolean: 'false',
  uuid: `'00000000-0000-0000-0000-000000000000'::uuid`,
}
const sqlTypes: Partial<Record<ColumnType, string>> = {
  numeric: 'numeric',
  timestamptz: 'timestamptz',
  boolean: 'boolean',
  uuid: 'uuid',
}

/** The order of a cursor list: total, because the key comes last, and without NULLs, so that tuples compare. */
function cursorOrder(resource: Resource, backend: Backend, sort: string | undefined) {
  const field = sort === undefined ? undefined : fieldOf(resource, sort.replace('-', ''))
  // Sorting by what is not shown would tell its order.
  if (sort !== undefined && (field?.role !== 'column' || field.secret !== undefined || field.shown === 'never'))
    throw invalidField('sort', 'Sort', `must be a field of ${resource.name}, with - in front for descending`)
  const sorted: readonly string[] = sort === undefined ? resource.sort : [sort]
  const descending = sorted[0]?.startsWith('-') ?? false
  const columns = [...sorted.map((column) => column.replace('-', '')), resource.key]
  const parts = columns.map((column) => {
    const type = backend.columns.type(resource.table, column) ?? 'text'
    return { expression: `coalesce(t.${column}, ${lowest[type] ?? `''`})`, type: sqlTypes[type] ?? 'text' }
  })
  return {
    parts,
    direction: descending ? 'desc' : 'asc',
    operator: descending ? '<' : '>',
    id: `${resource.name} ${sort ?? ''}`,
  }
}

/** Opaque to callers: the sort values of the last row, and which list they belong to. */
const encodeCursor = (id: string, position: string): string =>
  Buffer.from(JSON.stringify([id, position])).toString('base64url')

function decodeCursor(cursor: string, id: string, length: number): string[] {
  try {
    const [of, position] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    const values = of === id ? JSON.parse(position) : undefined
    if (Array.isArray(values) && values.length === length && values.every((value) => typeof value === 'string')) {
      if (!values.some((value) => value.includes('\u0000'))) return values
    }
  } catch {
    // Anything that does not read back as a cursor of this list is refused below.
  }
  throw invalidField('cursor', 'Cursor', 'is not a cursor of this list')
}

/** The next rows after a cursor, and the cursor after them: null when the list ends here. */
export async function listAfter(
  backend: Backend,
  resource: Resource,
  query: CursorQuery,
): Promise<{ items: string; next: string | null }> {
  const values: unknown[] = [...reachValues(query.reach)]
  const where = conditions(resource, backend, query, values)
  const order = cursorOrder(resource, backend, query.sort)
  const tuple = order.parts.map((part) => part.expression).join(', ')
  let after = ''
  if (query.after !== undefined) {
    const parameters = decodeCursor(query.after, order.id, order.parts.length).map((value, index) => {
      values.push(value)
      return `$${values.length}::${order.parts[index]?.type}`
    })
    after = `and (${tuple}) ${order.operator} (${parameters.join(', ')})`
  }
  values.push(query.limit)
  const limit = `$${values.length}::int`
  const direction = order.parts.map((part) => `${part.expression} ${order.direction}`).join(', ')
  const position = order.parts.map((part) => `(${part.expression})::text`).join(', ')
  const rows = await backend.database.query<{ items: string | null; last: string | null; more: boolean | null }>(
    `select string_agg(q.item, ',' order by q.n) filter (where q.n <= ${limit}) as items,
      max(q.position) filter (where q.n = ${limit}) as last, bool_or(q.n > ${limit}) as more
      from (select row_number() over (order by ${direction}) as n, json_build_array(${position})::text as position,
          (select row_to_json(r)::text from (select ${projection(resource, query.view, backend.columns).list}) r) as item
        from (select t.* from ${resource.table} t where ${where} ${after} order by ${direction} limit ${limit} + 1) t
        where ${zoneIsBound}) q`,
    values,
  )
  const [row] = rows
  return {
    items: `[${row?.items ?? ''}]`,
    next: row?.more && row.last !== null ? encodeCursor(order.id, row.last) : null,
  }
}
