import type { ColumnCatalog } from '../../../adapters/database/columns.ts'
import { forHost, isOn, type TextRow, textOf } from '../columns.ts'
import { hostnamesOf, type XmlAnswerer, type XmlWorld } from '../door.ts'
import { type Globals, globalsReader } from '../globals.ts'
import { element, inert, inertBut, param } from '../write.ts'
import { configuration } from './document.ts'
import { type GatewayRow, gatewayElement, gatewayStatement } from './gateway.ts'

type SettingRow = TextRow<'profile' | 'uuid' | 'name' | 'value'>
type DomainRow = TextRow<'profile' | 'name' | 'alias' | 'parse'>

/** Variables of a channel that a profile's settings may hold. */
const ofChannels = ['domain_name}', 'strftime', 'uuid}', 'record_ext}'] as const

const statements = (columns: ColumnCatalog) => {
  const text = (table: string, alias: string, column: string): string => textOf(columns, table, alias, column)
  return {
    globals: `select ${text('v_sofia_global_settings', 's', 'global_setting_name')} as name,
      ${text('v_sofia_global_settings', 's', 'global_setting_value')} as value from v_sofia_global_settings s
      where ${isOn(columns, 'v_sofia_global_settings', 's', 'global_setting_enabled')} order by s.global_setting_name`,
    settings: `select ${text('v_sip_profiles', 'p', 'sip_profile_name')} as profile, p.sip_profile_uuid::text as uuid,
      ${text('v_sip_profile_settings', 's', 'sip_profile_setting_name')} as name,
      ${text('v_sip_profile_settings', 's', 'sip_profile_setting_value')} as value
      from v_sip_profiles p join v_sip_profile_settings s on s.sip_profile_uuid = p.sip_profile_uuid
      where ${isOn(columns, 'v_sip_profile_settings', 's', 'sip_profile_setting_enabled')}
        and ${isOn(columns, 'v_sip_profiles', 'p', 'sip_profile_enabled')} and ${forHost('p.sip_profile_hostname', '$1')}
      order by p.sip_profile_name, s.ctid`,
    gateways: gatewayStatement(columns),
    domains: `select n.sip_profile_uuid::text as profile,
      ${text('v_sip_profile_domains', 'n', 'sip_profile_domain_name')} as name,
      ${text('v_sip_profile_domains', 'n', 'sip_profile_domain_alias')} as alias,
      ${text('v_sip_profile_domains', 'n', 'sip_profile_domain_parse')} as parse
      from v_sip_profile_domains n order by n.ctid`,
  }
}

/** A setting's value with the switch's variables in it, and no others but a few of channels. */
const settingValue = (value: string, globals: Globals): string => inertBut(globals.fill(value), ofChannels)

function profileElement(
  settings: readonly SettingRow[],
  gateways: readonly GatewayRow[],
  domains: readonly DomainRow[],
  globals: Globals,
): string {
  const { profile = '', uuid = '' } = settings[0] ?? {}
  const own = gateways.filter((row) => row.profile === profile).map(gatewayElement)
  const names = domains
    .filter((row) => row.profile === uuid)
    .map(({ name, alias, parse }) =>
      element('domain', {
        name: inert(name || 'false'),
        alias: inert(alias || 'false'),
        parse: inert(parse || 'false'),
      }),
    )
  const params = settings
    .filter(({ name }) => name !== '')
    .map(({ name, value }) => param(inert(name), settingValue(value, globals)))
  return element(
    'profile',
    { name: inert(profile) },
    element('aliases', {}, '') +
      element('gateways', {}, own.join('')) +
      element('domains', {}, names.join('')) +
      element('settings', {}, params.join('')),
  )
}

/** Profiles of SIP with their gateways, settings and domains (facts 4, 9). */
export function sofia(world: XmlWorld): XmlAnswerer {
  const { database, columns } = world
  const sql = statements(columns)
  const readGlobals = globalsReader(world)
  return async (request) => {
    const hosts = [hostnamesOf(request)]
    const [globals, globalRows, settingRows, gateways, domains] = await Promise.all([
      readGlobals(request),
      database.query<TextRow<'name' | 'value'>>(sql.globals, []),
      database.query<SettingRow>(sql.settings, hosts),
      database.query<GatewayRow>(sql.gateways, hosts),
      database.query<DomainRow>(sql.domains, []),
    ])
    const profiles = new Map<string, SettingRow[]>()
    for (const row of settingRows) profiles.set(row.uuid, [...(profiles.get(row.uuid) ?? []), row])
    const everywhere = globalRows.map(({ name, value }) => param(inert(name), inert(value)))
    const each = [...profiles.values()].map((settings) => profileElement(settings, gateways, domains, globals))
    return configuration(
      'sofia',
      'sofia Endpoint',
      element('global_settings', {}, everywhere.join('')) + element('profiles', {}, each.join('')),
    )
  }
}
