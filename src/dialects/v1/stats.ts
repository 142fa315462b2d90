import { Problem } from '../../errors.ts'
import type { JsonSchema } from '../../fields/json-schema.ts'
import type { Route } from '../../http/route.ts'
import { dashboardStats } from '../../services/dashboard.ts'
import { domainHeader } from '../live.ts'
import { envelope } from './shared.ts'

const whole: JsonSchema = { type: 'integer' }

const count = (name: string): JsonSchema => ({ type: 'object', required: [name], properties: { [name]: whole } })

const statsSchema: JsonSchema = {
  type: 'object',
  required: ['success', 'data'],
  properties: {
    success: { type: 'boolean', const: true },
    data: {
      type: 'object',
      properties: {
        extensions: count('total'),
        users: count('total'),
        gateways: count('total'),
        voicemails: count('new_messages'),
        calls: count('today_total'),
      },
    },
  },
}

/** The tenant's numbers, which both v1 documents show alike (S002-DASH-STATS, S004-DASH). Never cached. */
export const statsRoute = (url: string): Route => ({
  method: 'GET',
  url,
  scope: 'dashboard:read',
  document: {
    operationId: 'dashboard_stats',
    tag: 'dashboard',
    summary: 'Count what a tenant has',
    parameters: [domainHeader],
    success: { status: 200, description: 'Numbers of this moment.', schema: statsSchema },
    errors: [400, 401, 403, 429, 500, 503],
  },
  async handle(call) {
    if (!call.reach.domain) throw new Problem('MISSING_DOMAIN')
    return { status: 200, body: envelope(JSON.stringify(await dashboardStats(call.backend, call.reach.domain))) }
  },
})
