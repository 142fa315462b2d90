import type { JsonSchema } from '../../fields/json-schema.ts'
import type { OperationDocument, Route } from '../../http/route.ts'
import type { LiveCall } from '../../services/calls/picture.ts'
import { localStamp } from '../../services/local-time.ts'
import { shortContact } from '../../services/registrations/contact.ts'
import type { Registration } from '../../services/registrations/registration.ts'
import { domainHeader, type LiveServices, liveList, liveListSchema } from '../live.ts'
import { statsRoute } from '../v1/stats.ts'

const text: JsonSchema = { type: 'string' }
const whole: JsonSchema = { type: 'integer' }

/** A call as spec 002 shows it (S002-DASH-CALLS). */
const callRow = ({ uuid, direction, first }: LiveCall, zone: string) => ({
  uuid,
  direction,
  caller_id_name: first.callerName,
  caller_id_number: first.callerNumber,
  destination: first.destination,
  state: first.state,
  created: localStamp(first.createdEpoch, zone),
  created_epoch: first.createdEpoch,
})

/** A registration as spec 002 shows it (S002-DASH-REG). */
const registrationRow = (phone: Registration) => ({
  user: phone.user,
  domain: phone.domain,
  contact: shortContact(phone),
  agent: phone.agent,
  status: phone.status,
  profile: phone.profile,
})

const document = (
  operationId: string,
  summary: string,
  description: string,
  schema: JsonSchema,
): OperationDocument => ({
  operationId,
  tag: 'dashboard',
  summary,
  parameters: [domainHeader],
  success: { status: 200, description, schema },
  errors: [400, 401, 403, 500, 503],
})

/** The dashboard of spec 002: numbers, live registrations and live calls (S002-DASH-*). Never cached. */
export function dashboardRoutes({ calls, registrations }: LiveServices): Route[] {
  return [
    statsRoute('/api/v1/dashboard/stats.php'),
    {
      method: 'GET',
      url: '/api/v1/dashboard/registrations.php',
      scope: 'registrations:read',
      document: document(
        'dashboard_registrations',
        'List registered phones',
        'Phones registered with any enabled SIP profile of any node.',
        liveListSchema({ user: text, domain: text, contact: text, agent: text, status: text, profile: text }),
      ),
      async handle(call) {
        const list = await registrations.list(call.reach)
        return liveList(list.registrations.map(registrationRow), list.missing)
      },
    },
    {
      method: 'GET',
      url: '/api/v1/dashboard/active-calls.php',
      scope: 'active-calls:read',
      document: document(
        'dashboard_active_calls',
        'List calls in progress',
        'Calls of the tenant, each once, oldest first.',
        liveListSchema({
          uuid: { type: 'string', format: 'uuid' },
          direction: { type: 'string', enum: ['local', 'inbound', 'outbound'] },
          caller_id_name: text,
          caller_id_number: text,
          destination: text,
          state: { type: 'string', examples: ['CS_EXECUTE'] },
          created: text,
          created_epoch: whole,
        }),
      ),
      async handle(call) {
        const list = await calls.list(call.reach)
        const zone = call.reach.domain?.zone ?? 'UTC'
        return liveList(
          list.calls.map((live) => callRow(live, zone)),
          list.missing,
        )
      },
    },
  ]
}
