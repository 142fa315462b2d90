import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import bcrypt from '@node-rs/bcrypt'
import { createKey } from '../../src/services/keys.ts'
import { ours, testApp, theirs } from '../support/app.ts'
import { all, curl, failed, lastAudit, made, one, put, putForeign, putGroups, receiptOf, says } from './documents.ts'

/** Spec 002, section 2: users, each example as it is printed. */
const app = await testApp({ env: { TANDEM_SECURITY__AUTH_MODE: 'both' } })
after(() => app.close())

const jdoe = '880e8400-e29b-41d4-a716-446655440003'
const jsmith = '990e8400-e29b-41d4-a716-446655440005'
const contact = '881e8400-e29b-41d4-a716-446655440003'
const root = '889e8400-e29b-41d4-a716-446655440003'

const listed = [
  { user_uuid: jdoe, username: 'jdoe', user_email: 'john.doe@example.com', user_enabled: 'true' },
  { user_uuid: jsmith, username: 'jsmith', user_email: 'jane.smith@example.com', user_enabled: 'true' },
] as const

/** A key that speaks for our tenant as its administrators do. */
const tenantKey = (
  await createKey(app.database, { name: 'ours', domainUuid: ours.uuid, scopes: ['*:read', '*:write'] })
).key

await putGroups(app)

const groupUuid = async (name: string): Promise<string> =>
  (await one(app, 'v_groups', 'group_name = $1 and domain_uuid is null', [name])).group_uuid ?? ''

const join = async (user_uuid: string, group_name: string): Promise<void> =>
  put(app, 'v_user_groups', {
    user_group_uuid: randomUUID(),
    user_uuid,
    group_name,
    group_uuid: await groupUuid(group_name),
  })

/** The tenant as the examples have it: fifteen users, John in the group managers. */
beforeEach(async () => {
  for (const table of [
    'v_users',
    'v_user_groups',
    'v_user_settings',
    'v_contacts',
    'v_contact_emails',
    'v_extension_users',
  ])
    await app.sql(`delete from ${table}`)
  await app.sql('delete from v_groups where domain_uuid is not null')
  await app.sql('delete from v_email_queue')
  await put(app, 'v_contacts', { contact_uuid: contact, contact_name_given: 'John', contact_name_family: 'Doe' })
  const login = { password: '$2y$10$abcdefghijklmnopqrstuv', user_type: 'default' }
  await put(app, 'v_users', { ...listed[0], ...login, contact_uuid: contact })
  await put(app, 'v_users', { ...listed[1], ...login })
  for (let n = 0; n < 13; n += 1)
    await put(app, 'v_users', { user_uuid: randomUUID(), username: `user${n}`, user_enabled: 'true', ...login })
  await join(jdoe, 'managers')
  for (const [subcategory, name, value] of [
    ['language', 'code', 'en'],
    ['time_zone', 'name', 'America/New_York'],
  ])
    await put(app, 'v_user_settings', {
      user_setting_uuid: randomUUID(),
      user_uuid: jdoe,
      user_setting_category: 'domain',
      user_setting_subcategory: subcategory,
      user_setting_name: name,
      user_setting_value: value,
      user_setting_enabled: 'true',
    })
  // The other tenant has users of the same names.
  for (const username of ['jdoe', 'msmith', 'admin'])
    await putForeign(app, 'v_users', { user_uuid: randomUUID(), username, user_email: 'foreign@example.net', ...login })
})

const api = '/api/v1/users'

test('S002-USER-LIST, S002-SEC-PWD: the list example answers as printed, without passwords', async () => {
  const answer = await curl(
    app,
    `curl -X GET "https://pbx.example.com/api/v1/users/list.php" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json.data.slice(0, 2), listed)
  assert.equal(answer.json.data.length, 15)
  assert.deepEqual(answer.json.pagination, { page: 1, per_page: 50, total: 15, total_pages: 1 })
  for (const row of answer.json.data) assert.deepEqual(Object.keys(row), Object.keys(listed[0]))
  assert.doesNotMatch(answer.text, /\$2y\$|password|foreign/)
})

test('S002-PAGE-PARAMS: the pagination example answers page 2 of users with 25 on a page', async () => {
  await app.sql(
    `insert into v_users (user_uuid, domain_uuid, username) select gen_random_uuid(), $1::uuid, 'more' || n from generate_series(1, 20) n`,
    [ours.uuid],
  )
  const answer = await curl(
    app,
    `curl -X GET "https://pbx.example.com/api/v1/users/list.php?page=2&per_page=25" \\
  -H "X-API-Key: \${API_KEY}" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  assert.equal(answer.json.data.length, 10)
  assert.deepEqual(answer.json.pagination, { page: 2, per_page: 25, total: 35, total_pages: 2 })
})

test('S002-USER-GET: the get example answers as printed, with language, time zone and groups', async () => {
  const answer = await curl(
    app,
    `curl -X GET "https://pbx.example.com/api/v1/users/get.php?uuid=880e8400-e29b-41d4-a716-446655440003" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  says(answer.json, {
    success: true,
    data: {
      ...listed[0],
      user_language: 'en',
      user_time_zone: 'America/New_York',
      groups: [{ group_name: 'managers', group_description: 'Manager group' }],
    },
  })
  assert.equal('password' in answer.json.data, false)
  const nobody = (await app.call('GET', `${api}/get.php?uuid=${jsmith}`)).json.data
  assert.deepEqual(nobody.groups, [])
  assert.equal(nobody.user_language, '')
})

const createExample = `curl -X POST "https://pbx.example.com/api/v1/users/create.php" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com" \\
  -H "Content-Type: application/json" \\
  -d '{
    "username": "msmith",
    "password": "SecurePassword123!",
    "user_email": "m.smith@example.com",
    "user_enabled": "true",
    "user_language": "en",
    "user_time_zone": "America/Chicago",
    "contact_name_given": "Mary",
    "contact_name_family": "Smith",
    "contact_organization": "Accounting",
    "contact_email": "m.smith@example.com",
    "groups": ["managers", "accountants"]
  }'`

test('S002-USER-CREATE, S002-USER-CREATE-FX, S002-USER-GROUPS: the create example makes user, hash, contact, groups and settings', async () => {
  const answer = await curl(app, createExample)
  const uuid = made(answer, 'user_uuid', 'User created successfully')
  const user = await one(app, 'v_users', 'user_uuid = $1', [uuid])
  says(user, {
    domain_uuid: ours.uuid,
    username: 'msmith',
    user_email: 'm.smith@example.com',
    user_enabled: 'true',
    user_type: 'default',
    salt: null,
  })
  // As PHP writes it, so that the person can log in to FusionPBX.
  assert.match(user.password ?? '', /^\$2y\$10\$.{53}$/)
  assert.ok(await bcrypt.verify('SecurePassword123!', user.password ?? ''))
  assert.ok(!(await bcrypt.verify('SecurePassword123', user.password ?? '')))

  says(await one(app, 'v_contacts', 'contact_uuid = $1', [user.contact_uuid]), {
    domain_uuid: ours.uuid,
    contact_type: 'user',
    contact_name_given: 'Mary',
    contact_name_family: 'Smith',
    contact_organization: 'Accounting',
    contact_nickname: 'msmith',
  })
  says(await one(app, 'v_contact_emails', 'contact_uuid = $1', [user.contact_uuid]), {
    domain_uuid: ours.uuid,
    email_address: 'm.smith@example.com',
    email_primary: 'true',
  })
  const groups = await all(app, 'v_user_groups', 'user_uuid = $1', [uuid])
  assert.deepEqual(groups.map((row) => [row.group_name, row.group_uuid, row.domain_uuid]).sort(), [
    ['accountants', await groupUuid('accountants'), ours.uuid],
    ['managers', await groupUuid('managers'), ours.uuid],
  ])
  const settings = await all(app, 'v_user_settings', 'user_uuid = $1', [uuid])
  assert.deepEqual(
    settings
      .map((row) => [
        row.user_setting_category,
        row.user_setting_subcategory,
        row.user_setting_name,
        row.user_setting_value,
        row.user_setting_enabled,
      ])
      .sort(),
    [
      ['domain', 'language', 'code', 'en', 'true'],
      ['domain', 'time_zone', 'name', 'America/Chicago', 'true'],
    ],
  )
  // No mail leaves on its own.
  assert.equal((await all(app, 'v_email_queue', 'true')).length, 0)

  const { data } = (await app.call('GET', `${api}/get.php?uuid=${uuid}`)).json
  says(data, {
    username: 'msmith',
    user_language: 'en',
    user_time_zone: 'America/Chicago',
    contact_name_given: 'Mary',
    contact_name_family: 'Smith',
    contact_organization: 'Accounting',
    contact_email: 'm.smith@example.com',
    groups: [{ group_name: 'accountants' }, { group_name: 'managers', group_description: 'Manager group' }],
  })

  const receipt = await receiptOf(app, answer)
  assert.deepEqual([receipt.resource, receipt.operation, receipt.effects], ['users', 'create', []])
  const audit = await lastAudit(app)
  assert.equal(audit.transaction_type, 'add')
  assert.equal(audit.transaction_new.users[0].username, 'msmith')
  assert.equal(audit.transaction_new.users[0].password, '********')
  assert.equal(audit.transaction_new.user_groups.length, 2)
  assert.equal(audit.transaction_new.contacts[0].contact_name_family, 'Smith')
})

test('S002-USER-CREATE: username and password are enough; no contact, group or setting is made', async () => {
  const answer = await app.call('POST', `${api}/create.php`, { username: 'plain', password: 'SecurePassword123!' })
  const uuid = made(answer, 'user_uuid', 'User created successfully')
  says(await one(app, 'v_users', 'user_uuid = $1', [uuid]), { user_enabled: 'true', contact_uuid: null })
  for (const table of ['v_user_groups', 'v_user_settings'])
    assert.equal((await all(app, table, 'user_uuid = $1', [uuid])).length, 0)
  assert.equal((await all(app, 'v_contacts', 'true')).length, 1)
})

test('S002-USER-CREATE-OPT: every optional field is kept and shown', async () => {
  const optional = {
    user_email: 'full@example.com',
    user_enabled: 'false',
    user_status: 'active',
    user_language: 'en',
    user_time_zone: 'America/New_York',
    contact_name_given: 'Full',
    contact_name_family: 'House',
    contact_organization: 'Acme Corp',
    contact_email: 'house@example.com',
    contact_url: 'https://example.com',
    contact_nickname: 'Fully',
  }
  const answer = await app.call('POST', `${api}/create.php`, {
    username: 'full',
    password: 'SecurePassword123!',
    ...optional,
    api_key: 'k'.repeat(40),
    groups: ['user'],
  })
  const uuid = made(answer, 'user_uuid', 'User created successfully')
  const shown = await app.call('GET', `${api}/get.php?uuid=${uuid}`)
  says(shown.json.data, { ...optional, groups: [{ group_name: 'user' }] })
  assert.ok(!shown.text.includes('kkkk'), 'a key to log in with is not shown')
  assert.equal((await one(app, 'v_users', 'user_uuid = $1', [uuid])).api_key, 'k'.repeat(40))
})

test('S002-PWD-USER: a user without a password is refused', async () => {
  failed(await app.call('POST', `${api}/create.php`, { username: 'nopass' }), 400, {
    code: 'VALIDATION_ERROR',
    message: 'Password is required',
    field: 'password',
  })
  assert.equal((await all(app, 'v_users', `username = 'nopass'`)).length, 0)
})

test('S002-USER-CREATE, S002-ERR-DUPLICATE: a username is taken whatever its letter case, but free in another tenant', async () => {
  for (const username of ['jdoe', 'JDoe'])
    failed(await app.call('POST', `${api}/create.php`, { username, password: 'SecurePassword123!' }), 409, {
      code: 'DUPLICATE_ERROR',
      message: 'User already exists',
      field: 'username',
    })
  const admin = await app.call('POST', `${api}/create.php`, { username: 'admin', password: 'SecurePassword123!' })
  assert.equal(admin.status, 201)
})

test('S002-USER-GROUPS: a group that neither system nor tenant has is refused by name, and nothing is made', async () => {
  await putForeign(app, 'v_groups', { group_uuid: randomUUID(), group_name: 'foreigners', group_level: 10 })
  for (const groups of [['nobodies'], ['managers', 'nobodies'], ['foreigners'], ['Managers']]) {
    const answer = await app.call('POST', `${api}/create.php`, {
      username: 'grouped',
      password: 'SecurePassword123!',
      contact_name_given: 'G',
      groups,
    })
    assert.equal(answer.status, 400)
    assert.equal(answer.json.error.code, 'VALIDATION_ERROR')
    assert.equal(answer.json.error.field, 'groups')
  }
  assert.equal((await all(app, 'v_users', `username = 'grouped'`)).length, 0)
  assert.equal((await all(app, 'v_contacts', 'true')).length, 1)
})

test("S002-USER-GROUPS: a tenant's own group goes before one of the system with the same name", async () => {
  const own = randomUUID()
  await put(app, 'v_groups', { group_uuid: own, group_name: 'managers', group_level: 20 })
  const answer = await app.call('POST', `${api}/create.php`, {
    username: 'grouped',
    password: 'SecurePassword123!',
    groups: ['managers', 'managers'],
  })
  const uuid = made(answer, 'user_uuid', 'User created successfully')
  assert.equal((await one(app, 'v_user_groups', 'user_uuid = $1', [uuid])).group_uuid, own)
})

test('S002-USER-UPDATE: the update example answers as printed and changes the e-mail address alone', async () => {
  const before = await one(app, 'v_users', 'user_uuid = $1', [jdoe])
  const answer = await curl(
    app,
    `curl -X PUT "https://pbx.example.com/api/v1/users/update.php?uuid=880e8400-e29b-41d4-a716-446655440003" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com" \\
  -H "Content-Type: application/json" \\
  -d '{
    "user_email": "john.new@example.com",
    "user_enabled": "true"
  }'`,
  )
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, message: 'User updated successfully' })
  const row = await one(app, 'v_users', 'user_uuid = $1', [jdoe])
  assert.deepEqual(row, { ...before, user_email: 'john.new@example.com', update_date: row.update_date })
  assert.equal((await all(app, 'v_user_groups', 'user_uuid = $1', [jdoe])).length, 1)
  assert.equal((await all(app, 'v_user_settings', 'user_uuid = $1', [jdoe])).length, 2)
})

test('S002-USER-UPDATE: groups, settings, contact and password are changed as sent, and only then', async () => {
  const update = (body: unknown) => app.call('PUT', `${api}/update.php?uuid=${jdoe}`, body)
  assert.equal((await update({ groups: ['accountants'] })).status, 200)
  assert.deepEqual(
    (await all(app, 'v_user_groups', 'user_uuid = $1', [jdoe])).map((row) => row.group_name),
    ['accountants'],
  )
  assert.equal((await update({ groups: [] })).status, 200)
  assert.equal((await all(app, 'v_user_groups', 'user_uuid = $1', [jdoe])).length, 0)

  assert.equal((await update({ user_language: 'de', user_time_zone: '' })).status, 200)
  const settings = await all(app, 'v_user_settings', 'user_uuid = $1', [jdoe])
  assert.deepEqual(
    settings.map((row) => [row.user_setting_subcategory, row.user_setting_value]),
    [['language', 'de']],
  )

  assert.equal((await update({ contact_name_given: 'Johnny', contact_email: 'j@example.com' })).status, 200)
  says(await one(app, 'v_contacts', 'contact_uuid = $1', [contact]), {
    contact_name_given: 'Johnny',
    contact_name_family: 'Doe',
  })
  assert.equal((await one(app, 'v_contact_emails', 'contact_uuid = $1', [contact])).email_address, 'j@example.com')

  const named = await app.call('PUT', `${api}/update.php?uuid=${jsmith}`, { contact_name_given: 'Jane' })
  assert.equal(named.status, 200)
  const { contact_uuid } = await one(app, 'v_users', 'user_uuid = $1', [jsmith])
  says(await one(app, 'v_contacts', 'contact_uuid = $1', [contact_uuid]), {
    contact_name_given: 'Jane',
    domain_uuid: ours.uuid,
  })

  assert.equal((await update({ password: 'AnotherPassword456!' })).status, 200)
  const { password } = await one(app, 'v_users', 'user_uuid = $1', [jdoe])
  assert.ok(await bcrypt.verify('AnotherPassword456!', password ?? ''))
  assert.equal((await update({ password: 'weak' })).status, 400)
  assert.equal((await one(app, 'v_users', 'user_uuid = $1', [jdoe])).password, password)
})

test('S002-USER-UPDATE: empty contact fields make no contact for a user who has none', async () => {
  const answer = await app.call('PUT', `${api}/update.php?uuid=${jsmith}`, { contact_name_given: '', contact_url: '' })
  assert.equal(answer.status, 200)
  assert.equal((await one(app, 'v_users', 'user_uuid = $1', [jsmith])).contact_uuid, null)
  assert.equal((await all(app, 'v_contacts', 'true')).length, 1)
})

test('S002-USER-DELETE: the delete example answers as printed; groups, settings and links go, the contact stays', async () => {
  await put(app, 'v_extension_users', {
    extension_user_uuid: randomUUID(),
    user_uuid: jdoe,
    extension_uuid: randomUUID(),
  })
  const answer = await curl(
    app,
    `curl -X DELETE "https://pbx.example.com/api/v1/users/delete.php?uuid=880e8400-e29b-41d4-a716-446655440003" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, message: 'User deleted successfully' })
  for (const table of ['v_users', 'v_user_groups', 'v_user_settings', 'v_extension_users'])
    assert.equal((await all(app, table, 'user_uuid = $1', [jdoe])).length, 0, table)
  assert.equal((await all(app, 'v_contacts', 'contact_uuid = $1', [contact])).length, 1)
  assert.equal((await all(app, 'v_users', 'domain_uuid = $1', [theirs.uuid])).length, 3)
  assert.equal((await lastAudit(app)).transaction_type, 'delete')
})

/** A superadmin of our tenant. */
const putRoot = async (): Promise<void> => {
  await put(app, 'v_users', { user_uuid: root, username: 'root', password: 'x', user_enabled: 'true' })
  await join(root, 'superadmin')
}

test('S002-USER-DELETE, S002-HTTP-403, S002-ERR-FORBIDDEN: a superadmin is not deleted, whoever asks', async () => {
  await putRoot()
  for (const key of [undefined, tenantKey]) {
    const answer = await app.call(
      'DELETE',
      `${api}/delete.php?uuid=${root}`,
      undefined,
      key === undefined ? {} : { 'x-api-key': key },
    )
    assert.equal(answer.status, 403)
    assert.deepEqual(Object.keys(answer.json), ['success', 'error'])
    assert.equal(answer.json.error.code, 'FORBIDDEN')
    assert.equal((await all(app, 'v_users', 'user_uuid = $1', [root])).length, 1)
    assert.equal((await all(app, 'v_user_groups', 'user_uuid = $1', [root])).length, 1)
  }
})

test("S002-USER-LEVEL: a tenant's key makes nobody superadmin, by whatever group or way", async () => {
  const own = randomUUID()
  await put(app, 'v_groups', { group_uuid: own, group_name: 'bosses', group_level: 80 })
  // A tenant's own group of that name counts as what it says: FusionPBX goes by the name.
  await put(app, 'v_groups', { group_uuid: randomUUID(), group_name: 'superadmin', group_level: 10 })
  const headers = { 'x-api-key': tenantKey }
  for (const groups of [['superadmin'], ['user', 'superadmin'], ['bosses']]) {
    const body = { username: 'climber', password: 'SecurePassword123!', contact_name_given: 'C', groups }
    const created = await app.call('POST', `${api}/create.php`, body, headers)
    const updated = await app.call('PUT', `${api}/update.php?uuid=${jdoe}`, { groups }, headers)
    for (const answer of [created, updated]) {
      assert.equal(answer.status, 403, answer.text)
      assert.equal(answer.json.error.code, 'FORBIDDEN')
    }
  }
  assert.equal((await all(app, 'v_users', `username = 'climber'`)).length, 0)
  assert.equal((await all(app, 'v_contacts', 'true')).length, 1)
  assert.deepEqual(
    (await all(app, 'v_user_groups', 'true')).map((row) => row.group_name),
    ['managers'],
  )
  // Up to its own level it may.
  const admin = await app.call('PUT', `${api}/update.php?uuid=${jdoe}`, { groups: ['admin'] }, headers)
  assert.equal(admin.status, 200)
})

test("S002-USER-LEVEL: a tenant's key changes nothing about a superadmin: not his password, mail, groups or name", async () => {
  await putRoot()
  const before = await one(app, 'v_users', 'user_uuid = $1', [root])
  const headers = { 'x-api-key': tenantKey }
  for (const body of [
    { password: 'Overtaken12345' },
    { user_email: 'attacker@example.com' },
    { groups: [] },
    { groups: ['user'] },
    { username: 'notroot' },
    { user_enabled: 'false' },
    { contact_name_given: 'X' },
    { api_key: 'k'.repeat(40) },
    {},
  ]) {
    const answer = await app.call('PUT', `${api}/update.php?uuid=${root}`, body, headers)
    assert.equal(answer.status, 403, JSON.stringify(body))
    assert.equal(answer.json.error.code, 'FORBIDDEN')
  }
  assert.deepEqual(await one(app, 'v_users', 'user_uuid = $1', [root]), before)
  assert.equal((await all(app, 'v_user_groups', 'user_uuid = $1', [root])).length, 1)
  assert.equal((await all(app, 'v_contacts', 'true')).length, 1)
  // The system's key may.
  const answer = await app.call('PUT', `${api}/update.php?uuid=${root}`, { user_email: 'root@example.com' })
  assert.equal(answer.status, 200)
})
