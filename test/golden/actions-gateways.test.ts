import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { ours, testApp, theirs } from '../support/app.ts'
import { all, cached, curl, failed, lastAudit, made, one, put, putForeign, receiptOf, says } from './documents.ts'

/** Spec 002, section 3: gateways, each example as it is printed. */
const app = await testApp()
after(() => app.close())

const vonage = 'bb0e8400-e29b-41d4-a716-446655440007'
const listed = {
  gateway_uuid: vonage,
  gateway: 'Vonage',
  username: 'myaccount',
  proxy: 'sip.vonage.com',
  register: 'true',
  profile: 'external',
  enabled: 'true',
  description: 'Vonage SIP trunk',
} as const

beforeEach(async () => {
  await app.sql('delete from v_gateways')
  await put(app, 'v_gateways', { ...listed, password: 'secret123', context: 'public' })
  await putForeign(app, 'v_gateways', {
    gateway_uuid: 'bb1e8400-e29b-41d4-a716-446655440007',
    gateway: 'Vonage',
    password: 'foreign',
    profile: 'external',
  })
})

const api = '/api/v1/gateways'

test('S002-GW-LIST: the list example answers as printed', async () => {
  const answer = await curl(
    app,
    `curl -X GET "https://pbx.example.com/api/v1/gateways/list.php" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, {
    success: true,
    data: [listed],
    pagination: { page: 1, per_page: 50, total: 1, total_pages: 1 },
  })
})

test('S002-GW-GET: the get example answers as printed; without a switch the status is null, as documented', async () => {
  const answer = await curl(
    app,
    `curl -X GET "https://pbx.example.com/api/v1/gateways/get.php?uuid=bb0e8400-e29b-41d4-a716-446655440007" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  says(answer.json, { success: true, data: { ...listed, password: 'secret123' } })
  const { data } = answer.json
  for (const field of ['auth_username', 'realm', 'from_user', 'from_domain', 'expire_seconds', 'retry_seconds'])
    assert.equal(typeof data[field], 'string', field)
  assert.equal(data.registration_status, null)
  assert.equal(data.registration_state, null)
})

const files = () =>
  cached(
    app,
    'pbx1.configuration.sofia.conf',
    'pbx2.example.org.configuration.sofia.conf',
    'pbx1.configuration.callcenter.conf',
    'configuration.acl.conf',
    'directory.101@example.com',
  )
const sofiaGone = {
  'pbx1.configuration.sofia.conf': false,
  'pbx2.example.org.configuration.sofia.conf': false,
  'pbx1.configuration.callcenter.conf': true,
  'configuration.acl.conf': true,
  'directory.101@example.com': true,
}

test('S002-GW-CREATE, S002-GW-CREATE-FX, S002-FS-CACHE: the create example makes the row, clears the sofia cache of every switch and asks for a rescan', async () => {
  const left = files()
  const answer = await curl(
    app,
    `curl -X POST "https://pbx.example.com/api/v1/gateways/create.php" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com" \\
  -H "Content-Type: application/json" \\
  -d '{
    "gateway": "Twilio",
    "proxy": "sip.twilio.com",
    "username": "ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "password": "auth_token_here",
    "register": "true",
    "expire_seconds": "3600",
    "profile": "external",
    "enabled": "true",
    "description": "Twilio SIP trunk"
  }'`,
  )
  const uuid = made(answer, 'gateway_uuid', 'Gateway created successfully')
  says(await one(app, 'v_gateways', 'gateway_uuid = $1', [uuid]), {
    domain_uuid: ours.uuid,
    gateway: 'Twilio',
    proxy: 'sip.twilio.com',
    username: 'ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    password: 'auth_token_here',
    register: 'true',
    expire_seconds: '3600',
    profile: 'external',
    enabled: 'true',
    description: 'Twilio SIP trunk',
  })
  assert.deepEqual(left(), sofiaGone)
  assert.deepEqual(await receiptOf(app, answer), {
    resource: 'gateways',
    operation: 'create',
    cache: 'done',
    switch: 'none',
    effects: [
      { to: 'cache', key: 'configuration:sofia.conf', perHost: true },
      { to: 'switch', command: ['sofia', 'profile', 'external', 'rescan'] },
    ],
  })
  const audit = await lastAudit(app)
  assert.equal(audit.transaction_type, 'add')
  assert.equal(audit.transaction_new.gateways[0].password, '********')
})

test('S002-GW-CREATE: the third testing example makes the Vonage trunk', async () => {
  await app.sql('delete from v_gateways where domain_uuid = $1', [ours.uuid])
  const answer = await curl(
    app,
    `curl -X POST "https://pbx.example.com/api/v1/gateways/create.php" \\
  -H "X-API-Key: \${API_KEY}" \\
  -H "X-Domain: example.com" \\
  -H "Content-Type: application/json" \\
  -d '{
    "gateway": "Vonage",
    "proxy": "sip.vonage.com",
    "username": "vonage-account-id",
    "password": "vonage-password",
    "register": "true",
    "expire_seconds": "3600",
    "retry_seconds": "30",
    "profile": "external",
    "enabled": "true",
    "description": "Vonage SIP trunk for outbound calls"
  }'`,
  )
  made(answer, 'gateway_uuid', 'Gateway created successfully')
})

const shownOf = async (uuid: string) => (await app.call('GET', `${api}/get.php?uuid=${uuid}`)).json.data

test('S002-GW-CREATE, S002-GW-CREATE-OPT: gateway and proxy are enough; the rest has the documented defaults', async () => {
  const answer = await app.call('POST', `${api}/create.php`, { gateway: 'bare', proxy: 'sip.bare.com' })
  const data = await shownOf(made(answer, 'gateway_uuid', 'Gateway created successfully'))
  says(data, {
    gateway: 'bare',
    proxy: 'sip.bare.com',
    expire_seconds: '800',
    register: 'false',
    retry_seconds: '30',
    profile: 'external',
    enabled: 'true',
  })
  const empty = ['username', 'password', 'auth_username', 'realm', 'from_user', 'from_domain', 'register_proxy']
  empty.push('outbound_proxy', 'register_transport', 'extension', 'ping', 'description', 'hostname', 'contact_params')
  empty.push('sip_cid_type', 'extension_in_contact', 'codec_prefs')
  for (const field of empty) assert.equal(data[field], '', field)
  // Flags that are off.
  for (const field of ['distinct_to', 'caller_id_in_from', 'supress_cng']) assert.equal(data[field], 'false', field)
})

test('S002-GW-CREATE-OPT: the context is empty unless it is sent, as the table of defaults says', async () => {
  const answer = await app.call('POST', `${api}/create.php`, { gateway: 'nocontext', proxy: 'sip.bare.com' })
  const data = await shownOf(made(answer, 'gateway_uuid', 'Gateway created successfully'))
  assert.equal(data.context, '')
})

test('S002-GW-CREATE-OPT: all 26 optional fields are kept and shown', async () => {
  const optional = {
    username: 'account123',
    password: 'secret',
    auth_username: 'auth123',
    realm: 'realm.carrier.com',
    from_user: 'from123',
    from_domain: 'from.carrier.com',
    register_proxy: 'register.carrier.com',
    outbound_proxy: 'out.carrier.com:5061',
    expire_seconds: '900',
    register: 'true',
    register_transport: 'tls',
    retry_seconds: '45',
    extension: '5551234567',
    ping: '25',
    context: 'from-carrier',
    profile: 'external-ipv6',
    enabled: 'false',
    description: 'All of it',
    hostname: 'pbx1.example.org',
    distinct_to: 'true',
    contact_params: 'tport=tcp',
    caller_id_in_from: 'true',
    supress_cng: 'true',
    sip_cid_type: 'rpid',
    extension_in_contact: 'true',
    codec_prefs: 'PCMU,PCMA',
  }
  assert.equal(Object.keys(optional).length, 26)
  const answer = await app.call('POST', `${api}/create.php`, { gateway: 'full', proxy: 'sip.full.com', ...optional })
  const uuid = made(answer, 'gateway_uuid', 'Gateway created successfully')
  says(await one(app, 'v_gateways', 'gateway_uuid = $1', [uuid]), optional)
  says(await shownOf(uuid), optional)
})

test('S002-GW-UPDATE: the update example answers as printed, clears the cache and asks for a rescan', async () => {
  const before = await one(app, 'v_gateways', 'gateway_uuid = $1', [vonage])
  const left = files()
  const answer = await curl(
    app,
    `curl -X PUT "https://pbx.example.com/api/v1/gateways/update.php?uuid=bb0e8400-e29b-41d4-a716-446655440007" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com" \\
  -H "Content-Type: application/json" \\
  -d '{
    "enabled": "true"
  }'`,
  )
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, message: 'Gateway updated successfully' })
  assert.deepEqual(await one(app, 'v_gateways', 'gateway_uuid = $1', [vonage]), before)
  assert.deepEqual(left(), sofiaGone)
  const { effects } = await receiptOf(app, answer)
  assert.deepEqual(effects.slice(-2), [
    { to: 'cache', key: 'configuration:sofia.conf', perHost: true },
    { to: 'switch', command: ['sofia', 'profile', 'external', 'rescan'] },
  ])
})

test('S002-GW-UPDATE: a changed gateway is unloaded first, because a rescan reads no loaded one again, and both profiles are rescanned', async () => {
  const answer = await app.call('PUT', `${api}/update.php?uuid=${vonage}`, {
    proxy: 'sip2.vonage.com',
    profile: 'internal',
  })
  assert.equal(answer.status, 200)
  says(await one(app, 'v_gateways', 'gateway_uuid = $1', [vonage]), {
    proxy: 'sip2.vonage.com',
    profile: 'internal',
    password: 'secret123',
  })
  assert.deepEqual((await receiptOf(app, answer)).effects, [
    { to: 'switch', command: ['sofia', 'profile', 'external', 'killgw', vonage] },
    { to: 'cache', key: 'configuration:sofia.conf', perHost: true },
    { to: 'switch', command: ['sofia', 'profile', 'external', 'rescan'] },
    { to: 'switch', command: ['sofia', 'profile', 'internal', 'rescan'] },
  ])
})

test('S002-GW-DELETE: the delete example answers as printed: the switch is told to drop it, the row and the cache go', async () => {
  const left = files()
  const answer = await curl(
    app,
    `curl -X DELETE "https://pbx.example.com/api/v1/gateways/delete.php?uuid=bb0e8400-e29b-41d4-a716-446655440007" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, message: 'Gateway deleted successfully' })
  assert.deepEqual(
    (await all(app, 'v_gateways', 'true')).map((row) => row.domain_uuid),
    [theirs.uuid],
  )
  assert.deepEqual(left(), sofiaGone)
  const { effects } = await receiptOf(app, answer)
  assert.deepEqual(effects.slice(0, 2), [
    { to: 'switch', command: ['sofia', 'profile', 'external', 'killgw', vonage] },
    { to: 'cache', key: 'configuration:sofia.conf', perHost: true },
  ])
})

test('S002-ERR-VALIDATION, S002-ERR-DUPLICATE: gateways without name or proxy, or with a name that is taken, are refused', async () => {
  for (const [body, field] of [
    [{ proxy: 'sip.x.com' }, 'gateway'],
    [{ gateway: 'x' }, 'proxy'],
  ] as const) {
    const answer = await app.call('POST', `${api}/create.php`, body)
    assert.equal(answer.status, 400)
    assert.equal(answer.json.error.code, 'VALIDATION_ERROR')
    assert.equal(answer.json.error.field, field)
    assert.match(answer.json.error.message, / is required$/)
  }
  failed(await app.call('POST', `${api}/create.php`, { gateway: 'Vonage', proxy: 'sip.vonage.com' }), 409, {
    code: 'DUPLICATE_ERROR',
    message: 'Gateway already exists',
    field: 'gateway',
  })
})
