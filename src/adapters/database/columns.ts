import type { ColumnType } from '../../fields/kind.ts'
import type { Queryable } from './database.ts'

const types: Readonly<Record<string, ColumnType>> = {
  boolean: 'boolean',
  numeric: 'numeric',
  integer: 'numeric',
  bigint: 'numeric',
  smallint: 'numeric',
  'double precision': 'numeric',
  text: 'text',
  'character varying': 'text',
  character: 'text',
  uuid: 'uuid',
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamptz',
  json: 'json',
  jsonb: 'json',
}

/** The columns that FusionPBX's tables have in the database at hand: versions differ in both presence and type (facts 0.1, 1). */
export interface ColumnCatalog {
  /** Type of a column, or undefined when this version lacks it. */
  type(table: string, column: string): ColumnType | undefined
  /** Columns of a table in their order; empty when the table does not exist. */
  columns(table: string): readonly string[]
}

/** Reads the column types of schema `public`, in one query. */
export async function readColumns(connection: Queryable): Promise<ColumnCatalog> {
  const rows = await connection.query<{ table_name: string; column_name: string; data_type: string }>(
    `select table_name::text, column_name::text, data_type::text from information_schema.columns
      where table_schema = 'public' order by table_name, ordinal_position`,
  )
  const tables = new Map<string, Map<string, ColumnType>>()
  for (const { table_name, column_name, data_type } of rows) {
    const columns = tables.get(table_name) ?? new Map<string, ColumnType>()
    tables.set(table_name, columns.set(column_name, types[data_type] ?? 'other'))
  }
  const names = new Map([...tables].map(([table, columns]) => [table, [...columns.keys()]]))
  return {
    type: (table, column) => tables.get(table)?.get(column),
    columns: (table) => names.get(table) ?? [],
  }
}
