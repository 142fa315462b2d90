import { randomUUID } from 'node:crypto'
import type { Change, InsideEffect } from '../core/define.ts'
import type { UserFields } from './fields.ts'

type Inside = InsideEffect<UserFields>

/** The user settings that are fields of a user, with the type FusionPBX gives them (facts 11). */
const kept = [
  { field: 'user_language', subcategory: 'language', name: 'code' },
  { field: 'user_time_zone', subcategory: 'time_zone', name: 'name' },
] as const

const row = (change: Change<UserFields>, setting: (typeof kept)[number]) => ({
  user_setting_uuid: randomUUID(),
  user_uuid: change.key,
  domain_uuid: change.domain.uuid,
  user_setting_category: 'domain',
  user_setting_subcategory: setting.subcategory,
  user_setting_name: setting.name,
  user_setting_value: change.given[setting.field],
  user_setting_enabled: true,
})

/** Language and time zone of a new user. */
export const createSettings: Inside = async (writer, change) => {
  await writer.insert(
    'v_user_settings',
    kept.flatMap((setting) => (change.given[setting.field] ? [row(change, setting)] : [])),
  )
}

/** Language and time zone as sent: changed, made where missing, removed where emptied. */
export const updateSettings: Inside = async (writer, change) => {
  for (const setting of kept) {
    const value = change.given[setting.field]
    if (value === undefined) continue
    const where = {
      user_uuid: change.key,
      user_setting_category: 'domain',
      user_setting_subcategory: setting.subcategory,
    }
    if (value === null) await writer.remove('v_user_settings', where)
    else if ((await writer.select('v_user_settings', where)).length === 0)
      await writer.insert('v_user_settings', [row(change, setting)])
    else await writer.update('v_user_settings', where, { user_setting_value: value, user_setting_enabled: true })
  }
}
