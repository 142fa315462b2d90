import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { openDatabase } from '../../src/adapters/database/database.ts'
import { booleanKind } from '../../src/fields/boolean.ts'
import { integerKind } from '../../src/fields/integer.ts'
import type { ColumnType, Kind } from '../../src/fields/kind.ts'
import { macKind } from '../../src/fields/mac.ts'
import { textKind } from '../../src/fields/text.ts'
import { timestampKind } from '../../src/fields/timestamp.ts'
import { uuidKind } from '../../src/fields/uuid.ts'
import { cloneDatabase } from '../support/cluster.ts'
import { parsed, texts } from './values.ts'

/** Values of every kind, through real columns of every type that FusionPBX has had for them. */
const clone = await cloneDatabase('5.6')
const database = openDatabase({ url: clone.url, poolSize: 1, prepared: false, statementTimeoutMs: 15_000 })
after(async () => {
  await database.close()
  await clone.drop()
})

const sqlTypes = {
  boolean: 'boolean',
  text: 'text',
  numeric: 'numeric',
  uuid: 'uuid',
  timestamptz: 'timestamptz',
} as const
type Stored = keyof typeof sqlTypes

/** Stores values in a column of the type and answers each as the driver reads it and as both spellings show it. */
async function through<T>(kind: Kind<T>, type: Stored, values: readonly (T | null)[], nullable = false) {
  await database.query(`create temp table kept (n int, v ${sqlTypes[type]})`)
  try {
    for (const [n, value] of values.entries())
      await database.query('insert into kept values ($1, $2)', [n, value === null ? null : kind.encode(value, type)])
    const spelled = (spelling: 'text' | 'plain') =>
      kind.spell('k.v', type as ColumnType, { spelling, nullable, zone: '$1::text' })
    return await database.query<{ raw: unknown; shown: string }>(
      `select k.v as raw, json_build_object('text', ${spelled('text')}, 'plain', ${spelled('plain')})::text as shown
         from kept k where $1::text is not null order by k.n`,
      ['America/New_York'],
    )
  } finally {
    await database.query('drop table kept')
  }
}

/** Asserts that every value comes back, and that each spelling shows it as expected. */
async function comesBack<T>(
  kind: Kind<T>,
  type: Stored,
  values: readonly (T | null)[],
  shows: (value: T | null) => { text: unknown; plain: unknown },
  nullable = false,
): Promise<void> {
  const rows = await through(kind, type, values, nullable)
  assert.equal(rows.length, values.length)
  for (const [index, value] of values.entries()) {
    const row = rows[index]
    assert.ok(row)
    assert.deepEqual(row.raw === null ? null : kind.decode(row.raw), value, `${kind.name} in ${type}`)
    assert.deepEqual(JSON.parse(row.shown), shows(value), `${kind.name} in ${type}: ${JSON.stringify(value)}`)
  }
}

test('S002-BOOL: booleans come back from boolean, text and numeric columns, and NULL shows as false', async () => {
  for (const type of ['boolean', 'text', 'numeric'] as const)
    await comesBack(booleanKind, type, [true, false, null], (value) => ({
      text: value === true ? 'true' : 'false',
      plain: value === true,
    }))
})

test('S004-NUMTEXT: integers come back from numeric and text columns, as text in one spelling and numbers in the other', async () => {
  const kind = integerKind({ min: -1_000_000, max: 1_000_000 })
  const values = [...fc.sample(fc.integer({ min: -1_000_000, max: 1_000_000 }), 40), 0, null]
  for (const type of ['numeric', 'text'] as const)
    await comesBack(kind, type, values, (value) => ({ text: value === null ? '' : String(value), plain: value }))
  const counted = integerKind({ counted: true })
  for (const type of ['numeric', 'text'] as const)
    await comesBack(counted, type, [0, 7, 2_147_483_647, null], (value) => ({ text: value, plain: value }))
})

test('a text column that holds no number shows what it holds to people and nothing to programs', async () => {
  const rows = await through(textKind(), 'text', ['many', '1e3', '99999999999999999999', ''])
  assert.equal(rows.length, 4)
  await database.query('create temp table odd (v text)')
  await database.query(`insert into odd values ('many'), ('1e3'), ('99999999999999999999'), ('')`)
  const kind = integerKind()
  const shown = await database.query<{ text: string; plain: string | null }>(
    `select ${kind.spell('v', 'text', { spelling: 'text', nullable: false, zone: `'UTC'` })} as text,
      ${kind.spell('v', 'text', { spelling: 'plain', nullable: false, zone: `'UTC'` })} as plain from odd`,
  )
  assert.deepEqual(
    shown.map((row) => [row.text, row.plain]),
    [
      ['many', null],
      ['1e3', null],
      ['99999999999999999999', null],
      ['', null],
    ],
  )
})

test('S004-NULLS: texts come back with every character, and nothing shows as "" or null', async () => {
  const kind = textKind({ max: 10_000, lines: true })
  const values = fc
    .sample(texts, 150)
    .map((text) => parsed(kind, text, 'text'))
    .filter((text): text is string => typeof text === 'string')
  assert.ok(values.length > 20)
  await comesBack(kind, 'text', [...values, `quotes ' " \\ and ümlauts 营业部 😀`, null], (value) => ({
    text: value ?? '',
    plain: value,
  }))
  await comesBack(kind, 'text', ['alias', null], (value) => ({ text: value, plain: value }), true)
})

test('UUIDs and hardware addresses come back, and nothing shows as null or ""', async () => {
  const uuids = [...fc.sample(fc.uuid(), 20), null]
  await comesBack(uuidKind, 'uuid', uuids, (value) => ({ text: value, plain: value }))
  await comesBack(macKind, 'text', ['a0b1c2d3e4f5', '001122334455', null], (value) => ({
    text: value ?? '',
    plain: value,
  }))
})

test("moments show in the tenant's zone or in UTC, and 1970 is none", async () => {
  const moments = ['2026-02-04T10:30:00.000Z', '2026-07-04T10:30:00.000Z', '1970-01-01T00:00:00.000Z', null]
  const rows = await through(timestampKind, 'timestamptz', moments)
  assert.deepEqual(
    rows.map((row) => JSON.parse(row.shown)),
    [
      { text: '2026-02-04 05:30:00', plain: '2026-02-04T10:30:00Z' },
      { text: '2026-07-04 06:30:00', plain: '2026-07-04T10:30:00Z' },
      { text: null, plain: null },
      { text: null, plain: null },
    ],
  )
  for (const [index, moment] of moments.entries())
    if (moment !== null) assert.equal(new Date(String(timestampKind.decode(rows[index]?.raw))).toISOString(), moment)
})
