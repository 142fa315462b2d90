import { randomUUID } from 'node:crypto'
import type { Queryable } from '../database/database.ts'
import { domainDialplanRows } from './default-dialplans.ts'
import { insertRows } from './rows.ts'

export interface NewDomain {
  /** Made if absent. */
  domainUuid?: string
  name: string
  description?: string
  enabled?: boolean
}

/**
 * Creates a domain with its own copies of the default dialplans and answers its UUID. FusionPBX's page also leaves one
 * empty dialplan for each global default; that slip is not repeated.
 */
export async function createDomain(connection: Queryable, domain: NewDomain): Promise<string> {
  const uuid = domain.domainUuid ?? randomUUID()
  const row = {
    domain_uuid: uuid,
    domain_name: domain.name,
    domain_enabled: domain.enabled ?? true,
    domain_description: domain.description,
  }
  await insertRows(connection, 'v_domains', [row])
  const { dialplans, details } = domainDialplanRows({ uuid, name: domain.name })
  await insertRows(connection, 'v_dialplans', dialplans)
  await insertRows(connection, 'v_dialplan_details', details)
  return uuid
}
