import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { createKey } from '../../src/services/keys.ts'
import { ours, testApp, theirs } from '../support/app.ts'
import { all, failed, put, putForeign, putGroups } from './documents.ts'

/** Spec 004, the sections around the resources: responses, errors, statuses, pages, cache headers. */
const app = await testApp({ env: { TANDEM_SECURITY__AUTH_MODE: 'both' } })
after(() => app.close())
await putGroups(app)

const uuid = '550e8400-e29b-41d4-a716-446655440000'
const foreign = '551e8400-e29b-41d4-a716-446655440000'
const api = '/api/v1/extensions'

beforeEach(async () => {
  for (const table of ['v_extensions', 'v_users', 'v_user_groups']) await app.sql(`delete from ${table}`)
  await put(app, 'v_extensions', { extension_uuid: uuid, extension: '1001', enabled: 'true' })
  await putForeign(app, 'v_extensions', { extension_uuid: foreign, extension: '1001' })
})

test('S004-ENV-OK, S004-ENV-201, S004-ENV-UPDATE, S004-ENV-204: success has the documented members and no others', async () => {
  const created = await app.call('POST', api, { extension: '1002' })
  assert.equal(created.status, 201)
  assert.deepEqual(Object.keys(created.json), ['success', 'data', 'message'])
  const made = created.json.data.extension_uuid
  assert.deepEqual(Object.keys((await app.call('GET', api)).json), ['success', 'data', 'pagination'])
  assert.deepEqual(Object.keys((await app.call('GET', `${api}/${made}`)).json), ['success', 'data'])
  const changed = await app.call('PUT', `${api}/${made}`, { enabled: 'false' })
  assert.equal(changed.status, 200)
  assert.deepEqual(Object.keys(changed.json), ['success', 'data', 'message'])
  const deleted = await app.call('DELETE', `${api}/${made}`)
  assert.equal(deleted.status, 204)
  assert.equal(deleted.text, '')
  assert.equal(deleted.headers['content-type'], undefined)
})

test('S004-MSG: the success messages of every resource are those of the document', async () => {
  const bodies: [resource: string, title: string, key: string, body: Record<string, unknown>][] = [
    ['extensions', 'Extension', 'extension_uuid', { extension: '1040' }],
    ['users', 'User', 'user_uuid', { username: 'u1040', password: 'SecurePassword123!' }],
    ['gateways', 'Gateway', 'gateway_uuid', { gateway: 'g1040', proxy: 'sip.x.com' }],
    ['devices', 'Device', 'device_uuid', { device_address: 'a0b1c2001040' }],
    ['voicemails', 'Voicemail', 'voicemail_uuid', { voicemail_id: '1041' }],
  ]
  for (const [resource, title, key, body] of bodies) {
    const created = await app.call('POST', `/api/v1/${resource}`, body)
    assert.equal(created.json.message, `${title} created successfully`)
    const changed = await app.call('PUT', `/api/v1/${resource}/${created.json.data[key]}`, {})
    assert.equal(changed.json.message, `${title} updated successfully`)
  }
})

test('S004-ERR, S004-ERR-NOT_FOUND, S004-ERR-METHOD_NOT_ALLOWED, S004-ERR-DUPLICATE_ERROR, S004-ERR-FORBIDDEN: errors have code, message and where it helps field', async () => {
  failed(await app.call('GET', `${api}/${foreign}`), 404, { code: 'NOT_FOUND', message: 'Extension not found' })
  const method = await app.call('POST', `${api}/${uuid}`, {})
  failed(method, 405, { code: 'METHOD_NOT_ALLOWED', message: 'Method not allowed' })
  assert.equal(method.headers.allow, 'DELETE, GET, HEAD, PUT, OPTIONS')
  failed(await app.call('POST', api, { extension: '1001' }), 409, {
    code: 'DUPLICATE_ERROR',
    message: 'Extension already exists',
    field: 'extension',
  })
  const user_uuid = randomUUID()
  await put(app, 'v_users', { user_uuid, username: 'root' })
  await put(app, 'v_user_groups', { user_group_uuid: randomUUID(), user_uuid, group_name: 'superadmin' })
  const forbidden = await app.call('DELETE', `/api/v1/users/${user_uuid}`)
  assert.equal(forbidden.status, 403)
  assert.equal(forbidden.json.error.code, 'FORBIDDEN')
  assert.equal((await all(app, 'v_users', 'user_uuid = $1', [user_uuid])).length, 1)
})

test('S004-ERR-LIST, S004-ERR-VALIDATION_ERROR, S004-ERR-TEXT: every fault is listed with its field, and the sentence begins with it', async () => {
  const answer = await app.call('POST', api, {
    limit_max: 'many',
    enabled: 'maybe',
    directory_visible: 7,
    user_uuid: 'nobody',
    voicemail_password: 'letters',
    description: 'a\u0000b',
  })
  assert.equal(answer.status, 400)
  const { error } = answer.json
  assert.deepEqual(Object.keys(error), ['code', 'message', 'errors'])
  assert.equal(error.code, 'VALIDATION_ERROR')
  assert.equal(error.message, 'Validation failed')
  const fields = [
    'description',
    'directory_visible',
    'enabled',
    'extension',
    'limit_max',
    'user_uuid',
    'voicemail_password',
  ]
  assert.deepEqual(error.errors.map((fault: { field: string }) => fault.field).sort(), fields)
  for (const fault of error.errors) {
    assert.deepEqual(Object.keys(fault), ['field', 'message'])
    assert.ok(fault.message.startsWith(`${fault.field} `), fault.message)
  }
  // The action document says the same in its own words.
  const action = await app.call('POST', '/api/v1/extensions/create.php', {})
  assert.equal(action.json.error.message, 'Extension number is required')
})

test('S004-PAGE: the pagination example answers page 2 with 25 on a page; too many are cut to 100 and too few to 1', async () => {
  await app.sql(
    `insert into v_extensions (extension_uuid, domain_uuid, extension) select gen_random_uuid(), d::uuid, (2000 + n)::text
       from generate_series(1, 149) n, unnest($1::text[]) d`,
    [[ours.uuid, theirs.uuid]],
  )
  const second = await app.call('GET', `${api}?page=2&per_page=25`)
  assert.deepEqual(second.json.pagination, { page: 2, per_page: 25, total: 150, total_pages: 6 })
  assert.equal(second.json.data.length, 25)
  assert.equal(second.json.data[0].extension, '2025')
  const standard = await app.call('GET', api)
  assert.deepEqual(standard.json.pagination, { page: 1, per_page: 50, total: 150, total_pages: 3 })
  assert.equal((await app.call('GET', `${api}?per_page=500`)).json.data.length, 100)
  assert.equal((await app.call('GET', `${api}?per_page=0`)).json.data.length, 1)
  assert.equal((await app.call('GET', `${api}?page=0`)).json.pagination.page, 1)
})

test('S004-PAGE: the three sizes follow the configuration', async () => {
  const own = await testApp({
    env: {
      TANDEM_PAGINATION__DEFAULT_PER_PAGE: '5',
      TANDEM_PAGINATION__MAX_PER_PAGE: '7',
      TANDEM_PAGINATION__MIN_PER_PAGE: '3',
    },
  })
  try {
    await own.sql(
      `insert into v_extensions (extension_uuid, domain_uuid, extension) select gen_random_uuid(), $1::uuid, n::text from generate_series(100, 120) n`,
      [ours.uuid],
    )
    for (const [query, perPage] of [
      ['', 5],
      ['?per_page=100', 7],
      ['?per_page=1', 3],
      ['?per_page=6', 6],
    ] as const) {
      const { json } = await own.call('GET', `${api}${query}`)
      assert.equal(json.pagination.per_page, perPage)
      assert.equal(json.data.length, perPage)
    }
  } finally {
    await own.close()
  }
})

test('S004-UUIDCHECK: a UUID that is none is a bad request that names it, before anything is looked up', async () => {
  for (const wrong of ['123', 'not-a-uuid', 'gg0e8400-e29b-41d4-a716-446655440012'])
    failed(await app.call('GET', `${api}/${wrong}`), 400, {
      code: 'VALIDATION_ERROR',
      message: 'Validation failed',
      errors: [{ field: 'extension_uuid', message: 'extension_uuid must be a UUID' }],
    })
})

test('S004-CACHE-HDR: reads carry ETag and Cache-Control, writes and errors no-store', async () => {
  for (const path of [api, `${api}/${uuid}`]) {
    const read = await app.call('GET', path)
    assert.match(read.headers.etag ?? '', /^"[^"]+"$/)
    assert.equal(read.headers['cache-control'], 'private, no-cache')
    const again = await app.call('GET', path, undefined, { 'if-none-match': read.headers.etag })
    assert.equal(again.status, 304)
    assert.equal(again.text, '')
  }
  const write = await app.call('PUT', `${api}/${uuid}`, { description: 'x' })
  const error = await app.call('GET', `${api}/${foreign}`)
  for (const answer of [write, error]) {
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers.etag, undefined)
  }
})

test('S004-HTTP: the statuses of the table are answered where the table says', async () => {
  const { key } = await createKey(app.database, { name: 'reader', domainUuid: ours.uuid, scopes: ['*:read'] })
  const statuses: [expected: number, method: string, path: string, body?: unknown, headers?: Record<string, string>][] =
    [
      [200, 'GET', api],
      [201, 'POST', api, { extension: '1090' }],
      [204, 'DELETE', `${api}/${uuid}`],
      [400, 'POST', api, {}],
      [401, 'GET', api, undefined, { 'x-api-key': 'wrong' }],
      [403, 'POST', api, { extension: '1091' }, { 'x-api-key': key }],
      [404, 'GET', `${api}/${uuid}`],
      [405, 'PUT', api, {}],
      [409, 'POST', api, { extension: '1090' }],
      [501, 'GET', '/api/v1/extensions/export.php'],
    ]
  for (const [expected, method, path, body, headers] of statuses) {
    const answer = await app.call(method, path, body, headers)
    assert.equal(answer.status, expected, `${method} ${path}: ${answer.text}`)
    if (expected >= 400) {
      assert.equal(answer.json.success, false)
      assert.equal(typeof answer.json.error.code, 'string')
    }
  }

  const limited = await testApp({
    env: { TANDEM_RATE_LIMIT__ENABLED: 'true', TANDEM_RATE_LIMIT__REQUESTS_PER_MINUTE: '1' },
  })
  try {
    assert.equal((await limited.call('GET', api)).status, 200)
    assert.equal((await limited.call('GET', api)).status, 429)
  } finally {
    await limited.close()
  }
  const bare = await testApp({ key: '' })
  try {
    assert.equal((await bare.call('GET', api)).status, 500)
  } finally {
    await bare.close()
  }

  // A database that hangs up in the middle of a request is unavailable, not broken.
  const answer = await app.database.transaction(async (connection) => {
    await connection.query('lock table v_extensions in access exclusive mode')
    const pending = app.call('GET', api)
    for (;;) {
      const [waiting] = await app.sql<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 1`,
      )
      if (waiting) {
        await app.sql('select pg_terminate_backend($1)', [waiting.pid])
        break
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return pending
  })
  assert.equal(answer.status, 503, answer.text)
  assert.equal(answer.json.success, false)
  assert.equal(answer.json.error.code, 'UNAVAILABLE')
  assert.equal((await app.call('GET', api)).status, 200, 'and it is back with the next request')
})
