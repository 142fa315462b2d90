import type { ColumnCatalog } from '../../adapters/database/columns.ts'

/** A row as these services read it: every column is text, and one that is NULL or missing is empty. */
export type TextRow<K extends string = string> = Record<K, string>

/** `alias.column` as text, or empty text where this version of FusionPBX lacks the column or the row has none. */
export const textOf = (columns: ColumnCatalog, table: string, alias: string, column: string): string =>
  columns.type(table, column) === undefined ? "''" : `coalesce(${alias}.${column}::text, '')`

/** A select list of columns as text, each under its own name. */
export const textList = (columns: ColumnCatalog, table: string, alias: string, names: readonly string[]): string =>
  names.map((name) => `${textOf(columns, table, alias, name)} as ${name}`).join(', ')

/**
 * A condition that a column says yes: FusionPBX 5.6 has booleans where 5.4 has texts, and some were numbers before
 * (facts 0.1). A column that this version lacks forbids nothing.
 */
export function isOn(columns: ColumnCatalog, table: string, alias: string, column: string): string {
  const type = columns.type(table, column)
  if (type === undefined) return 'true'
  if (type === 'boolean') return `${alias}.${column}`
  return type === 'numeric' ? `${alias}.${column} = 1` : `${alias}.${column} = 'true'`
}

/** True for text that a column of either kind shows for yes. */
export const saysYes = (text: string): boolean => text === 'true' || text === 't' || text === '1'

/** A condition that a row is for one of these hosts (`parameter` is an array) or for all. */
export const forHost = (column: string, parameter: string): string =>
  `(${column} = any(${parameter}::text[]) or ${column} is null or ${column} = '')`
