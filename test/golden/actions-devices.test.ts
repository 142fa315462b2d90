import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { ours, testApp, theirs } from '../support/app.ts'
import { all, curl, failed, lastAudit, made, one, put, putForeign, receiptOf, says } from './documents.ts'

/** Spec 002, section 4: devices, each example as it is printed. */
const app = await testApp()
after(() => app.close())

const phone = 'dd0e8400-e29b-41d4-a716-446655440009'
const line = 'ee0e8400-e29b-41d4-a716-446655440010'
const listed = {
  device_uuid: phone,
  device_address: 'a0b1c2d3e4f5',
  device_vendor: 'Yealink',
  device_model: 'SIP-T46U',
  device_enabled: 'true',
  device_label: 'Conference Room Phone',
  device_description: 'Yealink T46U in conference room',
} as const

beforeEach(async () => {
  for (const table of ['v_devices', 'v_device_lines', 'v_device_keys', 'v_device_settings'])
    await app.sql(`delete from ${table}`)
  await put(app, 'v_devices', listed)
  await put(app, 'v_device_lines', {
    device_line_uuid: line,
    device_uuid: phone,
    line_number: '1',
    server_address: 'example.com',
    display_name: 'Conference Room',
    user_id: '101',
    auth_id: '101',
    label: 'Main Line',
    password: 'secret',
    enabled: 'true',
  })
  await putForeign(app, 'v_devices', {
    device_uuid: randomUUID(),
    device_address: '00156500ffff',
    device_label: 'foreign',
  })
})

const api = '/api/v1/devices'

test('S002-DEV-LIST: the list example answers as printed', async () => {
  const answer = await curl(
    app,
    `curl -X GET "https://pbx.example.com/api/v1/devices/list.php" \\
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

test('S002-DEV-GET: the get example answers as printed, with lines and keys', async () => {
  await put(app, 'v_device_keys', {
    device_key_uuid: randomUUID(),
    device_uuid: phone,
    device_key_id: 1,
    device_key_category: 'memory',
    device_key_type: 'blf',
    device_key_value: '102',
    device_key_label: 'Jane',
  })
  const answer = await curl(
    app,
    `curl -X GET "https://pbx.example.com/api/v1/devices/get.php?uuid=dd0e8400-e29b-41d4-a716-446655440009" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  says(answer.json, {
    success: true,
    data: {
      ...listed,
      device_lines: [
        {
          device_line_uuid: line,
          line_number: '1',
          server_address: 'example.com',
          display_name: 'Conference Room',
          user_id: '101',
          auth_id: '101',
          label: 'Main Line',
          enabled: 'true',
        },
      ],
      device_keys: [
        {
          device_key_category: 'memory',
          device_key_id: '1',
          device_key_type: 'blf',
          device_key_value: '102',
          device_key_label: 'Jane',
        },
      ],
    },
  })
})

test('S002-DEV-CREATE, S002-DEV-LINE, S002-DEV-CREATE-FX: the create example keeps the address without separators and the line with its defaults, ready to be provisioned', async () => {
  await app.sql('delete from v_devices where domain_uuid = $1', [ours.uuid])
  const answer = await curl(
    app,
    `curl -X POST "https://pbx.example.com/api/v1/devices/create.php" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com" \\
  -H "Content-Type: application/json" \\
  -d '{
    "device_address": "a0:b1:c2:d3:e4:f5",
    "device_vendor": "Yealink",
    "device_model": "SIP-T46U",
    "device_label": "Front Desk Phone",
    "device_enabled": "true",
    "device_description": "Yealink phone for front desk",
    "lines": [
      {
        "line_number": "1",
        "display_name": "Front Desk",
        "user_id": "101",
        "password": "linepassword123"
      }
    ]
  }'`,
  )
  const uuid = made(answer, 'device_uuid', 'Device created successfully')
  says(await one(app, 'v_devices', 'device_uuid = $1', [uuid]), {
    domain_uuid: ours.uuid,
    device_address: 'a0b1c2d3e4f5',
    device_vendor: 'Yealink',
    device_model: 'SIP-T46U',
    device_label: 'Front Desk Phone',
    device_enabled: 'true',
    device_description: 'Yealink phone for front desk',
  })
  says(await one(app, 'v_device_lines', 'device_uuid = $1', [uuid]), {
    domain_uuid: ours.uuid,
    line_number: '1',
    server_address: 'example.com',
    display_name: 'Front Desk',
    user_id: '101',
    auth_id: '101',
    password: 'linepassword123',
    enabled: 'true',
    // FusionPBX's own for a new line, without which its templates print no port.
    sip_port: '5060',
    sip_transport: 'tcp',
    register_expires: '120',
  })
  const receipt = await receiptOf(app, answer)
  assert.deepEqual(receipt.effects, [], 'phones are provisioned from the rows when they ask')
  const audit = await lastAudit(app)
  assert.equal(audit.transaction_new.devices[0].device_address, 'a0b1c2d3e4f5')
  assert.equal(audit.transaction_new.device_lines[0].password, '********')
})

test('S002-DEV-LINE: what a line does not say has the documented defaults; what it says is kept', async () => {
  const answer = await app.call('POST', `${api}/create.php`, {
    device_address: '001565000001',
    lines: [
      { user_id: '102' },
      {
        line_number: '2',
        server_address: 'sip.example.org',
        display_name: 'Second',
        user_id: '103',
        auth_id: 'auth103',
        password: 'p103',
        label: 'Line 2',
        enabled: 'false',
        outbound_proxy_primary: 'proxy1.example.org',
        outbound_proxy_secondary: 'proxy2.example.org',
      },
    ],
  })
  const uuid = made(answer, 'device_uuid', 'Device created successfully')
  const { device_lines } = (await app.call('GET', `${api}/get.php?uuid=${uuid}`)).json.data
  says(device_lines, [
    {
      line_number: '1',
      server_address: 'example.com',
      display_name: '',
      user_id: '102',
      auth_id: '102',
      password: '',
      label: '',
      enabled: 'true',
      outbound_proxy_primary: '',
      outbound_proxy_secondary: '',
    },
    {
      line_number: '2',
      server_address: 'sip.example.org',
      display_name: 'Second',
      user_id: '103',
      auth_id: 'auth103',
      password: 'p103',
      label: 'Line 2',
      enabled: 'false',
      outbound_proxy_primary: 'proxy1.example.org',
      outbound_proxy_secondary: 'proxy2.example.org',
    },
  ])
})

test('S002-DEV-CREATE: every optional field is kept and shown', async () => {
  const profile = randomUUID()
  await put(app, 'v_device_profiles', { device_profile_uuid: profile, device_profile_name: 'desk' })
  const optional = {
    device_vendor: 'Yealink',
    device_model: 'T46S',
    device_label: 'Label',
    device_template: 'yealink/t46s',
    device_enabled: 'false',
    device_description: 'Description',
    device_username: 'admin',
    device_password: 'phone-password',
    device_location: 'Lobby',
    device_serial_number: 'SN-1',
    device_firmware_version: '66.85.0.5',
    device_profile_uuid: profile,
  }
  const answer = await app.call('POST', `${api}/create.php`, { device_address: '001565000002', ...optional })
  const uuid = made(answer, 'device_uuid', 'Device created successfully')
  says(await one(app, 'v_devices', 'device_uuid = $1', [uuid]), optional)
  says((await app.call('GET', `${api}/get.php?uuid=${uuid}`)).json.data, optional)
})

test('S002-MAC: separators go, capitals become small, and what is not 12 hexadecimal digits then is refused in the documented words', async () => {
  const spellings = ['A0:B1:C2:00:00:01', 'a0-b1-c2-00-00-02', 'a0b1c2000003', 'A0B1.C200.0004', ' a0:b1:c2:00:00:05 ']
  for (const [index, device_address] of spellings.entries()) {
    const answer = await app.call('POST', `${api}/create.php`, { device_address })
    const uuid = made(answer, 'device_uuid', 'Device created successfully')
    const stored = await one(app, 'v_devices', 'device_uuid = $1', [uuid])
    assert.equal(stored.device_address, `a0b1c200000${index + 1}`)
    const shown = (await app.call('GET', `${api}/get.php?uuid=${uuid}`)).json.data
    assert.equal(shown.device_address, `a0b1c200000${index + 1}`)
  }
  const wrong = [
    '00:11:22',
    'a0b1c2d3e4f',
    'a0b1c2d3e4f55',
    'g0:b1:c2:d3:e4:f5',
    'a0/b1/c2/d3/e4/f5',
    'phone',
    '::::::',
  ]
  for (const device_address of wrong) {
    const answer = await app.call('POST', `${api}/create.php`, { device_address })
    failed(answer, 400, { code: 'VALIDATION_ERROR', message: 'Invalid MAC address format', field: 'device_address' })
    const changed = await app.call('PUT', `${api}/update.php?uuid=${phone}`, { device_address })
    failed(changed, 400, { code: 'VALIDATION_ERROR', message: 'Invalid MAC address format', field: 'device_address' })
  }
  assert.equal((await one(app, 'v_devices', 'device_uuid = $1', [phone])).device_address, 'a0b1c2d3e4f5')
})

test('S002-ERR-DUPLICATE: an address that any tenant has is taken, however it is spelled', async () => {
  await putForeign(app, 'v_devices', { device_uuid: randomUUID(), device_address: '0015.65AA.BB02' })
  for (const device_address of ['A0-B1-C2-D3-E4-F5', '00156500ffff', '00:15:65:aa:bb:02'])
    failed(await app.call('POST', `${api}/create.php`, { device_address }), 409, {
      code: 'DUPLICATE_ERROR',
      message: 'Device already exists',
      field: 'device_address',
    })
})

test('S002-DEV-CREATE: the address of all zeroes, which stands for none, may repeat', async () => {
  for (let n = 0; n < 2; n += 1) {
    const answer = await app.call('POST', `${api}/create.php`, { device_address: '00:00:00:00:00:00' })
    made(answer, 'device_uuid', 'Device created successfully')
  }
})

test('S002-DEV-UPDATE: the update example answers as printed and leaves lines and everything else', async () => {
  const before = await one(app, 'v_devices', 'device_uuid = $1', [phone])
  const lines = await all(app, 'v_device_lines', 'true')
  const answer = await curl(
    app,
    `curl -X PUT "https://pbx.example.com/api/v1/devices/update.php?uuid=dd0e8400-e29b-41d4-a716-446655440009" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com" \\
  -H "Content-Type: application/json" \\
  -d '{
    "device_label": "Updated Label",
    "device_enabled": "true"
  }'`,
  )
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, message: 'Device updated successfully' })
  const row = await one(app, 'v_devices', 'device_uuid = $1', [phone])
  assert.deepEqual(row, { ...before, device_label: 'Updated Label', update_date: row.update_date })
  assert.deepEqual(await all(app, 'v_device_lines', 'true'), lines)
})

test('S002-DEV-UPDATE: a list of lines that is sent is the whole list; a line sent again keeps its UUID and its password', async () => {
  const answer = await app.call('PUT', `${api}/update.php?uuid=${phone}`, {
    lines: [
      { line_number: '1', label: 'Renamed' },
      { line_number: '2', user_id: '102' },
    ],
  })
  assert.equal(answer.status, 200, answer.text)
  says(await one(app, 'v_device_lines', 'device_line_uuid = $1', [line]), {
    label: 'Renamed',
    user_id: '101',
    password: 'secret',
  })
  assert.equal((await all(app, 'v_device_lines', 'device_uuid = $1', [phone])).length, 2)
  const gone = await app.call('PUT', `${api}/update.php?uuid=${phone}`, { lines: [] })
  assert.equal(gone.status, 200)
  assert.equal((await all(app, 'v_device_lines', 'device_uuid = $1', [phone])).length, 0)
})

test('S002-DEV-UPDATE: lines sent under the documented name are not lost because the row as it was read goes with them', async () => {
  const { data } = (await app.call('GET', `${api}/get.php?uuid=${phone}`)).json
  const lines = [
    { line_number: '1', user_id: '101' },
    { line_number: '2', user_id: '102' },
  ]
  const answer = await app.call('PUT', `${api}/update.php?uuid=${phone}`, { ...data, lines })
  const stored = (await all(app, 'v_device_lines', 'device_uuid = $1', [phone])).map((row) => row.user_id).sort()
  // Either both names together are refused, or the one that the document writes counts.
  if (answer.status === 200) assert.deepEqual(stored, ['101', '102'])
  else assert.equal(answer.status, 400)
})

test('S002-DEV-UPDATE: the same line twice in one list is a fault of the request', async () => {
  const again = { device_line_uuid: line, line_number: '1' }
  const answer = await app.call('PUT', `${api}/update.php?uuid=${phone}`, { lines: [again, again] })
  assert.equal(answer.status, 400, answer.text)
  assert.equal(answer.json.error.code, 'VALIDATION_ERROR')
  assert.equal((await all(app, 'v_device_lines', 'device_uuid = $1', [phone])).length, 1)
})

test('S002-DEV-DELETE: the delete example answers as printed; lines, keys and settings go too', async () => {
  const other = randomUUID()
  for (const device_uuid of [phone, other]) {
    await put(app, 'v_device_keys', { device_key_uuid: randomUUID(), device_uuid, device_key_id: 1 })
    await put(app, 'v_device_settings', { device_setting_uuid: randomUUID(), device_uuid })
  }
  await put(app, 'v_device_lines', { device_line_uuid: randomUUID(), device_uuid: other, line_number: '1' })
  const answer = await curl(
    app,
    `curl -X DELETE "https://pbx.example.com/api/v1/devices/delete.php?uuid=dd0e8400-e29b-41d4-a716-446655440009" \\
  -H "X-API-Key: your-api-key" \\
  -H "X-Domain: example.com"`,
  )
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { success: true, message: 'Device deleted successfully' })
  assert.deepEqual(
    (await all(app, 'v_devices', 'true')).map((row) => row.domain_uuid),
    [theirs.uuid],
  )
  for (const table of ['v_device_lines', 'v_device_keys', 'v_device_settings'])
    assert.deepEqual(
      (await all(app, table, 'true')).map((row) => row.device_uuid),
      [other],
      table,
    )
})
