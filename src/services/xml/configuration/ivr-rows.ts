import type { ColumnCatalog } from '../../../adapters/database/columns.ts'
import { isOn, type TextRow, textList } from '../columns.ts'

const menuColumns = [
  'ivr_menu_uuid',
  'domain_uuid',
  'ivr_menu_name',
  'ivr_menu_greet_long',
  'ivr_menu_greet_short',
  'ivr_menu_invalid_sound',
  'ivr_menu_exit_sound',
  'ivr_menu_pin_number',
  'ivr_menu_confirm_macro',
  'ivr_menu_confirm_key',
  'ivr_menu_tts_engine',
  'ivr_menu_tts_voice',
  'ivr_menu_confirm_attempts',
  'ivr_menu_timeout',
  'ivr_menu_inter_digit_timeout',
  'ivr_menu_max_failures',
  'ivr_menu_max_timeouts',
  'ivr_menu_digit_len',
  'ivr_menu_exit_app',
  'ivr_menu_exit_data',
  'ivr_menu_direct_dial',
] as const

/** Settings that decide of menus, with category, subcategory and type. */
const settings = {
  digits_min: ['ivr_menu', 'direct_dial_digits_min', 'numeric'],
  digits_max: ['ivr_menu', 'direct_dial_digits_max', 'numeric'],
  storage_type: ['recordings', 'storage_type', 'text'],
  storage_path: ['recordings', 'storage_path', 'text'],
} as const

/** A menu with its tenant's settings. */
export type MenuRow = TextRow<(typeof menuColumns)[number] | keyof typeof settings | 'domain_name'>

/** An option of a menu. */
export type OptionRow = TextRow<'menu' | 'digits' | 'action' | 'param' | 'description'>

function settingOf(columns: ColumnCatalog, [category, subcategory, name]: readonly string[]): string {
  const value = (table: string, prefix: string, condition: string): string =>
    `(select s.${prefix}_value from ${table} s where ${condition}${isOn(columns, table, 's', `${prefix}_enabled`)}
      and s.${prefix}_category = '${category}' and s.${prefix}_subcategory = '${subcategory}' and s.${prefix}_name = '${name}'
      and s.${prefix}_value is not null limit 1)`
  return `coalesce(${value('v_domain_settings', 'domain_setting', 's.domain_uuid = d.domain_uuid and ')},
    ${value('v_default_settings', 'default_setting', '')}, '')`
}

/** How far menus may be inside each other; a circle would have no end. */
const mostLevels = 20

/** The menu `$1` and those below it that are of the same tenant, each once, the upper ones first. */
export const menuStatement = (columns: ColumnCatalog): string =>
  `with recursive menus as (
    select m.ivr_menu_uuid as uuid, m.domain_uuid as domain, 0 as level from v_ivr_menus m
     where m.ivr_menu_uuid = $1::uuid and ${isOn(columns, 'v_ivr_menus', 'm', 'ivr_menu_enabled')}
    union
    select c.ivr_menu_uuid, c.domain_uuid, p.level + 1 from v_ivr_menus c join menus p on c.ivr_menu_parent_uuid = p.uuid
     where c.domain_uuid = p.domain and p.level < ${mostLevels} and ${isOn(columns, 'v_ivr_menus', 'c', 'ivr_menu_enabled')})
   select d.domain_name, ${textList(columns, 'v_ivr_menus', 'm', menuColumns)},
     ${Object.entries(settings)
       .map(([alias, setting]) => `${settingOf(columns, setting)} as ${alias}`)
       .join(', ')}
     from (select uuid, min(level) as level from menus group by uuid) x
     join v_ivr_menus m on m.ivr_menu_uuid = x.uuid join v_domains d on d.domain_uuid = m.domain_uuid
    order by x.level, m.ctid`

/** Enabled options of the menus `$1`, in order. */
export const optionStatement = (columns: ColumnCatalog): string =>
  `select o.ivr_menu_uuid::text as menu, coalesce(o.ivr_menu_option_digits, '') as digits,
     coalesce(o.ivr_menu_option_action, '') as action, coalesce(o.ivr_menu_option_param, '') as param,
     coalesce(o.ivr_menu_option_description, '') as description from v_ivr_menu_options o
    where o.ivr_menu_uuid = any($1::uuid[]) and o.ivr_menu_option_action <> ''
      and ${isOn(columns, 'v_ivr_menu_options', 'o', 'ivr_menu_option_enabled')}
    order by o.ivr_menu_option_order, o.ctid`
