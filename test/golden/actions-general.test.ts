import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { createKey } from '../../src/services/keys.ts'
import { ours, testApp, theirs } from '../support/app.ts'
import { all, curl, failed, made, one, put, putForeign, putGroups, v4 } from './documents.ts'

/** Spec 002, the sections around the resources: responses, pages, errors, values, and the list of domains. */
const app = await testApp({ env: { TANDEM_SECURITY__AUTH_MODE: 'both' } })
after(() => app.close())
await putGroups(app)

const john = '550e8400-e29b-41d4-a716-446655440000'
const foreign = '551e8400-e29b-41d4-a716-446655440000'
const api = '/api/v1/extensions'

beforeEach(async () => {
  for (const table of ['v_extensions', 'v_voicemails', 'v_users', 'v_user_groups'])
    await app.sql(`delete from ${table}`)
  await put(app, 'v_extensions', { extension_uuid: john, extension: '101', enabled: 'true', description: 'kept' })
  await putForeign(app, 'v_extensions', { extension_uuid: foreign, extension: '101', description: 'foreign' })
})

test('S002-BASE: the quick start example lists extensions below /api/v1/', async () => {
  const answer = await curl(
    app,
    `curl -X GET https://your-pbx.example.com/api/v1/extensions/list.php \\
  -H "X-API-Key: your-api-secret-key" \\
  -H "X-Domain: your-domain.com"`,
  )
  assert.equal(answer.status, 200)
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
  assert.deepEqual(
    answer.json.data.map((row: { extension_uuid: string }) => row.extension_uuid),
    [john],
  )
})

test('S002-METHODS, S002-HTTP-200, S002-HTTP-201, S002-ENV-OK: GET, POST, PUT and DELETE answer the documented statuses and members', async () => {
  const created = await app.call('POST', `${api}/create.php`, { extension: '102' })
  assert.equal(created.status, 201)
  assert.deepEqual(Object.keys(created.json), ['success', 'data', 'message'])
  const uuid = created.json.data.extension_uuid
  const listed = await app.call('GET', `${api}/list.php`)
  assert.equal(listed.status, 200)
  assert.deepEqual(Object.keys(listed.json), ['success', 'data', 'pagination'])
  const read = await app.call('GET', `${api}/get.php?uuid=${uuid}`)
  assert.equal(read.status, 200)
  assert.deepEqual(Object.keys(read.json), ['success', 'data'])
  const changed = await app.call('PUT', `${api}/update.php?uuid=${uuid}`, { description: 'x' })
  assert.equal(changed.status, 200)
  assert.deepEqual(Object.keys(changed.json), ['success', 'message'])
  const deleted = await app.call('DELETE', `${api}/delete.php?uuid=${uuid}`)
  assert.equal(deleted.status, 200)
  assert.deepEqual(Object.keys(deleted.json), ['success', 'message'])
  for (const answer of [created, listed, read, changed, deleted]) {
    assert.equal(answer.json.success, true)
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
  }
})

test('S002-METHODS, S002-HTTP-405, S002-ERR-METHOD: another method is refused and told the right one', async () => {
  const expected: [action: string, allow: string][] = [
    ['list', 'GET, HEAD, OPTIONS'],
    ['get', 'GET, HEAD, OPTIONS'],
    ['create', 'POST, OPTIONS'],
    ['update', 'PUT, OPTIONS'],
    ['delete', 'DELETE, OPTIONS'],
  ]
  for (const [action, allow] of expected)
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'].filter((one) => !allow.includes(one))) {
      const answer = await app.call(method, `${api}/${action}.php?uuid=${john}`)
      failed(answer, 405, { code: 'METHOD_NOT_ALLOWED', message: 'Method not allowed' })
      assert.equal(answer.headers.allow, allow)
    }
})

test('S002-MSG: the success messages of every resource are those of the document', async () => {
  const bodies: [resource: string, title: string, key: string, body: Record<string, unknown>][] = [
    ['extensions', 'Extension', 'extension_uuid', { extension: '140' }],
    ['users', 'User', 'user_uuid', { username: 'u140', password: 'SecurePassword123!' }],
    ['gateways', 'Gateway', 'gateway_uuid', { gateway: 'g140', proxy: 'sip.x.com' }],
    ['devices', 'Device', 'device_uuid', { device_address: 'a0b1c2000140' }],
    ['voicemails', 'Voicemail', 'voicemail_uuid', { voicemail_id: '141' }],
  ]
  for (const [resource, title, key, body] of bodies) {
    const uuid = made(
      await app.call('POST', `/api/v1/${resource}/create.php`, body),
      key,
      `${title} created successfully`,
    )
    const updated = await app.call('PUT', `/api/v1/${resource}/update.php?uuid=${uuid}`, {})
    assert.deepEqual(updated.json, { success: true, message: `${title} updated successfully` })
    const deleted = await app.call('DELETE', `/api/v1/${resource}/delete.php?uuid=${uuid}`)
    assert.deepEqual(deleted.json, { success: true, message: `${title} deleted successfully` })
  }
})

test('S002-ERR-NOT-FOUND, S002-HTTP-404, S002-ISO: a UUID that does not exist, or is of another tenant, is not found', async () => {
  for (const uuid of ['00000000-0000-4000-8000-000000000000', foreign])
    for (const [method, action] of [
      ['GET', 'get'],
      ['PUT', 'update'],
      ['DELETE', 'delete'],
    ] as const)
      failed(await app.call(method, `${api}/${action}.php?uuid=${uuid}`, method === 'PUT' ? {} : undefined), 404, {
        code: 'NOT_FOUND',
        message: 'Extension not found',
      })
  assert.equal((await one(app, 'v_extensions', 'extension_uuid = $1', [foreign])).description, 'foreign')
})

test('S002-ERR-MISSING-UUID, S002-HTTP-400: an action about one row without a UUID is a bad request of its own', async () => {
  for (const [method, action] of [
    ['GET', 'get'],
    ['PUT', 'update'],
    ['DELETE', 'delete'],
  ] as const) {
    const answer = await app.call(method, `${api}/${action}.php`, method === 'PUT' ? {} : undefined)
    assert.equal(answer.status, 400)
    assert.equal(answer.json.error.code, 'MISSING_UUID')
    assert.deepEqual(Object.keys(answer.json.error), ['code', 'message'])
  }
})

test('S002-ERR-NOT-IMPL, S002-HTTP-501: an action without a handler says so', async () => {
  for (const method of ['GET', 'POST'])
    failed(await app.call(method, `${api}/export.php`), 501, {
      code: 'NOT_IMPLEMENTED',
      message: 'Endpoint not implemented',
    })
})

test('S002-HTTP-403, S002-ERR-FORBIDDEN: deleting a superadmin is forbidden', async () => {
  const user_uuid = randomUUID()
  await put(app, 'v_users', { user_uuid, username: 'root' })
  await put(app, 'v_user_groups', { user_group_uuid: randomUUID(), user_uuid, group_name: 'superadmin' })
  const answer = await app.call('DELETE', `/api/v1/users/delete.php?uuid=${user_uuid}`)
  assert.equal(answer.status, 403)
  assert.equal(answer.json.success, false)
  assert.equal(answer.json.error.code, 'FORBIDDEN')
})

test('S002-HTTP-401: the fourth testing example, with a wrong key, answers as printed', async () => {
  const answer = await curl(
    app,
    `curl -X GET "https://pbx.example.com/api/v1/extensions/list.php" \\
  -H "X-API-Key: invalid-key" \\
  -H "X-Domain: example.com"`,
  )
  failed(answer, 401, { code: 'UNAUTHORIZED', message: 'Invalid API key' })
})

test('S002-HTTP-409, S002-ERR-DUPLICATE: what exists already is a conflict, with the field', async () => {
  failed(await app.call('POST', `${api}/create.php`, { extension: '101' }), 409, {
    code: 'DUPLICATE_ERROR',
    message: 'Extension already exists',
    field: 'extension',
  })
  // A number is also taken by an alias.
  await put(app, 'v_extensions', { extension_uuid: randomUUID(), extension: '150', number_alias: '1150' })
  failed(await app.call('POST', `${api}/create.php`, { extension: '1150' }), 409, {
    code: 'DUPLICATE_ERROR',
    message: 'Extension already exists',
    field: 'extension',
  })
})

test('S002-ENV-ERR, S002-ERR-VALIDATION: an error names one field, in words for people, and nothing else', async () => {
  const answer = await app.call('POST', `${api}/create.php`, { limit_max: 'many', enabled: 'maybe' })
  assert.equal(answer.status, 400)
  assert.deepEqual(Object.keys(answer.json), ['success', 'error'])
  assert.deepEqual(Object.keys(answer.json.error), ['code', 'message', 'field'])
  assert.equal(answer.json.error.field, 'extension')
})

test('S002-PAGE-PARAMS, S002-PAGE-META: page 2 with 25 on a page answers the next 25 and the counts', async () => {
  await app.sql(
    `insert into v_extensions (extension_uuid, domain_uuid, extension) select gen_random_uuid(), d::uuid, (1000 + n)::text
       from generate_series(1, 124) n, unnest($1::text[]) d`,
    [[ours.uuid, theirs.uuid]],
  )
  const answer = await curl(
    app,
    `curl -X GET "https://your-pbx.example.com/api/v1/extensions/list.php?page=2&per_page=25" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: your-domain.com"`,
  )
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json.pagination, { page: 2, per_page: 25, total: 125, total_pages: 5 })
  assert.deepEqual(
    answer.json.data.map((row: { extension: string }) => row.extension),
    // 1001 … 1009, 101, 1010 …: numbers are texts.
    Array.from({ length: 124 }, (_, n) => String(1001 + n))
      .concat('101')
      .sort()
      .slice(25, 50),
  )
  const standard = await app.call('GET', `${api}/list.php`)
  assert.deepEqual(standard.json.pagination, { page: 1, per_page: 50, total: 125, total_pages: 3 })
  assert.equal(standard.json.data.length, 50)
  const most = await app.call('GET', `${api}/list.php?per_page=1000`)
  assert.equal(most.json.pagination.per_page, 100)
  assert.equal(most.json.data.length, 100)
})

test('S002-UUID-PARAM: the UUID is taken from the query as shown and from the path as described', async () => {
  for (const at of ['?uuid=', '/']) {
    const read = await app.call('GET', `${api}/get.php${at}${john}`)
    assert.equal(read.json.data.extension_uuid, john)
    const changed = await app.call('PUT', `${api}/update.php${at}${john}`, { description: `by ${at}` })
    assert.equal(changed.status, 200)
    assert.equal((await one(app, 'v_extensions', 'extension_uuid = $1', [john])).description, `by ${at}`)
  }
  const [byPath, byQuery] = [randomUUID(), randomUUID()]
  for (const [uuid, extension] of [
    [byPath, '160'],
    [byQuery, '161'],
  ])
    await put(app, 'v_extensions', { extension_uuid: uuid, extension })
  assert.equal((await app.call('DELETE', `${api}/delete.php/${byPath}`)).status, 200)
  assert.equal((await app.call('DELETE', `${api}/delete.php?uuid=${byQuery}`)).status, 200)
  assert.equal((await all(app, 'v_extensions', 'domain_uuid = $1', [ours.uuid])).length, 1)
})

test('S002-UUID-GEN: the server makes RFC 4122 UUIDs, a new one each time, unless one is sent', async () => {
  const made: string[] = []
  for (const extension of ['170', '171', '172']) {
    const { data } = (await app.call('POST', `${api}/create.php`, { extension })).json
    assert.match(data.extension_uuid, v4)
    made.push(data.extension_uuid)
  }
  assert.equal(new Set(made).size, 3)
  const own = '12345678-1234-1234-8234-123456789012'
  const answer = await app.call('POST', `${api}/create.php`, { extension: '173', extension_uuid: own })
  assert.equal(answer.json.data.extension_uuid, own)
})

test('S002-BOOL: booleans are the strings "true" and "false" both ways; JSON booleans are understood', async () => {
  const body = { extension: '180', enabled: 'false', directory_visible: 'true', voicemail_enabled: 'false' }
  const { data } = (await app.call('POST', `${api}/create.php`, body)).json
  const uuid = data.extension_uuid
  const shown = async () => (await app.call('GET', `${api}/get.php?uuid=${uuid}`)).json.data
  assert.deepEqual([(await shown()).enabled, (await shown()).directory_visible], ['false', 'true'])
  for (const [sent, expected] of [
    [true, 'true'],
    [false, 'false'],
    ['true', 'true'],
    ['false', 'false'],
  ] as const) {
    assert.equal((await app.call('PUT', `${api}/update.php?uuid=${uuid}`, { enabled: sent })).status, 200)
    assert.equal((await shown()).enabled, expected)
    assert.equal((await one(app, 'v_extensions', 'extension_uuid = $1', [uuid])).enabled, expected)
  }
  for (const wrong of ['yes', 'on', '1', 1, 0, {}, []]) {
    const answer = await app.call('PUT', `${api}/update.php?uuid=${uuid}`, { enabled: wrong })
    assert.equal(answer.status, 400)
    assert.equal(answer.json.error.field, 'enabled')
  }
  // A flag that nobody ever set is false, as FusionPBX reads it.
  assert.equal((await shown()).do_not_disturb, 'false')
  for (const value of Object.values(await shown())) assert.notEqual(typeof value, 'boolean')
})

test('S002-DOM-LIST: the list example answers every domain of the system in pages, to the key of the system', async () => {
  const example = `curl -X GET "https://pbx.example.com/api/v1/domains/list.php" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`
  await app.sql(`update v_domains set domain_description = 'Example domain' where domain_uuid = $1`, [ours.uuid])
  const off = randomUUID()
  await app.sql(
    `insert into v_domains (domain_uuid, domain_name, domain_enabled) values ($1, 'zzz.example.org', 'false')`,
    [off],
  )
  const answer = await curl(app, example)
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, {
    success: true,
    data: [
      {
        domain_uuid: ours.uuid,
        domain_name: 'example.com',
        domain_enabled: 'true',
        domain_description: 'Example domain',
      },
      { domain_uuid: theirs.uuid, domain_name: 'other.example.net', domain_enabled: 'true', domain_description: '' },
      { domain_uuid: off, domain_name: 'zzz.example.org', domain_enabled: 'false', domain_description: '' },
    ],
    pagination: { page: 1, per_page: 50, total: 3, total_pages: 1 },
  })
  const second = await app.call('GET', '/api/v1/domains/list.php?page=2&per_page=2')
  assert.deepEqual(second.json.pagination, { page: 2, per_page: 2, total: 3, total_pages: 2 })
  assert.equal(second.json.data[0].domain_uuid, off)

  const { key } = await createKey(app.database, { name: 'ours', domainUuid: ours.uuid, scopes: ['*:read', '*:write'] })
  const own = await app.call('GET', '/api/v1/domains/list.php', undefined, { 'x-api-key': key })
  assert.deepEqual(
    own.json.data.map((row: { domain_uuid: string }) => row.domain_uuid),
    [ours.uuid],
  )
  assert.deepEqual(own.json.pagination, { page: 1, per_page: 50, total: 1, total_pages: 1 })
  await app.sql('delete from v_domains where domain_uuid = $1', [off])
})

test('S002-HTTP-500: without a key in the configuration and the settings every request is a server error that says what to do', async () => {
  const bare = await testApp({ key: '' })
  try {
    failed(await bare.call('GET', `${api}/list.php`), 500, { code: 'CONFIG_ERROR', message: 'API key not configured' })
  } finally {
    await bare.close()
  }
})
