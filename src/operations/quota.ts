import type { Transaction } from '../adapters/database/database.ts'
import { Problem } from '../errors.ts'
import type { SettingReader } from '../fields/field.ts'
import type { Resource } from '../resources/core/define.ts'
import { ownRows, type Reach, reachValues } from './scope.ts'
import { zoneParameter } from './view.ts'

/**
 * Refuses one row more than FusionPBX's setting `limit/<quota>` allows the tenant (facts 3). Creators of one tenant wait
 * for each other, so that two of them cannot both take the last place.
 */
export async function checkQuota(
  connection: Transaction,
  resource: Resource,
  settings: SettingReader,
  reach: Reach,
): Promise<void> {
  const allowed = resource.quota === undefined ? undefined : settings.text('limit', resource.quota)
  if (allowed === undefined || !/^\d{1,9}$/.test(allowed)) return
  connection.send('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `quota|${resource.table}|${reach.domain?.uuid}`,
  ])
  const [row] = await connection.query<{ count: number }>(
    `select count(*)::int as count from ${resource.table} t where ${ownRows(resource, 't')} and ${zoneParameter} is not null`,
    [...reachValues(reach)],
  )
  if ((row?.count ?? 0) >= Number(allowed))
    throw new Problem('FORBIDDEN', { message: `This domain may have at most ${allowed} ${resource.name}` })
}
