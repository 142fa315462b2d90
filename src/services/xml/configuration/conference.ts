import { isOn, type TextRow, textList, textOf } from '../columns.ts'
import type { XmlAnswerer, XmlWorld } from '../door.ts'
import { element, inert, param } from '../write.ts'
import { configuration } from './document.ts'

type ControlRow = TextRow<'owner' | 'control_digits' | 'control_action' | 'control_data'>
type ParamRow = TextRow<'owner' | 'profile_param_name' | 'profile_param_value'>
type OwnerRow = TextRow<'uuid' | 'name'>

/** Keys of callers and profiles of conferences: everyone's, without tenants. */
export function conference({ database, columns }: XmlWorld): XmlAnswerer {
  const owners = (table: string, prefix: string, name: string, enabled: string): string =>
    `select o.${prefix}_uuid::text as uuid, ${textOf(columns, table, 'o', name)} as name from ${table} o
     where ${isOn(columns, table, 'o', enabled)} order by o.ctid`
  const parts = (table: string, owner: string, names: readonly string[], enabled: string): string =>
    `select p.${owner}::text as owner, ${textList(columns, table, 'p', names)} from ${table} p
     where ${isOn(columns, table, 'p', enabled)} order by p.ctid`
  const sql = {
    controls: owners('v_conference_controls', 'conference_control', 'control_name', 'control_enabled'),
    keys: parts(
      'v_conference_control_details',
      'conference_control_uuid',
      ['control_digits', 'control_action', 'control_data'],
      'control_enabled',
    ),
    profiles: owners('v_conference_profiles', 'conference_profile', 'profile_name', 'profile_enabled'),
    params: parts(
      'v_conference_profile_params',
      'conference_profile_uuid',
      ['profile_param_name', 'profile_param_value'],
      'profile_param_enabled',
    ),
  }
  return async () => {
    const [controls, keys, profiles, params] = await Promise.all([
      database.query<OwnerRow>(sql.controls, []),
      database.query<ControlRow>(sql.keys, []),
      database.query<OwnerRow>(sql.profiles, []),
      database.query<ParamRow>(sql.params, []),
    ])
    const groups = controls.map(({ uuid, name }) =>
      element(
        'group',
        { name: inert(name) },
        keys
          .filter(({ owner }) => owner === uuid)
          .map(keyElement)
          .join(''),
      ),
    )
    const each = profiles.map(({ uuid, name }) =>
      element(
        'profile',
        { name: inert(name) },
        params
          .filter(({ owner }) => owner === uuid)
          .map(paramOf)
          .join(''),
      ),
    )
    return configuration(
      'conference',
      'Audio Conference',
      element('caller-controls', {}, groups.join('')) + element('profiles', {}, each.join('')),
    )
  }
}

const keyElement = ({ control_digits, control_action, control_data }: ControlRow): string =>
  element('control', { digits: inert(control_digits), action: inert(control_action), data: inert(control_data) })

const paramOf = ({ profile_param_name, profile_param_value }: ParamRow): string =>
  param(inert(profile_param_name), inert(profile_param_value))
