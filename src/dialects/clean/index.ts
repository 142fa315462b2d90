import { type Fault, invalidField, Problem } from '../../errors.ts'
import type { Dialect, Parameter, Route } from '../../http/route.ts'
import { create } from '../../operations/create.ts'
import { requireRow } from '../../operations/get.ts'
import { remove } from '../../operations/remove.ts'
import { update } from '../../operations/update.ts'
import type { Resource, Verb } from '../../resources/core/define.ts'
import type { AuthMode } from '../../services/authenticate.ts'
import type { LimitPolicy, LimitVerdict } from '../../services/limits/limit-store.ts'
import { explainFurther } from '../live.ts'
import { receiptHeader } from '../receipt.ts'
import {
  collectionMethods,
  literalBelow,
  pathParts,
  scopeOf,
  sentence,
  systemOf,
  unknownResource,
  verbsOf,
  wrongMethod,
} from '../shared.ts'
import { v1Document } from '../v1/document.ts'
import type { Pagination } from '../v1/page.ts'
import { envelope, getAnswer, keyText, listAnswer, requireUuid, v1Input, wroteMessage } from '../v1/shared.ts'

export interface CleanOptions {
  readonly resources: readonly Resource[]
  /** Routes of what is no resource: live calls, registrations. */
  readonly further: readonly Route[]
  readonly pagination: Pagination
  readonly authMode: AuthMode
  readonly policy: LimitPolicy | undefined
  readonly limitByKey: boolean
}

const base = '/api/v1'

/** Spec 004 shows a voicemail's PIN, never a SIP password (C-08). */
const secrets = ['pin'] as const

/** A path segment that is no action of the other v1 document; those end in `.php` and have routes of their own. */
const segment = (name: string): string => `:${name}(^[^.]+$)`

const methods: Readonly<Record<Verb, Route['method']>> = {
  list: 'GET',
  get: 'GET',
  create: 'POST',
  update: 'PUT',
  remove: 'DELETE',
}

const pathOf = (resource: Resource, verb: Verb): string => {
  const { parent, name } = pathParts(resource)
  const collection = parent === undefined ? `${base}/${name}` : `${base}/${parent}/${segment('parent')}/${name}`
  return verb === 'list' || verb === 'create' ? collection : `${collection}/${segment('uuid')}`
}

/** What spec 004 answers for domains: the caller's own one, without pages (C-02). */
const isUnpaged = (resource: Resource): boolean => resource.scope === 'tenants'

function handlerOf(resource: Resource, verb: Verb, options: CleanOptions): Route['handle'] {
  const keyOf = (params: Readonly<Record<string, string>>) => {
    const literal = literalBelow(resource, options.resources, params.uuid)
    if (literal) throw wrongMethod(collectionMethods(literal))
    return requireUuid(params.uuid, resource.key)
  }
  const parent = options.resources.find((candidate) => candidate.name === resource.under?.resource)
  switch (verb) {
    case 'list':
      return async (call) => {
        const { pagination } = options
        if (!parent) return listAnswer(call, resource, { pagination, secrets, unpaged: isUnpaged(resource) })
        const key = requireUuid(call.params.parent, parent.key)
        await requireRow(call.backend, parent, call.reach, key)
        return listAnswer(call, resource, { pagination, secrets, parent: key })
      }
    case 'get':
      return (call) => getAnswer(call, resource, keyOf(call.params), secrets)
    case 'create':
      return async (call) => {
        const made = await create(call.backend, resource, { ...call, ...v1Input })
        return {
          status: 201,
          body: envelope(keyText(resource, made), wroteMessage(resource, 'created')),
          headers: receiptHeader(made),
        }
      }
    case 'update':
      return async (call) => {
        const made = await update(call.backend, resource, { ...call, ...v1Input, key: keyOf(call.params) })
        return {
          status: 200,
          body: envelope(keyText(resource, made), wroteMessage(resource, 'updated')),
          headers: receiptHeader(made),
        }
      }
    case 'remove':
      return async (call) => {
        const made = await remove(call.backend, resource, { ...call, key: keyOf(call.params) })
        return { status: 204, headers: receiptHeader(made) }
      }
  }
}

const uuidParameter = (name: string, description: string): Parameter => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', format: 'uuid' },
})

const documentOf = (resource: Resource, verb: Verb, pagination: Pagination): Route['document'] =>
  v1Document({
    resource,
    verb,
    pagination,
    secrets,
    operationId: `${verb}_${resource.name.replaceAll(/[/-]/g, '_')}`,
    parameters: [
      ...(resource.under ? [uuidParameter('parent', `UUID of the ${resource.under.resource}.`)] : []),
      ...(verb === 'list' || verb === 'create'
        ? []
        : [uuidParameter('uuid', `UUID of the ${resource.title.toLowerCase()}.`)]),
    ],
    unpaged: isUnpaged(resource),
    updateAnswersKey: true,
    removeAnswersMessage: false,
    errors: [400, 401, 403, 404, 429, 500, 503],
  })

/** Clean errors speak of fields by their names in the body (S004-ERR-TEXT). */
const faultText = (fault: Fault): string => sentence(fault, fault.field)

function errorBody(problem: Problem, verdict: LimitVerdict | undefined): unknown {
  // The documented 429 body is not in the error envelope; both readings of it work (C-04).
  if (problem.code === 'RATE_LIMITED')
    return {
      success: false,
      error: 'Rate limit exceeded',
      message: problem.message,
      limit_type: verdict?.window ?? 'minute',
      retry_after: verdict?.retryAfterSeconds ?? 1,
      reset: verdict?.resetEpochSeconds ?? 0,
    }
  const errors = problem.faults.map((fault) => ({ field: fault.field, message: faultText(fault) }))
  return {
    success: false,
    error: {
      code: problem.code,
      message: problem.message,
      ...(errors.length > 0 ? { errors } : problem.field === undefined ? {} : { field: problem.field }),
    },
  }
}

/** Why a path below /api/v1 has no route, read against the resources there are (C-34). */
function explain(resources: readonly Resource[], further: readonly Route[]): Dialect['explain'] {
  const known = resources.filter((resource) => !resource.under)
  return (method, path) => {
    const found = explainFurther(further, path)
    if (found) return found
    const parts = path
      .slice(base.length + 1)
      .split('/')
      .filter((part) => part !== '')
    const resource = known
      .filter((candidate) => candidate.name.split('/').every((part, index) => parts[index] === part))
      .sort((a, b) => b.name.length - a.name.length)[0]
    if (!resource) return unknownResource()
    const rest = parts.slice(resource.name.split('/').length)
    const target =
      rest.length < 2 ? resource : resources.find((candidate) => candidate.name === `${resource.name}/${rest[1]}`)
    // Something below a row of a known resource is an action that nobody has.
    if (!target || rest.length > 3) return new Problem('NOT_IMPLEMENTED')
    const single = rest.length === 1 || rest.length === 3
    const verbsHere = verbsOf(target).filter((verb) => (verb === 'list' || verb === 'create') !== single)
    const allowed = verbsHere.flatMap((verb) => (methods[verb] === 'GET' ? ['GET', 'HEAD'] : [methods[verb]]))
    // The method is right, so it is the row that is none: its name has a dot, or no end.
    if (allowed.includes(method)) return invalidField(resource.key, 'UUID', 'must be a UUID')
    return allowed.length === 0 ? unknownResource() : wrongMethod(allowed)
  }
}

/** Clean URLs under /api/v1, the way spec 004 shows them. */
export function cleanDialect(options: CleanOptions): Dialect {
  return {
    name: 'clean',
    surface: 'v1',
    title: 'Tandem API v1, clean URLs',
    routes: [
      ...options.resources.flatMap((resource) =>
        verbsOf(resource).map((verb) => ({
          method: methods[verb],
          url: pathOf(resource, verb),
          scope: scopeOf(resource, verb),
          ...systemOf(resource, verb),
          cacheable: verb === 'list' || verb === 'get',
          document: documentOf(resource, verb, options.pagination),
          handle: handlerOf(resource, verb, options),
        })),
      ),
      ...options.further,
    ],
    authMode: options.authMode,
    presentedKey: (request) => header(request.headers['x-api-key']),
    domainRequired: true,
    policy: options.policy,
    limitByKey: options.limitByKey,
    explain: explain(options.resources, options.further),
    errorType: 'application/json; charset=utf-8',
    errorSchema: {
      type: 'object',
      required: ['success', 'error'],
      properties: {
        success: { type: 'boolean', const: false },
        error: {
          type: ['object', 'string'],
          properties: {
            code: { type: 'string' },
            message: { type: 'string' },
            field: { type: 'string' },
            errors: {
              type: 'array',
              items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
            },
          },
        },
      },
    },
    renderError: (problem, { verdict }) => ({
      status: problem.status,
      body: JSON.stringify(errorBody(problem, verdict)),
    }),
  }
}

const header = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)
