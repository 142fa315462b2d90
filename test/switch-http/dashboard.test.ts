import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { insertRow, ours, testApp, theirs } from '../support/app.ts'

const app = await testApp()
after(() => app.close())

test('S002-DASH-STATS, S004-DASH: counts of the tenant alone: extensions, enabled users and gateways, unheard messages, calls of the tenant’s own day', async () => {
  await app.sql(
    `insert into v_domain_settings (domain_setting_uuid, domain_uuid, domain_setting_category, domain_setting_subcategory, domain_setting_name, domain_setting_value, domain_setting_enabled)
     values ($1, $2, 'domain', 'time_zone', 'name', 'Pacific/Kiritimati', 'true')`,
    [randomUUID(), ours.uuid],
  )
  for (const { uuid: domain_uuid } of [ours, theirs]) {
    for (const enabled of ['true', 'false', 'true'])
      await insertRow(app, 'v_extensions', {
        extension_uuid: randomUUID(),
        domain_uuid,
        extension: randomUUID().slice(0, 8),
        enabled,
      })
    for (const user_enabled of ['true', 'false'])
      await insertRow(app, 'v_users', { user_uuid: randomUUID(), domain_uuid, username: randomUUID(), user_enabled })
    for (const enabled of ['true', 'true', 'false'])
      await insertRow(app, 'v_gateways', { gateway_uuid: randomUUID(), domain_uuid, gateway: randomUUID(), enabled })
    for (const message_status of [null, '', 'saved'])
      await insertRow(app, 'v_voicemail_messages', {
        voicemail_message_uuid: randomUUID(),
        domain_uuid,
        message_status,
      })
  }
  await insertRow(app, 'v_gateways', {
    gateway_uuid: randomUUID(),
    domain_uuid: null,
    gateway: 'of the system',
    enabled: 'true',
  })
  // The tenant lives at UTC+14: its day began at 10:00 UTC of today or of yesterday.
  const stamps: [sql: string, leg: string | null][] = [
    [`date_trunc('day', now() at time zone 'Pacific/Kiritimati') at time zone 'Pacific/Kiritimati'`, null],
    [`now()`, 'a'],
    [`now()`, 'b'],
    [
      `(date_trunc('day', now() at time zone 'Pacific/Kiritimati') at time zone 'Pacific/Kiritimati') - interval '1 second'`,
      'a',
    ],
    [`now() - interval '2 days'`, 'a'],
  ]
  for (const domain of [ours.uuid, theirs.uuid])
    for (const [sql, leg] of stamps)
      await app.sql(`insert into v_xml_cdr (xml_cdr_uuid, domain_uuid, start_stamp, leg) values ($1, $2, ${sql}, $3)`, [
        randomUUID(),
        domain,
        leg,
      ])
  const answer = await app.call('GET', '/api/v1/dashboard/stats.php')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, {
    success: true,
    data: {
      extensions: { total: 3 },
      users: { total: 1 },
      gateways: { total: 2 },
      voicemails: { new_messages: 2 },
      calls: { today_total: 2 },
    },
  })
  assert.equal(answer.headers['cache-control'], 'no-store')
  const clean = await app.call('GET', '/api/v1/dashboard/stats')
  assert.deepEqual([clean.status, clean.json], [200, answer.json], 'both documents show the same')
  assert.equal(clean.headers['cache-control'], 'no-store')
  assert.equal(clean.headers.etag, undefined)
  assert.equal((await app.call('POST', '/api/v1/dashboard/stats', {})).status, 405)
  assert.equal((await app.call('GET', '/api/v1/dashboard')).status, 501)
})

test('S002-DASH-STATS: a database of FusionPBX 5.4 counts the same', async () => {
  const old = await testApp({ template: '5.4' })
  try {
    await insertRow(old, 'v_extensions', {
      extension_uuid: randomUUID(),
      domain_uuid: ours.uuid,
      extension: '1',
      enabled: 'true',
    })
    await insertRow(old, 'v_users', {
      user_uuid: randomUUID(),
      domain_uuid: ours.uuid,
      username: 'u',
      user_enabled: 'true',
    })
    await insertRow(old, 'v_voicemail_messages', {
      voicemail_message_uuid: randomUUID(),
      domain_uuid: ours.uuid,
      message_status: '',
    })
    await old.sql(`insert into v_xml_cdr (xml_cdr_uuid, domain_uuid, start_stamp) values ($1, $2, now())`, [
      randomUUID(),
      ours.uuid,
    ])
    assert.deepEqual((await old.call('GET', '/api/v1/dashboard/stats.php')).json.data, {
      extensions: { total: 1 },
      users: { total: 1 },
      gateways: { total: 0 },
      voicemails: { new_messages: 1 },
      calls: { today_total: 1 },
    })
  } finally {
    await old.close()
  }
})
