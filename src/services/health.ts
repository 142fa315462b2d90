import type { Database } from '../adapters/database/database.ts'
import { pendingMigrations } from '../adapters/database/migrations.ts'
import type { NodeStatus, SwitchPort } from '../adapters/switch/switch.ts'
import { packageVersion } from '../root.ts'

/** State of one part, with a sentence where there is something to do. */
export interface PartHealth {
  readonly status: 'ok' | 'failed' | 'none'
  readonly message?: string
  /** Of the switch: a line per FreeSWITCH. */
  readonly nodes?: readonly NodeStatus[]
}

/** State of the switch as a whole: failed when any node is not up. It never makes the report fail. */
export function switchHealth(port: SwitchPort): PartHealth {
  const nodes = port.status()
  if (nodes.length === 0) return { status: 'none', message: 'no switch is configured' }
  const missing = nodes.filter((node) => node.state !== 'up')
  if (missing.length === 0) return { status: 'ok', nodes }
  return { status: 'failed', message: `not in reach: ${missing.map((node) => node.name).join(', ')}`, nodes }
}

/** Whether requests can be served: database and migrations decide, the switch is reported (contract, `/readyz`). */
export async function health(
  database: Database,
  port: SwitchPort,
): Promise<{ status: 'ok' | 'failed'; parts: Record<string, PartHealth> }> {
  const parts: Record<string, PartHealth> = {}
  try {
    await database.query('select 1')
    parts.database = { status: 'ok' }
    const pending = await pendingMigrations(database)
    parts.migrations =
      pending.length === 0
        ? { status: 'ok' }
        : { status: 'failed', message: `run tandem migrate: ${pending.join(', ')}` }
  } catch {
    parts.database = { status: 'failed', message: 'the database does not answer' }
    parts.migrations = { status: 'failed', message: 'unknown while the database does not answer' }
  }
  const failed = Object.values(parts).some((part) => part.status === 'failed')
  return { status: failed ? 'failed' : 'ok', parts: { ...parts, switch: switchHealth(port) } }
}

/**
 * Versions of Tandem, its schema, PostgreSQL, and the FusionPBX and FreeSWITCH that were found (null while out of reach). FusionPBX writes its version only into
 * a file of its web folder, so the generation is read off the columns (facts 0.1, 1).
 */
export async function versions(database: Database, port: SwitchPort): Promise<Record<string, string | null>> {
  const [row] = await database.query<{ schema: string | null; postgresql: string; generation: string }>(
    `select (select name from tandem.migrations order by name desc limit 1) as schema,
      current_setting('server_version') as postgresql,
      case
        when to_regclass('public.v_extensions') is null then 'none'
        when exists (select 1 from information_schema.columns where table_name = 'v_voicemails' and column_name = 'alternate_voicemail_enabled') then '5.6'
        when (select data_type from information_schema.columns where table_name = 'v_extensions' and column_name = 'enabled') = 'boolean' then '5.5'
        else '5.4 or older'
      end as generation`,
  )
  return {
    tandem: packageVersion,
    schema: row?.schema ?? null,
    postgresql: row?.postgresql ?? null,
    fusionpbx: row?.generation === 'none' ? null : (row?.generation ?? null),
    freeswitch: [...new Set(port.status().flatMap((node) => node.version ?? []))].join(', ') || null,
  }
}
