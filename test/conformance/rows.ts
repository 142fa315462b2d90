import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { insertRow, type ours, type TestApp, type theirs } from '../support/app.ts'

export type Tenant = typeof ours | typeof theirs

/** A row as PostgreSQL shows it, every column. */
export async function storedRow(
  app: TestApp,
  table: string,
  key: string,
  uuid: string,
): Promise<Record<string, unknown> | undefined> {
  const [row] = await app.sql<{ row: string }>(`select to_jsonb(t)::text as row from ${table} t where ${key} = $1`, [
    uuid,
  ])
  return row === undefined ? undefined : JSON.parse(row.row)
}

/** A row's values as text, so that they read alike whatever type a column has in this version. */
export async function storedText(
  app: TestApp,
  table: string,
  key: string,
  uuid: string,
): Promise<Record<string, string | null> | undefined> {
  const row = await storedRow(app, table, key, uuid)
  return (
    row && Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)]))
  )
}

/** Every row of the tables as one text: two of them are equal when nothing was changed. */
export async function snapshot(app: TestApp, tables: readonly string[], where = 'true'): Promise<string> {
  const parts = await Promise.all(
    tables.map((table) =>
      app.sql<{ rows: string | null }>(
        `select string_agg(to_jsonb(t)::text, E'\\n' order by to_jsonb(t)::text) as rows from ${table} t where ${where}`,
      ),
    ),
  )
  return tables.map((table, index) => `${table}: ${parts[index]?.[0]?.rows ?? ''}`).join('\n')
}

export async function countRows(app: TestApp, table: string, where = 'true', values: unknown[] = []): Promise<number> {
  const [row] = await app.sql<{ count: string }>(`select count(*)::text as count from ${table} where ${where}`, values)
  return Number(row?.count)
}

const columnsOf = new Map<string, Promise<{ name: string; type: string }[]>>()

const columns = (app: TestApp, table: string) => {
  const id = `${app.url} ${table}`
  const known =
    columnsOf.get(id) ??
    app.sql<{ name: string; type: string }>(
      `select column_name::text as name, data_type::text as type from information_schema.columns
        where table_schema = 'public' and table_name = $1 order by ordinal_position`,
      [table],
    )
  columnsOf.set(id, known)
  return known
}

/** A flag by its name: such columns are texts in older versions. */
const isFlag = (name: string): boolean =>
  /(^|_)(enabled|visible|register|disturb|tutorial|instructions|options|email|forward|ping|cng|from|to|primary)$/.test(
    name,
  ) && !/mail_to|sms_to|outbound|user_email|contact_email/.test(name)

/**
 * Inserts a row with a value in every column it has, ours or not: text columns hold `mark` and their own name, so that
 * the row is recognised wherever it turns up.
 */
export async function insertFull(
  app: TestApp,
  table: string,
  mark: string,
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  const filler: Readonly<Record<string, (name: string) => unknown>> = {
    text: (name) => (isFlag(name) ? 'true' : `${mark}-${name}`),
    boolean: () => true,
    numeric: () => 4242,
    uuid: () => randomUUID(),
    'timestamp with time zone': () => '2020-02-02 02:02:02+00',
    json: () => JSON.stringify([{ mark }]),
  }
  const known = await columns(app, table)
  assert.ok(known.length > 0, `no table ${table}`)
  const row = Object.fromEntries(
    known.flatMap(({ name, type }) => {
      if (name in values) return [[name, values[name]]]
      const fill = filler[type]
      return fill === undefined ? [] : [[name, fill(name)]]
    }),
  )
  await insertRow(app, table, row)
}

/** The same row, for columns that this version has. */
export async function insertKnown(
  app: TestApp,
  table: string,
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  const known = new Set((await columns(app, table)).map((column) => column.name))
  await insertRow(app, table, Object.fromEntries(Object.entries(values).filter(([name]) => known.has(name))))
}

/** The last test of a file: whatever was asked, nothing of ours broke. */
export const nothingBroke = (app: TestApp, about: string): void =>
  void test(`none of the requests about ${about} was answered with a server error`, () => {
    const failures = app.log.filter((line) => line.msg === 'request failed' || Number(line.status) === 500)
    assert.deepEqual(failures, [])
    assert.ok(app.log.some((line) => line.msg === 'request'))
  })
