import { randomUUID } from 'node:crypto'
import type { NewRow } from '../rows.ts'
import { type Detail, dialplanXml, type Plan } from './details.ts'

/** Everything a dialplan's row holds besides its XML. */
export interface Dialplan extends Plan {
  /** The FusionPBX application that wrote it, by which its pages find it again. */
  app: string
  number?: string | undefined
  order: number
  enabled?: boolean | undefined
  description?: string | undefined
}

/** The row of `v_dialplans`. */
export function dialplanRow(plan: Dialplan, xml: string): NewRow {
  return {
    dialplan_uuid: plan.uuid,
    domain_uuid: plan.domain?.uuid,
    app_uuid: plan.app,
    dialplan_context: plan.context,
    dialplan_name: plan.name,
    dialplan_number: plan.number,
    dialplan_continue: plan.continue,
    dialplan_xml: xml,
    dialplan_order: plan.order,
    dialplan_enabled: plan.enabled ?? true,
    dialplan_description: plan.description,
  }
}

/** The rows of `v_dialplan_details`; details without an order of their own are counted up by `step`. */
export function detailRows(plan: Dialplan, details: readonly Detail[], step = 5): NewRow[] {
  return details.map((detail, position) => ({
    dialplan_detail_uuid: randomUUID(),
    dialplan_uuid: plan.uuid,
    domain_uuid: plan.domain?.uuid,
    dialplan_detail_tag: detail.tag,
    dialplan_detail_type: detail.type || undefined,
    dialplan_detail_data: detail.data || undefined,
    dialplan_detail_break: detail.break,
    dialplan_detail_inline: detail.inline,
    dialplan_detail_group: detail.group ?? 0,
    dialplan_detail_order: detail.order ?? step * (position + 1),
    dialplan_detail_enabled: detail.enabled === undefined ? true : detail.enabled,
  }))
}

/** Rows of both tables for a dialplan whose XML is made of its details. */
export function detailedDialplan(plan: Dialplan, details: readonly Detail[], step?: number) {
  return { dialplans: [dialplanRow(plan, dialplanXml(plan, details))], details: detailRows(plan, details, step) }
}
