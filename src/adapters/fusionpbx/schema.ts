import type { Queryable } from '../database/database.ts'
import { readData } from './data.ts'

/** A line of FusionPBX whose tables differ from the others': 5.6 has real booleans, 5.4 texts. */
export type Generation = '5.6' | '5.4'

/** Tables and views as `data/schema.json` holds them. */
export interface Schema {
  tables: Record<string, { key: string; columns: string[]; indexes: string[] }>
  views: Record<string, string>
}

/** The schema of FusionPBX 5.6. */
export const readSchema = (): Schema => readData<Schema>('schema.json')

/** Statements that turn the tables of 5.6 into those of 5.4, in order. */
const readStatements54 = () => readData<{ statements: string[] }>('schema-5.4.json').statements

/**
 * Creates FusionPBX's tables, primary keys, indexes and views in an empty database. FusionPBX declares no defaults, no
 * foreign keys and nothing unique; 5.4 has no indexes besides primary keys either.
 */
export async function installSchema(connection: Queryable, generation: Generation = '5.6'): Promise<void> {
  const { tables, views } = readSchema()
  const creations = Object.entries(tables).map(([table, { key, columns }]) => {
    return `create table ${table} (${columns.join(', ')}, primary key (${key}))`
  })
  const rest =
    generation === '5.4'
      ? readStatements54()
      : [
          ...Object.entries(tables).flatMap(([table, { indexes }]) => {
            return indexes.map((column) => `create index ${indexName(table, column)} on ${table} (${column})`)
          }),
          ...Object.entries(views).map(([view, definition]) => `create view ${view} as ${definition}`),
        ]
  await connection.query([...creations, ...rest].join(';\n'))
}

/** PostgreSQL cuts names at 63 bytes, which one of FusionPBX's exceeds. */
const indexName = (table: string, column: string) => `${table}_${column}_fkey`.slice(0, 63)
