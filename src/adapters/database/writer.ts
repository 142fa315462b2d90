import { booleanKind } from '../../fields/boolean.ts'
import type { Effect } from '../effects.ts'
import type { ColumnCatalog } from './columns.ts'
import type { Row, Transaction } from './database.ts'

/** Values to store: booleans as booleans, numbers as numbers, whatever type the column has. */
export type RowValues = Readonly<Record<string, unknown>>

/** One row change, remembered for the audit. */
export interface JournalEntry {
  readonly operation: 'insert' | 'update' | 'delete'
  readonly table: string
  /** What the columns held before; null for an insert. */
  readonly before: Row | null
  /** What was written; for a delete, what selected the rows. */
  readonly after: RowValues
}

/**
 * The one hand that writes to FusionPBX's tables: it knows the column types, stamps rows as FusionPBX does, leaves out
 * columns that this version lacks and keeps the journal from which the audit row is made.
 */
export interface Writer {
  readonly connection: Transaction
  readonly columns: ColumnCatalog
  readonly journal: readonly JournalEntry[]
  /** Rows of `table` that match all values of `where`. */
  select(table: string, where: RowValues, options?: { lock?: boolean; order?: string }): Promise<Row[]>
  /** Inserts rows of equal shape in one statement, which travels with the next one that is waited for. */
  insert(table: string, rows: readonly RowValues[]): Promise<void>
  /** Writes the values that differ from what is there; answers how many rows changed. */
  update(table: string, where: RowValues, values: RowValues): Promise<number>
  /** Deletes the matching rows and answers them, without recorded audio. */
  remove(table: string, where: RowValues): Promise<Row[]>
  /** Adds what has to be told after commit because of what the transaction found; it is told first. */
  tell(...effects: readonly Effect[]): void
  readonly told: readonly Effect[]
}

const name = (identifier: string): string => {
  if (!/^[a-z_][a-z0-9_]*$/.test(identifier)) throw new Error(`not a column or table name: ${identifier}`)
  return `"${identifier}"`
}

/** Recorded audio kept in rows can be megabytes; it is never read back just to be deleted. */
const isBulky = (column: string): boolean => column.endsWith('_base64')

const insertTexts = new Map<string, string>()

/** The text of an insert. The same few shapes come again and again, so they are kept. */
function insertText(table: string, used: readonly string[], rows: number, stamped: boolean): string {
  const shape = `${table} ${rows} ${stamped} ${used.join(' ')}`
  const made = insertTexts.get(shape)
  if (made !== undefined) return made
  const tuples = Array.from({ length: rows }, (_, row) => {
    const cells = used.map((_column, index) => `$${row * used.length + index + 1}`)
    return `(${[...cells, ...(stamped ? ['now()'] : [])].join(', ')})`
  })
  const targets = [...used, ...(stamped ? ['insert_date'] : [])].map(name).join(', ')
  const text = `insert into ${name(table)} (${targets}) values ${tuples.join(', ')}`
  if (insertTexts.size < 1000) insertTexts.set(shape, text)
  return text
}

/** Makes a writer on a connection that is inside a transaction. */
export function writerOn(connection: Transaction, columns: ColumnCatalog): Writer {
  const journal: JournalEntry[] = []
  const told: Effect[] = []

  const encode = (table: string, column: string, value: unknown): unknown => {
    if (value === undefined || value === null || value === '') return null
    const type = columns.type(table, column)
    if (typeof value === 'boolean' && type !== undefined) return booleanKind.encode(value, type)
    return typeof value === 'number' && type === 'text' ? String(value) : value
  }
  const known = (table: string, values: RowValues): [column: string, value: unknown][] =>
    Object.keys(values)
      .filter((column) => columns.type(table, column) !== undefined)
      .map((column) => [column, encode(table, column, values[column])])
  const conditions = (table: string, where: RowValues, values: unknown[]): string =>
    known(table, where)
      .map(([column, value]) => {
        if (value === null) return `${name(column)} is null`
        values.push(value)
        return `${name(column)} = $${values.length}`
      })
      .join(' and ') || fail(`no condition for ${table}`)

  return {
    connection,
    columns,
    journal,
    told,
    tell: (...effects) => void told.push(...effects),

    async select(table, where, options = {}) {
      const values: unknown[] = []
      const list = columns.columns(table).filter((column) => !isBulky(column))
      if (list.length === 0) return []
      return connection.query(
        `select ${list.map(name).join(', ')} from ${name(table)} where ${conditions(table, where, values)}` +
          `${options.order ? ` order by ${name(options.order)}` : ''}${options.lock ? ' for update' : ''}`,
        values,
      )
    },

    async insert(table, rows) {
      if (rows.length === 0 || columns.columns(table).length === 0) return
      const shown = rows.map((row) => known(table, row).filter(([, value]) => value !== null))
      const used = [...new Set(shown.flatMap((cells) => cells.map(([column]) => column)))]
      const stamped = columns.type(table, 'insert_date') !== undefined && !used.includes('insert_date')
      const values = shown.flatMap((cells) => {
        // Nearly always there is one row, or all hold the same columns.
        if (cells.length === used.length && cells.every(([column], index) => column === used[index]))
          return cells.map(([, value]) => value)
        const byColumn = new Map(cells)
        return used.map((column) => byColumn.get(column) ?? null)
      })
      connection.send(insertText(table, used, rows.length, stamped), values)
      for (const row of rows) journal.push({ operation: 'insert', table, before: null, after: row })
    },

    async update(table, where, values) {
      const given = known(table, values)
      if (given.length === 0) return 0
      const bound: unknown[] = []
      const targets = given.map(([column, value]) => {
        bound.push(value)
        return { column, parameter: `$${bound.length}${cast(columns.type(table, column))}` }
      })
      const where_ = conditions(table, where, bound)
      // A key is no user, and a change must not stand under the name of whoever made the last one.
      const stamps = { update_date: 'now()', update_user: 'null' }
      const stamp = Object.entries(stamps)
        .map(([column, value]) => (columns.type(table, column) === undefined ? '' : `, ${column} = ${value}`))
        .join('')
      const rows = await connection.query(
        `with old as (select ctid, ${given.map(([column]) => name(column)).join(', ')} from ${name(table)} where ${where_} for update)
         update ${name(table)} new set ${targets.map((t) => `${name(t.column)} = ${t.parameter}`).join(', ')}${stamp}
         from old where new.ctid = old.ctid and (${targets
           .map((t) => `old.${name(t.column)} is distinct from ${t.parameter}`)
           .join(' or ')})
         returning ${given.map(([column]) => `old.${name(column)}`).join(', ')}`,
        bound,
      )
      for (const before of rows)
        journal.push({ operation: 'update', table, before: { ...where, ...before }, after: { ...where, ...values } })
      return rows.length
    },

    async remove(table, where) {
      const list = columns.columns(table).filter((column) => !isBulky(column))
      if (list.length === 0) return []
      const values: unknown[] = []
      const rows = await connection.query(
        `delete from ${name(table)} where ${conditions(table, where, values)} returning ${list.map(name).join(', ')}`,
        values,
      )
      for (const before of rows) journal.push({ operation: 'delete', table, before, after: where })
      return rows
    },
  }
}

/** Tells PostgreSQL a parameter's type where "is distinct from" cannot infer it. */
const cast = (type: string | undefined): string =>
  type === undefined || type === 'other' ? '' : `::${type === 'json' ? 'jsonb' : type}`

function fail(message: string): never {
  throw new Error(message)
}
