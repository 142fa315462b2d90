import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
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
  made,
  one,
  put,
  putForeign,
  receiptOf,
  says,
} from './documents.ts'

/** Spec 002, section 5: voicemails, each example as it is printed. */
const app = await testApp()
after(() => app.close())

const box = '770e8400-e29b-41d4-a716-446655440002'
const other = '771e8400-e29b-41d4-a716-446655440002'
const strange = '772e8400-e29b-41d4-a716-446655440002'

/** Three new messages, one saved, and one of each in boxes that are not meant. */
beforeEach(async () => {
  for (const table of [
    'v_voicemails',
    'v_voicemail_messages',
    'v_voicemail_options',
    'v_voicemail_destinations',
    'v_voicemail_greetings',
  ])
    await app.sql(`delete from ${table}`)
  await put(app, 'v_voicemails', {
    voicemail_uuid: box,
    voicemail_id: '101',
    voicemail_password: '123456',
    voicemail_mail_to: 'john@example.com',
    voicemail_enabled: 'true',
    voicemail_tutorial: 'false',
  })
  await put(app, 'v_voicemails', { voicemail_uuid: other, voicemail_id: '102', voicemail_enabled: 'false' })
  await putForeign(app, 'v_voicemails', { voicemail_uuid: strange, voicemail_id: '101', voicemail_password: '999999' })
  const message = { caller_id_name: 'John Smith', caller_id_number: '5551234567', message_length: 12 }
  const statuses: [status: string | null, priority: string | null][] = [
    [null, null],
    ['', 'normal'],
    [null, 'urgent'],
    ['saved', null],
  ]
  for (const [n, [message_status, message_priority]] of statuses.entries())
    await put(app, 'v_voicemail_messages', {
      voicemail_message_uuid: `773e8400-e29b-41d4-a716-44665544000${n}`,
      voicemail_uuid: box,
      created_epoch: 1_707_057_825 + n,
      message_status,
      message_priority,
      message_base64: 'QUJD',
      ...message,
    })
  await put(app, 'v_voicemail_messages', {
    voicemail_message_uuid: randomUUID(),
    voicemail_uuid: other,
    created_epoch: 1,
    ...message,
  })
  await putForeign(app, 'v_voicemail_messages', {
    voicemail_message_uuid: randomUUID(),
    voicemail_uuid: strange,
    created_epoch: 2,
    ...message,
  })
})

const api = '/api/v1/voicemails'

test('S002-VM-LIST: the list example answers boxes with integer counts of unread messages', async () => {
  const answer = await curl(
    app,
    `curl -X GET "https://pbx.example.com/api/v1/voicemails/list.php" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  says(answer.json, {
    success: true,
    data: [
      { voicemail_uuid: box, voicemail_id: '101', voicemail_enabled: 'true', new_message_count: 3 },
      { voicemail_uuid: other, voicemail_id: '102', voicemail_enabled: 'false', new_message_count: 1 },
    ],
    pagination: { page: 1, per_page: 50, total: 2, total_pages: 1 },
  })
})

test('S002-VM-GET: the get example answers the box with options and message counts', async () => {
  await put(app, 'v_voicemail_options', {
    voicemail_option_uuid: randomUUID(),
    voicemail_uuid: box,
    voicemail_option_digits: '1',
    voicemail_option_action: 'menu-exec-app',
    voicemail_option_param: 'transfer 102 XML example.com',
    voicemail_option_order: 10,
  })
  const answer = await curl(
    app,
    `curl -X GET "https://pbx.example.com/api/v1/voicemails/get.php?uuid=770e8400-e29b-41d4-a716-446655440002" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  says(answer.json, {
    success: true,
    data: {
      voicemail_uuid: box,
      voicemail_id: '101',
      voicemail_enabled: 'true',
      voicemail_mail_to: 'john@example.com',
      new_message_count: 3,
      saved_message_count: 1,
      voicemail_options: [
        {
          voicemail_option_digits: '1',
          voicemail_option_action: 'menu-exec-app',
          voicemail_option_param: 'transfer 102 XML example.com',
          voicemail_option_order: '10',
        },
      ],
    },
  })
})

const messages = (query: string) => app.call('GET', `${api}/messages.php?uuid=${box}${query}`)

test('S002-VM-MSG: the messages example answers unread messages with the documented fields and types', async () => {
  const answer = await curl(
    app,
    `curl -X GET "https://pbx.example.com/api/v1/voicemails/messages.php?uuid=770e8400-e29b-41d4-a716-446655440002&status=unread" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  const common = {
    caller_id_name: 'John Smith',
    caller_id_number: '5551234567',
    message_length: 12,
    message_status: 'new',
  }
  assert.deepEqual(answer.json, {
    success: true,
    data: [
      [2, 'urgent'],
      [1, 'normal'],
      [0, 'normal'],
    ].map(([n, message_priority]) => ({
      voicemail_message_uuid: `773e8400-e29b-41d4-a716-44665544000${n}`,
      created_epoch: 1_707_057_825 + Number(n),
      ...common,
      message_priority,
    })),
    pagination: { page: 1, per_page: 50, total: 3, total_pages: 1 },
  })
})

test('S002-VM-MSG: read means read or saved, no filter means all, and pages are pages', async () => {
  const statusesOf = async (query: string) =>
    (await messages(query)).json.data.map((row: { message_status: string }) => row.message_status)
  assert.deepEqual(await statusesOf('&status=read'), ['saved'])
  assert.deepEqual(await statusesOf(''), ['saved', 'new', 'new', 'new'])
  const second = await messages('&page=2&per_page=3')
  assert.deepEqual(second.json.pagination, { page: 2, per_page: 3, total: 4, total_pages: 2 })
  assert.equal(second.json.data.length, 1)
  const wrong = await messages('&status=lost')
  assert.equal(wrong.status, 400)
  assert.equal(wrong.json.error.field, 'status')
  assert.doesNotMatch((await messages('')).text, /QUJD/)
})

test('S002-VM-MSG: messages of a box of another tenant are not found', async () => {
  failed(await app.call('GET', `${api}/messages.php?uuid=${strange}`), 404, {
    code: 'NOT_FOUND',
    message: 'Voicemail not found',
  })
})

test('S002-VM-CREATE, S002-PWD-VM: a box is made with its folder and a PIN of six digits, and the cached directory entry is cleared', async () => {
  const left = cached(app, 'directory.110@example.com', 'directory.110@other.example.net')
  const answer = await app.call('POST', `${api}/create.php`, {
    voicemail_id: '110',
    voicemail_mail_to: 'a@example.com',
  })
  const uuid = made(answer, 'voicemail_uuid', 'Voicemail created successfully')
  const row = await one(app, 'v_voicemails', 'voicemail_uuid = $1', [uuid])
  says(row, {
    domain_uuid: ours.uuid,
    voicemail_id: '110',
    voicemail_mail_to: 'a@example.com',
    voicemail_enabled: 'true',
    voicemail_file: 'attach',
    voicemail_local_after_email: 'true',
  })
  assert.match(row.voicemail_password ?? '', /^\d{6}$/)
  assert.ok(existsSync(boxFolder(app, '110')))
  assert.deepEqual(left(), { 'directory.110@example.com': false, 'directory.110@other.example.net': true })
  const receipt = await receiptOf(app, answer)
  assert.equal(receipt.cache, 'done')
  assert.deepEqual(receipt.effects, [
    { to: 'cache', key: 'directory:110@example.com' },
    { to: 'files', action: 'make-voicemail', domain: 'example.com', box: '110' },
  ])
})

test('S002-VM-CREATE: a body without a number, or with one that is taken, is refused', async () => {
  const lacking = await app.call('POST', `${api}/create.php`, { voicemail_password: '1234' })
  assert.equal(lacking.status, 400)
  assert.equal(lacking.json.error.field, 'voicemail_id')
  failed(await app.call('POST', `${api}/create.php`, { voicemail_id: '101' }), 409, {
    code: 'DUPLICATE_ERROR',
    message: 'Voicemail already exists',
    field: 'voicemail_id',
  })
})

test('S002-VM-UPDATE: a box is changed in place; another number takes folder and greetings along', async () => {
  const left = cached(app, 'directory.101@example.com', 'directory.120@example.com')
  fillBox(app, '101')
  await put(app, 'v_voicemail_greetings', {
    voicemail_greeting_uuid: randomUUID(),
    voicemail_id: '101',
    greeting_id: 1,
  })
  await putForeign(app, 'v_voicemail_greetings', {
    voicemail_greeting_uuid: randomUUID(),
    voicemail_id: '101',
    greeting_id: 1,
  })
  const answer = await app.call('PUT', `${api}/update.php?uuid=${box}`, { voicemail_id: '120', voicemail_mail_to: '' })
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, message: 'Voicemail updated successfully' })
  says(await one(app, 'v_voicemails', 'voicemail_uuid = $1', [box]), {
    voicemail_id: '120',
    voicemail_mail_to: null,
    voicemail_password: '123456',
  })
  assert.equal((await one(app, 'v_voicemail_greetings', 'domain_uuid = $1', [ours.uuid])).voicemail_id, '120')
  assert.equal((await one(app, 'v_voicemail_greetings', 'domain_uuid = $1', [theirs.uuid])).voicemail_id, '101')
  assert.ok(existsSync(`${boxFolder(app, '120')}/msg_1.wav`))
  assert.ok(!existsSync(boxFolder(app, '101')))
  assert.deepEqual(left(), { 'directory.101@example.com': false, 'directory.120@example.com': false })
  assert.equal((await all(app, 'v_voicemail_messages', 'voicemail_uuid = $1', [box])).length, 4)
})

test('S002-VM-DELETE: a box goes with its messages, options, copies, greetings and folder, and the lamp is put out', async () => {
  fillBox(app, '101')
  fillBox(app, '101', theirs.name)
  await put(app, 'v_voicemail_options', { voicemail_option_uuid: randomUUID(), voicemail_uuid: box })
  await put(app, 'v_voicemail_destinations', {
    voicemail_destination_uuid: randomUUID(),
    voicemail_uuid: box,
    voicemail_uuid_copy: other,
  })
  await put(app, 'v_voicemail_destinations', {
    voicemail_destination_uuid: randomUUID(),
    voicemail_uuid: other,
    voicemail_uuid_copy: box,
  })
  await put(app, 'v_voicemail_greetings', { voicemail_greeting_uuid: randomUUID(), voicemail_id: '101' })
  await putForeign(app, 'v_voicemail_greetings', { voicemail_greeting_uuid: randomUUID(), voicemail_id: '101' })
  const left = cached(app, 'directory.101@example.com')
  const answer = await app.call('DELETE', `${api}/delete.php?uuid=${box}`)
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, message: 'Voicemail deleted successfully' })
  assert.deepEqual((await all(app, 'v_voicemails', 'true')).map((row) => row.voicemail_uuid).sort(), [other, strange])
  assert.deepEqual((await all(app, 'v_voicemail_messages', 'true')).map((row) => row.voicemail_uuid).sort(), [
    other,
    strange,
  ])
  for (const table of ['v_voicemail_options', 'v_voicemail_destinations'])
    assert.equal((await all(app, table, 'true')).length, 0, table)
  assert.deepEqual(
    (await all(app, 'v_voicemail_greetings', 'true')).map((row) => row.domain_uuid),
    [theirs.uuid],
  )
  assert.ok(!existsSync(boxFolder(app, '101')))
  assert.ok(existsSync(`${boxFolder(app, '101', theirs.name)}/msg_1.wav`))
  assert.deepEqual(left(), { 'directory.101@example.com': false })
  const { effects } = await receiptOf(app, answer)
  const at = (wanted: unknown) => effects.findIndex((effect) => JSON.stringify(effect) === JSON.stringify(wanted))
  const lamp = at({ to: 'switch', command: ['luarun', 'app.lua', 'voicemail', 'mwi', '101@example.com'] })
  assert.ok(lamp >= 0, JSON.stringify(effects))
  assert.ok(effects.some((effect) => effect.to === 'cache' && effect.key === 'directory:101@example.com'))
  assert.ok(
    effects.some((effect) => effect.to === 'files' && effect.action === 'remove-voicemail' && effect.box === '101'),
  )
})
