import type { ColumnCatalog } from '../../../adapters/database/columns.ts'
import { forHost, isOn, type TextRow, textList } from '../columns.ts'
import { element, inert, param, variable } from '../write.ts'

const gatewayColumns = [
  'gateway_uuid',
  'profile',
  'username',
  'distinct_to',
  'auth_username',
  'password',
  'realm',
  'from_user',
  'from_domain',
  'proxy',
  'register_proxy',
  'outbound_proxy',
  'expire_seconds',
  'register',
  'register_transport',
  'contact_params',
  'retry_seconds',
  'extension',
  'ping',
  'ping_min',
  'ping_max',
  'contact_in_ping',
  'context',
  'caller_id_in_from',
  'supress_cng',
  'extension_in_contact',
  'sip_cid_type',
] as const

export type GatewayRow = TextRow<(typeof gatewayColumns)[number]>

/** Enabled gateways of these hosts (`$1`). */
export const gatewayStatement = (columns: ColumnCatalog): string =>
  `select ${textList(columns, 'v_gateways', 'g', gatewayColumns)} from v_gateways g
   where ${isOn(columns, 'v_gateways', 'g', 'enabled')} and ${forHost('g.hostname', '$1')} order by g.ctid`

const transports: ReadonlySet<string> = new Set(['udp', 'tcp', 'tls'])

/** What the switch logs in to a carrier with: every character counts, and none is filled in by the switch. */
const credentials: ReadonlySet<string> = new Set(['username', 'auth_username', 'password'])

/** What a gateway's row says of one parameter; empty text is left out by the caller. */
function spelled(row: GatewayRow, column: keyof GatewayRow): string {
  if (column === 'register_transport') return transports.has(row[column]) ? row[column] : 'udp'
  return credentials.has(column) ? row[column] : inert(row[column])
}

/** A gateway as sofia reads it; its name there is its UUID (facts 0.9, 4). */
export function gatewayElement(row: GatewayRow): string {
  const params = gatewayColumns
    .filter((column) => !['gateway_uuid', 'profile', 'sip_cid_type'].includes(column))
    .map((column) => [column, spelled(row, column)] as const)
    .filter(([column, value]) => value !== '' || column === 'contact_params')
    .map(([column, value]) => param(column.replaceAll('_', '-'), value))
  const variables = row.sip_cid_type === '' ? '' : variable('sip_cid_type', inert(row.sip_cid_type))
  return element('gateway', { name: row.gateway_uuid }, params.join('') + element('variables', {}, variables))
}
