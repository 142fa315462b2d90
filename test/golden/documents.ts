import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { globalKey, insertRow, ours, type TestAnswer, type TestApp, theirs } from '../support/app.ts'

// biome-ignore lint/suspicious/noExplicitAny: documents hold any JSON
type Json = any

/**
 * Sends a curl command as a document prints it: its method, path, headers and body, with the test's key for whatever
 * key stands there.
 */
export function curl(app: TestApp, command: string): Promise<TestAnswer> {
  const text = command.replaceAll(/\\\n\s*/g, ' ').trim()
  const words = [...text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  )
  assert.equal(words.shift(), 'curl')
  let method = 'GET'
  let url = ''
  let body: string | undefined
  const headers: Record<string, string> = {}
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-X') method = words.shift() ?? ''
    else if (word === '-d') body = words.shift()
    else if (word === '-H') {
      const [name = '', value = ''] = (words.shift() ?? '').split(/: ?(.*)/s)
      headers[name.toLowerCase()] = value
    } else {
      assert.match(word, /^https:\/\//)
      url = word
    }
  }
  const { pathname, search } = new URL(url)
  return app.call(method, `${pathname}${search}`, body, {
    ...headers,
    'x-api-key': headers['x-api-key'] === 'invalid-key' ? 'invalid-key' : globalKey,
    'x-domain': headers['x-domain'] === 'your-domain.com' ? ours.name : headers['x-domain'],
  })
}

/** Everything that a document's JSON says holds in the answer; an answer may say more. */
export function says(actual: Json, documented: Json, path = ''): void {
  if (Array.isArray(documented)) {
    assert.ok(Array.isArray(actual), `${path} is an array`)
    assert.equal(actual.length, documented.length, `${path} has ${documented.length} entries`)
    for (const [index, item] of documented.entries()) says(actual[index], item, `${path}[${index}]`)
  } else if (typeof documented === 'object' && documented !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, `${path} is an object: ${JSON.stringify(actual)}`)
    for (const [name, value] of Object.entries(documented)) {
      assert.ok(name in actual, `${path}.${name} is there`)
      says(actual[name], value, `${path}.${name}`)
    }
  } else assert.deepEqual(actual, documented, path)
}

/** A UUID that the server made. */
export const v4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** The answer of a write as documented: status, message, and the UUID of the row where the document shows one. */
export function made(answer: TestAnswer, key: string, message: string): string {
  assert.equal(answer.status, 201, answer.text)
  const uuid = answer.json.data?.[key]
  assert.match(uuid, v4)
  assert.deepEqual(answer.json, { success: true, data: { [key]: uuid }, message })
  return uuid
}

/** One row by SQL, its values as text. */
export async function one(
  app: TestApp,
  table: string,
  where: string,
  values: unknown[] = [],
): Promise<Record<string, string | null>> {
  const rows = await all(app, table, where, values)
  assert.equal(rows.length, 1, `one row of ${table} where ${where}: ${rows.length}`)
  return rows[0] ?? {}
}

/** Rows by SQL, their values as text. */
export async function all(
  app: TestApp,
  table: string,
  where: string,
  values: unknown[] = [],
): Promise<Record<string, string | null>[]> {
  const rows = await app.sql<{ row: string }>(
    `select to_jsonb(t)::text as row from ${table} t where ${where} order by to_jsonb(t)::text`,
    values,
  )
  return rows.map(({ row }) =>
    Object.fromEntries(
      Object.entries(JSON.parse(row)).map(([name, value]) => [name, value === null ? null : String(value)]),
    ),
  )
}

/** Inserts a row of a tenant, ours unless said otherwise. */
export const put = (app: TestApp, table: string, row: Record<string, unknown>): Promise<void> =>
  insertRow(app, table, { domain_uuid: ours.uuid, ...row })

/** The same row in the other tenant, so that nothing passes by finding it. */
export const putForeign = (app: TestApp, table: string, row: Record<string, unknown>): Promise<void> =>
  insertRow(app, table, { domain_uuid: theirs.uuid, ...row })

/** Files that FusionPBX's cache would hold, and whether each is still there. */
export function cached(app: TestApp, ...names: string[]): () => Record<string, boolean> {
  for (const name of names) writeFileSync(join(app.cacheDir, name), 'cached')
  return () => Object.fromEntries(names.map((name) => [name, existsSync(join(app.cacheDir, name))]))
}

/** Folder of a voicemail box. */
export const boxFolder = (app: TestApp, box: string, domain: string = ours.name): string =>
  join(app.voicemailDir, 'default', domain, box)

/** Makes such a folder with a message in it. */
export function fillBox(app: TestApp, box: string, domain: string = ours.name): string {
  const folder = boxFolder(app, box, domain)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'msg_1.wav'), 'audio')
  return folder
}

/** What the receipt named in an answer's header says, and the effects it lists. */
export async function receiptOf(
  app: TestApp,
  answer: TestAnswer,
): Promise<{ cache: string; switch: string; effects: Json[]; operation: string; resource: string }> {
  const header = /^(?<id>[0-9a-f-]{36}); row=done; cache=(?<cache>\w+); switch=(?<switch>\w+)$/.exec(
    answer.headers['x-tandem-receipt'] ?? '',
  )?.groups
  assert.ok(header, `the answer names a receipt: ${answer.headers['x-tandem-receipt']}`)
  const [row] = await app.sql('select * from tandem.receipts where receipt_uuid = $1', [header.id])
  assert.ok(row, 'the receipt is kept')
  assert.equal(row.domain_uuid, ours.uuid)
  assert.equal(row.cache, header.cache)
  assert.equal(row.switch, header.switch)
  return {
    cache: String(row.cache),
    switch: String(row.switch),
    effects: JSON.parse(String(row.effects)),
    operation: String(row.operation),
    resource: String(row.resource),
  }
}

/** The last audit row, its JSON read. */
export async function lastAudit(app: TestApp): Promise<Json> {
  const [row] = await app.sql(
    'select * from v_database_transactions order by insert_date desc, database_transaction_uuid limit 1',
  )
  assert.ok(row, 'the write is audited')
  return {
    ...row,
    transaction_old: row.transaction_old === null ? null : JSON.parse(String(row.transaction_old)),
    transaction_new: row.transaction_new === null ? null : JSON.parse(String(row.transaction_new)),
    transaction_result: JSON.parse(String(row.transaction_result)),
  }
}

/** An error exactly as documented. */
export function failed(answer: TestAnswer, status: number, error: Json): void {
  assert.equal(answer.status, status, answer.text)
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
  assert.deepEqual(answer.json, { success: false, error })
}

/** The groups that the documents name, with FusionPBX's own. */
export async function putGroups(app: TestApp): Promise<void> {
  const groups: [name: string, level: number, description: string][] = [
    ['superadmin', 80, 'Super Administrator Group'],
    ['admin', 50, 'Administrator Group'],
    ['user', 30, 'User Group'],
    ['managers', 40, 'Manager group'],
    ['accountants', 30, 'Accountants'],
  ]
  for (const [group_name, group_level, group_description] of groups)
    await app.sql(
      `insert into v_groups (group_uuid, group_name, group_level, group_description)
       select gen_random_uuid(), $1::text, $2::numeric, $3::text
        where not exists (select 1 from v_groups where group_name = $1::text and domain_uuid is null)`,
      [group_name, group_level, group_description],
    )
}
