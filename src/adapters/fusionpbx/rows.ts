import type { Queryable } from '../database/database.ts'

/** Values of one row by column. A column that is absent stays NULL, as FusionPBX leaves what a form does not fill. */
export type NewRow = Readonly<Record<string, unknown>>

/**
 * Inserts rows in one statement. PostgreSQL converts each value to the type its column has in this database, so that
 * `true` becomes the text `true` where a flag is text (FusionPBX 5.4 and before), and drops values of columns that this
 * generation does not have. The one flag that was a number, `…_primary` of contacts, is written as 1 for both.
 */
export async function insertRows(connection: Queryable, table: string, rows: readonly NewRow[]): Promise<void> {
  if (rows.length === 0) return
  const now = new Date().toISOString()
  const stamped = rows.map((row) => ({ insert_date: now, ...row }))
  await connection.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [
    JSON.stringify(stamped),
  ])
}
