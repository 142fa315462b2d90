import type { ColumnCatalog } from '../adapters/database/columns.ts'
import type { Field, Fields, SecretClass } from '../fields/field.ts'
import type { Spelling } from '../fields/kind.ts'
import type { Child, Embed, Resource } from '../resources/core/define.ts'

/** How a caller wants rows: a dialect's spelling and what it and the caller's key may see. */
export interface View {
  readonly spelling: Spelling
  /** Classes of secrets that are shown. */
  readonly secrets: readonly SecretClass[]
}

/** SQL of one resource in one view; `$1` is the tenant, `$2` its time zone. */
export interface Projection {
  /** Select list for lists: only fields shown there. */
  readonly list: string
  /** Select list for single answers, with children and related rows. */
  readonly get: string
}

/** Parameters that every projected statement starts with. */
export const zoneParameter = '$2::text'

/** True when the field can be read in this view from this version's tables. */
export function isVisible(field: Field, name: string, table: string, view: View, columns: ColumnCatalog): boolean {
  if (field.shown === 'never' || field.role === 'input') return false
  if (field.secret !== undefined && !view.secrets.includes(field.secret)) return false
  return field.sql !== undefined || columns.type(table, name) !== undefined
}

function selectList(
  table: string,
  alias: string,
  fields: Fields,
  view: View,
  columns: ColumnCatalog,
  keep: (field: Field) => boolean,
): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    if (!keep(field) || !isVisible(field, name, table, view, columns)) return []
    const expression = field.sql ? field.sql(alias) : `${alias}.${name}`
    const type = field.sqlType ?? columns.type(table, name) ?? 'other'
    const spelled = field.kind.spell(expression, type, {
      spelling: view.spelling,
      nullable: field.nullable === true,
      zone: zoneParameter,
    })
    return [`${spelled} as "${name}"`]
  })
}

const everything = () => true

const embedded = (name: string, embed: Embed, view: View, columns: ColumnCatalog): string => {
  const list = selectList(embed.table, 'e', embed.fields, view, columns, everything).join(', ')
  const rows = `(select ${list} from ${embed.from('t')}) x`
  return embed.many
    ? `(select coalesce(json_agg(row_to_json(x)), '[]') from ${rows}) as "${name}"`
    : `(select row_to_json(x) from ${rows} limit 1) as "${name}"`
}

/** The child rows `e` of a row `t`: never one that another tenant owns, whoever linked it here. */
export const childRows = ({ key, scope }: Pick<Resource, 'key' | 'scope'>): string =>
  scope === 'global'
    ? `e.${key} = t.${key}`
    : `e.${key} = t.${key} and (e.domain_uuid = t.domain_uuid or e.domain_uuid is null)`

const nested = (child: Child, parent: Resource, view: View, columns: ColumnCatalog): string => {
  if (columns.columns(child.table).length === 0) return `'[]'::json as "${child.names[0]}"`
  const list = [
    `e.${child.key} as "${child.key}"`,
    ...selectList(child.table, 'e', child.fields, view, columns, everything),
  ]
  const order = [...child.sort, child.key].map((column) => `e.${column}`).join(', ')
  return `(select coalesce(json_agg(row_to_json(x)), '[]') from (select ${list.join(', ')} from ${child.table} e where ${childRows(parent)} order by ${order}) x) as "${child.names[0]}"`
}

/** One word for a view, for keys of caches. */
export const viewName = (view: View): string => `${view.spelling} ${view.secrets.join()}`

const projections = new WeakMap<ColumnCatalog, Map<string, Projection>>()

/** The SQL of a resource's rows in a view, made once per version of the tables. */
export function projection(resource: Resource, view: View, columns: ColumnCatalog): Projection {
  const known = projections.get(columns) ?? new Map<string, Projection>()
  projections.set(columns, known)
  const id = `${resource.name} ${viewName(view)}`
  const found = known.get(id)
  if (found) return found
  const key = `t.${resource.key} as "${resource.key}"`
  const made = {
    list: [
      key,
      ...selectList(resource.table, 't', resource.fields, view, columns, (field) => field.shown === 'list'),
    ].join(', '),
    get: [
      key,
      ...selectList(resource.table, 't', resource.fields, view, columns, everything),
      ...(resource.children ?? []).map((child) => nested(child, resource, view, columns)),
      ...Object.entries(resource.embeds ?? {}).map(([name, embed]) => embedded(name, embed, view, columns)),
    ].join(', '),
  }
  known.set(id, made)
  return made
}
