import type { Backend } from '../operations/backend.ts'
import type { Domain } from '../resources/core/define.ts'

/** Counts of one tenant, as spec 002 shows them (S002-DASH-STATS). */
export interface DashboardStats {
  readonly extensions: { readonly total: number }
  readonly users: { readonly total: number }
  readonly gateways: { readonly total: number }
  readonly voicemails: { readonly new_messages: number }
  readonly calls: { readonly today_total: number }
}

/** Text of a column whose name or type differs between versions: `true` and `'true'` compare alike as text. */
const isOn = (column: string): string => `${column}::text = 'true'`

/**
 * Counts what a tenant has: all extensions, enabled users and gateways, messages nobody heard, and the calls that began
 * today in the tenant's zone. A call is its first leg's record: FusionPBX may keep the others too (leg `b`).
 */
export async function dashboardStats({ database }: Backend, domain: Domain): Promise<DashboardStats> {
  const [row] = await database.query<Record<'extensions' | 'users' | 'gateways' | 'messages' | 'calls', number>>(
    `select
      (select count(*)::int from v_extensions where domain_uuid = $1) as extensions,
      (select count(*)::int from v_users where domain_uuid = $1 and ${isOn('user_enabled')}) as users,
      (select count(*)::int from v_gateways where domain_uuid = $1 and ${isOn('enabled')}) as gateways,
      (select count(*)::int from v_voicemail_messages where domain_uuid = $1 and coalesce(message_status, '') = '') as messages,
      (select count(*)::int from v_xml_cdr where domain_uuid = $1 and leg is distinct from 'b'
          and start_stamp >= (date_trunc('day', now() at time zone $2) at time zone $2)
          and start_stamp < ((date_trunc('day', now() at time zone $2) + interval '1 day') at time zone $2)) as calls`,
    [domain.uuid, domain.zone],
  )
  return {
    extensions: { total: row?.extensions ?? 0 },
    users: { total: row?.users ?? 0 },
    gateways: { total: row?.gateways ?? 0 },
    voicemails: { new_messages: row?.messages ?? 0 },
    calls: { today_total: row?.calls ?? 0 },
  }
}
