import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import bcrypt from '@node-rs/bcrypt'
import { createKey } from '../../src/services/keys.ts'
import { ours, testApp, theirs } from '../support/app.ts'
import { all, cached, made, one, put, putForeign, putGroups, receiptOf, says } from './documents.ts'

/** Spec 004: users, gateways, devices, voicemails and domains, each example as it is printed. */
const app = await testApp({ env: { TANDEM_SECURITY__AUTH_MODE: 'both' } })
after(() => app.close())
await putGroups(app)

const john = '770e8400-e29b-41d4-a716-446655440000'
const carrier = '880e8400-e29b-41d4-a716-446655440000'
const phone = '990e8400-e29b-41d4-a716-446655440000'
const box = 'aa0e8400-e29b-41d4-a716-446655440000'
const onePage = { page: 1, per_page: 50, total: 1, total_pages: 1 }

before(async () => {
  await putForeign(app, 'v_users', { user_uuid: randomUUID(), username: 'john' })
  await putForeign(app, 'v_gateways', { gateway_uuid: randomUUID(), gateway: 'carrier1' })
  await putForeign(app, 'v_devices', { device_uuid: randomUUID(), device_address: '0015650f0f0f' })
  await putForeign(app, 'v_voicemails', { voicemail_uuid: randomUUID(), voicemail_id: '1001' })
})

test('S004-USER-LIST, S004-ENV-OK: the users example answers as printed', async () => {
  const listed = { user_uuid: john, username: 'john', user_email: 'john@example.com', user_enabled: 'true' }
  await put(app, 'v_users', { ...listed, password: '$2y$10$hidden' })
  const answer = await app.call('GET', '/api/v1/users')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, data: [listed], pagination: onePage })
  await app.sql('delete from v_users where domain_uuid = $1', [ours.uuid])
})

const userBody = {
  username: 'john',
  password: 'SecurePassword123!',
  user_email: 'john@example.com',
  user_enabled: 'true',
  user_status: 'Available',
  user_language: 'en-us',
  user_time_zone: 'America/New_York',
  groups: ['user', 'admin'],
  contact_name_given: 'John',
  contact_name_family: 'Doe',
  contact_organization: 'Acme Corp',
  contact_email: 'john@example.com',
  contact_url: 'https://example.com',
  contact_nickname: 'Johnny',
}

test('S004-USER-CREATE, S004-USER-REST: the create example is kept with a bcrypt hash, shown, changed and deleted', async () => {
  const uuid = made(await app.call('POST', '/api/v1/users', userBody), 'user_uuid', 'User created successfully')
  const { password } = await one(app, 'v_users', 'user_uuid = $1', [uuid])
  assert.match(password ?? '', /^\$2y\$10\$/)
  assert.ok(await bcrypt.verify('SecurePassword123!', password ?? ''))
  const { password: _, groups, ...shown } = userBody
  const read = await app.call('GET', `/api/v1/users/${uuid}`)
  assert.equal(read.status, 200)
  says(read.json.data, { user_uuid: uuid, ...shown })
  assert.deepEqual(
    read.json.data.groups.map((group: { group_name: string }) => group.group_name).sort(),
    [...groups].sort(),
  )
  assert.doesNotMatch(read.text, /\$2y\$|SecurePassword/)

  const changed = await app.call('PUT', `/api/v1/users/${uuid}`, { user_status: 'On Break', contact_nickname: '' })
  assert.deepEqual(changed.json, { success: true, data: { user_uuid: uuid }, message: 'User updated successfully' })
  const again = (await app.call('GET', `/api/v1/users/${uuid}`)).json.data
  says(again, { ...shown, user_status: 'On Break', contact_nickname: '' })

  const deleted = await app.call('DELETE', `/api/v1/users/${uuid}`)
  assert.equal(deleted.status, 204)
  assert.equal(deleted.text, '')
  assert.equal((await all(app, 'v_users', 'domain_uuid = $1', [ours.uuid])).length, 0)
  assert.equal((await all(app, 'v_users', 'domain_uuid = $1', [theirs.uuid])).length, 1)
})

test('S004-USER-CREATE, S004-ERR-LIST: a user without username and password is told both at once', async () => {
  const answer = await app.call('POST', '/api/v1/users', { user_email: 'not an address' })
  assert.equal(answer.status, 400)
  assert.equal(answer.json.error.message, 'Validation failed')
  assert.deepEqual(answer.json.error.errors.map((fault: { field: string }) => fault.field).sort(), [
    'password',
    'user_email',
    'username',
  ])
})

const listedGateway = {
  gateway_uuid: carrier,
  gateway: 'carrier1',
  username: 'account123',
  proxy: 'sip.carrier.com',
  register: 'true',
  profile: 'external',
  enabled: 'true',
  description: 'Primary Carrier',
}

test('S004-GW-LIST: the gateways example answers as printed', async () => {
  await put(app, 'v_gateways', { ...listedGateway, password: 'hidden' })
  const answer = await app.call('GET', '/api/v1/gateways')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, data: [listedGateway], pagination: onePage })
  await app.sql('delete from v_gateways where domain_uuid = $1', [ours.uuid])
})

const gatewayBody = {
  gateway: 'carrier1',
  username: 'account123',
  password: 'secret',
  auth_username: 'account123',
  realm: 'sip.carrier.com',
  from_user: 'account123',
  from_domain: 'sip.carrier.com',
  proxy: 'sip.carrier.com',
  register_proxy: 'sip.carrier.com',
  outbound_proxy: '',
  expire_seconds: '800',
  register: 'true',
  register_transport: 'udp',
  retry_seconds: '30',
  extension: '',
  ping: '25',
  context: 'public',
  profile: 'external',
  enabled: 'true',
  description: 'Primary Carrier',
  hostname: '',
  distinct_to: 'false',
  contact_params: '',
  caller_id_in_from: 'false',
  supress_cng: 'false',
  sip_cid_type: 'none',
  codec_prefs: 'PCMU,PCMA',
}

test('S004-GW-CREATE, S004-GW-REST, S004-NUMTEXT: the create example is kept, shown as it was sent but for the password, changed and deleted', async () => {
  const left = cached(app, 'pbx1.configuration.sofia.conf')
  const answer = await app.call('POST', '/api/v1/gateways', gatewayBody)
  const uuid = made(answer, 'gateway_uuid', 'Gateway created successfully')
  assert.deepEqual(left(), { 'pbx1.configuration.sofia.conf': false })
  const { password, ...shown } = gatewayBody
  const read = await app.call('GET', `/api/v1/gateways/${uuid}`)
  says(read.json.data, { gateway_uuid: uuid, ...shown })
  assert.ok(!('password' in read.json.data))
  assert.equal((await one(app, 'v_gateways', 'gateway_uuid = $1', [uuid])).password, password)
  assert.deepEqual((await receiptOf(app, answer)).effects, [
    { to: 'cache', key: 'configuration:sofia.conf', perHost: true },
    { to: 'switch', command: ['sofia', 'profile', 'external', 'rescan'] },
  ])

  const changed = await app.call('PUT', `/api/v1/gateways/${uuid}`, { ping: '' })
  assert.deepEqual(changed.json, {
    success: true,
    data: { gateway_uuid: uuid },
    message: 'Gateway updated successfully',
  })
  says((await app.call('GET', `/api/v1/gateways/${uuid}`)).json.data, { ...shown, ping: '' })
  const deleted = await app.call('DELETE', `/api/v1/gateways/${uuid}`)
  assert.equal(deleted.status, 204)
  assert.equal((await all(app, 'v_gateways', 'domain_uuid = $1', [ours.uuid])).length, 0)
})

test('S004-GW-CREATE-OPT: every column that FusionPBX keeps of a gateway can be sent and is shown', async () => {
  const values: Record<string, string> = {
    gateway: 'full',
    username: 'user',
    password: 'secret',
    distinct_to: 'true',
    auth_username: 'auth',
    realm: 'realm.example.org',
    from_user: 'from',
    from_domain: 'from.example.org',
    proxy: 'proxy.example.org',
    register_proxy: 'register.example.org',
    outbound_proxy: 'out.example.org',
    expire_seconds: '600',
    register: 'true',
    register_transport: 'tcp',
    contact_params: 'tport=tcp',
    retry_seconds: '20',
    extension: '100',
    ping: '30',
    ping_min: '2',
    ping_max: '5',
    contact_in_ping: 'true',
    caller_id_in_from: 'true',
    supress_cng: 'true',
    sip_cid_type: 'pid',
    codec_prefs: 'OPUS,PCMA',
    channels: '30',
    extension_in_contact: 'true',
    context: 'public',
    profile: 'external',
    hostname: 'pbx1',
    enabled: 'false',
    description: 'Everything',
  }
  const columns = await app.sql<{ name: string }>(
    `select column_name::text as name from information_schema.columns where table_name = 'v_gateways'
       and column_name not in ('gateway_uuid', 'domain_uuid', 'insert_date', 'insert_user', 'update_date', 'update_user')`,
  )
  assert.deepEqual(columns.map((column) => column.name).sort(), Object.keys(values).sort())
  const uuid = made(await app.call('POST', '/api/v1/gateways', values), 'gateway_uuid', 'Gateway created successfully')
  says(await one(app, 'v_gateways', 'gateway_uuid = $1', [uuid]), values)
  const { password: _, ...shown } = values
  says((await app.call('GET', `/api/v1/gateways/${uuid}`)).json.data, shown)
})

test('S004-DEV-LIST: the devices example answers as printed, and the rest of the pattern is there', async () => {
  const listed = {
    device_uuid: phone,
    device_address: '001122334455',
    device_vendor: 'Yealink',
    device_model: 'T46S',
    device_enabled: 'true',
    device_label: 'Reception Phone',
    device_description: 'Front desk phone',
  }
  await put(app, 'v_devices', listed)
  const answer = await app.call('GET', '/api/v1/devices')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, data: [listed], pagination: onePage })
  says((await app.call('GET', `/api/v1/devices/${phone}`)).json.data, { ...listed, device_lines: [], device_keys: [] })
  const changed = await app.call('PUT', `/api/v1/devices/${phone}`, { device_label: 'Renamed' })
  assert.deepEqual(changed.json, {
    success: true,
    data: { device_uuid: phone },
    message: 'Device updated successfully',
  })
  assert.equal((await app.call('DELETE', `/api/v1/devices/${phone}`)).status, 204)
  const other = await app.call('POST', '/api/v1/devices', { device_address: '00:11:22:33:44:55' })
  made(other, 'device_uuid', 'Device created successfully')
})

test('S004-VM-LIST, S004-NUMTEXT: the voicemails example answers as printed; the count is a number', async () => {
  const listed = {
    voicemail_uuid: box,
    voicemail_id: '1001',
    voicemail_mail_to: 'john@example.com',
    voicemail_enabled: 'true',
    voicemail_description: "John's Voicemail",
  }
  await put(app, 'v_voicemails', listed)
  for (const message_status of [null, null, '', 'saved'])
    await put(app, 'v_voicemail_messages', {
      voicemail_message_uuid: randomUUID(),
      voicemail_uuid: box,
      created_epoch: 1_705_318_245,
      message_length: 9,
      message_status,
    })
  const answer = await app.call('GET', '/api/v1/voicemails')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, {
    success: true,
    data: [{ ...listed, new_message_count: 3 }],
    pagination: onePage,
  })
  const messages = await app.call('GET', `/api/v1/voicemails/${box}/messages?status=read`)
  assert.equal(messages.status, 200)
  assert.equal(messages.json.pagination.total, 1)
  assert.deepEqual(
    [messages.json.data[0].created_epoch, messages.json.data[0].message_length, messages.json.data[0].message_status],
    [1_705_318_245, 9, 'saved'],
  )
})

test('S004-NUMTEXT: numbers that are kept as numbers or as text are shown as text, both ways', async () => {
  const created = await app.call('POST', '/api/v1/extensions', {
    extension: '1300',
    limit_max: '12',
    max_registrations: 3,
    call_timeout: '45',
  })
  const { data } = (await app.call('GET', `/api/v1/extensions/${created.json.data.extension_uuid}`)).json
  says(data, { limit_max: '12', max_registrations: '3', call_timeout: '45' })
  for (const [name, value] of Object.entries(data)) assert.notEqual(typeof value, 'number', name)
})

test('S004-DOM-LIST: the domains example answers the own domain alone, without pages, whoever asks', async () => {
  await app.sql(`update v_domains set domain_description = 'Example domain' where domain_uuid = $1`, [ours.uuid])
  const { key } = await createKey(app.database, { name: 'ours', domainUuid: ours.uuid, scopes: ['*:read'] })
  for (const headers of [{}, { 'x-api-key': key }]) {
    const answer = await app.call('GET', '/api/v1/domains', undefined, headers)
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
      ],
    })
  }
  const paged = await app.call('GET', '/api/v1/domains?page=2&per_page=1')
  assert.deepEqual(Object.keys(paged.json), ['success', 'data'])
  assert.equal(paged.json.data.length, 1, 'there is no second page to ask for')
})
