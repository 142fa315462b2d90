import { type Fault, invalid, Problem } from '../../errors.ts'
import type { JsonSchema } from '../../fields/json-schema.ts'
import type { Pass } from '../../http/guards.ts'
import type { Call, Parameter, Route, StreamRoute } from '../../http/route.ts'
import { type Ear, maySee } from '../../services/live/audience.ts'
import { type ChangeGroup, type ChangeType, changeTypes, groupOf } from '../../services/live/changes.ts'
import { type Tickets, ticketSeconds } from '../../services/live/tickets.ts'

export interface EventsOptions {
  readonly tickets: Tickets<Pass>
  readonly domainExists: (uuid: string) => Promise<boolean>
}

/** Where events are streamed from. */
export const eventsPath = '/api/v2/events'

const parameters = new Set(['types', 'last_event_id', 'ticket'])

const groups: readonly ChangeGroup[] = [...new Set(changeTypes.map(groupOf))]

/** `call` and `call.*` stand for every type of the group. */
function typesOf(word: string): readonly ChangeType[] {
  const group = word.replace(/\.\*$/, '')
  return changeTypes.filter((type) => type === word || groupOf(type) === group)
}

/** The types asked for, or a fault: a misspelt filter must not wait for events that never come. */
function readTypes(sent: unknown, faults: Fault[]): ReadonlySet<string> | undefined {
  if (sent === undefined) return undefined
  const words = typeof sent === 'string' ? sent.split(',').map((word) => word.trim()) : []
  const unknown = words.filter((word) => typesOf(word).length === 0)
  if (words.length === 0 || unknown.length > 0)
    faults.push({
      field: 'types',
      label: 'Types',
      text: `must be a list of ${[...groups, ...changeTypes].join(', ')}`,
    })
  return new Set(words.flatMap(typesOf))
}

/** Whom a caller may listen to: its tenant, or everyone; and what, by its scopes and its wish. */
function earOf(call: Call): Ear {
  const faults: Fault[] = []
  for (const name of Object.keys(call.query))
    if (!parameters.has(name)) faults.push({ field: name, label: name, text: 'is not a parameter of this stream' })
  const types = readTypes(call.query.types, faults)
  if (faults.length > 0) throw invalid(faults)
  const { scopes } = call.principal
  if (!['call', 'registration', 'gateway'].some((group) => maySee(scopes, group)) && types === undefined)
    throw new Problem('FORBIDDEN', {
      message: 'Your API key lacks a scope for what is live: active-calls:read, registrations:read or gateways:read',
    })
  return { domainUuid: call.reach.domain?.uuid ?? null, scopes, types }
}

const domainHeader: Parameter = {
  name: 'X-Domain',
  in: 'header',
  description: "The tenant, by name or UUID; a tenant's key speaks for its own, a system-wide key hears every tenant.",
  schema: { type: 'string' },
}

const eventSchema: JsonSchema = {
  title: 'Event',
  type: 'object',
  required: ['type'],
  properties: {
    id: { type: 'string' },
    type: { type: 'string', enum: ['snapshot', 'reset', ...changeTypes, 'end'] },
    at: { type: 'string', format: 'date-time' },
  },
  additionalProperties: true,
}

const errors = [400, 401, 403, 429, 500, 503]

/** The stream of everything that happens (docs/events.md). */
export const eventStream = (options: EventsOptions): StreamRoute => ({
  method: 'GET',
  url: eventsPath,
  scope: 'events:read',
  domainExists: options.domainExists,
  ear: earOf,
  document: {
    operationId: 'stream_events',
    tag: 'events',
    summary: 'Stream events',
    parameters: [
      domainHeader,
      {
        name: 'types',
        in: 'query',
        description: `Only these, separated by commas: ${groups.map((group) => `\`${group}\``).join(', ')} or single types.`,
        schema: { type: 'string' },
      },
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'The last event you have: the stream goes on right after it, for ten minutes.',
        schema: { type: 'string' },
      },
      {
        name: 'last_event_id',
        in: 'query',
        description: 'The same, for those who can send no header.',
        schema: { type: 'string' },
      },
      {
        name: 'ticket',
        in: 'query',
        description: 'A ticket instead of a key, for those who can send no header.',
        schema: { type: 'string' },
      },
    ],
    success: {
      status: 200,
      description:
        'Server-sent events: a snapshot, then what changes. With `Upgrade: websocket` the same as text messages of a WebSocket (101).',
      contentType: 'text/event-stream',
      schema: eventSchema,
    },
    errors,
  },
})

/** A pass for a browser's EventSource or WebSocket, which can send no key. */
export const ticketRoute = ({ tickets }: EventsOptions): Route => ({
  method: 'POST',
  url: `${eventsPath}/ticket`,
  scope: 'events:read',
  isRead: true,
  document: {
    operationId: 'create_events_ticket',
    tag: 'events',
    summary: 'Get a ticket for the stream of events',
    parameters: [domainHeader],
    success: {
      status: 201,
      description: `Opens one stream, once, within ${ticketSeconds} seconds.`,
      schema: {
        type: 'object',
        required: ['ticket', 'expires_in'],
        properties: { ticket: { type: 'string' }, expires_in: { type: 'integer' } },
      },
    },
    errors,
  },
  async handle(call) {
    const { credential, principal, reach } = call
    if (!credential) throw new Problem('UNAUTHORIZED')
    const ticket = tickets.issue({ principal, credential, domainUuid: reach.domain?.uuid ?? null })
    return { status: 201, body: JSON.stringify({ ticket, expires_in: ticketSeconds }) }
  },
})

/** The methods of the paths here; undefined for other paths. */
export function eventMethods(path: string): readonly string[] | undefined {
  if (path === eventsPath) return ['GET']
  return path === `${eventsPath}/ticket` ? ['POST'] : undefined
}
