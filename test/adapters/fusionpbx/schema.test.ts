import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Database, openDatabase } from '../../../src/adapters/database/database.ts'
import { type Generation, readSchema } from '../../../src/adapters/fusionpbx/schema.ts'
import { packageRoot } from '../../../src/root.ts'
import { type Clone, cloneDatabase } from '../../support/cluster.ts'

/** Tables and views by name, each a list of `column type`. */
type Columns = Record<string, string[]>

const shortNames: Record<string, string> = { 'timestamp with time zone': 'timestamptz' }

async function columnsOf(database: Database, tableType: string): Promise<Columns> {
  const rows = await database.query<{ table: string; column: string; type: string }>(
    `select c.table_name as table, c.column_name as column,
            format_type(a.atttypid, a.atttypmod) as type
     from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     join pg_attribute a on a.attrelid = format('%I', c.table_name)::regclass and a.attname = c.column_name
     where table_schema = 'public' and t.table_type = $1
     order by c.table_name, c.ordinal_position`,
    [tableType],
  )
  const found: Columns = {}
  for (const { table, column, type } of rows) {
    found[table] ??= []
    found[table].push(`${column} ${shortNames[type] ?? type}`)
  }
  return found
}

async function indexesOf(database: Database): Promise<string[]> {
  const rows = await database.query<{ index: string }>(
    `select tablename || ' ' || indexname || substring(indexdef from ' USING( .*)$') as index
     from pg_indexes where schemaname = 'public' order by 1`,
  )
  return rows.map(({ index }) => index)
}

const sorted = (columns: Columns): Columns => {
  return Object.fromEntries(Object.entries(columns).map(([name, list]) => [name, [...list].sort()]))
}

function generation(name: Generation, tests: (database: () => Database) => void) {
  describe(`the schema of FusionPBX ${name}`, () => {
    let clone: Clone
    let database: Database
    before(async () => {
      clone = await cloneDatabase(name)
      database = openDatabase({ url: clone.url, poolSize: 1, prepared: false, statementTimeoutMs: 0 })
    })
    after(async () => {
      await database.close()
      await clone.drop()
    })
    tests(() => database)
  })
}

/** What was read from real installations, where it lies beside the repository. */
const factsFolder = join(packageRoot, '..', 'shared', 'facts')
const skip = existsSync(factsFolder) ? false : 'the facts are not beside the repository'
const facts = (name: string) => JSON.parse(readFileSync(join(factsFolder, name), 'utf8'))
const bare = (column: string) => column.replace(/ -> .*$/, '').replace(' not null', '')

generation('5.6', (database) => {
  const { tables, views } = readSchema()

  test('has every table with its columns, types and order', async () => {
    const expected = Object.fromEntries(Object.entries(tables).map(([name, { columns }]) => [name, columns]))
    assert.deepEqual(await columnsOf(database(), 'BASE TABLE'), expected)
  })

  test('has every primary key and index and nothing else', async () => {
    const expected = Object.entries(tables).flatMap(([table, { key, indexes }]) => [
      `${table} ${table}_pkey btree (${key})`,
      ...indexes.map((column) => `${table} ${`${table}_${column}_fkey`.slice(0, 63)} btree (${column})`),
    ])
    assert.deepEqual((await indexesOf(database())).sort(), expected.sort())
  })

  test('has every view', async () => {
    assert.deepEqual(Object.keys(await columnsOf(database(), 'VIEW')).sort(), Object.keys(views).sort())
  })

  test('has no defaults, foreign keys or columns that must be filled besides primary keys', async () => {
    const [row] = await database().query(
      `select (select count(*)::int from pg_attrdef d join pg_class c on c.oid = d.adrelid
               where c.relnamespace = 'public'::regnamespace) as defaults,
              (select count(*)::int from pg_constraint
               where connamespace = 'public'::regnamespace and contype <> 'p') as constraints,
              (select count(*)::int from information_schema.columns
               where table_schema = 'public' and is_nullable = 'NO') as filled`,
    )
    assert.deepEqual(row, { defaults: 0, constraints: 0, filled: Object.keys(tables).length })
  })

  test('equals what a real installation has', { skip }, async () => {
    const real = facts('fusionpbx-schema.json')
    const lists = (items: Record<string, { columns: string[] }>) =>
      Object.fromEntries(Object.entries(items).map(([name, { columns }]) => [name, columns.map(bare)]))
    assert.deepEqual(await columnsOf(database(), 'BASE TABLE'), lists(real.tables))
    assert.deepEqual(await columnsOf(database(), 'VIEW'), lists(real.views))
    const indexes = Object.entries(real.tables as Record<string, { primary_key: string; indexes: string[] }>).flatMap(
      ([table, { primary_key: key, indexes }]) => [
        `${table} ${table}_pkey btree (${key})`,
        ...indexes.map((index) => `${table} ${index}`),
      ],
    )
    assert.deepEqual((await indexesOf(database())).sort(), indexes.sort())
  })
})

generation('5.4', (database) => {
  test('keeps flags as text and lacks what came later', async () => {
    const columns = await columnsOf(database(), 'BASE TABLE')
    assert.equal(Object.keys(columns).length, 114)
    assert.ok(columns.v_extensions?.includes('enabled text'))
    assert.ok(columns.v_domains?.includes('domain_enabled boolean'))
    assert.ok(columns.v_contact_emails?.includes('email_primary numeric'))
    assert.ok(!columns.v_xml_cdr?.some((column) => column.startsWith('call_disposition')))
    assert.ok(!('v_services' in columns))
  })

  test('has primary keys as its only indexes', async () => {
    const indexes = await indexesOf(database())
    assert.equal(indexes.length, 114)
    assert.ok(indexes.every((index) => index.includes('_pkey')))
  })

  test('equals what a real installation has', { skip }, async () => {
    const newer = facts('fusionpbx-schema.json')
    const older = facts('fusionpbx-schema-5.4.json')
    const expected: Columns = { ...mapped(older.tables_only_in_5_4_4, (columns: string[]) => columns.map(bare)) }
    for (const [table, { columns }] of Object.entries(newer.tables as Record<string, { columns: string[] }>)) {
      if (older.tables_missing_in_5_4_4.includes(table)) continue
      const { missing_columns: missing = [], other_type: types = {} } = older.tables[table] ?? {}
      expected[table] = columns
        .map(bare)
        .filter((column) => !missing.includes(column))
        .map((column) => {
          const name = column.split(' ')[0] as string
          return types[name] ? `${name} ${types[name][0]}` : column
        })
    }
    assert.deepEqual(sorted(await columnsOf(database(), 'BASE TABLE')), sorted(expected))
    assert.deepEqual(Object.keys(await columnsOf(database(), 'VIEW')).sort(), Object.keys(older.views_in_5_4_4).sort())
  })
})

function mapped<A, B>(items: Record<string, A>, change: (item: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(items).map(([name, item]) => [name, change(item)]))
}
