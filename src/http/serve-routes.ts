import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import type { Backend } from '../operations/backend.ts'
import { entityTag } from '../operations/get.ts'
import { allows } from '../services/scopes.ts'
import type { BodyCache } from './body-cache.ts'
import type { Answer, Call, Dialect, Route } from './route.ts'

export interface ServeOptions {
  readonly backend: Backend
  /** `cache.enabled`: answers carry entity tags and are revalidated. */
  readonly revalidate: boolean
  /** Paths below the dialect's base whose answers are never cached. */
  readonly neverCached: readonly string[]
  /** `cache.body`. */
  readonly bodies: BodyCache | undefined
}

/** Values of a query string hold no NUL, which PostgreSQL cannot store and never matches. */
function refuseNul(query: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(query))
    if (JSON.stringify(value).includes('\\u0000') || name.includes('\u0000'))
      throw new Problem('VALIDATION_ERROR', {
        field: name.replaceAll('\u0000', ''),
        message: 'Query parameters must not contain NUL',
      })
}

/** A request that passed the guards, as handlers see it. */
export function callOf(request: FastifyRequest, backend: Backend): Call {
  const { principal, reach, address, credential } = request.facts
  if (!principal || !reach) throw new Problem('UNAUTHORIZED')
  return {
    backend,
    principal,
    reach,
    actor: { principal: principal.id, level: principal.level, address, requestId: request.id },
    params: request.params as Record<string, string>,
    query: request.query as Record<string, unknown>,
    body: request.body,
    headers: request.headers,
    credential,
  }
}

/** Throws FORBIDDEN unless the caller's key has the scope of the route, and reaches beyond one domain where it names none. */
export function requireScope(call: Call, route: Pick<Route, 'scope' | 'method' | 'isRead' | 'systemWide'>): void {
  const { scopes } = call.principal
  if (!allows(scopes, route.scope))
    throw new Problem('FORBIDDEN', { message: `Your API key lacks the scope ${route.scope}` })
  const needed = route.method === 'GET' || route.isRead ? 'system:read' : 'system:write'
  if (route.systemWide && !allows(scopes, needed))
    throw new Problem('FORBIDDEN', {
      message: `This belongs to the whole system: your API key lacks the scope ${needed}`,
    })
  if (call.reach.domain === null && !allows(scopes, needed))
    throw new Problem('FORBIDDEN', { message: 'Your API key does not reach beyond one domain; name it in X-Domain' })
}

/** True when the caller already has this answer (RFC 9110, 13.1.2). */
const isKnown = (request: FastifyRequest, tag: string): boolean => {
  const sent = request.headers['if-none-match']
  return (
    sent !== undefined &&
    (sent.trim() === '*' || sent.split(',').some((known) => known.trim().replace(/^W\//, '') === tag))
  )
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status)
  if (answer.headers) reply.headers(answer.headers)
  if (answer.body === undefined) return reply.send()
  return reply.header('content-type', answer.contentType ?? 'application/json; charset=utf-8').send(answer.body)
}

/** Registers the routes of a dialect. */
export function serveRoutes(app: FastifyInstance, dialect: Dialect, options: ServeOptions): void {
  const { backend, bodies } = options

  const answerOf = async (route: Route, request: FastifyRequest): Promise<Answer> => {
    const call = callOf(request, backend)
    requireScope(call, route)
    refuseNul(call.query)
    const domain = call.reach.domain?.uuid ?? ''
    if (route.method !== 'GET') {
      const answer = await route.handle(call)
      // What belongs to the whole system is shown to every domain.
      bodies?.forget(route.systemWide ? undefined : domain)
      return answer
    }
    // A stored answer may hold secrets, so callers who see different ones do not share it.
    const url = `${call.principal.id} ${request.url}`
    const stored = route.cacheable && dialect.name === 'clean' ? bodies?.get(domain, url) : undefined
    if (stored) return stored
    const answer = await route.handle(call)
    if (route.cacheable && dialect.name === 'clean') bodies?.put(domain, url, answer)
    return answer
  }

  for (const route of dialect.routes) {
    const tagged =
      route.cacheable === true &&
      options.revalidate &&
      !options.neverCached.some((name) => route.url.includes(`/${name}`))
    app.route({
      method: route.method,
      url: route.url,
      async handler(request, reply) {
        const answer = await answerOf(route, request)
        if (!tagged || answer.body === undefined) {
          reply.header('cache-control', 'no-store')
          // A tag of the native dialect guards writes, so it is sent even where answers are not cached.
          const { etag, ...headers } = answer.headers ?? {}
          return send(reply, {
            ...answer,
            headers: dialect.name === 'native' && etag !== undefined ? { ...headers, etag } : headers,
          })
        }
        const tag = answer.headers?.etag ?? entityTag(answer.body)
        reply.header('etag', tag).header('cache-control', 'private, no-cache')
        if (isKnown(request, tag)) return reply.code(304).send()
        return send(reply, answer)
      },
    })
  }
}
