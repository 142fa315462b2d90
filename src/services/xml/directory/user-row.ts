import type { ColumnCatalog } from '../../../adapters/database/columns.ts'
import { isOn, type TextRow, textOf } from '../columns.ts'

/** Columns of an extension that its directory entry is made from (facts 3, Directory XML). */
const extensionColumns = [
  'extension_uuid',
  'domain_uuid',
  'extension',
  'number_alias',
  'password',
  'accountcode',
  'effective_caller_id_name',
  'effective_caller_id_number',
  'outbound_caller_id_name',
  'outbound_caller_id_number',
  'emergency_caller_id_name',
  'emergency_caller_id_number',
  'directory_first_name',
  'directory_last_name',
  'directory_visible',
  'directory_exten_visible',
  'limit_max',
  'limit_destination',
  'missed_call_app',
  'missed_call_data',
  'user_context',
  'toll_allow',
  'call_timeout',
  'call_group',
  'call_screen_enabled',
  'user_record',
  'hold_music',
  'auth_acl',
  'cidr',
  'sip_force_contact',
  'sip_force_expires',
  'nibble_account',
  'mwi_account',
  'sip_bypass_media',
  'dial_string',
  'do_not_disturb',
  'forward_all_enabled',
  'forward_all_destination',
  'forward_busy_enabled',
  'forward_busy_destination',
  'forward_no_answer_enabled',
  'forward_no_answer_destination',
  'forward_user_not_registered_enabled',
  'forward_user_not_registered_destination',
  'absolute_codec_string',
  'force_ping',
  'max_registrations',
  'extension_type',
  'extension_language',
  'extension_dialect',
  'extension_voice',
] as const

const voicemailColumns = [
  'voicemail_enabled',
  'voicemail_password',
  'voicemail_mail_to',
  'voicemail_attach_file',
  'voicemail_local_after_email',
] as const

type Column = (typeof extensionColumns)[number] | (typeof voicemailColumns)[number]

/** Everything a directory entry says, in one row. */
export type UserRow = TextRow<
  Column | 'domain_name' | 'user_uuid' | 'contact_uuid' | 'voicemail_uuid' | 'follow_me' | 'dial_string_setting'
> & {
  /** Enabled settings of the extension. */
  settings: readonly (readonly [type: string | null, name: string | null, value: string | null])[] | null
}

/** The tenant's value of domain/dial_string, else everyone's. */
const dialStringSetting = (columns: ColumnCatalog): string => {
  const value = (table: string, prefix: string, condition: string): string =>
    `(select nullif(s.${prefix}_value, '') from ${table} s where ${condition}${isOn(columns, table, 's', `${prefix}_enabled`)}
       and s.${prefix}_category = 'domain' and s.${prefix}_subcategory = 'dial_string' and s.${prefix}_name = 'text'
       and s.${prefix}_value is not null limit 1)`
  return `coalesce(${value('v_domain_settings', 'domain_setting', 's.domain_uuid = e.domain_uuid and ')},
    ${value('v_default_settings', 'default_setting', '')}, '')`
}

/** What the statement answers: the rows of the extension and of its box as JSON, and the little that stands around. */
export interface FoundUser extends Record<string, unknown> {
  readonly extension: string
  readonly box: string | null
  readonly domain_name: string
  readonly user_uuid: string
  readonly contact_uuid: string
  readonly follow_me: string
  readonly dial_string_setting: string
  readonly settings: string | null
}

/** A value of a row's JSON as text; a column that is NULL, or that this version lacks, is empty. */
const asText = (value: unknown): string => (value === null || value === undefined ? '' : String(value))

const texts = <K extends string>(names: readonly K[], row: Readonly<Record<string, unknown>>): TextRow<K> =>
  Object.fromEntries(names.map((name) => [name, asText(row[name])])) as TextRow<K>

/** The directory entry's row of what the statement found. */
export function userRow(found: FoundUser): UserRow {
  const box = found.box === null ? {} : (JSON.parse(found.box) as Record<string, unknown>)
  return {
    ...texts(extensionColumns, JSON.parse(found.extension) as Record<string, unknown>),
    ...texts(voicemailColumns, box),
    domain_name: found.domain_name,
    voicemail_uuid: asText(box.voicemail_uuid),
    user_uuid: found.user_uuid,
    contact_uuid: found.contact_uuid,
    follow_me: found.follow_me,
    dial_string_setting: found.dial_string_setting,
    settings: found.settings === null ? null : JSON.parse(found.settings),
  }
}

/**
 * One statement that finds an enabled extension of an enabled domain by number or alias, with what stands around it.
 * `$1` names the domain by the column given, `$2` is the number. The condition on the domain is the only way in, so
 * that another tenant's user is never answered; where one's number is another's alias, the number wins. The inner
 * select finds the one extension first: knowing that there is one, PostgreSQL keeps its plan, and making a plan of this
 * many tables anew takes longer than all the rest. Rows come as JSON: sixty columns cost both sides more.
 */
export function userStatement(columns: ColumnCatalog, domainColumn: 'domain_name' | 'domain_uuid'): string {
  const on = (table: string, alias: string, column: string): string => isOn(columns, table, alias, column)
  return `select e.domain_name, row_to_json(e.e)::text as extension, row_to_json(v)::text as box,
    coalesce(eu.user_uuid::text, '') as user_uuid, ${textOf(columns, 'v_users', 'u', 'contact_uuid')} as contact_uuid,
    ${textOf(columns, 'v_follow_me', 'f', 'follow_me_enabled')} as follow_me,
    case when coalesce((e.e).dial_string, '') = '' then ${dialStringSetting(columns)} else '' end as dial_string_setting,
    (select json_agg(json_build_array(s.extension_setting_type, s.extension_setting_name, s.extension_setting_value))
       from v_extension_settings s where s.extension_uuid = e.extension_uuid
        and ${on('v_extension_settings', 's', 'extension_setting_enabled')})::text as settings
    from (select d.domain_name, e.domain_uuid, e.extension_uuid, e.follow_me_uuid, e.extension, e.number_alias, e
      from v_domains d join v_extensions e on e.domain_uuid = d.domain_uuid
      where d.${domainColumn} = $1 and ${on('v_domains', 'd', 'domain_enabled')}
        and (e.extension = $2 or e.number_alias = $2) and ${on('v_extensions', 'e', 'enabled')}
      order by (e.extension = $2) desc limit 1) e
    left join v_follow_me f on f.follow_me_uuid = e.follow_me_uuid and f.domain_uuid = e.domain_uuid
    left join lateral (select x.user_uuid from v_extension_users x
      where x.domain_uuid = e.domain_uuid and x.extension_uuid = e.extension_uuid limit 1) eu on true
    left join v_users u on u.user_uuid = eu.user_uuid and u.domain_uuid = e.domain_uuid
    left join lateral (select * from v_voicemails b
      where b.domain_uuid = e.domain_uuid and b.voicemail_id = coalesce(nullif(e.number_alias, ''), e.extension) limit 1) v on true`
}
