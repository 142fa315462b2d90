import type { Queryable } from '../adapters/database/database.ts'
import type { SettingReader } from '../fields/field.ts'

/**
 * Reads FusionPBX settings for a tenant: an enabled domain setting, else an enabled default setting; empty values are
 * as if absent (facts 2, settings inheritance). One query for all that are named.
 */
export async function readSettings(
  connection: Queryable,
  domainUuid: string | null,
  names: readonly (readonly [category: string, subcategory: string])[],
): Promise<SettingReader> {
  if (names.length === 0) return { text: () => undefined }
  const rows = await connection.query<{ category: string; subcategory: string; value: string }>(
    `with wanted as (select * from unnest($2::text[], $3::text[]) as w(category, subcategory))
     select default_setting_category as category, default_setting_subcategory as subcategory, default_setting_value as value
       from v_default_settings join wanted on category = default_setting_category and subcategory = default_setting_subcategory
      where default_setting_enabled::text = 'true' and coalesce(default_setting_value, '') <> ''
     union all
     select domain_setting_category, domain_setting_subcategory, domain_setting_value
       from v_domain_settings join wanted on category = domain_setting_category and subcategory = domain_setting_subcategory
      where domain_uuid = $1::uuid and domain_setting_enabled::text = 'true' and coalesce(domain_setting_value, '') <> ''`,
    [domainUuid, names.map(([category]) => category), names.map(([, subcategory]) => subcategory)],
  )
  // The tenant's rows come last and so overwrite the defaults.
  const values = new Map(rows.map((row) => [`${row.category}/${row.subcategory}`, row.value]))
  return { text: (category, subcategory) => values.get(`${category}/${subcategory}`) }
}
