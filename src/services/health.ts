import type { Database } from '../adapters/database/database.ts'
import { pendingMigrations } from '../adapters/database/migrations.ts'
import { packageVersion } from '../root.ts'

/** State of one part, with a sentence where there is something to do. */
export interface PartHealth {
  readonly status: 'ok' | 'failed' | 'none'
  readonly message?: string
}

/** Whether requests can be served: database and migrations decide, the switch is reported (contract, `/readyz`). */
export async function health(
  database: Database,
): Promise<{ status: 'ok' | 'failed'; parts: Record<string, PartHealth> }> {
  const parts: Record<string, PartHealth> = { switch: { status: 'none', message: 'no switch is configured' } }
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
  return { status: failed ? 'failed' : 'ok', parts }
}

/**
 * Versions of Tandem, its schema, PostgreSQL and the FusionPBX that was found. FusionPBX writes its version only into
 * a file of its web folder, so the generation is read off the columns (facts 0.1, 1).
 */
export async function versions(database: Database): Promise<Record<string, string | null>> {
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
    freeswitch: null,
  }
}
