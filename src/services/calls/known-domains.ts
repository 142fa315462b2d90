import type { Queryable } from '../../adapters/database/database.ts'

/** A tenant as live things name it. */
export interface KnownDomain {
  readonly uuid: string
  readonly name: string
}

/** The tenants there are, by name in lower case and by UUID. */
export interface KnownDomains {
  byName(name: string): KnownDomain | undefined
  byUuid(uuid: string): KnownDomain | undefined
}

/** Milliseconds they are remembered: a new tenant's first call must find it. */
const rememberedMs = 1000

function index(rows: readonly KnownDomain[]): KnownDomains {
  const names = new Map(rows.map((row) => [row.name.toLowerCase(), row]))
  const uuids = new Map(rows.map((row) => [row.uuid, row]))
  return {
    byName: (name) => names.get(name) ?? names.get(name.toLowerCase()),
    byUuid: (uuid) => uuids.get(uuid.toLowerCase()),
  }
}

/** Reads all tenants, enabled or not: a call of one that was switched off is still nobody else's. */
export function knownDomains(connection: Queryable): () => Promise<KnownDomains> {
  let known: { domains: Promise<KnownDomains>; until: number } | undefined
  return () => {
    if (known && known.until > Date.now()) return known.domains
    const domains = connection
      .query<{ uuid: string; name: string }>('select domain_uuid::text as uuid, domain_name as name from v_domains')
      .then((rows) => index(rows.filter((row) => row.name)))
    known = { domains, until: Date.now() + rememberedMs }
    domains.catch(() => {
      known = undefined
    })
    return domains
  }
}
