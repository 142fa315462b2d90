import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, beforeEach, test } from 'node:test'
import { ours, testApp, theirs } from '../support/app.ts'
import {
  all,
  boxFolder,
  cached,
  curl,
  failed,
  fillBox,
  lastAudit,
  made,
  one,
  put,
  putForeign,
  receiptOf,
  says,
} from './documents.ts'

/** Spec 002, section 1: extensions, each example as it is printed. */
const app = await testApp()
after(() => app.close())

const john = '550e8400-e29b-41d4-a716-446655440000'
const jane = '660e8400-e29b-41d4-a716-446655440001'
const box = '770e8400-e29b-41d4-a716-446655440002'
const jdoe = '880e8400-e29b-41d4-a716-446655440003'

const common = {
  outbound_caller_id_name: 'Main Office',
  outbound_caller_id_number: '5551234567',
  user_context: 'example.com',
  enabled: 'true',
}
const listed = [
  {
    extension_uuid: john,
    extension: '101',
    number_alias: '1001',
    effective_caller_id_name: 'John Doe',
    effective_caller_id_number: '101',
    ...common,
    description: 'Reception desk',
  },
  {
    extension_uuid: jane,
    extension: '102',
    number_alias: '1002',
    effective_caller_id_name: 'Jane Smith',
    effective_caller_id_number: '102',
    ...common,
    description: 'Sales department',
  },
] as const

/** The tenant as the examples have it: 42 extensions, John's with a box and a user. */
beforeEach(async () => {
  for (const table of [
    'v_extensions',
    'v_voicemails',
    'v_voicemail_messages',
    'v_voicemail_greetings',
    'v_users',
    'v_contacts',
    'v_extension_users',
    'v_extension_settings',
    'v_follow_me',
    'v_follow_me_destinations',
    'v_ring_group_destinations',
    'v_device_lines',
    'v_database_transactions',
  ])
    await app.sql(`delete from ${table}`)
  const [first, second] = listed
  await put(app, 'v_extensions', {
    ...first,
    number_alias: null,
    password: 'a1b2c3d4e5f6g7h8',
    max_registrations: '1',
    limit_max: '5',
    limit_destination: 'error/user_busy',
    directory_first_name: 'John',
    directory_last_name: 'Doe',
    directory_visible: 'true',
    directory_exten_visible: 'true',
  })
  await put(app, 'v_extensions', second)
  await app.sql(
    `insert into v_extensions (extension_uuid, domain_uuid, extension, enabled)
     select gen_random_uuid(), $1::uuid, (200 + n)::text, 'true' from generate_series(1, 40) n`,
    [ours.uuid],
  )
  await put(app, 'v_voicemails', {
    voicemail_uuid: box,
    voicemail_id: '101',
    voicemail_password: '123456',
    voicemail_enabled: 'true',
  })
  const contact = '881e8400-e29b-41d4-a716-446655440003'
  await put(app, 'v_contacts', { contact_uuid: contact, contact_name_given: 'John', contact_name_family: 'Doe' })
  await put(app, 'v_users', { user_uuid: jdoe, username: 'jdoe', contact_uuid: contact, user_enabled: 'true' })
  await put(app, 'v_extension_users', {
    extension_user_uuid: '882e8400-e29b-41d4-a716-446655440003',
    extension_uuid: john,
    user_uuid: jdoe,
  })
  // The other tenant has the same numbers.
  for (const [n, extension] of ['101', '102', '103', '104', '100'].entries()) {
    await putForeign(app, 'v_extensions', {
      extension_uuid: `990e8400-e29b-41d4-a716-44665544990${n}`,
      extension,
      password: 'foreign',
      enabled: 'true',
    })
    await putForeign(app, 'v_voicemails', {
      voicemail_uuid: `990e8400-e29b-41d4-a716-44665544980${n}`,
      voicemail_id: extension,
      voicemail_password: '999999',
    })
  }
})

test('S002-EXT-LIST, S002-PAGE-META: the list example answers as printed: the first two of 42, three pages of 20', async () => {
  await app.sql(`update v_extensions set number_alias = '1001' where extension_uuid = $1`, [john])
  const answer = await curl(
    app,
    `curl -X GET "https://pbx.example.com/api/v1/extensions/list.php?page=1&per_page=20" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  assert.equal(answer.json.data.length, 20)
  assert.deepEqual(answer.json.data.slice(0, 2), listed)
  assert.deepEqual(answer.json.pagination, { page: 1, per_page: 20, total: 42, total_pages: 3 })
  for (const row of answer.json.data) assert.deepEqual(Object.keys(row), Object.keys(listed[0]))
})

const getExample = `curl -X GET "https://pbx.example.com/api/v1/extensions/get.php?uuid=550e8400-e29b-41d4-a716-446655440000" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`

test('S002-EXT-GET, S002-EXT-GET-VM, S002-EXT-GET-USER: the get example answers as printed, with password, box and user', async () => {
  const answer = await curl(app, getExample)
  assert.equal(answer.status, 200)
  says(answer.json, {
    success: true,
    data: {
      extension_uuid: john,
      extension: '101',
      password: 'a1b2c3d4e5f6g7h8',
      effective_caller_id_name: 'John Doe',
      effective_caller_id_number: '101',
      max_registrations: '1',
      limit_max: '5',
      enabled: 'true',
      voicemail: {
        voicemail_uuid: box,
        voicemail_id: '101',
        voicemail_password: '123456',
        voicemail_enabled: 'true',
      },
      user: { user_uuid: jdoe, username: 'jdoe', full_name: 'John Doe' },
      // Further fields of the table above the example.
      limit_destination: 'error/user_busy',
      directory_first_name: 'John',
      directory_last_name: 'Doe',
      directory_visible: 'true',
      directory_exten_visible: 'true',
    },
  })
  const { voicemail, user } = (await curl(app, getExample.replace(john, jane))).json.data
  assert.equal(voicemail ?? null, null)
  assert.equal(user ?? null, null)
})

test('S002-EXT-GET-VM: an extension with an alias shows its box 101, as list and get example have it together', async () => {
  await app.sql(`update v_extensions set number_alias = '1001' where extension_uuid = $1`, [john])
  assert.equal((await curl(app, getExample)).json.data.voicemail?.voicemail_id, '101')
})

const createExample = `curl -X POST "https://pbx.example.com/api/v1/extensions/create.php" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com" \\
  -H "Content-Type: application/json" \\
  -d '{
    "extension": "103",
    "effective_caller_id_name": "Sales Team",
    "effective_caller_id_number": "103",
    "outbound_caller_id_name": "Main Office",
    "outbound_caller_id_number": "5551234567",
    "directory_first_name": "Sales",
    "directory_last_name": "Team",
    "voicemail_enabled": "true",
    "voicemail_password": "1234",
    "voicemail_mail_to": "sales@example.com",
    "description": "Sales department extension"
  }'`

test('S002-EXT-CREATE, S002-EXT-CREATE-FX1, S002-EXT-CREATE-FX2, S002-EXT-CREATE-FX3, S002-EXT-CREATE-FX4, S002-FS-XML, S002-FS-CACHE: the create example makes the row, the box with its folder, and clears the cached directory entry', async () => {
  const files = cached(
    app,
    'directory.103@example.com',
    'directory.103@other.example.net',
    'directory.1033@example.com',
    'dialplan.example.com',
  )
  const answer = await curl(app, createExample)
  const uuid = made(answer, 'extension_uuid', 'Extension created successfully')
  says(await one(app, 'v_extensions', 'extension_uuid = $1', [uuid]), {
    domain_uuid: ours.uuid,
    extension: '103',
    effective_caller_id_name: 'Sales Team',
    effective_caller_id_number: '103',
    outbound_caller_id_name: 'Main Office',
    outbound_caller_id_number: '5551234567',
    directory_first_name: 'Sales',
    directory_last_name: 'Team',
    description: 'Sales department extension',
    user_context: 'example.com',
    enabled: 'true',
  })
  says(await one(app, 'v_voicemails', `voicemail_id = '103' and domain_uuid = $1`, [ours.uuid]), {
    voicemail_password: '1234',
    voicemail_mail_to: 'sales@example.com',
    voicemail_enabled: 'true',
    voicemail_file: 'attach',
    voicemail_local_after_email: 'true',
  })
  says(await one(app, 'v_voicemails', `voicemail_id = '103' and domain_uuid = $1`, [theirs.uuid]), {
    voicemail_password: '999999',
  })
  assert.ok(existsSync(boxFolder(app, '103')))
  assert.deepEqual(files(), {
    'directory.103@example.com': false,
    'directory.103@other.example.net': true,
    'directory.1033@example.com': true,
    'dialplan.example.com': true,
  })
  assert.deepEqual(await receiptOf(app, answer), {
    resource: 'extensions',
    operation: 'create',
    cache: 'done',
    // No switch is connected here; the receipt says what it has to be told.
    switch: 'none',
    effects: [
      { to: 'files', action: 'make-voicemail', domain: 'example.com', box: '103' },
      { to: 'switch', command: ['reloadacl'] },
      { to: 'cache', key: 'directory:103@example.com' },
    ],
  })
  const audit = await lastAudit(app)
  says(audit, {
    domain_uuid: ours.uuid,
    app_name: 'extensions',
    app_uuid: 'e68d9689-2769-e013-28fa-6214bf47fca3',
    transaction_code: '200',
    transaction_type: 'add',
    transaction_old: null,
  })
  assert.equal(audit.transaction_new.extensions[0].extension, '103')
  assert.equal(audit.transaction_new.extensions[0].password, '********')
  assert.equal(audit.transaction_new.voicemails[0].voicemail_password, '********')
})

test('an audit row says when it was made, as the rows that FusionPBX writes do', async () => {
  await curl(app, createExample)
  const { transaction_date } = await lastAudit(app)
  assert.notEqual(transaction_date, null)
})

test('S002-EXT-CREATE, S002-EXT-CREATE-DEF, S002-PWD-EXT: a number alone is enough; the rest has the documented defaults', async () => {
  const answer = await app.call('POST', '/api/v1/extensions/create.php', { extension: '105' })
  const uuid = made(answer, 'extension_uuid', 'Extension created successfully')
  const { data } = (await app.call('GET', `/api/v1/extensions/get.php?uuid=${uuid}`)).json
  says(data, {
    extension: '105',
    number_alias: null,
    effective_caller_id_name: '105',
    effective_caller_id_number: '105',
    outbound_caller_id_name: '',
    outbound_caller_id_number: '',
    directory_first_name: '',
    directory_last_name: '',
    directory_visible: 'true',
    max_registrations: '1',
    limit_max: '5',
    limit_destination: 'error/user_busy',
    user_context: 'example.com',
    enabled: 'true',
    description: '',
  })
  assert.match(data.password, /^[0-9a-f]{16}$/)
  assert.equal(data.voicemail ?? null, null)
  assert.equal((await all(app, 'v_voicemails', `voicemail_id = '105'`)).length, 0)
  assert.ok(!existsSync(boxFolder(app, '105')))
  const other = await app.call('POST', '/api/v1/extensions/create.php', { extension: '106' })
  const second = await one(app, 'v_extensions', 'extension_uuid = $1', [other.json.data.extension_uuid])
  assert.notEqual(second.password, data.password)
})

test('S002-PWD-VM, S002-EXT-CREATE-FX2: a box without a PIN gets six digits, another each time', async () => {
  const pins = new Set<string>()
  for (const extension of ['111', '112', '113', '114', '115']) {
    await app.call('POST', '/api/v1/extensions/create.php', { extension, voicemail_enabled: 'true' })
    const { voicemail_password } = await one(app, 'v_voicemails', 'voicemail_id = $1', [extension])
    assert.match(voicemail_password ?? '', /^\d{6}$/)
    pins.add(voicemail_password ?? '')
  }
  assert.ok(pins.size >= 4)
})

test('S002-EXT-CREATE-EMG: emergency caller ID is taken and shown', async () => {
  const emergency = { emergency_caller_id_name: 'Main Street 1', emergency_caller_id_number: '5551239999' }
  const answer = await app.call('POST', '/api/v1/extensions/create.php', { extension: '107', ...emergency })
  const uuid = made(answer, 'extension_uuid', 'Extension created successfully')
  says(await one(app, 'v_extensions', 'extension_uuid = $1', [uuid]), emergency)
  says((await app.call('GET', `/api/v1/extensions/get.php?uuid=${uuid}`)).json.data, emergency)
})

test('S002-EXT-CREATE-FX5: user_uuid links the extension to the user, and an empty one to nobody', async () => {
  const answer = await app.call('POST', '/api/v1/extensions/create.php', { extension: '108', user_uuid: jdoe })
  const uuid = made(answer, 'extension_uuid', 'Extension created successfully')
  says(await one(app, 'v_extension_users', 'extension_uuid = $1', [uuid]), {
    user_uuid: jdoe,
    domain_uuid: ours.uuid,
  })
  const { user } = (await app.call('GET', `/api/v1/extensions/get.php?uuid=${uuid}`)).json.data
  assert.deepEqual(user, { user_uuid: jdoe, username: 'jdoe', full_name: 'John Doe' })

  const alone = await app.call('POST', '/api/v1/extensions/create.php', { extension: '109', user_uuid: '' })
  assert.equal(alone.status, 201)
  assert.equal((await all(app, 'v_extension_users', 'true')).length, 2)
  const unlinked = await app.call('PUT', `/api/v1/extensions/update.php?uuid=${uuid}`, { user_uuid: '' })
  assert.equal(unlinked.status, 200)
  assert.equal((await all(app, 'v_extension_users', 'extension_uuid = $1', [uuid])).length, 0)
})

test('S002-EXT-CREATE: a write that fails half way leaves nothing behind', async () => {
  const count = (await all(app, 'v_extensions', 'true')).length
  const answer = await app.call('POST', '/api/v1/extensions/create.php', {
    extension: '110',
    voicemail_enabled: 'true',
    user_uuid: '00000000-0000-4000-8000-000000000000',
  })
  assert.equal(answer.status, 400)
  assert.equal(answer.json.error.field, 'user_uuid')
  assert.equal((await all(app, 'v_extensions', 'true')).length, count)
  assert.equal((await all(app, 'v_voicemails', `voicemail_id = '110'`)).length, 0)
  assert.ok(!existsSync(boxFolder(app, '110')))
  assert.equal((await all(app, 'v_database_transactions', 'true')).length, 0)
})

test('S002-EXT-UPDATE: the update example answers as printed and changes those two fields', async () => {
  const files = cached(app, 'directory.101@example.com', 'directory.102@example.com')
  const before = await one(app, 'v_extensions', 'extension_uuid = $1', [john])
  const answer = await curl(
    app,
    `curl -X PUT "https://pbx.example.com/api/v1/extensions/update.php?uuid=550e8400-e29b-41d4-a716-446655440000" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com" \\
  -H "Content-Type: application/json" \\
  -d '{
    "effective_caller_id_name": "John Doe Updated",
    "enabled": "true"
  }'`,
  )
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, message: 'Extension updated successfully' })
  const row = await one(app, 'v_extensions', 'extension_uuid = $1', [john])
  assert.notEqual(row.update_date, null)
  assert.deepEqual(row, { ...before, effective_caller_id_name: 'John Doe Updated', update_date: row.update_date })
  assert.deepEqual(files(), { 'directory.101@example.com': false, 'directory.102@example.com': true })
  const receipt = await receiptOf(app, answer)
  assert.equal(receipt.cache, 'done')
  assert.deepEqual(receipt.effects, [
    { to: 'switch', command: ['reloadacl'] },
    { to: 'cache', key: 'directory:101@example.com' },
  ])
  const audit = await lastAudit(app)
  assert.equal(audit.transaction_type, 'update')
  assert.equal(audit.transaction_old.extensions[0].effective_caller_id_name, 'John Doe')
  assert.equal(audit.transaction_new.extensions[0].effective_caller_id_name, 'John Doe Updated')
})

test('S002-EXT-UPDATE: another number takes box, folder, phones and ring groups along and clears both cached entries', async () => {
  const files = cached(app, 'directory.101@example.com', 'directory.201@example.com', 'directory.333@example.com')
  fillBox(app, '101')
  const line = { device_line_uuid: 'ee0e8400-e29b-41d4-a716-446655440010', line_number: '1', server_address: ours.name }
  await put(app, 'v_device_lines', { ...line, user_id: '101', auth_id: '101', password: 'a1b2c3d4e5f6g7h8' })
  await put(app, 'v_ring_group_destinations', {
    ring_group_destination_uuid: 'ee1e8400-e29b-41d4-a716-446655440010',
    destination_number: '101',
  })
  await put(app, 'v_voicemail_greetings', {
    voicemail_greeting_uuid: 'ee2e8400-e29b-41d4-a716-446655440010',
    voicemail_id: '101',
  })
  const answer = await app.call('PUT', `/api/v1/extensions/update.php?uuid=${john}`, {
    extension: '333',
    password: 'another-password',
  })
  assert.equal(answer.status, 200, answer.text)
  assert.equal((await one(app, 'v_voicemails', 'voicemail_uuid = $1', [box])).voicemail_id, '333')
  assert.equal((await one(app, 'v_voicemail_greetings', 'domain_uuid = $1', [ours.uuid])).voicemail_id, '333')
  assert.ok(existsSync(`${boxFolder(app, '333')}/msg_1.wav`))
  assert.ok(!existsSync(boxFolder(app, '101')))
  says(await one(app, 'v_device_lines', 'true'), { user_id: '333', auth_id: '333', password: 'another-password' })
  assert.equal((await one(app, 'v_ring_group_destinations', 'true')).destination_number, '333')
  assert.deepEqual(files(), {
    'directory.101@example.com': false,
    'directory.201@example.com': true,
    'directory.333@example.com': false,
  })
})

test('S002-EXT-UPDATE: switching voicemail on makes a box where there is none, and off keeps it', async () => {
  const update = (uuid: string, body: unknown) => app.call('PUT', `/api/v1/extensions/update.php?uuid=${uuid}`, body)
  assert.equal((await update(jane, { voicemail_enabled: 'true', voicemail_mail_to: 'jane@example.com' })).status, 200)
  // FusionPBX keeps a box under the alias where there is one.
  says(await one(app, 'v_voicemails', `voicemail_id = '1002' and domain_uuid = $1`, [ours.uuid]), {
    voicemail_enabled: 'true',
    voicemail_mail_to: 'jane@example.com',
  })
  assert.ok(existsSync(boxFolder(app, '1002')))
  assert.equal((await update(john, { voicemail_enabled: 'false' })).status, 200)
  says(await one(app, 'v_voicemails', 'voicemail_uuid = $1', [box]), {
    voicemail_enabled: 'false',
    voicemail_password: '123456',
  })
  assert.equal((await update(john, { voicemail_password: '987654' })).status, 200)
  says(await one(app, 'v_voicemails', 'voicemail_uuid = $1', [box]), {
    voicemail_enabled: 'false',
    voicemail_password: '987654',
  })
})

test('S002-EXT-DELETE: the delete example answers as printed; the box, its messages and folder, links and the cached entry go too', async () => {
  const files = cached(app, 'directory.101@example.com', 'directory.101@other.example.net')
  fillBox(app, '101')
  fillBox(app, '101', theirs.name)
  const message = { voicemail_message_uuid: '773e8400-e29b-41d4-a716-446655440002', voicemail_uuid: box }
  await put(app, 'v_voicemail_messages', message)
  const stranger = { voicemail_uuid: '990e8400-e29b-41d4-a716-446655449800' }
  await putForeign(app, 'v_voicemail_messages', {
    ...message,
    ...stranger,
    voicemail_message_uuid: '774e8400-e29b-41d4-a716-446655440002',
  })
  const answer = await curl(
    app,
    `curl -X DELETE "https://pbx.example.com/api/v1/extensions/delete.php?uuid=550e8400-e29b-41d4-a716-446655440000" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, message: 'Extension deleted successfully' })
  assert.equal((await all(app, 'v_extensions', 'extension_uuid = $1', [john])).length, 0)
  assert.equal((await all(app, 'v_voicemails', 'domain_uuid = $1', [ours.uuid])).length, 0)
  assert.deepEqual(
    (await all(app, 'v_voicemail_messages', 'true')).map((row) => row.domain_uuid),
    [theirs.uuid],
  )
  assert.equal((await all(app, 'v_extension_users', 'true')).length, 0)
  assert.ok(!existsSync(boxFolder(app, '101')))
  assert.ok(existsSync(`${boxFolder(app, '101', theirs.name)}/msg_1.wav`))
  assert.equal((await all(app, 'v_voicemails', 'domain_uuid = $1', [theirs.uuid])).length, 5)
  // The user is his own man.
  assert.equal((await all(app, 'v_users', 'user_uuid = $1', [jdoe])).length, 1)
  assert.deepEqual(files(), { 'directory.101@example.com': false, 'directory.101@other.example.net': true })
  const receipt = await receiptOf(app, answer)
  assert.equal(receipt.cache, 'done')
  const told = receipt.effects.filter((effect) => effect.to !== 'files')
  assert.deepEqual(told, [
    { to: 'switch', command: ['luarun', 'app.lua', 'voicemail', 'mwi', '101@example.com'] },
    { to: 'cache', key: 'directory:101@example.com' },
  ])
  const onDisk = receipt.effects.filter((effect) => effect.to === 'files')
  assert.deepEqual(onDisk, [{ to: 'files', action: 'remove-voicemail', domain: 'example.com', box: '101' }])
  const audit = await lastAudit(app)
  assert.equal(audit.transaction_type, 'delete')
  assert.equal(audit.transaction_old.extensions[0].extension, '101')
  assert.equal(audit.transaction_old.extensions[0].password, '********')
})

test('S002-ENV-ERR, S002-ERR-VALIDATION, S002-ERR-DUPLICATE: the two error examples answer as printed', async () => {
  failed(await app.call('POST', '/api/v1/extensions/create.php', { description: 'no number' }), 400, {
    code: 'VALIDATION_ERROR',
    message: 'Extension number is required',
    field: 'extension',
  })
  failed(await app.call('POST', '/api/v1/extensions/create.php', { extension: '101' }), 409, {
    code: 'DUPLICATE_ERROR',
    message: 'Extension already exists',
    field: 'extension',
  })
})

test('S002-EXT-CREATE: the first testing example makes extension 104 with its box', async () => {
  const answer = await curl(
    app,
    `curl -X POST "https://pbx.example.com/api/v1/extensions/create.php" \\
  -H "X-API-Key: \${API_KEY}" \\
  -H "X-Domain: example.com" \\
  -H "Content-Type: application/json" \\
  -d '{
    "extension": "104",
    "effective_caller_id_name": "Sales Line",
    "effective_caller_id_number": "104",
    "outbound_caller_id_name": "Main Office",
    "outbound_caller_id_number": "5551234567",
    "directory_first_name": "Sales",
    "directory_last_name": "Line",
    "voicemail_enabled": "true",
    "voicemail_password": "1234",
    "voicemail_mail_to": "sales@example.com",
    "description": "Sales department line"
  }'`,
  )
  const uuid = made(answer, 'extension_uuid', 'Extension created successfully')
  const { data } = (await app.call('GET', `/api/v1/extensions/get.php?uuid=${uuid}`)).json
  says(data, {
    extension: '104',
    directory_last_name: 'Line',
    voicemail: { voicemail_id: '104', voicemail_password: '1234', voicemail_mail_to: 'sales@example.com' },
  })
})
