import type { Queryable } from '../adapters/database/database.ts'
import { parseUuid } from '../fields/uuid.ts'
import type { Domain } from '../resources/core/define.ts'

/** Milliseconds a domain is remembered: FusionPBX's pages change domains behind us, so it must be short. */
const rememberedMs = 1000

/** Zones that were checked before: making a formatter to check one takes long. */
const checkedZones = new Map<string, boolean>()

function isZone(zone: string): boolean {
  const known = checkedZones.get(zone)
  if (known !== undefined) return known
  let valid = /^[A-Za-z0-9_+/-]{1,64}$/.test(zone)
  try {
    if (valid) new Intl.DateTimeFormat('en', { timeZone: zone })
  } catch {
    valid = false
  }
  // The setting is free text, so there may be more of them than zones.
  if (checkedZones.size > 1000) checkedZones.clear()
  checkedZones.set(zone, valid)
  return valid
}

/** A time zone that PostgreSQL and we both know, or UTC. */
const knownZone = (zone: string | null): string => (zone && isZone(zone) ? zone : 'UTC')

/**
 * Finds an enabled domain by name, in any case, or by UUID (S002-AUTH-DOMAIN, S004-AUTH). Its zone is the domain
 * setting `domain/time_zone`, else the default setting, else UTC (contract).
 */
export async function findDomain(connection: Queryable, nameOrUuid: string): Promise<Domain | undefined> {
  const uuid = parseUuid(nameOrUuid)
  const rows = await connection.query<{ domain_uuid: string; domain_name: string; zone: string | null }>(
    `select d.domain_uuid, d.domain_name, coalesce(
        (select s.domain_setting_value from v_domain_settings s where s.domain_uuid = d.domain_uuid
            and s.domain_setting_category = 'domain' and s.domain_setting_subcategory = 'time_zone'
            and s.domain_setting_enabled::text = 'true' and s.domain_setting_value <> '' limit 1),
        (select s.default_setting_value from v_default_settings s
          where s.default_setting_category = 'domain' and s.default_setting_subcategory = 'time_zone'
            and s.default_setting_enabled::text = 'true' and s.default_setting_value <> '' limit 1)) as zone
       from v_domains d
      where ${uuid === undefined ? 'lower(d.domain_name) = lower($1::text)' : 'd.domain_uuid = $1::uuid'} and d.domain_enabled::text = 'true'
      order by d.domain_uuid limit 1`,
    [uuid ?? nameOrUuid],
  )
  const [row] = rows
  return row && { uuid: row.domain_uuid, name: row.domain_name, zone: knownZone(row.zone) }
}

/** Looks domains up, remembering each for a second. */
export function domainDirectory(connection: Queryable): (nameOrUuid: string) => Promise<Domain | undefined> {
  const remembered = new Map<string, { domain: Domain; until: number }>()
  return async (nameOrUuid) => {
    const now = Date.now()
    const known = remembered.get(nameOrUuid)
    if (known && known.until > now) return known.domain
    remembered.delete(nameOrUuid)
    const domain =
      nameOrUuid.includes('\u0000') || nameOrUuid.length > 255 ? undefined : await findDomain(connection, nameOrUuid)
    if (domain) {
      // Spellings of one name are few; a flood of them must not fill memory.
      if (remembered.size > 10_000) remembered.clear()
      remembered.set(nameOrUuid, { domain, until: now + rememberedMs })
    }
    return domain
  }
}
