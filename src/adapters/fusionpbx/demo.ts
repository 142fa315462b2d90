import type { Queryable } from '../database/database.ts'
import { ivrMenuRows, queueRows, ringGroupRows } from './demo/call-handling.ts'
import { makeHistory } from './demo/calls.ts'
import { deviceRows } from './demo/devices.ts'
import { extensionRows } from './demo/extensions.ts'
import { gatewayRows } from './demo/gateways.ts'
import { destinationRows, inboundRouteRows, outboundRouteRows } from './demo/routes.ts'
import { makeTenant, type Part } from './demo/tenant.ts'
import { newPassword, peopleRows } from './demo/users.ts'
import { voicemailMessageRows } from './demo/voicemail-messages.ts'
import { createDomain } from './domain.ts'
import { insertRows } from './rows.ts'

export interface DemoOptions {
  /** The moment the call history ends. */
  now: Date
  /** Made if absent. */
  adminPassword?: string
}

/** How to reach the demo tenant. */
export interface Demo {
  domainName: string
  domainUuid: string
  adminUsername: string
  adminPassword: string
}

/** Call records of the last thirty days. */
export const demoCallRecords = 5000

/**
 * Fills a database that has schema and default rows with the tenant demo.example.com: its people, phones, routes and
 * calls, the same for the same `now`, under the UUIDs that the documents' examples use. Secrets are made anew.
 */
export async function createDemo(connection: Queryable, options: DemoOptions): Promise<Demo> {
  const tenant = makeTenant(options.now)
  const adminPassword = options.adminPassword ?? newPassword()
  await createDomain(connection, {
    domainUuid: tenant.domain.uuid,
    name: tenant.domain.name,
    description: 'Demo tenant',
  })
  const history = makeHistory(tenant, demoCallRecords)
  const parts: Part[] = [
    extensionRows(tenant),
    await peopleRows(connection, tenant, adminPassword),
    gatewayRows(tenant),
    deviceRows(tenant),
    ringGroupRows(tenant),
    ivrMenuRows(tenant),
    queueRows(tenant),
    destinationRows(tenant),
    inboundRouteRows(tenant),
    outboundRouteRows(tenant),
    voicemailMessageRows(tenant, history.messages),
    [['v_xml_cdr', history.rows]],
  ]
  for (const [table, rows] of parts.flat()) await insertRows(connection, table, rows)
  // The planner would take the thousands of rows for a handful until autovacuum comes by.
  await connection.query('analyze v_xml_cdr')
  return {
    domainName: tenant.domain.name,
    domainUuid: tenant.domain.uuid,
    adminUsername: 'admin',
    adminPassword,
  }
}
