import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Database, openDatabase } from '../../../src/adapters/database/database.ts'
import { readDefaults } from '../../../src/adapters/fusionpbx/defaults.ts'
import { type Detail, dialplanXml } from '../../../src/adapters/fusionpbx/dialplan/details.ts'
import { createDomain } from '../../../src/adapters/fusionpbx/domain.ts'
import { type Clone, cloneDatabase } from '../../support/cluster.ts'

/** Rows a fresh installation has in these tables. */
const counts = {
  v_groups: 6,
  v_access_controls: 2,
  v_access_control_nodes: 3,
  v_sip_profiles: 4,
  v_sip_profile_domains: 4,
  v_sip_profile_settings: 335,
  v_sofia_global_settings: 6,
  v_default_settings: 350,
  v_vars: 68,
  v_number_translations: 5,
  v_number_translation_details: 13,
  v_conference_profiles: 11,
  v_conference_controls: 3,
  v_conference_control_details: 40,
  v_device_vendors: 31,
  v_email_templates: 18,
  v_dialplans: 14,
  v_domains: 0,
}

for (const generation of ['5.6', '5.4'] as const) {
  describe(`the default rows in FusionPBX ${generation}`, () => {
    let clone: Clone
    let database: Database
    before(async () => {
      clone = await cloneDatabase(generation)
      database = openDatabase({ url: clone.url, poolSize: 2, prepared: true, statementTimeoutMs: 0 })
    })
    after(async () => {
      await database.close()
      await clone.drop()
    })

    test('are as many as a fresh installation has', async () => {
      const tables = Object.keys(counts)
      const [row] = await database.query(
        `select ${tables.map((table) => `(select count(*)::int from ${table}) as ${table}`).join(', ')}`,
      )
      assert.deepEqual(row, counts)
    })

    test('hold flags in the type of the column', async () => {
      const [row] = await database.query(
        `select v.var_enabled as flag, s.default_setting_enabled as setting
         from v_vars v, v_default_settings s
         where v.var_name = 'unroll_loops' and s.default_setting_subcategory = 'dialplan_mode'`,
      )
      // Default settings were boolean in both.
      assert.deepEqual(row, { flag: generation === '5.4' ? 'true' : true, setting: true })
    })

    test('say what other parts read: destination mode, voicemail folder, cache folder', async () => {
      const rows = await database.query<{ key: string; value: string }>(
        `select default_setting_category || '/' || default_setting_subcategory as key, default_setting_value as value
         from v_default_settings
         where (default_setting_category, default_setting_subcategory)
           in (('destinations', 'dialplan_mode'), ('switch', 'voicemail'), ('cache', 'location'))
         order by 1`,
      )
      assert.deepEqual(rows, [
        { key: 'cache/location', value: '/var/cache/fusionpbx' },
        { key: 'destinations/dialplan_mode', value: 'single' },
        { key: 'switch/voicemail', value: '/var/lib/freeswitch/storage/voicemail' },
      ])
    })

    test('hold no API key and no domain', async () => {
      const rows = await database.query(`select from v_default_settings where default_setting_category = 'api'`)
      assert.equal(rows.length, 0)
    })

    test('give a new domain its own dialplans, each XML made of its details', async () => {
      const uuid = await createDomain(database, { name: 'new.example.com', description: 'New', enabled: false })
      const [domain] = await database.query(
        'select domain_name, domain_description from v_domains where domain_uuid = $1',
        [uuid],
      )
      assert.deepEqual(domain, { domain_name: 'new.example.com', domain_description: 'New' })
      const plans = await dialplans(database)
      assert.deepEqual(
        plans.filter((plan) => plan.domain_uuid === uuid).map((plan) => `${plan.name} in ${plan.context}`),
        ['domain-variables', 'call-limit', 'call_block', 'operator'].map((name) => `${name} in new.example.com`),
      )
      for (const plan of plans) {
        const details = await detailsOf(database, plan.uuid)
        const domain = plan.domain_uuid ? { uuid, name: 'new.example.com' } : undefined
        assert.equal(plan.xml, dialplanXml({ ...plan, continue: plan.goes_on === 'true', domain }, details), plan.name)
      }
    })
  })
}

interface PlanRow extends Record<string, unknown> {
  uuid: string
  domain_uuid: string | null
  name: string
  context: string
  goes_on: string
  xml: string
}

function dialplans(database: Database): Promise<PlanRow[]> {
  return database.query<PlanRow>(
    `select dialplan_uuid as uuid, domain_uuid, dialplan_name as name, dialplan_context as context,
            dialplan_continue::text as goes_on, dialplan_xml as xml
     from v_dialplans order by dialplan_order`,
  )
}

async function detailsOf(database: Database, dialplan: string): Promise<Detail[]> {
  const rows = await database.query<Record<string, string | null> & { enabled: boolean }>(
    `select dialplan_detail_tag as tag, coalesce(dialplan_detail_type, '') as type,
            coalesce(dialplan_detail_data, '') as data, dialplan_detail_break as break,
            dialplan_detail_inline as inline, dialplan_detail_group as group, dialplan_detail_order as order,
            dialplan_detail_enabled as enabled
     from v_dialplan_details where dialplan_uuid = $1`,
    [dialplan],
  )
  return rows.map((row) => ({
    ...(row as unknown as Detail),
    group: Number(row.group),
    order: Number(row.order),
  }))
}

test('the default rows hold no text by other authors: no mail bodies, no dialplans', () => {
  const defaults = readDefaults()
  assert.ok(!JSON.stringify(defaults).includes('<extension'))
  assert.ok(defaults.emailTemplates.every((template) => template.length === 5))
})
