import type { Queryable } from '../../adapters/database/database.ts'
import type { Owners } from './node-model.ts'
import type { Owner } from './values.ts'

/** How often whose things are whose is read again: FusionPBX's pages change it behind us. */
const refreshMs = 10_000
/** A name nobody has makes us look again, but not more often than this. */
const missMs = 1000

/** Tenants and gateways as the database has them, at hand without waiting. */
export interface OwnerBook extends Owners {
  /** Reads again when it is time; answers whether something is new. */
  refresh(nowMs: number): Promise<boolean>
  /** Something changed: the next refresh reads again, however soon. */
  expire(): void
}

const readDomains = (connection: Queryable) =>
  connection.query<{ uuid: string; name: string }>(
    'select domain_uuid::text as uuid, domain_name as name from v_domains where domain_name is not null',
  )

const readGateways = (connection: Queryable) =>
  connection.query<{ gateway: string; uuid: string | null; name: string | null }>(
    `select g.gateway_uuid::text as gateway, d.domain_uuid::text as uuid, d.domain_name as name
       from v_gateways g left join v_domains d on d.domain_uuid = g.domain_uuid`,
  )

/**
 * Keeps whose domains and gateways are whose. Disabled tenants are in it too: a call of one that was switched off is
 * still nobody else's.
 */
export function ownerBook(connection: Queryable): OwnerBook {
  let domains = new Map<string, Owner>()
  let gateways = new Map<string, Owner | null>()
  let readAtMs = Number.NEGATIVE_INFINITY
  let missed = true
  let reading: Promise<boolean> | undefined
  let before = ''

  const read = async (): Promise<boolean> => {
    const [domainRows, gatewayRows] = await Promise.all([readDomains(connection), readGateways(connection)])
    const after = JSON.stringify([domainRows, gatewayRows])
    const isNew = after !== before
    before = after
    domains = new Map(domainRows.flatMap((row) => [row.name.toLowerCase(), row.uuid].map((key) => [key, row])))
    gateways = new Map(
      gatewayRows.map(({ gateway, uuid, name }) => [gateway, uuid && name ? { uuid, name } : null] as const),
    )
    return isNew
  }

  return {
    domain(nameOrUuid) {
      const owner = domains.get(nameOrUuid.toLowerCase())
      if (!owner) missed = true
      return owner
    },
    gateway(gatewayUuid) {
      const owner = gateways.get(gatewayUuid.toLowerCase())
      if (owner === undefined) missed = true
      return owner
    },
    expire() {
      readAtMs = Number.NEGATIVE_INFINITY
    },
    refresh(nowMs) {
      if (reading) return reading
      if (nowMs - readAtMs < (missed ? missMs : refreshMs)) return Promise.resolve(false)
      readAtMs = nowMs
      missed = false
      reading = read().finally(() => {
        reading = undefined
      })
      return reading
    },
  }
}
