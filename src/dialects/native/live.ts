import { invalid, invalidField, Problem } from '../../errors.ts'
import type { JsonSchema } from '../../fields/json-schema.ts'
import { parseUuid } from '../../fields/uuid.ts'
import type { Answer, Call, OperationDocument, Parameter, Route } from '../../http/route.ts'
import type { Domain } from '../../resources/core/define.ts'
import { type FoundLeg, noSuchCall } from '../../services/calls/calls.ts'
import type { Channel } from '../../services/calls/channel.ts'
import { sendDtmf } from '../../services/calls/control/dtmf.ts'
import { type EavesdropMode, eavesdrop } from '../../services/calls/control/eavesdrop.ts'
import { hangUp } from '../../services/calls/control/hang-up.ts'
import { setHold } from '../../services/calls/control/hold.ts'
import { join } from '../../services/calls/control/join.ts'
import { setMute } from '../../services/calls/control/mute.ts'
import { park } from '../../services/calls/control/park.ts'
import { startRecording, stopRecording } from '../../services/calls/control/record.ts'
import { type TransferLeg, transfer } from '../../services/calls/control/transfer.ts'
import type { LiveCall } from '../../services/calls/picture.ts'
import { bodyReader, callUuidForm, destinationForm, destinationSays, type LiveServices } from '../live.ts'
import { missingHeader } from '../shared.ts'

const base = '/api/v2/active-calls'

const text: JsonSchema = { type: 'string' }
const uuidText: JsonSchema = { type: 'string', format: 'uuid' }

/** Errors of routes below /api/v2 that concern something alive. */
export const liveErrors = [400, 401, 403, 404, 409, 429, 500, 503]

/** The tenant, as everywhere in v2. */
export const domainHeader: Parameter = {
  name: 'X-Domain',
  in: 'header',
  description: "The tenant, by name or UUID; a tenant's key speaks for its own.",
  schema: text,
}

const uuidParameter: Parameter = {
  name: 'uuid',
  in: 'path',
  required: true,
  description: 'UUID of the call, or of one of its legs.',
  schema: uuidText,
}

/** A query that a live list does not know is refused, as in every list of v2. */
export function refuseQuery(call: Call): void {
  const faults = Object.keys(call.query).map((field) => ({
    field,
    label: field,
    text: 'is not a parameter of this list',
  }))
  if (faults.length > 0) throw invalid(faults)
}

const stateWords: Readonly<Record<string, string>> = {
  DOWN: 'new',
  DIALING: 'new',
  RINGING: 'ringing',
  RING_WAIT: 'ringing',
  EARLY: 'early',
  ACTIVE: 'active',
  UNHELD: 'active',
  HELD: 'held',
  HANGUP: 'ending',
}

const stateOf = (leg: Channel): string => stateWords[leg.callState] ?? leg.callState.toLowerCase()

const isoOf = (epochSeconds: number): string => new Date(epochSeconds * 1000).toISOString()

/** A call as v2 shows it. */
const callRow = (call: LiveCall, nowMs: number) => ({
  uuid: call.uuid,
  domain: call.domain?.name ?? null,
  node: call.first.node,
  direction: call.direction,
  state: call.legs.some((leg) => leg.callState === 'HELD') ? 'held' : stateOf(call.first),
  caller: { name: call.first.callerName, number: call.first.callerNumber },
  destination: call.first.destination,
  application: call.first.application,
  created_at: isoOf(call.first.createdEpoch),
  duration_seconds: Math.max(0, Math.floor(nowMs / 1000) - call.first.createdEpoch),
  legs: call.legs.map((leg) => ({
    uuid: leg.uuid,
    direction: leg.direction === 'outbound' ? 'outbound' : 'inbound',
    state: stateOf(leg),
    caller: { name: leg.callerName, number: leg.callerNumber },
    destination: leg.destination,
    presence_id: leg.presenceId,
  })),
})

const party: JsonSchema = { type: 'object', properties: { name: text, number: text } }
const stateSchema: JsonSchema = { type: 'string', enum: ['new', 'ringing', 'early', 'active', 'held', 'ending'] }

const callSchema: JsonSchema = {
  title: 'LiveCall',
  type: 'object',
  required: ['uuid', 'domain', 'node', 'direction', 'state', 'caller', 'destination', 'created_at', 'legs'],
  properties: {
    uuid: { ...uuidText, description: 'Leg that stands for the call: commands take it.' },
    domain: { type: ['string', 'null'], description: 'The tenant; null where nobody can tell.' },
    node: { ...text, description: 'FreeSWITCH it lives on.' },
    direction: { type: 'string', enum: ['local', 'inbound', 'outbound'] },
    state: stateSchema,
    caller: party,
    destination: text,
    application: { ...text, description: 'What the first leg runs: bridge, park, conference…' },
    created_at: { type: 'string', format: 'date-time' },
    duration_seconds: { type: 'integer' },
    legs: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          uuid: uuidText,
          direction: { type: 'string', enum: ['inbound', 'outbound'] },
          state: stateSchema,
          caller: party,
          destination: text,
          presence_id: text,
        },
      },
    },
  },
}

/** Schema of a live list of v2. */
export const nativeListSchema = (items: JsonSchema): JsonSchema => ({
  type: 'object',
  required: ['data', 'missing_nodes'],
  properties: {
    data: { type: 'array', items },
    missing_nodes: { type: 'array', items: text, description: 'FreeSWITCH nodes that did not answer.' },
  },
})

/** A live list of v2. */
export const nativeList = (data: readonly object[], missing: readonly string[]): Answer => ({
  status: 200,
  body: JSON.stringify({ data, missing_nodes: missing }),
  headers: missingHeader(missing),
})

/** UUID in the path, in lower case. */
function pathUuid(call: Call): string {
  const uuid = parseUuid(call.params.uuid)
  if (uuid === undefined) throw invalidField('uuid', 'UUID', 'must be a UUID')
  return uuid
}

/** What is done for a tenant needs one: a call for nobody would have no dialplan. */
export function requireDomain(call: Call): Domain {
  if (!call.reach.domain) throw new Problem('MISSING_DOMAIN')
  return call.reach.domain
}

const json = (status: number, body: object, headers: Record<string, string> = {}): Answer => ({
  status,
  body: JSON.stringify(body),
  headers,
})

const resultSchema = (properties: Record<string, JsonSchema> = {}): JsonSchema => ({
  type: 'object',
  required: ['uuid', 'result'],
  properties: { uuid: uuidText, result: { ...text, description: 'What the call is now.' }, ...properties },
})

/** One thing that can be done to a leg. */
interface Action {
  /** Behind the call's path: `record/start`. */
  readonly path: string
  readonly summary: string
  readonly scope?: Route['scope']
  readonly body?: JsonSchema
  readonly schema?: JsonSchema
  /** Reads the body, throwing what is wrong with it; what it answers is written down and handed on. */
  read(body: unknown): Record<string, string>
  run(
    services: LiveServices,
    call: Call,
    leg: FoundLeg,
    wanted: Record<string, string>,
  ): Promise<Record<string, unknown>>
}

const nothing = (body: unknown): Record<string, string> => {
  bodyReader(body).end(true)
  return {}
}

const objectOf = (properties: Record<string, JsonSchema>, required: string[]): JsonSchema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})

const extensionForm = /^[A-Za-z0-9*#+._-]{1,64}$/
const extensionSays = 'must be an extension of the domain'

const simple = (
  path: string,
  summary: string,
  result: string,
  run: (services: LiveServices, leg: FoundLeg) => Promise<void>,
): Action => ({
  path,
  summary,
  read: nothing,
  async run(services, _call, leg) {
    await run(services, leg)
    return { result }
  },
})

const actions: readonly Action[] = [
  simple('hangup', 'End a call', 'ended', ({ calls }, leg) => hangUp(calls, leg)),
  {
    path: 'transfer',
    summary: 'Send a call to another destination of its dialplan',
    body: objectOf(
      {
        destination: { type: 'string', pattern: destinationForm.source },
        leg: { type: 'string', enum: ['this', 'other', 'both'], default: 'this', description: 'Who goes there.' },
      },
      ['destination'],
    ),
    schema: resultSchema({ destination: text }),
    read(body) {
      const reader = bodyReader(body)
      const destination = reader.text('destination', 'Destination', destinationForm, destinationSays)
      const leg = reader.optional('leg', 'Leg', /^(?:this|other|both)$/, 'must be one of this, other, both') ?? 'this'
      reader.end(true)
      return { destination, leg }
    },
    async run({ calls }, call, found, { destination = '', leg = 'this' }) {
      await transfer(calls, call.reach, found, { destination, leg: leg as TransferLeg })
      return { result: 'transferred', destination }
    },
  },
  simple('hold', 'Put a call on hold', 'held', ({ calls }, leg) => setHold(calls, leg, true)),
  simple('unhold', 'Take a call back', 'active', ({ calls }, leg) => setHold(calls, leg, false)),
  simple('mute', 'Silence the party at this leg', 'muted', ({ calls }, leg) => setMute(calls, leg, true)),
  simple('unmute', 'Let the party at this leg be heard', 'unmuted', ({ calls }, leg) => setMute(calls, leg, false)),
  {
    path: 'dtmf',
    summary: 'Send tones to the party at this leg',
    body: objectOf({ digits: { type: 'string', pattern: '^[0-9A-D*#]{1,32}$' } }, ['digits']),
    read(body) {
      const reader = bodyReader(body)
      const digits = reader.text('digits', 'Digits', /^[0-9A-D*#]{1,32}$/, 'may hold only 0-9 A-D * #, 32 at most')
      reader.end(true)
      return { digits }
    },
    async run({ calls }, _call, leg, { digits = '' }) {
      await sendDtmf(calls, leg, digits)
      return { result: 'sent' }
    },
  },
  simple('park', 'Park a call', 'parked', ({ calls }, leg) => park(calls, leg)),
  {
    path: 'record/start',
    summary: "Record a call into the tenant's recordings",
    schema: resultSchema({ recording_file: text }),
    read: nothing,
    async run({ calls, recordingsDir }, _call, leg) {
      return { result: 'recording', recording_file: await startRecording(calls, leg, recordingsDir) }
    },
  },
  simple('record/stop', 'End a recording that was begun over the API', 'stopped', ({ calls }, leg) =>
    stopRecording(calls, leg),
  ),
  {
    path: 'eavesdrop',
    summary: 'Ring an extension and let it hear a call',
    scope: 'eavesdrop:write',
    body: objectOf(
      {
        extension: { ...text, description: 'Extension that listens.' },
        mode: {
          type: 'string',
          enum: ['listen', 'whisper', 'barge'],
          default: 'listen',
          description: 'Heard by nobody, by the party at this leg, or by both.',
        },
      },
      ['extension'],
    ),
    schema: resultSchema({ eavesdrop_uuid: { type: ['string', 'null'], format: 'uuid' } }),
    read(body) {
      const reader = bodyReader(body)
      const extension = reader.text('extension', 'Extension', extensionForm, extensionSays)
      const says = 'must be one of listen, whisper, barge'
      const mode = reader.optional('mode', 'Mode', /^(?:listen|whisper|barge)$/, says) ?? 'listen'
      reader.end(true)
      return { extension, mode }
    },
    async run({ originator }, call, leg, { extension = '', mode = 'listen' }) {
      const wanted = { extension, mode: mode as EavesdropMode }
      const made = await eavesdrop(originator, call.backend, requireDomain(call), leg, wanted)
      return { result: 'ringing', eavesdrop_uuid: made.uuid }
    },
  },
  {
    path: 'attended-transfer',
    summary: "Connect the far ends of a phone's two calls",
    body: objectOf({ call_uuid: { ...uuidText, description: "The phone's other call, or a leg of it." } }, [
      'call_uuid',
    ]),
    read(body) {
      const reader = bodyReader(body)
      const uuid = reader.text('call_uuid', 'Call UUID', callUuidForm, 'must be a UUID').toLowerCase()
      reader.end(true)
      return { call_uuid: uuid }
    },
    async run({ calls }, call, leg, { call_uuid: other = '' }) {
      await join(calls, call.reach, leg, await calls.find(call.reach, other))
      return { result: 'transferred' }
    },
  },
]

/** Words of a path as an operation's name: `record/start` is record_start_active_call. */
const operationId = (path: string): string => `${path.replaceAll(/[/-]/g, '_')}_active_call`

function actionRoute(services: LiveServices, action: Action): Route {
  const document: OperationDocument = {
    operationId: operationId(action.path),
    tag: 'active-calls',
    summary: action.summary,
    parameters: [domainHeader, uuidParameter],
    ...(action.body ? { requestBody: action.body } : {}),
    success: { status: 200, description: 'Done, and looked up on the call.', schema: action.schema ?? resultSchema() },
    errors: liveErrors,
  }
  return {
    method: 'POST',
    url: `${base}/:uuid/${action.path}`,
    scope: action.scope ?? 'active-calls:write',
    document,
    async handle(call) {
      const uuid = pathUuid(call)
      const wanted = action.read(call.body)
      const leg = await services.calls.find(call.reach, uuid)
      await services.calls.record(call.actor, action.path, leg, wanted)
      return json(200, { uuid, ...(await action.run(services, call, leg, wanted)) })
    },
  }
}

/** The call that a leg is part of, as its tenant sees it. */
async function callWith(
  { calls }: LiveServices,
  call: Call,
  uuid: string,
): Promise<{ live: LiveCall; missing: readonly string[] }> {
  const leg = await calls.find(call.reach, uuid)
  // A leg that is alive is in the list, however far `show` lags behind.
  calls.ledger.touch(leg.node.name, uuid)
  const { calls: all, missing } = await calls.list(call.reach)
  const live = all.find((candidate) => candidate.legs.some((part) => part.uuid === uuid))
  if (!live) throw noSuchCall()
  return { live, missing }
}

function readRoutes(services: LiveServices): Route[] {
  const common = { tag: 'active-calls', errors: liveErrors }
  return [
    {
      method: 'GET',
      url: base,
      scope: 'active-calls:read',
      document: {
        ...common,
        operationId: 'list_active_calls',
        summary: 'List calls in progress',
        parameters: [domainHeader],
        success: { status: 200, description: 'Each call once, oldest first.', schema: nativeListSchema(callSchema) },
      },
      async handle(call) {
        refuseQuery(call)
        const { calls, missing } = await services.calls.list(call.reach)
        const now = Date.now()
        return nativeList(
          calls.map((live) => callRow(live, now)),
          missing,
        )
      },
    },
    {
      method: 'GET',
      url: `${base}/:uuid`,
      scope: 'active-calls:read',
      document: {
        ...common,
        operationId: 'get_active_call',
        summary: 'Get a call in progress',
        parameters: [domainHeader, uuidParameter],
        success: { status: 200, description: 'The call.', schema: callSchema },
      },
      async handle(call) {
        const { live, missing } = await callWith(services, call, pathUuid(call))
        return json(200, callRow(live, Date.now()), missingHeader(missing))
      },
    },
  ]
}

function originateRoute(services: LiveServices): Route {
  return {
    method: 'POST',
    url: base,
    scope: 'active-calls:write',
    document: {
      operationId: 'originate_active_call',
      tag: 'active-calls',
      summary: 'Call a destination from an extension (click to call)',
      parameters: [domainHeader],
      requestBody: objectOf(
        {
          extension: { ...text, description: 'Extension whose phones ring first.' },
          destination: { type: 'string', pattern: destinationForm.source, description: 'Number in its dialplan.' },
        },
        ['extension', 'destination'],
      ),
      success: {
        status: 202,
        description: 'The phone rings; the call goes on when it answers.',
        schema: {
          type: 'object',
          properties: {
            uuid: { type: ['string', 'null'], format: 'uuid', description: 'Null while several phones ring.' },
            node: text,
            extension: text,
            destination: text,
          },
        },
      },
      errors: liveErrors,
    },
    async handle(call) {
      const domain = requireDomain(call)
      const reader = bodyReader(call.body)
      const extension = reader.text('extension', 'Extension', extensionForm, extensionSays)
      const destination = reader.text('destination', 'Destination', destinationForm, destinationSays)
      reader.end(true)
      await services.calls.recordFor(call.actor, domain.uuid, 'originate', { extension, destination })
      const made = await services.originator.call(call.backend, domain, { extension, destination })
      const headers: Record<string, string> = made.uuid === null ? {} : { location: `${base}/${made.uuid}` }
      return json(202, { ...made, extension, destination }, headers)
    },
  }
}

/** Live calls of v2: lists, and what can be done to a call. Everything done is looked up on the call afterwards. */
export const nativeCallRoutes = (services: LiveServices): Route[] => [
  ...readRoutes(services),
  originateRoute(services),
  ...actions.map((action) => actionRoute(services, action)),
]
