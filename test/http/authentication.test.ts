import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createKey, revokeKey, rotateKey } from '../../src/services/keys.ts'
import { globalKey, insertRow, ours, type TestApp, testApp, theirs } from '../support/app.ts'

const list = '/api/v1/extensions'
const action = '/api/v1/extensions/list.php'

describe('the global key', () => {
  let app: TestApp
  before(async () => {
    app = await testApp()
    await insertRow(app, 'v_extensions', {
      extension_uuid: '11111111-1111-4111-8111-111111111111',
      domain_uuid: ours.uuid,
      extension: '101',
    })
    await insertRow(app, 'v_extensions', {
      extension_uuid: '22222222-2222-4222-8222-222222222222',
      domain_uuid: theirs.uuid,
      extension: '909',
    })
  })
  after(() => app.close())

  test('S002-AUTH-KEY S004-AUTH S004-MODE-GLOBAL: the right key and a domain open the door, for every domain', async () => {
    for (const domain of [ours, theirs]) {
      const answer = await app.call('GET', list, undefined, { 'X-Domain': domain.name })
      assert.equal(answer.status, 200)
      assert.deepEqual(
        answer.json.data.map((row: { extension: string }) => row.extension),
        domain === ours ? ['101'] : ['909'],
      )
    }
  })

  test('S002-ERR-UNAUTHORIZED S004-ERR-UNAUTHORIZED: a wrong and a missing key get the same 401, word for word', async () => {
    const expected = { success: false, error: { code: 'UNAUTHORIZED', message: 'Invalid API key' } }
    for (const path of [list, action])
      for (const key of ['wrong', '', undefined, `${globalKey}x`, globalKey.slice(0, -1)]) {
        const answer = await app.call('GET', path, undefined, { 'X-API-Key': key })
        assert.equal(answer.status, 401)
        assert.deepEqual(answer.json, expected)
      }
  })

  test('S002-AUTH-DOMAIN: a domain is named by name, in any case, or by UUID', async () => {
    for (const name of [ours.name, ours.name.toUpperCase(), ours.uuid, ours.uuid.toUpperCase()])
      for (const path of [list, action])
        assert.equal((await app.call('GET', path, undefined, { 'X-Domain': name })).status, 200)
  })

  test('S002-ERR-MISSING-DOMAIN S004-ERR-MISSING_DOMAIN: no domain is 400 with the documented words', async () => {
    for (const path of [list, action])
      for (const domain of [undefined, '', '  ']) {
        const answer = await app.call('GET', path, undefined, { 'X-Domain': domain })
        assert.equal(answer.status, 400)
        assert.deepEqual(answer.json, {
          success: false,
          error: { code: 'MISSING_DOMAIN', message: 'X-Domain header is required' },
        })
      }
  })

  test('S002-ERR-INVALID-DOMAIN S004-ERR-INVALID_DOMAIN: an unknown and a disabled domain are 400', async () => {
    await insertRow(app, 'v_domains', {
      domain_uuid: '5a0e8400-e29b-41d4-a716-44665544000f',
      domain_name: 'disabled.example.com',
      domain_enabled: 'false',
    })
    for (const path of [list, action])
      for (const domain of [
        'nobody.example.com',
        'disabled.example.com',
        '00000000-0000-4000-8000-000000000000',
        "x' or 1=1 --",
        'a'.repeat(5000),
      ]) {
        const answer = await app.call('GET', path, undefined, { 'X-Domain': domain })
        assert.equal(answer.status, 400)
        assert.deepEqual(answer.json, {
          success: false,
          error: { code: 'INVALID_DOMAIN', message: 'Domain not found' },
        })
      }
  })

  test('S002-AUTH-ORDER: the key is judged before the domain', async () => {
    for (const path of [list, action]) {
      const answer = await app.call('GET', path, undefined, { 'X-API-Key': 'wrong', 'X-Domain': undefined })
      assert.equal(answer.json.error.code, 'UNAUTHORIZED')
    }
  })

  test('nothing is told of paths and methods before a key was shown', async () => {
    for (const path of ['/api/v1/unicorns', '/api/v1/extensions/dance.php', '/api/v2/unicorns']) {
      assert.equal((await app.call('GET', path, undefined, { 'X-API-Key': 'wrong' })).status, 401)
      assert.equal((await app.call('PATCH', path, undefined, { 'X-API-Key': 'wrong' })).status, 401)
    }
  })
})

describe('where the global key comes from', () => {
  test('S002-KEY-SOURCE: FusionPBX’s default setting api/secret_key is the key, and a change of it counts at once', async () => {
    const app = await testApp({ key: '' })
    try {
      const setting = {
        default_setting_category: 'api',
        default_setting_subcategory: 'secret_key',
        default_setting_name: 'text',
      }
      await insertRow(app, 'v_default_settings', {
        ...setting,
        default_setting_uuid: '33333333-3333-4333-8333-333333333333',
        default_setting_value: 'from-the-settings',
        default_setting_enabled: 'true',
      })
      const with_ = async (key: string) => (await app.call('GET', list, undefined, { 'X-API-Key': key })).status
      assert.equal(await with_('from-the-settings'), 200)
      assert.equal(await with_('another'), 401)
      await app.sql(
        `update v_default_settings set default_setting_value = 'changed' where default_setting_subcategory = 'secret_key'`,
      )
      await new Promise((resolve) => setTimeout(resolve, 1100))
      assert.equal(await with_('from-the-settings'), 401)
      assert.equal(await with_('changed'), 200)
    } finally {
      await app.close()
    }
  })

  test('S002-ERR-CONFIG: with no key configured anywhere the answer is 500 CONFIG_ERROR', async () => {
    const app = await testApp({ key: '' })
    try {
      for (const path of [list, action]) {
        const answer = await app.call('GET', path)
        assert.equal(answer.status, 500)
        assert.deepEqual(answer.json, {
          success: false,
          error: { code: 'CONFIG_ERROR', message: 'API key not configured' },
        })
      }
    } finally {
      await app.close()
    }
  })
})

describe('keys of one domain', () => {
  let perKey: TestApp
  let both: TestApp
  before(async () => {
    perKey = await testApp({ env: { TANDEM_SECURITY__AUTH_MODE: 'per_key' } })
    both = await testApp({ env: { TANDEM_SECURITY__AUTH_MODE: 'both' } })
  })
  after(() => Promise.all([perKey.close(), both.close()]))

  const makeKey = (app: TestApp, scopes: string[] = ['*:read', '*:write'], domainUuid: string | null = ours.uuid) =>
    createKey(app.database, { domainUuid, name: 'crm', scopes })

  test('S004-MODE-PERKEY: only keys of our own table are accepted, the global key is not', async () => {
    const { key } = await makeKey(perKey)
    assert.equal((await perKey.call('GET', list, undefined, { 'X-API-Key': key })).status, 200)
    assert.equal((await perKey.call('GET', list)).status, 401)
    assert.equal((await perKey.call('GET', list, undefined, { 'X-API-Key': undefined })).status, 401)
  })

  test('S004-MODE-BOTH: a key of a domain and the global key are both accepted', async () => {
    const { key } = await makeKey(both)
    assert.equal((await both.call('GET', list, undefined, { 'X-API-Key': key })).status, 200)
    assert.equal((await both.call('GET', list)).status, 200)
    assert.equal((await both.call('GET', list, undefined, { 'X-API-Key': `${key}x` })).status, 401)
  })

  test('S004-ERR-DOMAIN_MISMATCH: a key does not speak for another domain, known or not', async () => {
    const { key } = await makeKey(both)
    for (const path of [list, action])
      for (const domain of [theirs.name, theirs.uuid, 'nobody.example.com']) {
        const answer = await both.call('GET', path, undefined, { 'X-API-Key': key, 'X-Domain': domain })
        assert.equal(answer.status, 403)
        assert.equal(answer.json.error.code, 'DOMAIN_MISMATCH')
      }
  })

  test('S004-ERR-FORBIDDEN S002-ERR-FORBIDDEN S000-SEC-ACCESS: a key does what its scopes say and no more', async () => {
    const { key } = await makeKey(both, ['extensions:read'])
    const headers = { 'X-API-Key': key }
    assert.equal((await both.call('GET', list, undefined, headers)).status, 200)
    for (const [method, path, body] of [
      ['POST', list, { extension: '777' }],
      ['GET', '/api/v1/users', undefined],
      ['POST', '/api/v1/extensions/create.php', { extension: '777' }],
      ['GET', '/api/v2/users', undefined],
    ] as const) {
      const answer = await both.call(method, path, body, headers)
      assert.equal(answer.status, 403, `${method} ${path}`)
      assert.match(answer.text, /"FORBIDDEN"/)
    }
    assert.deepEqual(await both.sql(`select 1 from v_extensions where extension = '777'`), [])
  })

  test('S000-SEC-ROTATE: while a key is rotated the old and the new one both work; a revoked key stops at once', async () => {
    const { key, record } = await makeKey(both)
    const rotated = await rotateKey(both.database, record.prefix, 3600)
    for (const live of [key, rotated.key])
      assert.equal((await both.call('GET', list, undefined, { 'X-API-Key': live })).status, 200)
    await revokeKey(both.database, record.prefix)
    assert.equal((await both.call('GET', list, undefined, { 'X-API-Key': key })).status, 401)
    assert.equal((await both.call('GET', list, undefined, { 'X-API-Key': rotated.key })).status, 200)
  })

  test('S001-TOKEN: an expired key is refused, and only a hash of a key is stored', async () => {
    const { key, record } = await makeKey(both)
    await both.sql(`update tandem.api_keys set expires_at = now() - interval '1 second' where prefix = $1`, [
      record.prefix,
    ])
    assert.equal((await both.call('GET', list, undefined, { 'X-API-Key': key })).status, 401)
    const [row] = await both.sql<{ text: string }>(
      'select row_to_json(k)::text as text from tandem.api_keys k where prefix = $1',
      [record.prefix],
    )
    assert.ok(row)
    assert.ok(!row.text.includes(key.split('_').at(-1) ?? key))
  })

  test('v2 takes keys as X-API-Key or Bearer, and a key of a domain needs no X-Domain', async () => {
    const { key } = await makeKey(both)
    const headers = { 'X-Domain': undefined }
    assert.equal(
      (await both.call('GET', '/api/v2/extensions', undefined, { ...headers, 'X-API-Key': key })).status,
      200,
    )
    assert.equal(
      (
        await both.call('GET', '/api/v2/extensions', undefined, {
          ...headers,
          'X-API-Key': undefined,
          Authorization: `Bearer ${key}`,
        })
      ).status,
      200,
    )
    assert.equal(
      (
        await both.call('GET', '/api/v2/extensions', undefined, {
          ...headers,
          'X-API-Key': undefined,
          Authorization: 'Bearer nonsense',
        })
      ).status,
      401,
    )
  })

  test('S002-DOM-SCOPE: the list of domains shows a key of a domain its own, and the global key all of them', async () => {
    const { key } = await makeKey(both)
    const names = async (headers: Record<string, string | undefined>, path = '/api/v1/domains/list.php') =>
      (await both.call('GET', path, undefined, headers)).json.data.map(
        (row: { domain_name: string }) => row.domain_name,
      )
    assert.deepEqual(await names({ 'X-API-Key': key }), [ours.name])
    assert.deepEqual(await names({}), [ours.name, theirs.name])
    assert.deepEqual(await names({}, '/api/v1/domains'), [ours.name])
    assert.deepEqual(await names({ 'X-API-Key': key, 'X-Domain': undefined }, '/api/v2/domains'), [ours.name])
    assert.deepEqual(await names({ 'X-Domain': undefined }, '/api/v2/domains'), [ours.name, theirs.name])
  })
})

describe('users and levels', () => {
  let app: TestApp
  const headersOf = async (scopes: string[]) => ({
    'X-API-Key': (await createKey(app.database, { domainUuid: ours.uuid, name: 'tenant', scopes })).key,
  })
  const superadmin = '44444444-4444-4444-8444-444444444444'
  before(async () => {
    app = await testApp({ env: { TANDEM_SECURITY__AUTH_MODE: 'both' } })
    await insertRow(app, 'v_users', {
      user_uuid: superadmin,
      domain_uuid: ours.uuid,
      username: 'root',
      user_enabled: 'true',
    })
    await app.sql(
      `insert into v_user_groups (user_group_uuid, domain_uuid, group_name, group_uuid, user_uuid)
       select gen_random_uuid(), $1, group_name, group_uuid, $2 from v_groups where group_name = 'superadmin' limit 1`,
      [ours.uuid, superadmin],
    )
  })
  after(() => app.close())

  test('S002-USER-LEVEL: a tenant’s key neither grants superadmin nor edits nor deletes one', async () => {
    const headers = await headersOf(['*:read', '*:write'])
    const user = { username: 'climber', password: 'SecurePassword123!' }
    const grant = await app.call('POST', '/api/v1/users', { ...user, groups: ['superadmin'] }, headers)
    assert.equal(grant.status, 403)
    assert.equal(grant.json.error.code, 'FORBIDDEN')
    assert.deepEqual(await app.sql(`select 1 from v_users where username = 'climber'`), [])
    const edit = await app.call('PUT', `/api/v1/users/${superadmin}`, { user_email: 'mine@example.com' }, headers)
    assert.equal(edit.status, 403)
    assert.equal((await app.call('DELETE', `/api/v1/users/${superadmin}`, undefined, headers)).status, 403)
    const [row] = await app.sql<{ user_email: string | null }>('select user_email from v_users where user_uuid = $1', [
      superadmin,
    ])
    assert.equal(row?.user_email, null)
    assert.equal((await app.call('POST', '/api/v1/users', { ...user, groups: ['admin'] }, headers)).status, 201)
  })

  test('the global key may edit a superadmin, but nobody deletes one', async () => {
    assert.equal((await app.call('PUT', `/api/v1/users/${superadmin}`, { user_status: 'Available' })).status, 200)
    for (const path of [
      `/api/v1/users/${superadmin}`,
      `/api/v1/users/delete.php?uuid=${superadmin}`,
      `/api/v2/users/${superadmin}`,
    ])
      assert.equal((await app.call('DELETE', path)).status, 403)
    assert.equal((await app.sql('select 1 from v_users where user_uuid = $1', [superadmin])).length, 1)
  })
})
