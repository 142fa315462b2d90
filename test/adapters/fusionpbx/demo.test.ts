import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { verify } from '@node-rs/bcrypt'
import { type Database, openDatabase, type Row } from '../../../src/adapters/database/database.ts'
import { makeHistory } from '../../../src/adapters/fusionpbx/demo/calls.ts'
import { makeTenant } from '../../../src/adapters/fusionpbx/demo/tenant.ts'
import { createDemo, type Demo } from '../../../src/adapters/fusionpbx/demo.ts'
import { installDemo } from '../../../src/adapters/fusionpbx/install.ts'
import { type Clone, cloneDatabase, testCluster } from '../../support/cluster.ts'

const domainUuid = '550e8400-e29b-41d4-a716-446655440000'
const now = new Date('2026-03-10T15:00:00Z')

for (const generation of ['5.6', '5.4'] as const) {
  describe(`the demo tenant in FusionPBX ${generation}`, () => {
    let clone: Clone
    let database: Database
    let demo: Demo
    const query = <R extends Row>(sql: string) => database.query<R>(sql)
    const one = async <R extends Row>(sql: string) => (await query<R>(sql))[0] as R

    before(async () => {
      clone = await cloneDatabase(generation)
      database = openDatabase({ url: clone.url, poolSize: 1, prepared: true, statementTimeoutMs: 0 })
      demo = await database.transaction((connection) => createDemo(connection, { now }))
    })
    after(async () => {
      await database.close()
      await clone.drop()
    })

    test('has the extensions 1001 to 1020, each with a password of 16 hex digits and a box with a PIN of 6', async () => {
      const rows = await query<{ extension: string; voicemail_id: string; password: string; pin: string }>(
        `select e.extension, v.voicemail_id, e.password, v.voicemail_password as pin
         from v_extensions e join v_voicemails v on v.voicemail_id = e.extension and v.domain_uuid = e.domain_uuid
         where e.domain_uuid = '${domainUuid}' and e.user_context = 'demo.example.com' and e.enabled = 'true'
         order by e.extension`,
      )
      assert.deepEqual(
        rows.map(({ extension }) => extension),
        Array.from({ length: 20 }, (_, position) => String(1001 + position)),
      )
      assert.ok(rows.every(({ password, pin }) => /^[0-9a-f]{16}$/.test(password) && /^\d{6}$/.test(pin)))
    })

    test("uses the UUIDs of the documents' examples", async () => {
      const first = await one(
        `select e.extension_uuid, e.effective_caller_id_name as name, v.voicemail_uuid, x.user_uuid, u.username
         from v_extensions e
         join v_voicemails v on v.voicemail_id = e.extension
         join v_extension_users x using (extension_uuid)
         join v_users u using (user_uuid)
         where e.extension = '1001'`,
      )
      assert.deepEqual(first, {
        extension_uuid: '550e8400-e29b-41d4-a716-446655440000',
        name: 'John Doe',
        voicemail_uuid: '770e8400-e29b-41d4-a716-446655440002',
        user_uuid: '770e8400-e29b-41d4-a716-446655440000',
        username: 'john',
      })
      const device = await one(
        `select d.device_address, d.device_vendor, d.device_model, l.line_number, l.user_id
         from v_devices d join v_device_lines l using (device_uuid)
         where d.device_uuid = 'dd0e8400-e29b-41d4-a716-446655440009'
           and l.device_line_uuid = 'ee0e8400-e29b-41d4-a716-446655440010'`,
      )
      assert.deepEqual(device, {
        device_address: 'a0b1c2d3e4f6',
        device_vendor: 'yealink',
        device_model: 'SIP-T46U',
        line_number: '1',
        user_id: '1001',
      })
      const gateways = await query(`select from v_gateways where gateway_uuid = 'bb0e8400-e29b-41d4-a716-446655440007'`)
      assert.equal(gateways.length, 1)
    })

    test('has its users in their groups, with contacts and settings, and passwords as PHP stores them', async () => {
      const rows = await query<{ username: string; password: string }>(
        `select u.username, u.password, g.group_name, g.group_description as description, g.domain_uuid is null as own,
                c.contact_name_family as family, e.email_address = u.user_email as mail, count(s.*)::int as settings
         from v_users u
         join v_user_groups ug using (user_uuid)
         join v_groups g on g.group_uuid = ug.group_uuid and g.group_name = ug.group_name
         join v_contacts c on c.contact_uuid = u.contact_uuid
         join v_contact_emails e on e.contact_uuid = c.contact_uuid and e.email_primary::int = 1
         join v_user_settings s using (user_uuid)
         group by u.username, u.password, g.group_name, description, own, family, mail
         order by u.username`,
      )
      const expected = (username: string, group_name: string, description: string, own: boolean, family: string) => {
        return { username, group_name, description, own, family, mail: true, settings: 2 }
      }
      assert.deepEqual(
        rows.map(({ password: _, ...row }) => row),
        [
          expected('admin', 'superadmin', 'Super Administrator Group', true, 'Administrator'),
          expected('jdoe', 'managers', 'Manager group', false, 'Doe'),
          expected('john', 'user', 'User Group', true, 'Doe'),
        ],
      )
      assert.ok(rows.every(({ password }) => password.startsWith('$2y$10$')))
      assert.deepEqual(
        [demo.adminUsername, demo.domainName, demo.domainUuid],
        ['admin', 'demo.example.com', domainUuid],
      )
      assert.ok(await verify(demo.adminPassword, rows[0]?.password as string))
    })

    test('has the groups managers and accountants besides those of FusionPBX', async () => {
      const rows = await query(
        `select group_name, group_level::int as level from v_groups where domain_uuid = '${domainUuid}' order by 1`,
      )
      assert.deepEqual(rows, [
        { group_name: 'accountants', level: 30 },
        { group_name: 'managers', level: 30 },
      ])
    })

    test('has everything a call may meet, each with the dialplan that leads to it', async () => {
      const counts = await one(
        `select (select count(*)::int from v_gateways) as gateways, (select count(*)::int from v_devices) as devices,
                (select count(*)::int from v_device_lines) as lines,
                (select count(*)::int from v_ring_group_destinations) as members,
                (select count(*)::int from v_ivr_menu_options) as options,
                (select count(*)::int from v_call_center_agents) as agents,
                (select count(*)::int from v_call_center_tiers) as tiers`,
      )
      assert.deepEqual(counts, { gateways: 2, devices: 5, lines: 6, members: 3, options: 4, agents: 3, tiers: 3 })
      const rows = await query(
        `select d.dialplan_name as name, d.dialplan_number as number, d.dialplan_context as context,
                d.dialplan_order::int as order, count(x.*)::int as details
         from v_dialplans d left join v_dialplan_details x using (dialplan_uuid)
         where d.domain_uuid = '${domainUuid}' and d.dialplan_enabled = 'true' and d.dialplan_name <> 'domain-variables'
         group by d.dialplan_uuid order by d.dialplan_order, d.dialplan_name`,
      )
      const inside = 'demo.example.com'
      assert.deepEqual(rows, [
        { name: 'call_direction-outbound', number: null, context: inside, order: 22, details: 4 },
        { name: '2025550100', number: '2025550100', context: 'public', order: 100, details: 2 },
        { name: 'primary.1d10', number: null, context: inside, order: 100, details: 18 },
        { name: 'sales-direct', number: null, context: 'public', order: 100, details: 2 },
        { name: 'Main menu', number: '5000', context: inside, order: 101, details: 0 },
        { name: 'Sales', number: '2000', context: inside, order: 101, details: 0 },
        { name: 'Support', number: '7000', context: inside, order: 230, details: 0 },
      ])
      const linked = await one(
        `select (select count(*)::int from v_destinations x join v_dialplans d using (dialplan_uuid)
                 where d.dialplan_xml like '%' || x.destination_data || '%'
                   and x.destination_actions->0->>'destination_data' = x.destination_data) as destinations,
                (select count(*)::int from v_ring_groups x join v_dialplans d using (dialplan_uuid)
                 where d.dialplan_xml like '%ring_group_uuid=' || x.ring_group_uuid || '%') as ring_groups,
                (select count(*)::int from v_ivr_menus x join v_dialplans d using (dialplan_uuid)
                 where d.dialplan_xml like '%"ivr" data="' || x.ivr_menu_uuid || '%') as ivr_menus,
                (select count(*)::int from v_call_center_queues x join v_dialplans d using (dialplan_uuid)
                 where d.dialplan_xml like '%"callcenter" data="7000@demo.example.com"%') as queues`,
      )
      assert.deepEqual(linked, { destinations: 1, ring_groups: 1, ivr_menus: 1, queues: 1 })
    })

    test('has 5,000 call records over the thirty days before now, filled as the importer fills them', async () => {
      const row = await one(
        `select count(*)::int as records, count(distinct xml_cdr_uuid)::int as calls,
                min(start_stamp) >= '${now.toISOString()}'::timestamptz - interval '30 days' as begins,
                max(end_stamp) < '${now.toISOString()}'::timestamptz as ends,
                bool_and(duration = billsec and start_epoch = extract(epoch from start_stamp)
                  and end_epoch >= start_epoch + billsec and context is null) as filled,
                bool_and((answer_epoch = 0) = (billsec = 0) and (answer_epoch = 0) = (answer_stamp = 'epoch')) as answers,
                bool_and(voicemail_message = (status = 'voicemail')) as boxes,
                count(*) filter (where record_name is not null) > 50 as recordings
         from v_xml_cdr where domain_uuid = '${domainUuid}'`,
      )
      assert.deepEqual(row, {
        records: 5000,
        calls: 5000,
        begins: true,
        ends: true,
        filled: true,
        answers: true,
        boxes: true,
        recordings: true,
      })
    })

    test('has calls of every kind and outcome', async () => {
      const rows = await query<{ kind: string }>(
        `select distinct direction || ' ' || status as kind from v_xml_cdr order by 1`,
      )
      assert.deepEqual(
        rows.map(({ kind }) => kind),
        [
          'inbound answered',
          'inbound missed',
          'inbound voicemail',
          'local answered',
          'local busy',
          'local cancelled',
          'local no_answer',
          'local voicemail',
          'outbound answered',
          'outbound busy',
          'outbound cancelled',
          'outbound failed',
          'outbound no_answer',
        ],
      )
    })

    test('ties the two legs of a call to each other', async () => {
      const row = await one(
        `select count(*)::int > 500 as some,
                bool_and(a.leg = 'a' and a.bridge_uuid = b.xml_cdr_uuid::text and a.start_epoch <= b.start_epoch
                  and a.end_epoch = b.end_epoch and b.bridge_uuid = a.xml_cdr_uuid::text) as tied,
                (select count(*)::int from v_xml_cdr where leg = 'b') = count(*)::int as every
         from v_xml_cdr b join v_xml_cdr a on a.xml_cdr_uuid = b.originating_leg_uuid
         where b.leg = 'b'`,
      )
      assert.deepEqual(row, { some: true, tied: true, every: true })
    })

    test('has dozens of voicemail messages, new and saved, each left by a call', async () => {
      const row = await one(
        `select count(*)::int between 48 and 100 as dozens,
                count(*) filter (where m.message_status is null and m.read_epoch is null) > 20 as new,
                count(*) filter (where m.message_status = 'saved' and m.read_epoch > m.created_epoch) > 20 as saved,
                count(*) filter (where v.voicemail_id = '1001' and m.message_status is null) > 0 as first_new,
                count(*) filter (where v.voicemail_id = '1001' and m.message_status = 'saved') > 0 as first_saved,
                bool_and(exists (
                  select from v_xml_cdr c
                  where c.caller_id_number = m.caller_id_number and c.destination_number = v.voicemail_id
                    and m.created_epoch between c.answer_epoch and c.end_epoch)) as called
         from v_voicemail_messages m join v_voicemails v using (voicemail_uuid)`,
      )
      assert.deepEqual(row, {
        dozens: true,
        new: true,
        saved: true,
        first_new: true,
        first_saved: true,
        called: true,
      })
    })
  })
}

describe('a first start', () => {
  test('fills an empty database, and a second start leaves it alone', async () => {
    const cluster = await testCluster()
    const name = `install_${process.pid}`
    const url = await cluster.createDatabase(name)
    const first = await installDemo(url, { adminPassword: 'first-password' })
    assert.deepEqual(first, { domain: 'demo.example.com', username: 'admin' })
    assert.deepEqual(await installDemo(url, { adminPassword: 'another' }), first)
    const database = openDatabase({ url, poolSize: 1, prepared: false, statementTimeoutMs: 0 })
    const [row] = await database.query<{ password: string; users: number }>(
      `select password, (select count(*)::int from v_users) as users from v_users where username = 'admin'`,
    )
    assert.equal(row?.users, 3)
    assert.ok(await verify('first-password', row?.password as string))
    await database.close()
    await cluster.dropDatabase(name)
  })

  test('makes the same calls for the same moment, whoever starts', () => {
    const again = () => makeHistory(makeTenant(now), 500).rows
    assert.deepEqual(again(), again())
  })
})
