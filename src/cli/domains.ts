import type { Queryable } from '../adapters/database/database.ts'
import { parseUuid } from '../fields/uuid.ts'
import { CliError } from './failure.ts'

/** A tenant as commands name it. */
export interface NamedDomain {
  readonly uuid: string
  readonly name: string
}

/** PostgreSQL's code for a table that is not there. */
const undefinedTable = '42P01'

/** An empty or foreign database deserves a better word than a missing relation. */
function notFusionpbx(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === undefinedTable) {
    throw new CliError('This database holds no FusionPBX: it has no table v_domains.')
  }
  throw error
}

/**
 * The domain of a name (in any case) or UUID, enabled or not: the keys of a disabled tenant must still be seen and
 * ended. Throws a sentence when there is none.
 */
export async function findDomain(db: Queryable, nameOrUuid: string): Promise<NamedDomain> {
  const uuid = parseUuid(nameOrUuid.trim())
  const condition = uuid === undefined ? 'lower(domain_name) = lower($1)' : 'domain_uuid = $1'
  const query = `select domain_uuid as uuid, domain_name as name from v_domains where ${condition}`
  const [domain] = await db
    .query<{ uuid: string; name: string }>(query, [uuid ?? nameOrUuid.trim()])
    .catch(notFusionpbx)
  if (domain === undefined) throw new CliError(`There is no domain ${JSON.stringify(nameOrUuid)}.`)
  return domain
}

/** Names of the domains with these UUIDs; those of domains that are gone are missing. */
export async function domainNames(db: Queryable, uuids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (uuids.length === 0) return new Map()
  const rows = await db.query<{ uuid: string; name: string }>(
    'select domain_uuid as uuid, domain_name as name from v_domains where domain_uuid = any($1)',
    [uuids],
  )
  return new Map(rows.map(({ uuid, name }) => [uuid, name]))
}
