import type { Queryable } from '../../adapters/database/database.ts'

/** Letters a profile's name has in FusionPBX's form; only such a name reaches a command. */
const profileForm = /^[A-Za-z0-9_.-]{1,128}$/

/** True for a name that can be a profile's. */
export const isProfileName = (name: string): boolean => profileForm.test(name)

/** Names of the SIP profiles that FusionPBX has enabled, in order. */
export async function enabledProfiles(connection: Queryable): Promise<string[]> {
  const rows = await connection.query<{ name: string }>(
    `select distinct sip_profile_name as name from v_sip_profiles
      where sip_profile_enabled::text = 'true' and sip_profile_name is not null order by 1`,
  )
  return rows.map((row) => row.name).filter(isProfileName)
}
