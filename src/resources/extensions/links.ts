import { randomUUID } from 'node:crypto'
import type { InsideEffect } from '../core/define.ts'
import type { ExtensionFields } from './fields.ts'

type Inside = InsideEffect<ExtensionFields>

/** Ties the extension to a user of the same tenant, or unties it when null was sent (S002-EXT-CREATE-FX5). */
export const linkUser: Inside = async (writer, { key, given, domain }) => {
  const user_uuid = given.user_uuid
  if (user_uuid === undefined) return
  if (user_uuid !== null) {
    const linked = await writer.select('v_extension_users', { extension_uuid: key, user_uuid })
    if (linked.length > 0) return
  }
  await writer.remove('v_extension_users', { extension_uuid: key, domain_uuid: domain.uuid })
  if (user_uuid !== null)
    await writer.insert('v_extension_users', [
      { extension_user_uuid: randomUUID(), domain_uuid: domain.uuid, extension_uuid: key, user_uuid },
    ])
}

/**
 * Phones keep registering: a password that is sent goes to the device lines of this extension, a name to the keys that
 * watch it (facts 3), and a new number to the lines and ring groups that name the old one.
 */
export const carryToPhones: Inside = async (writer, { before, after, given, domain }) => {
  if (!before?.extension || !after?.extension) return
  const domain_uuid = domain.uuid
  const line = { domain_uuid, server_address: domain.name, user_id: before.extension }
  if (given.password) await writer.update('v_device_lines', line, { password: given.password })
  if (given.effective_caller_id_name)
    await writer.update(
      'v_device_keys',
      { domain_uuid, device_key_value: before.extension },
      { device_key_label: given.effective_caller_id_name },
    )
  if (before.extension === after.extension) return
  await writer.update('v_device_lines', { ...line, auth_id: before.extension }, { auth_id: after.extension })
  await writer.update('v_device_lines', line, { user_id: after.extension })
  await writer.update(
    'v_ring_group_destinations',
    { domain_uuid, destination_number: before.extension },
    { destination_number: after.extension },
  )
}

/** Rows that point at a removed extension: users, own settings, follow me, ring groups (facts 3, S004-EXT-DELETE). */
export const removeLinks: Inside = async (writer, { key, before, domain }) => {
  const domain_uuid = domain.uuid
  await writer.remove('v_extension_users', { extension_uuid: key })
  await writer.remove('v_extension_settings', { extension_uuid: key, domain_uuid })
  if (before?.follow_me_uuid) {
    await writer.remove('v_follow_me', { follow_me_uuid: before.follow_me_uuid, domain_uuid })
    await writer.remove('v_follow_me_destinations', { follow_me_uuid: before.follow_me_uuid, domain_uuid })
  }
  for (const destination_number of [before?.extension, before?.number_alias])
    if (destination_number) await writer.remove('v_ring_group_destinations', { domain_uuid, destination_number })
}
