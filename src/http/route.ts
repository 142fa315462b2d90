import type { FastifyRequest } from 'fastify'
import type { Problem } from '../errors.ts'
import type { JsonSchema } from '../fields/json-schema.ts'
import type { Backend } from '../operations/backend.ts'
import type { Reach } from '../operations/scope.ts'
import type { Actor } from '../resources/core/define.ts'
import type { Authenticator, AuthMode, Principal } from '../services/authenticate.ts'
import type { LimitPolicy, LimitVerdict } from '../services/limits/limit-store.ts'
import type { Ear } from '../services/live/audience.ts'
import type { Scope } from '../services/scopes.ts'
import type { Credential } from './guards.ts'

/** A request that passed the guards, as handlers see it. */
export interface Call {
  readonly backend: Backend
  readonly principal: Principal
  readonly actor: Actor
  readonly reach: Reach
  /** Path parameters. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  readonly headers: FastifyRequest['headers']
  /** What the caller proved itself with. */
  readonly credential: Credential | undefined
}

/** An answer before it is sent. */
export interface Answer {
  readonly status: number
  /** The whole body as text; absent for 204. */
  readonly body?: string
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What the reference says about one parameter. */
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description: string
  readonly schema: JsonSchema
}

/** What the reference says about one operation. */
export interface OperationDocument {
  readonly operationId: string
  readonly tag: string
  readonly summary: string
  readonly parameters: readonly Parameter[]
  readonly requestBody?: JsonSchema
  /** Answer of success: status and schema of its body. */
  readonly success: {
    readonly status: number
    readonly description: string
    readonly schema?: JsonSchema
    /** `application/json` unless it is something else. */
    readonly contentType?: string
  }
  /** Statuses of the errors it can answer. */
  readonly errors: readonly number[]
}

/** One path and method of a dialect. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Fastify's spelling: `/api/v1/extensions/:uuid`. */
  readonly url: string
  /** What the caller's key must allow. */
  readonly scope: Scope
  /** Changes nothing although its method is POST: of the system's scopes it needs the one for reading. */
  readonly isRead?: boolean
  /** What it shows or changes belongs to no tenant, so the key must have the system's scope too, whatever domain it names. */
  readonly systemWide?: boolean
  /** Answers depend on nothing but the rows, so that they may carry an entity tag. */
  readonly cacheable?: boolean
  readonly document: OperationDocument
  handle(call: Call): Promise<Answer>
}

/** A path that answers with a stream of events. */
export interface StreamRoute extends Pick<Route, 'url' | 'scope' | 'document'> {
  readonly method: 'GET'
  /** Whom the caller may listen to and what it asked for, or throws what is wrong with that. */
  ear(call: Call): Ear
  /** Whether a tenant is still there. */
  domainExists(uuid: string): Promise<boolean>
}

/** How HTTP says it: a set of routes and the shapes around them. */
export interface Dialect {
  readonly name: 'clean' | 'actions' | 'native'
  /** Name of its reference: `/openapi.json?surface=…`. */
  readonly surface: string
  readonly title: string
  readonly routes: readonly Route[]
  readonly streams?: readonly StreamRoute[]
  readonly authMode: AuthMode
  /** The key a request presents. */
  presentedKey(request: FastifyRequest): string | undefined
  /** A tenant must be named; otherwise a tenant's key speaks for its own, and the system's for none. */
  readonly domainRequired: boolean
  readonly policy: LimitPolicy | undefined
  readonly limitByKey: boolean
  /** Why a path or method has no route: 404, 405 with the allowed methods, or 501 (C-34). */
  explain(method: string, path: string): Problem
  /** Schema of its error bodies. */
  readonly errorSchema: JsonSchema
  readonly errorType: string
  renderError(problem: Problem, context: { path: string; requestId: string; verdict?: LimitVerdict }): Answer
}

export type { Authenticator }
