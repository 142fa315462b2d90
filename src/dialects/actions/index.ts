import { Problem } from '../../errors.ts'
import type { Call, Dialect, Parameter, Route } from '../../http/route.ts'
import { create } from '../../operations/create.ts'
import { requireRow } from '../../operations/get.ts'
import { remove } from '../../operations/remove.ts'
import { listedSecrets, secretPaths } from '../../operations/secrets.ts'
import { update } from '../../operations/update.ts'
import type { Resource, Verb } from '../../resources/core/define.ts'
import type { AuthMode } from '../../services/authenticate.ts'
import type { LimitPolicy } from '../../services/limits/limit-store.ts'
import { explainFurther } from '../live.ts'
import { receiptHeader } from '../receipt.ts'
import { pathParts, scopeOf, sentence, systemOf, unknownResource, verbsOf, wrongMethod } from '../shared.ts'
import { v1Document } from '../v1/document.ts'
import type { Pagination } from '../v1/page.ts'
import { envelope, getAnswer, keyText, listAnswer, requireUuid, v1Input, viewOf, wroteMessage } from '../v1/shared.ts'

export interface ActionOptions {
  readonly resources: readonly Resource[]
  /** Routes of what is no resource: live calls, registrations. */
  readonly further: readonly Route[]
  readonly pagination: Pagination
  readonly authMode: AuthMode
  readonly policy: LimitPolicy | undefined
  /** Called when a caller is shown the secrets of a row (C-08). */
  readonly onSecretsShown: (call: Call, resource: Resource, key: string | null) => Promise<void>
}

const base = '/api/v1'

/** Spec 002 shows every password but those of users (C-08). */
const secrets = ['pin', 'strong'] as const

const methods: Readonly<Record<Verb, Route['method']>> = {
  list: 'GET',
  get: 'GET',
  create: 'POST',
  update: 'PUT',
  remove: 'DELETE',
}
const actions: Readonly<Record<Verb, string>> = {
  list: 'list',
  get: 'get',
  create: 'create',
  update: 'update',
  remove: 'delete',
}

/** The row an action is about: `?uuid=` as spec 002 shows it, or a path segment as it says (C-15). */
function uuidOf(call: Call, field: string): string {
  const sent = call.params.uuid ?? call.query.uuid
  if (sent === undefined || sent === '') throw new Problem('MISSING_UUID')
  return requireUuid(sent, field)
}

/** A key of the whole system lists every domain (C-02); everything else is the named tenant's. */
const reachOf = (call: Call, resource: Resource): Call =>
  resource.scope === 'tenants' && call.principal.domainUuid === null ? { ...call, reach: { domain: null } } : call

/** True when an answer with these secrets shows them to this caller. */
const showsSecrets = (call: Call, paths: readonly string[]): boolean =>
  paths.length > 0 && viewOf(call, secrets).secrets.length > 0

function handlerOf(resource: Resource, verb: Verb, options: ActionOptions): Route['handle'] {
  const parent = options.resources.find((candidate) => candidate.name === resource.under?.resource)
  switch (verb) {
    case 'list':
      return async (call) => {
        if (!parent) {
          const answer = await listAnswer(reachOf(call, resource), resource, {
            pagination: options.pagination,
            secrets,
          })
          if (showsSecrets(call, listedSecrets(resource))) await options.onSecretsShown(call, resource, null)
          return answer
        }
        const key = uuidOf(call, parent.key)
        await requireRow(call.backend, parent, call.reach, key)
        return listAnswer(call, resource, { pagination: options.pagination, secrets, parent: key })
      }
    case 'get':
      return async (call) => {
        const key = uuidOf(call, resource.key)
        const answer = await getAnswer(call, resource, key, secrets)
        if (showsSecrets(call, secretPaths(resource))) await options.onSecretsShown(call, resource, key)
        return answer
      }
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
        const made = await update(call.backend, resource, { ...call, ...v1Input, key: uuidOf(call, resource.key) })
        return {
          status: 200,
          body: envelope(undefined, wroteMessage(resource, 'updated')),
          headers: receiptHeader(made),
        }
      }
    case 'remove':
      return async (call) => {
        const made = await remove(call.backend, resource, { ...call, key: uuidOf(call, resource.key) })
        return {
          status: 200,
          body: envelope(undefined, wroteMessage(resource, 'deleted')),
          headers: receiptHeader(made),
        }
      }
  }
}

const actionOf = (resource: Resource, verb: Verb): string => {
  const { parent, name } = pathParts(resource)
  return parent === undefined ? `${base}/${name}/${actions[verb]}.php` : `${base}/${parent}/${name}.php`
}

/** Everything but a plain list or a create is about one row. */
const needsUuid = (resource: Resource, verb: Verb): boolean =>
  resource.under !== undefined || !(verb === 'list' || verb === 'create')

const uuidParameter: Parameter = {
  name: 'uuid',
  in: 'query',
  required: true,
  description: 'UUID of the row; it may also stand at the end of the path.',
  schema: { type: 'string', format: 'uuid' },
}

const documentOf = (resource: Resource, verb: Verb, pagination: Pagination): Route['document'] =>
  v1Document({
    resource,
    verb,
    pagination,
    secrets,
    operationId: `${actions[verb]}_${resource.name.replaceAll(/[/-]/g, '_')}`,
    parameters: needsUuid(resource, verb) ? [uuidParameter] : [],
    updateAnswersKey: false,
    removeAnswersMessage: true,
    errors: [400, 401, 403, 404, 500, 503],
  })

/** Spec 002 tells one fault, in words for people: `Extension number is required` (C-13, S004-ERR-TEXT). */
function errorBody(problem: Problem): unknown {
  const [first] = problem.faults
  const field = first?.field ?? problem.field
  return {
    success: false,
    error: {
      code: problem.code,
      message: first ? sentence(first, first.label) : problem.message,
      ...(field === undefined ? {} : { field }),
    },
  }
}

/** Why a `.php` path has no route: unknown resource, known resource without this action, or the wrong method (C-34). */
function explain(resources: readonly Resource[], further: readonly Route[]): Dialect['explain'] {
  return (_method, path) => {
    const found = explainFurther(further, path)
    if (found) return found
    const [head = '', tail] = path.slice(base.length + 1).split('.php')
    const cut = head.lastIndexOf('/')
    const [name, action] = [head.slice(0, cut), head.slice(cut + 1)]
    const resource = resources.find((candidate) => candidate.name === name && !candidate.under)
    const nested = resources.find((candidate) => candidate.under && candidate.name === head)
    if (nested) return wrongMethod(['GET', 'HEAD'])
    if (!resource) return unknownResource()
    const verb = verbsOf(resource).find((candidate) => actions[candidate] === action)
    if (!verb) return new Problem('NOT_IMPLEMENTED')
    if (tail !== undefined && tail.split('/').length > 2) return unknownResource()
    return wrongMethod(methods[verb] === 'GET' ? ['GET', 'HEAD'] : [methods[verb]])
  }
}

/** Actions ending in `.php` under /api/v1, the way spec 002 shows them. */
export function actionDialect(options: ActionOptions): Dialect {
  return {
    name: 'actions',
    surface: 'actions',
    title: 'Tandem API v1, actions',
    routes: [
      ...options.resources.flatMap((resource) =>
        verbsOf(resource).flatMap((verb): Route[] => {
          const route: Route = {
            method: methods[verb],
            url: actionOf(resource, verb),
            scope: scopeOf(resource, verb),
            ...systemOf(resource, verb),
            cacheable: verb === 'list' || verb === 'get',
            document: documentOf(resource, verb, options.pagination),
            handle: handlerOf(resource, verb, options),
          }
          return needsUuid(resource, verb) ? [route, { ...route, url: `${route.url}/:uuid` }] : [route]
        }),
      ),
      ...options.further,
    ],
    authMode: options.authMode,
    presentedKey: (request) => {
      const sent = request.headers['x-api-key']
      return Array.isArray(sent) ? sent[0] : sent
    },
    domainRequired: true,
    policy: options.policy,
    limitByKey: true,
    explain: explain(options.resources, options.further),
    errorType: 'application/json; charset=utf-8',
    errorSchema: {
      type: 'object',
      required: ['success', 'error'],
      properties: {
        success: { type: 'boolean', const: false },
        error: {
          type: 'object',
          required: ['code', 'message'],
          properties: { code: { type: 'string' }, message: { type: 'string' }, field: { type: 'string' } },
        },
      },
    },
    renderError: (problem) => ({ status: problem.status, body: JSON.stringify(errorBody(problem)) }),
  }
}
