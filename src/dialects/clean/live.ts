import type { JsonSchema } from '../../fields/json-schema.ts'
import type { Call, OperationDocument, Route } from '../../http/route.ts'
import { hangUp } from '../../services/calls/control/hang-up.ts'
import { transfer } from '../../services/calls/control/transfer.ts'
import type { LiveCall } from '../../services/calls/picture.ts'
import { localStamp } from '../../services/local-time.ts'
import { cleanContact } from '../../services/registrations/contact.ts'
import type { Registration } from '../../services/registrations/registration.ts'
import {
  bodyReader,
  callUuidForm,
  destinationForm,
  destinationSays,
  domainHeader,
  type LiveServices,
  liveList,
  liveListSchema,
} from '../live.ts'
import { envelope, messageText } from '../v1/shared.ts'
import { statsRoute } from '../v1/stats.ts'

const text: JsonSchema = { type: 'string' }
const whole: JsonSchema = { type: 'integer' }

const errors = [400, 401, 403, 404, 409, 429, 500, 503]

/** A call as spec 004 shows it (S004-CALLS-LIST). */
const callRow = (call: LiveCall, zone: string, nowSeconds: number) => ({
  call_uuid: call.uuid,
  caller_id_name: call.first.callerName,
  caller_id_number: call.first.callerNumber,
  destination_number: call.first.destination,
  call_direction: call.direction,
  call_state: call.first.state,
  created_time: localStamp(call.first.createdEpoch, zone),
  created_epoch: call.first.createdEpoch,
  duration: Math.max(0, nowSeconds - call.first.createdEpoch),
})

/** A registration as spec 004 shows it (S004-REG-LIST). */
const registrationRow = (phone: Registration) => ({
  user: phone.user,
  sip_realm: phone.realm,
  contact: cleanContact(phone),
  agent: phone.agent,
  status: phone.status,
  ping_time: phone.pingTime,
  network_ip: phone.networkIp,
  network_port: phone.networkPort,
  profile: phone.profile,
})

const zoneOf = (call: Call): string => call.reach.domain?.zone ?? 'UTC'

const document = (
  operationId: string,
  tag: string,
  summary: string,
  more: Pick<OperationDocument, 'success'> & Partial<OperationDocument>,
): OperationDocument => ({ operationId, tag, summary, parameters: [domainHeader], errors, ...more })

const uuidText: JsonSchema = { type: 'string', format: 'uuid' }

/** What a command about a call answers, besides the message. */
const doneSchema = (properties: Record<string, JsonSchema>): JsonSchema => ({
  type: 'object',
  required: ['success', 'data', 'message'],
  properties: {
    success: { type: 'boolean', const: true },
    data: { type: 'object', properties: { ...properties, result: { type: 'string', examples: ['+OK'] } } },
    message: text,
  },
})

/** Live calls, registrations and the dashboard under clean URLs (S004-CALLS-*, S004-REG-LIST, S004-DASH). Never cached, never paged. */
export function cleanLiveRoutes({ calls, registrations }: LiveServices): Route[] {
  return [
    statsRoute('/api/v1/dashboard/stats'),
    {
      method: 'GET',
      url: '/api/v1/active-calls',
      scope: 'active-calls:read',
      document: document('list_active_calls', 'active-calls', 'List calls in progress', {
        success: {
          status: 200,
          description: 'Calls of the tenant, each once, oldest first.',
          schema: liveListSchema({
            call_uuid: uuidText,
            caller_id_name: text,
            caller_id_number: text,
            destination_number: text,
            call_direction: { type: 'string', enum: ['local', 'inbound', 'outbound'] },
            call_state: { type: 'string', examples: ['CS_EXECUTE'] },
            created_time: text,
            created_epoch: whole,
            duration: whole,
          }),
        },
      }),
      async handle(call) {
        const list = await calls.list(call.reach)
        const now = Math.floor(Date.now() / 1000)
        return liveList(
          list.calls.map((live) => callRow(live, zoneOf(call), now)),
          list.missing,
        )
      },
    },
    {
      method: 'POST',
      url: '/api/v1/active-calls/hangup',
      scope: 'active-calls:write',
      document: document('hangup_active_call', 'active-calls', 'End a call', {
        requestBody: { type: 'object', required: ['call_uuid'], properties: { call_uuid: uuidText } },
        success: { status: 200, description: 'The call is over.', schema: doneSchema({ call_uuid: uuidText }) },
      }),
      async handle(call) {
        const body = bodyReader(call.body)
        const uuid = body.text('call_uuid', 'Call UUID', callUuidForm, 'must be a UUID').toLowerCase()
        body.end(false)
        const leg = await calls.find(call.reach, uuid)
        await calls.record(call.actor, 'hangup', leg)
        await hangUp(calls, leg)
        const data = JSON.stringify({ call_uuid: uuid, result: '+OK' })
        return { status: 200, body: envelope(data, messageText('Call terminated successfully')) }
      },
    },
    {
      method: 'POST',
      url: '/api/v1/active-calls/transfer',
      scope: 'active-calls:write',
      document: document('transfer_active_call', 'active-calls', 'Send a call to another destination', {
        requestBody: {
          type: 'object',
          required: ['call_uuid', 'destination'],
          properties: {
            call_uuid: uuidText,
            destination: { type: 'string', pattern: destinationForm.source, description: 'Number in the dialplan.' },
          },
        },
        success: {
          status: 200,
          description: 'The call went there.',
          schema: doneSchema({ call_uuid: uuidText, destination: text }),
        },
      }),
      async handle(call) {
        const body = bodyReader(call.body)
        const uuid = body.text('call_uuid', 'Call UUID', callUuidForm, 'must be a UUID').toLowerCase()
        const destination = body.text('destination', 'Destination', destinationForm, destinationSays)
        body.end(false)
        const leg = await calls.find(call.reach, uuid)
        await calls.record(call.actor, 'transfer', leg, { destination })
        await transfer(calls, call.reach, leg, { destination, leg: 'this' })
        const data = JSON.stringify({ call_uuid: uuid, destination, result: '+OK' })
        return { status: 200, body: envelope(data, messageText('Call transferred successfully')) }
      },
    },
    {
      method: 'GET',
      url: '/api/v1/registrations',
      scope: 'registrations:read',
      document: document('list_registrations', 'registrations', 'List registered phones', {
        success: {
          status: 200,
          description: 'Phones registered with any enabled SIP profile of any node.',
          schema: liveListSchema({
            user: text,
            sip_realm: text,
            contact: text,
            agent: text,
            status: { type: 'string', examples: ['Registered'] },
            ping_time: text,
            network_ip: text,
            network_port: text,
            profile: text,
          }),
        },
      }),
      async handle(call) {
        const list = await registrations.list(call.reach)
        return liveList(list.registrations.map(registrationRow), list.missing)
      },
    },
  ]
}
