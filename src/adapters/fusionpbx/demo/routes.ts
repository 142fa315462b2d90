import { applications, orders } from '../dialplan/applications.ts'
import { destinationDetails, destinationRegex, destinationXml } from '../dialplan/destination.ts'
import type { Detail } from '../dialplan/details.ts'
import { outboundDirectionDetails, outboundRouteDetails } from '../dialplan/outbound-route.ts'
import { type Dialplan, detailedDialplan, detailRows, dialplanRow } from '../dialplan/rows.ts'
import { type Part, type Tenant, transferTo } from './tenant.ts'

/** The company's number, which leads to the menu. */
export function destinationRows(tenant: Tenant): Part {
  const { domain, random } = tenant
  const prefix = tenant.mainNumber.slice(0, 1)
  const number = tenant.mainNumber.slice(1)
  const action = { application: 'transfer', data: transferTo(tenant, tenant.ivrMenu.extension) }
  const plan: Dialplan = {
    uuid: random.uuid(),
    name: number,
    number,
    continue: false,
    context: 'public',
    domain,
    app: applications.inboundRoute,
    order: orders.inboundRoute,
    description: 'Main number',
  }
  const numberRegex = destinationRegex(number, prefix)
  const inner = { dialplanUuid: plan.uuid, name: plan.name, numberRegex, domain, actions: [action] }
  const row = {
    domain_uuid: domain.uuid,
    destination_uuid: random.uuid(),
    dialplan_uuid: plan.uuid,
    destination_type: 'inbound',
    destination_number: number,
    destination_prefix: prefix,
    destination_number_regex: numberRegex,
    destination_context: plan.context,
    destination_record: false,
    destination_actions: [{ destination_app: action.application, destination_data: action.data }],
    destination_app: action.application,
    destination_data: action.data,
    destination_order: plan.order,
    destination_enabled: true,
    destination_description: plan.description,
  }
  return [
    ['v_destinations', [row]],
    ['v_dialplans', [dialplanRow(plan, destinationXml(inner))]],
    ['v_dialplan_details', detailRows(plan, destinationDetails(inner))],
  ]
}

/** An inbound route as its own form writes it, for a second number that rings sales. */
export function inboundRouteRows(tenant: Tenant): Part {
  const plan: Dialplan = {
    uuid: tenant.random.uuid(),
    name: 'sales-direct',
    continue: false,
    context: 'public',
    domain: tenant.domain,
    app: applications.inboundRoute,
    order: orders.inboundRoute,
    description: 'Direct number of sales',
  }
  const details: Detail[] = [
    { tag: 'condition', type: 'destination_number', data: '^12025550144$', order: 0, enabled: null },
    {
      tag: 'action',
      type: 'transfer',
      data: transferTo(tenant, tenant.ringGroup.extension),
      order: 10,
      enabled: null,
    },
  ]
  const rows = detailedDialplan(plan, details)
  // That form leaves out whether to go on.
  const dialplans = rows.dialplans.map((row) => ({ ...row, dialplan_continue: null }))
  return [
    ['v_dialplans', dialplans],
    ['v_dialplan_details', rows.details],
  ]
}

/** North American numbers over the main carrier and, when it fails, the other. */
export function outboundRouteRows(tenant: Tenant): Part {
  const expression = '^\\+?1?(\\d{10})$'
  const common = {
    context: tenant.domain.name,
    domain: tenant.domain,
    app: applications.outboundRoute,
    description: 'North America',
  }
  const direction = detailedDialplan(
    {
      ...common,
      uuid: tenant.random.uuid(),
      name: 'call_direction-outbound',
      continue: true,
      order: orders.outboundDirection,
    },
    outboundDirectionDetails(expression),
    10,
  )
  const route = detailedDialplan(
    {
      ...common,
      uuid: tenant.random.uuid(),
      name: `${tenant.gateways[0]?.name}.1d10`,
      continue: false,
      order: orders.outboundRoute,
    },
    outboundRouteDetails(
      expression,
      tenant.gateways.map(({ uuid }) => uuid),
    ),
    10,
  )
  return [
    ['v_dialplans', [...direction.dialplans, ...route.dialplans]],
    ['v_dialplan_details', [...direction.details, ...route.details]],
  ]
}
