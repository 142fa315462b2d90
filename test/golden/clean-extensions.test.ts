import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { after, beforeEach, test } from 'node:test'
import { ours, testApp, theirs } from '../support/app.ts'
import { all, boxFolder, cached, failed, fillBox, made, one, put, putForeign, receiptOf, says } from './documents.ts'

/** Spec 004, extensions, each example as it is printed. */
const app = await testApp()
after(() => app.close())

const uuid = '550e8400-e29b-41d4-a716-446655440000'
const box = '660e8400-e29b-41d4-a716-446655440000'
const john = '770e8400-e29b-41d4-a716-446655440000'
const path = `/api/v1/extensions/${uuid}`

/** The get example, word by word. */
const documented = {
  extension_uuid: uuid,
  extension: '1001',
  number_alias: null,
  effective_caller_id_name: 'John Doe',
  effective_caller_id_number: '1001',
  outbound_caller_id_name: '',
  outbound_caller_id_number: '',
  emergency_caller_id_name: '',
  emergency_caller_id_number: '',
  directory_first_name: 'John',
  directory_last_name: 'Doe',
  directory_visible: 'true',
  directory_exten_visible: 'true',
  max_registrations: '1',
  limit_max: '5',
  limit_destination: 'error/user_busy',
  user_context: 'example.com',
  enabled: 'true',
  description: "John's Extension",
  forward_all_destination: '',
  forward_all_enabled: 'false',
  forward_busy_destination: '',
  forward_busy_enabled: 'false',
  forward_no_answer_destination: '',
  forward_no_answer_enabled: 'false',
  forward_user_not_registered_destination: '',
  forward_user_not_registered_enabled: 'false',
  follow_me_uuid: null,
  do_not_disturb: 'false',
  accountcode: '',
  voicemail: {
    voicemail_uuid: box,
    voicemail_id: '1001',
    voicemail_password: '123456',
    voicemail_mail_to: 'john@example.com',
    voicemail_enabled: 'true',
    voicemail_description: '',
  },
  user: { user_uuid: john, username: 'john', full_name: 'John Doe' },
} as const

const tables = [
  'v_extensions',
  'v_voicemails',
  'v_users',
  'v_contacts',
  'v_extension_users',
  'v_extension_settings',
  'v_ring_group_destinations',
  'v_follow_me',
  'v_follow_me_destinations',
  'v_voicemail_messages',
]

const putJohn = async (): Promise<void> => {
  const contact_uuid = '771e8400-e29b-41d4-a716-446655440000'
  await put(app, 'v_contacts', { contact_uuid, contact_name_given: 'John', contact_name_family: 'Doe' })
  await put(app, 'v_users', { user_uuid: john, username: 'john', contact_uuid, user_enabled: 'true' })
}

beforeEach(async () => {
  for (const table of tables) await app.sql(`delete from ${table}`)
  await putJohn()
  // Only what the example shows a value for; the rest is NULL, as FusionPBX leaves it.
  await put(app, 'v_extensions', {
    extension_uuid: uuid,
    extension: '1001',
    password: 'secure-password',
    effective_caller_id_name: 'John Doe',
    effective_caller_id_number: '1001',
    directory_first_name: 'John',
    directory_last_name: 'Doe',
    directory_visible: 'true',
    directory_exten_visible: 'true',
    max_registrations: '1',
    limit_max: '5',
    limit_destination: 'error/user_busy',
    user_context: 'example.com',
    enabled: 'true',
    description: "John's Extension",
  })
  await put(app, 'v_voicemails', {
    voicemail_uuid: box,
    voicemail_id: '1001',
    voicemail_password: '123456',
    voicemail_mail_to: 'john@example.com',
    voicemail_enabled: 'true',
  })
  await put(app, 'v_extension_users', { extension_user_uuid: randomUUID(), extension_uuid: uuid, user_uuid: john })
  await putForeign(app, 'v_extensions', { extension_uuid: randomUUID(), extension: '1001', password: 'foreign' })
  await putForeign(app, 'v_voicemails', { voicemail_uuid: randomUUID(), voicemail_id: '1001' })
})

test('S004-EXT-LIST, S004-NULLS: the list example answers as printed, empty texts as "" and a missing alias as null', async () => {
  const answer = await app.call('GET', '/api/v1/extensions')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, {
    success: true,
    data: [
      {
        extension_uuid: uuid,
        extension: '1001',
        number_alias: null,
        effective_caller_id_name: 'John Doe',
        effective_caller_id_number: '1001',
        outbound_caller_id_name: '',
        outbound_caller_id_number: '',
        user_context: 'example.com',
        enabled: 'true',
        description: "John's Extension",
      },
    ],
    pagination: { page: 1, per_page: 50, total: 1, total_pages: 1 },
  })
})

test('S004-EXT-GET, S004-NULLS, S004-NUMTEXT: the get example answers every member as printed, in that order, and no SIP password', async () => {
  const answer = await app.call('GET', path)
  assert.equal(answer.status, 200)
  assert.equal(answer.json.success, true)
  says(answer.json.data, documented)
  assert.ok(!('password' in answer.json.data))
  assert.ok(!answer.text.includes('secure-password'))
  const order = Object.keys(answer.json.data).filter((name) => name in documented)
  assert.deepEqual(order, Object.keys(documented))
  assert.deepEqual(Object.keys(answer.json.data.voicemail), Object.keys(documented.voicemail))
  assert.deepEqual(Object.keys(answer.json.data.user), Object.keys(documented.user))
})

const createBody = {
  extension: '1001',
  password: 'secure-password',
  accountcode: '',
  effective_caller_id_name: 'John Doe',
  effective_caller_id_number: '1001',
  outbound_caller_id_name: '',
  outbound_caller_id_number: '',
  emergency_caller_id_name: '',
  emergency_caller_id_number: '',
  directory_first_name: 'John',
  directory_last_name: 'Doe',
  directory_visible: 'true',
  directory_exten_visible: 'true',
  max_registrations: '1',
  limit_max: '5',
  limit_destination: 'error/user_busy',
  enabled: 'true',
  description: "John's Extension",
  voicemail_enabled: 'true',
  voicemail_password: '123456',
  voicemail_mail_to: 'john@example.com',
  user_uuid: john,
}

test('S004-EXT-CREATE, S004-ENV-201: the create example, read back, is the get example', async () => {
  for (const table of tables) await app.sql(`delete from ${table}`)
  await putJohn()
  const left = cached(app, 'directory.1001@example.com')
  const answer = await app.call('POST', '/api/v1/extensions', createBody)
  const created = made(answer, 'extension_uuid', 'Extension created successfully')
  const { data } = (await app.call('GET', `/api/v1/extensions/${created}`)).json
  says(data, {
    ...documented,
    extension_uuid: created,
    voicemail: {
      ...documented.voicemail,
      voicemail_uuid: data.voicemail.voicemail_uuid,
      // FusionPBX gives a box the words of its extension.
      voicemail_description: data.voicemail.voicemail_description,
    },
  })
  const row = await one(app, 'v_extensions', 'extension_uuid = $1', [created])
  assert.equal(row.password, 'secure-password')
  assert.equal(row.domain_uuid, ours.uuid)
  assert.equal(row.accountcode, null)
  assert.ok(existsSync(boxFolder(app, '1001')))
  assert.deepEqual(left(), { 'directory.1001@example.com': false })
  assert.equal((await receiptOf(app, answer)).operation, 'create')
})

test('S004-EXT-CREATE: a number alone is enough, and the password is made and not shown', async () => {
  const answer = await app.call('POST', '/api/v1/extensions', { extension: '1003' })
  const created = made(answer, 'extension_uuid', 'Extension created successfully')
  const { password } = await one(app, 'v_extensions', 'extension_uuid = $1', [created])
  assert.match(password ?? '', /^[0-9a-f]{16}$/)
  const shown = await app.call('GET', `/api/v1/extensions/${created}`)
  assert.ok(!shown.text.includes(password ?? ''))
})

test('S004-ERR, S004-ERR-LIST, S004-ERR-TEXT: a body without a number answers the validation error as printed', async () => {
  failed(await app.call('POST', '/api/v1/extensions', {}), 400, {
    code: 'VALIDATION_ERROR',
    message: 'Validation failed',
    errors: [{ field: 'extension', message: 'extension is required' }],
  })
})

test('S004-EXT-UPDATE, S004-ENV-UPDATE: the update example answers as printed; number, password and box follow', async () => {
  fillBox(app, '1001')
  const left = cached(app, 'directory.1001@example.com', 'directory.1002@example.com')
  const answer = await app.call('PUT', path, {
    extension: '1002',
    password: 'new-password',
    effective_caller_id_name: 'John Smith',
    enabled: 'true',
    voicemail_password: '654321',
    voicemail_mail_to: 'johnsmith@example.com',
  })
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, {
    success: true,
    data: { extension_uuid: uuid },
    message: 'Extension updated successfully',
  })
  const { data } = (await app.call('GET', path)).json
  says(data, {
    ...documented,
    extension: '1002',
    effective_caller_id_name: 'John Smith',
    voicemail: {
      ...documented.voicemail,
      voicemail_id: '1002',
      voicemail_password: '654321',
      voicemail_mail_to: 'johnsmith@example.com',
      voicemail_description: data.voicemail.voicemail_description,
    },
  })
  assert.equal((await one(app, 'v_extensions', 'extension_uuid = $1', [uuid])).password, 'new-password')
  assert.ok(existsSync(`${boxFolder(app, '1002')}/msg_1.wav`))
  assert.deepEqual(left(), { 'directory.1001@example.com': false, 'directory.1002@example.com': false })
  assert.equal((await all(app, 'v_voicemails', 'domain_uuid = $1', [theirs.uuid]))[0]?.voicemail_id, '1001')
})

test('S004-EXT-DELETE, S004-ENV-204: a delete answers 204 and nothing; box, forwarding, follow me, ring groups and the cached entry go', async () => {
  const follow_me_uuid = randomUUID()
  await app.sql('update v_extensions set follow_me_uuid = $1, follow_me_enabled = $2 where extension_uuid = $3', [
    follow_me_uuid,
    'true',
    uuid,
  ])
  await put(app, 'v_follow_me', { follow_me_uuid })
  await put(app, 'v_follow_me_destinations', { follow_me_uuid, follow_me_destination_uuid: randomUUID() })
  await put(app, 'v_extension_settings', { extension_setting_uuid: randomUUID(), extension_uuid: uuid })
  for (const destination_number of ['1001', '1002'])
    await put(app, 'v_ring_group_destinations', { ring_group_destination_uuid: randomUUID(), destination_number })
  await putForeign(app, 'v_ring_group_destinations', {
    ring_group_destination_uuid: randomUUID(),
    destination_number: '1001',
  })
  fillBox(app, '1001')
  const left = cached(app, 'directory.1001@example.com')
  const answer = await app.call('DELETE', path)
  assert.equal(answer.status, 204)
  assert.equal(answer.text, '')
  assert.equal((await all(app, 'v_extensions', 'domain_uuid = $1', [ours.uuid])).length, 0)
  assert.equal((await all(app, 'v_voicemails', 'domain_uuid = $1', [ours.uuid])).length, 0)
  for (const table of ['v_extension_users', 'v_extension_settings', 'v_follow_me', 'v_follow_me_destinations'])
    assert.equal((await all(app, table, 'true')).length, 0, table)
  assert.deepEqual(
    (await all(app, 'v_ring_group_destinations', 'true'))
      .map((row) => [row.domain_uuid, row.destination_number])
      .sort(),
    [
      [ours.uuid, '1002'],
      [theirs.uuid, '1001'],
    ].sort(),
  )
  assert.ok(!existsSync(boxFolder(app, '1001')))
  assert.deepEqual(left(), { 'directory.1001@example.com': false })
  assert.equal((await receiptOf(app, answer)).cache, 'done')
  failed(await app.call('GET', path), 404, { code: 'NOT_FOUND', message: 'Extension not found' })
})
