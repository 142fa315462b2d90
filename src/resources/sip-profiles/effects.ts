import type { Effect } from '../../adapters/effects.ts'
import { Problem } from '../../errors.ts'
import type { Fields, Values } from '../../fields/field.ts'
import type { AfterEffect, InsideEffect } from '../core/define.ts'

/** Sofia's configuration is cached for each switch by its host name (facts 2). */
const forget: Effect = { to: 'cache', key: 'configuration:sofia.conf', perHost: true }

const rescan = (profile: string): Effect => ({ to: 'switch', command: ['sofia', 'profile', profile, 'rescan'] })

/** The name under which the switch runs a profile, or undefined where it does not. */
const running = (row: Values<Fields> | null): string | undefined =>
  row?.sip_profile_enabled === true && row.sip_profile_name ? String(row.sip_profile_name) : undefined

/**
 * A profile that runs reads its settings anew, as far as it can without a restart. Starting a new one, and stopping one
 * that was removed or renamed, ends or admits calls and stays the operator's to say, as on FusionPBX's pages (facts 9).
 */
export const profileChanged: AfterEffect<Fields> = ({ before, after }) => {
  const profile = running(before)
  return profile !== undefined && profile === running(after) ? [forget, rescan(profile)] : [forget]
}

/** The same for one setting, whose row knows its profile by the UUID only. */
export const settingChanged: InsideEffect<Fields> = async (writer, { before, after }) => {
  const profiles = new Set([before, after].flatMap((row) => row?.sip_profile_uuid ?? []))
  writer.tell(forget)
  for (const uuid of profiles) {
    const [row] = await writer.connection.query<{ name: string }>(
      `select sip_profile_name as name from v_sip_profiles
        where sip_profile_uuid = $1::uuid and sip_profile_enabled::text = 'true' and sip_profile_name <> ''`,
      [uuid],
    )
    if (row) writer.tell(rescan(row.name))
  }
}

/**
 * Refuses a profile by the name of another on the same switch: two hosts may each have an `internal` of their own, and one
 * without a host is everybody's. The lock makes writers of one name wait for each other.
 */
export const ownName: InsideEffect<Fields> = async (writer, { key, after }) => {
  const name = after?.sip_profile_name
  await writer.connection.query(`select pg_advisory_xact_lock(hashtextextended('v_sip_profiles|' || $1::text, 0))`, [
    name,
  ])
  const rows = await writer.connection.query(
    `select 1 as taken from v_sip_profiles p
      where p.sip_profile_name = $1::text and p.sip_profile_uuid <> $2::uuid
        and (coalesce(p.sip_profile_hostname, '') = '' or $3::text is null or p.sip_profile_hostname = $3::text)`,
    [name, key, after?.sip_profile_hostname ?? null],
  )
  if (rows.length > 0)
    throw new Problem('DUPLICATE_ERROR', { message: 'SIP profile already exists', field: 'sip_profile_name' })
}
