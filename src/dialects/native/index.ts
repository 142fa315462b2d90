import { type Fault, invalid, Problem } from '../../errors.ts'
import { parseUuid } from '../../fields/uuid.ts'
import type { Answer, Call, Dialect, OperationDocument, Parameter, Route } from '../../http/route.ts'
import { create } from '../../operations/create.ts'
import { entityTag, getLive, requireRow, type ShownRow } from '../../operations/get.ts'
import { readFilters } from '../../operations/input.ts'
import { listAfter } from '../../operations/list.ts'
import { remove } from '../../operations/remove.ts'
import { hasSecrets, readSecrets } from '../../operations/secrets.ts'
import { type Precondition, update } from '../../operations/update.ts'
import type { View } from '../../operations/view.ts'
import type { Resource, Verb } from '../../resources/core/define.ts'
import type { LimitPolicy } from '../../services/limits/limit-store.ts'
import { explainFurther } from '../live.ts'
import { receiptHeader } from '../receipt.ts'
import { listedSchema, shownSchema, writtenSchema } from '../schema.ts'
import {
  collectionMethods,
  filterParameters,
  literalBelow,
  missingHeader,
  pathParts,
  readChoices,
  scopeOf,
  sentence,
  systemOf,
  unknownResource,
  verbsOf,
  wrongMethod,
} from '../shared.ts'
import {
  closeSessionRoute,
  type EventsOptions,
  eventMethods,
  eventStream,
  openSessionRoute,
  ticketRoute,
} from './events.ts'

export interface NativeOptions {
  readonly resources: readonly Resource[]
  /** Routes of what is no resource: live calls, registrations, receipts. */
  readonly further: readonly Route[]
  readonly policy: LimitPolicy | undefined
  readonly defaultLimit: number
  readonly maxLimit: number
  /** Called when a caller is shown the secrets of a row (C-08). */
  readonly onSecretsShown: (call: Call, resource: Resource, key: string | null) => Promise<void>
  readonly events: EventsOptions
}

const base = '/api/v2'
const view: View = { spelling: 'plain', secrets: [] }
const input = { spelling: 'plain', strict: true } as const

const methods: Readonly<Record<Verb, Route['method']>> = {
  list: 'GET',
  get: 'GET',
  create: 'POST',
  update: 'PATCH',
  remove: 'DELETE',
}

const pathOf = (resource: Resource, verb: Verb): string => {
  const { parent, name } = pathParts(resource)
  const collection = parent === undefined ? `${base}/${name}` : `${base}/${parent}/:parent/${name}`
  return verb === 'list' || verb === 'create' ? collection : `${collection}/:uuid`
}

function pathUuid(call: Call, name: string): string {
  const uuid = parseUuid(call.params[name])
  if (uuid === undefined) throw invalid([{ field: name, label: 'UUID', text: 'must be a UUID' }])
  return uuid
}

/** A tenant's resource needs a tenant; what belongs to the system needs a key of the system. */
function requireReach(call: Call, resource: Resource): void {
  if (call.reach.domain === null && resource.scope === 'tenant') throw new Problem('MISSING_DOMAIN')
}

/** `limit` of a page, or a fault. */
function readLimit(call: Call, options: NativeOptions, faults: Fault[]): number {
  const sent = call.query.limit
  if (sent === undefined) return options.defaultLimit
  const limit = typeof sent === 'string' && /^\d{1,9}$/.test(sent) ? Number(sent) : 0
  if (limit < 1 || limit > options.maxLimit)
    faults.push({ field: 'limit', label: 'Limit', text: `must be between 1 and ${options.maxLimit}` })
  return limit
}

/** Query parameters a list does not have are refused: a misspelt filter must not answer everything (C-14). */
function refuseUnknown(call: Call, resource: Resource, faults: Fault[]): void {
  const known = new Set([
    'limit',
    'cursor',
    'sort',
    ...filterParameters(resource, 'plain').map((parameter) => parameter.name),
  ])
  for (const name of Object.keys(call.query))
    if (!known.has(name)) faults.push({ field: name, label: name, text: 'is not a parameter of this list' })
}

function queryText(call: Call, name: string, faults: Fault[]): string | undefined {
  const sent = call.query[name]
  if (sent === undefined || typeof sent === 'string') return sent
  faults.push({ field: name, label: name, text: 'must be sent once' })
  return undefined
}

async function listPage(
  call: Call,
  resource: Resource,
  options: NativeOptions,
  parent: string | undefined,
): Promise<Answer> {
  const faults: Fault[] = []
  refuseUnknown(call, resource, faults)
  const limit = readLimit(call, options, faults)
  const after = queryText(call, 'cursor', faults)
  const sort = queryText(call, 'sort', faults)
  const filters = readFilters(resource, call.query, faults)
  const choices = readChoices(resource, call.query, faults)
  if (faults.length > 0) throw invalid(faults)
  const { items, next } = await listAfter(call.backend, resource, {
    reach: call.reach,
    view,
    filters,
    choices,
    limit,
    ...(parent === undefined ? {} : { parent }),
    ...(after === undefined ? {} : { after }),
    ...(sort === undefined ? {} : { sort }),
  })
  return { status: 200, body: `{"data":${items},"next_cursor":${JSON.stringify(next)}}` }
}

/**
 * Tag of a row with parts that are alive: what is stored, a dot, what is shown. Writes are guarded by the first half,
 * since nothing anybody wrote changed when a gateway registered; reads are told anew when either changed.
 */
const liveTag = (row: ShownRow): string => `${entityTag(row.stored).slice(0, -1)}.${entityTag(row.shown).slice(1)}`

/** True when a tag that the caller sent is of this stored row. */
const isTagOf = (sent: string, stored: string): boolean => sent === stored || sent.startsWith(`${stored.slice(0, -1)}.`)

/** `If-Match` as a condition on the row (RFC 9110, 13.1.1). */
function preconditionOf(call: Call): { precondition?: Precondition } {
  const sent = call.headers['if-match']
  if (sent === undefined || sent.trim() === '*') return {}
  const tags = sent.split(',').map((tag) => tag.trim())
  return { precondition: { view, matches: (tag) => tags.some((known) => isTagOf(known, tag)) } }
}

async function rowAnswer(
  call: Call,
  resource: Resource,
  key: string,
  status: number,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const row = await getLive(call.backend, resource, { reach: call.reach, key, view })
  const etag = row.shown === row.stored ? entityTag(row.stored) : liveTag(row)
  return { status, body: row.shown, headers: { ...headers, ...missingHeader(row.missing), etag } }
}

function handlerOf(resource: Resource, verb: Verb, options: NativeOptions): Route['handle'] {
  const parent = options.resources.find((candidate) => candidate.name === resource.under?.resource)
  const keyIn = (call: Call): string => {
    const literal = literalBelow(resource, options.resources, call.params.uuid)
    if (literal) throw wrongMethod(collectionMethods(literal))
    return pathUuid(call, 'uuid')
  }
  const handlers: Record<Verb, Route['handle']> = {
    async list(call) {
      if (!parent) return listPage(call, resource, options, undefined)
      const key = pathUuid(call, 'parent')
      await requireRow(call.backend, parent, call.reach, key)
      return listPage(call, resource, options, key)
    },
    get: (call) => rowAnswer(call, resource, keyIn(call), 200),
    async create(call) {
      const made = await create(call.backend, resource, { ...call, ...input })
      const location = `${pathOf(resource, 'list')}/${made.key}`
      return rowAnswer(call, resource, made.key, 201, { ...receiptHeader(made), location })
    },
    async update(call) {
      const key = keyIn(call)
      const made = await update(call.backend, resource, { ...call, ...input, ...preconditionOf(call), key })
      return rowAnswer(call, resource, key, 200, receiptHeader(made))
    },
    async remove(call) {
      const made = await remove(call.backend, resource, {
        ...call,
        ...preconditionOf(call),
        key: keyIn(call),
      })
      return { status: 204, headers: receiptHeader(made) }
    },
  }
  return async (call) => {
    requireReach(call, resource)
    return handlers[verb](call)
  }
}

const uuidIn = (name: string, description: string): Parameter => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', format: 'uuid' },
})

const ifMatch: Parameter = {
  name: 'If-Match',
  in: 'header',
  description: 'Entity tag of the row as you read it; 412 when it has changed since.',
  schema: { type: 'string' },
}

const domainHeader: Parameter = {
  name: 'X-Domain',
  in: 'header',
  description: "The tenant, by name or UUID; a tenant's key speaks for its own.",
  schema: { type: 'string' },
}

function documentOf(resource: Resource, verb: Verb, options: NativeOptions): OperationDocument {
  const name = resource.title.toLowerCase()
  const row = shownSchema(resource, view)
  const parameters = [
    domainHeader,
    ...(resource.under ? [uuidIn('parent', `UUID of the ${resource.under.resource}.`)] : []),
    ...(verb === 'list' || verb === 'create' ? [] : [uuidIn('uuid', `UUID of the ${name}.`)]),
  ]
  const common = { operationId: `${verb}_${resource.name.replaceAll(/[/-]/g, '_')}`, tag: resource.name, parameters }
  const errors = [400, 401, 403, 404, 429, 500, 503]
  const documents: Record<Verb, () => OperationDocument> = {
    list: () => ({
      ...common,
      summary: `List ${resource.name}`,
      parameters: [
        ...parameters,
        {
          name: 'limit',
          in: 'query',
          description: `Rows; ${options.defaultLimit} when not sent.`,
          schema: { type: 'integer', minimum: 1, maximum: options.maxLimit },
        },
        { name: 'cursor', in: 'query', description: 'next_cursor of the page before.', schema: { type: 'string' } },
        {
          name: 'sort',
          in: 'query',
          description: 'Field to sort by; - in front is descending.',
          schema: { type: 'string' },
        },
        ...filterParameters(resource, 'plain'),
      ],
      success: {
        status: 200,
        description: resource.about,
        schema: {
          type: 'object',
          required: ['data', 'next_cursor'],
          properties: {
            data: { type: 'array', items: listedSchema(resource, view) },
            next_cursor: { type: ['string', 'null'] },
          },
        },
      },
      errors,
    }),
    get: () => ({
      ...common,
      summary: `Get a ${name}`,
      success: { status: 200, description: resource.about, schema: row },
      errors,
    }),
    create: () => ({
      ...common,
      summary: `Create a ${name}`,
      requestBody: writtenSchema(resource, 'plain', 'create', true),
      success: { status: 201, description: 'Created.', schema: row },
      errors: [...errors, 409, 413, 415],
    }),
    update: () => ({
      ...common,
      summary: `Change a ${name}`,
      parameters: [...parameters, ifMatch],
      requestBody: writtenSchema(resource, 'plain', 'update', true),
      success: { status: 200, description: 'Changed; what was not sent is as it was.', schema: row },
      errors: [...errors, 409, 412, 413, 415],
    }),
    remove: () => ({
      ...common,
      summary: `Delete a ${name}`,
      parameters: [...parameters, ifMatch],
      success: { status: 204, description: 'Deleted.' },
      errors: [...errors, 412],
    }),
  }
  return documents[verb]()
}

/** Shows the secrets of one row, to a key that may see them, and writes down that it did (C-08). */
function revealRoute(resource: Resource, options: NativeOptions): Route {
  const name = resource.title.toLowerCase()
  return {
    method: 'POST',
    url: `${pathOf(resource, 'get')}/reveal`,
    scope: 'secrets:read',
    document: {
      operationId: `reveal_${resource.name.replaceAll(/[/-]/g, '_')}`,
      tag: resource.name,
      summary: `Show the passwords and PINs of a ${name}`,
      parameters: [domainHeader, uuidIn('uuid', `UUID of the ${name}.`)],
      success: {
        status: 200,
        description: 'Secrets by field; the call is audited.',
        schema: { type: 'object', additionalProperties: true },
      },
      errors: [400, 401, 403, 404, 429, 500, 503],
    },
    async handle(call) {
      requireReach(call, resource)
      const key = pathUuid(call, 'uuid')
      const body = await readSecrets(call.backend, resource, { reach: call.reach, key })
      await options.onSecretsShown(call, resource, key)
      return { status: 200, body, headers: { 'cache-control': 'no-store' } }
    },
  }
}

/** A path or method below /api/v2 that is not there. */
function explain(resources: readonly Resource[], further: readonly Route[]): Dialect['explain'] {
  return (_method, path) => {
    const streamed = eventMethods(path)
    if (streamed) return wrongMethod(streamed)
    const beside = explainFurther(further, path)
    if (beside) return beside.code === 'NOT_IMPLEMENTED' ? unknownResource() : beside
    const parts = path
      .slice(base.length + 1)
      .split('/')
      .filter((part) => part !== '')
    const resource = resources
      .filter(
        (candidate) => !candidate.under && candidate.name.split('/').every((part, index) => parts[index] === part),
      )
      .sort((a, b) => b.name.length - a.name.length)[0]
    if (!resource) return unknownResource()
    const rest = parts.slice(resource.name.split('/').length)
    if (rest.length === 2 && rest[1] === 'reveal' && hasSecrets(resource)) return wrongMethod(['POST'])
    const found =
      rest.length >= 2 ? resources.find((candidate) => candidate.name === `${resource.name}/${rest[1]}`) : resource
    if (!found || rest.length > 3) return unknownResource()
    const single = rest.length === 1 || rest.length === 3
    const allowed = verbsOf(found).filter((verb) => (verb === 'list' || verb === 'create') !== single)
    return allowed.length === 0
      ? unknownResource()
      : wrongMethod(allowed.flatMap((verb) => (methods[verb] === 'GET' ? ['GET', 'HEAD'] : [methods[verb]])))
  }
}

const bearer = /^Bearer\s+(\S+)$/i

/** Our own dialect: problem+json, cursors, PATCH, entity tags, scoped keys (RFC 9457, 9110). */
export function nativeDialect(options: NativeOptions): Dialect {
  return {
    name: 'native',
    surface: 'v2',
    title: 'Tandem API v2',
    streams: [eventStream(options.events)],
    routes: [
      ...options.resources.flatMap((resource) => [
        ...verbsOf(resource).map((verb) => ({
          method: methods[verb],
          url: pathOf(resource, verb),
          scope: scopeOf(resource, verb),
          ...systemOf(resource, verb),
          cacheable: verb === 'list' || verb === 'get',
          document: documentOf(resource, verb, options),
          handle: handlerOf(resource, verb, options),
        })),
        ...(verbsOf(resource).includes('get') && hasSecrets(resource) ? [revealRoute(resource, options)] : []),
      ]),
      ticketRoute(options.events),
      openSessionRoute(options.events),
      closeSessionRoute(options.events),
      ...options.further,
    ],
    authMode: 'both',
    presentedKey: (request) => {
      const sent = request.headers['x-api-key']
      return (Array.isArray(sent) ? sent[0] : sent) ?? bearer.exec(request.headers.authorization ?? '')?.[1]
    },
    domainRequired: false,
    policy: options.policy,
    limitByKey: true,
    explain: explain(options.resources, options.further),
    errorType: 'application/problem+json; charset=utf-8',
    errorSchema: {
      title: 'Problem',
      type: 'object',
      required: ['type', 'title', 'status', 'code', 'instance', 'request_id'],
      properties: {
        type: { type: 'string', format: 'uri-reference' },
        title: { type: 'string' },
        status: { type: 'integer' },
        detail: { type: 'string' },
        instance: { type: 'string' },
        code: { type: 'string' },
        request_id: { type: 'string' },
        errors: {
          type: 'array',
          items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
        },
      },
    },
    renderError(problem, { path, requestId, verdict }) {
      const errors = problem.faults.map((fault) => ({ field: fault.field, message: sentence(fault, fault.field) }))
      return {
        status: problem.status,
        body: JSON.stringify({
          type: `/docs/errors#${problem.code}`,
          title: problem.message,
          status: problem.status,
          ...(errors[0] ? { detail: errors.map((error) => error.message).join('; ') } : {}),
          instance: path,
          code: problem.code,
          request_id: requestId,
          ...(problem.field === undefined || errors.length > 0 ? {} : { field: problem.field }),
          ...(errors.length === 0 ? {} : { errors }),
          ...(problem.code === 'RATE_LIMITED' && verdict
            ? { limit_type: verdict.window, retry_after: verdict.retryAfterSeconds }
            : {}),
        }),
      }
    },
  }
}
