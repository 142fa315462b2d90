import { randomUUID } from 'node:crypto'
import type { Queryable } from '../database/database.ts'
import { readData } from './data.ts'
import { globalDialplanRows } from './default-dialplans.ts'
import { insertRows, type NewRow } from './rows.ts'

/** `data/defaults.json`: what a fresh installation holds, without texts by FusionPBX's authors. */
export interface Defaults {
  /** `permissions` is how many FusionPBX grants the group; their names are FusionPBX's affair and not kept. */
  groups: { name: string; level: number; description: string; permissions: number }[]
  accessControls: { name: string; default: string; nodes: [type: string, cidr: string][] }[]
  sipProfiles: {
    name: string
    enabled: boolean
    description: string
    domains: [name: string, alias: string, parse: string][]
    settings: [name: string, value: string | null, enabled: boolean][]
  }[]
  sofiaGlobalSettings: [name: string, value: string, enabled: boolean][]
  /** The UUID is the same on every installation; where it is null, each makes its own. */
  defaultSettings: [
    category: string,
    subcategory: string,
    name: string,
    value: string | null,
    enabled: boolean,
    order: number | null,
    uuid: string | null,
  ][]
  variables: [category: string, name: string, value: string, command: string, enabled: boolean, order: number | null][]
  numberTranslations: {
    name: string
    description: string
    details: [regex: string, replace: string, order: string][]
  }[]
  conferenceProfiles: { name: string; enabled: boolean; params: Record<string, string | null> }[]
  conferenceControls: {
    name: string
    enabled: boolean
    details: [digits: string | null, action: string, data: string | null, enabled: boolean][]
  }[]
  deviceVendors: string[]
  /** Without bodies: Tandem sends no mail of FusionPBX's. */
  emailTemplates: [language: string, category: string, subcategory: string, type: string, subject: string][]
}

/** The default rows as data. */
export const readDefaults = (): Defaults => readData<Defaults>('defaults.json')

/** Tables and the rows a fresh installation has in them. */
type TableRows = readonly (readonly [table: string, rows: NewRow[]])[]

/** Rows of a parent table, each with a new UUID, and those of its children, which carry it. */
function withChildren<T>(
  items: readonly T[],
  parent: (item: T, uuid: string) => NewRow,
  ...children: ((item: T, uuid: string) => NewRow[])[]
) {
  const identified = items.map((item) => ({ item, uuid: randomUUID() as string }))
  return {
    parents: identified.map(({ item, uuid }) => parent(item, uuid)),
    children: children.map((rows) => identified.flatMap(({ item, uuid }) => rows(item, uuid))),
  }
}

function groupRows({ groups }: Defaults): TableRows {
  const rows = groups.map((group) => ({
    group_uuid: randomUUID(),
    group_name: group.name,
    group_protected: false,
    group_level: group.level,
    group_description: group.description,
  }))
  return [['v_groups', rows]]
}

function settingRows({ defaultSettings, variables }: Defaults): TableRows {
  const settings = defaultSettings.map(([category, subcategory, name, value, enabled, order, uuid]) => ({
    default_setting_uuid: uuid ?? randomUUID(),
    default_setting_category: category,
    default_setting_subcategory: subcategory,
    default_setting_name: name,
    default_setting_value: value,
    default_setting_order: order,
    default_setting_enabled: enabled,
  }))
  const vars = variables.map(([category, name, value, command, enabled, order]) => ({
    var_uuid: randomUUID(),
    var_category: category,
    var_name: name,
    var_value: value,
    var_command: command,
    var_enabled: enabled,
    var_order: order,
  }))
  return [
    ['v_default_settings', settings],
    ['v_vars', vars],
  ]
}

function accessRows({ accessControls }: Defaults): TableRows {
  const { parents, children } = withChildren(
    accessControls,
    (list, uuid) => ({
      access_control_uuid: uuid,
      access_control_name: list.name,
      access_control_default: list.default,
    }),
    (list, uuid) =>
      list.nodes.map(([type, cidr]) => ({
        access_control_node_uuid: randomUUID(),
        access_control_uuid: uuid,
        node_type: type,
        node_cidr: cidr,
      })),
  )
  return [
    ['v_access_controls', parents],
    ['v_access_control_nodes', children[0] ?? []],
  ]
}

function sofiaRows({ sipProfiles, sofiaGlobalSettings }: Defaults): TableRows {
  const { parents, children } = withChildren(
    sipProfiles,
    (profile, uuid) => ({
      sip_profile_uuid: uuid,
      sip_profile_name: profile.name,
      sip_profile_enabled: profile.enabled,
      sip_profile_description: profile.description,
    }),
    (profile, uuid) =>
      profile.domains.map(([name, alias, parse]) => ({
        sip_profile_domain_uuid: randomUUID(),
        sip_profile_uuid: uuid,
        sip_profile_domain_name: name,
        sip_profile_domain_alias: alias,
        sip_profile_domain_parse: parse,
      })),
    (profile, uuid) =>
      profile.settings.map(([name, value, enabled]) => ({
        sip_profile_setting_uuid: randomUUID(),
        sip_profile_uuid: uuid,
        sip_profile_setting_name: name,
        sip_profile_setting_value: value,
        sip_profile_setting_enabled: enabled,
      })),
  )
  const global = sofiaGlobalSettings.map(([name, value, enabled]) => ({
    sofia_global_setting_uuid: randomUUID(),
    global_setting_name: name,
    global_setting_value: value,
    global_setting_enabled: enabled,
  }))
  return [
    ['v_sip_profiles', parents],
    ['v_sip_profile_domains', children[0] ?? []],
    ['v_sip_profile_settings', children[1] ?? []],
    ['v_sofia_global_settings', global],
  ]
}

function translationRows({ numberTranslations }: Defaults): TableRows {
  const { parents, children } = withChildren(
    numberTranslations,
    (translation, uuid) => ({
      number_translation_uuid: uuid,
      number_translation_name: translation.name,
      number_translation_enabled: true,
      number_translation_description: translation.description,
    }),
    (translation, uuid) =>
      translation.details.map(([regex, replace, order]) => ({
        number_translation_detail_uuid: randomUUID(),
        number_translation_uuid: uuid,
        number_translation_detail_regex: regex,
        number_translation_detail_replace: replace,
        number_translation_detail_order: order,
      })),
  )
  return [
    ['v_number_translations', parents],
    ['v_number_translation_details', children[0] ?? []],
  ]
}

function conferenceRows({ conferenceProfiles, conferenceControls }: Defaults): TableRows {
  const profiles = withChildren(
    conferenceProfiles,
    (profile, uuid) => ({
      conference_profile_uuid: uuid,
      profile_name: profile.name,
      profile_enabled: profile.enabled,
    }),
    (profile, uuid) =>
      Object.entries(profile.params).map(([name, value]) => ({
        conference_profile_param_uuid: randomUUID(),
        conference_profile_uuid: uuid,
        profile_param_name: name,
        profile_param_value: value,
        profile_param_enabled: true,
      })),
  )
  const controls = withChildren(
    conferenceControls,
    (control, uuid) => ({
      conference_control_uuid: uuid,
      control_name: control.name,
      control_enabled: control.enabled,
    }),
    (control, uuid) =>
      control.details.map(([digits, action, data, enabled]) => ({
        conference_control_detail_uuid: randomUUID(),
        conference_control_uuid: uuid,
        control_digits: digits,
        control_action: action,
        control_data: data,
        control_enabled: enabled,
      })),
  )
  return [
    ['v_conference_profiles', profiles.parents],
    ['v_conference_profile_params', profiles.children[0] ?? []],
    ['v_conference_controls', controls.parents],
    ['v_conference_control_details', controls.children[0] ?? []],
  ]
}

function otherRows({ deviceVendors, emailTemplates }: Defaults): TableRows {
  const vendors = deviceVendors.map((name) => ({ device_vendor_uuid: randomUUID(), name, enabled: true }))
  const templates = emailTemplates.map(([language, category, subcategory, type, subject]) => ({
    email_template_uuid: randomUUID(),
    template_language: language,
    template_category: category,
    template_subcategory: subcategory,
    template_subject: subject,
    template_type: type,
    template_enabled: true,
  }))
  return [
    ['v_device_vendors', vendors],
    ['v_email_templates', templates],
  ]
}

/** Writes the rows that an installation of FusionPBX starts with, before it has a domain. */
export async function installDefaults(connection: Queryable): Promise<void> {
  const defaults = readDefaults()
  const dialplans = globalDialplanRows()
  const tables: TableRows = [
    ...groupRows(defaults),
    ...settingRows(defaults),
    ...accessRows(defaults),
    ...sofiaRows(defaults),
    ...translationRows(defaults),
    ...conferenceRows(defaults),
    ...otherRows(defaults),
    ['v_dialplans', dialplans.dialplans],
    ['v_dialplan_details', dialplans.details],
  ]
  for (const [table, rows] of tables) await insertRows(connection, table, rows)
}
