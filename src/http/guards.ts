import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import type { Reach } from '../operations/scope.ts'
import type { Domain } from '../resources/core/define.ts'
import { type AddressList, addressForLimits, clientAddress } from '../services/addresses.ts'
import type { Authenticator, Principal } from '../services/authenticate.ts'
import type { LimitStore, LimitVerdict } from '../services/limits/limit-store.ts'
import type { WindowCounter } from '../services/limits/window-counter.ts'
import type { Dialect } from './route.ts'

/** What a caller proved itself with, for what outlives a request. */
export interface Credential {
  /** The same for requests that presented the same. */
  readonly id: string
  /** Whether it would still be accepted. Rejects when that cannot be found out. */
  stillHolds(): Promise<boolean>
}

/** Somebody who proved itself by other means than a key. */
export interface Pass {
  readonly principal: Principal
  readonly credential: Credential
  /** The tenant it is for, whatever the request's headers say; null is none. */
  readonly domainUuid: string | null
}

/** What is known of a request on its way through the guards. */
export interface RequestFacts {
  readonly startedMs: number
  readonly dialect: Dialect | undefined
  address: string
  principal?: Principal
  credential?: Credential
  /** Its answer lasts as long as somebody listens. */
  isStream?: boolean
  reach?: Reach
  verdict?: LimitVerdict
}

declare module 'fastify' {
  interface FastifyRequest {
    facts: RequestFacts
  }
}

export interface GuardOptions {
  readonly requireHttps: boolean
  readonly allowedIps: AddressList
  readonly trustedProxies: AddressList
  readonly allowedOrigins: readonly string[]
  readonly authenticate: Authenticator
  /** Other ways to prove oneself, tried before the key; undefined from one that was not used, UNAUTHORIZED from a wrong one. */
  readonly passes: readonly ((request: FastifyRequest, dialect: Dialect) => Pass | undefined)[]
  readonly findDomain: (nameOrUuid: string) => Promise<Domain | undefined>
  readonly limits: LimitStore
  /** Failed authentications by address; undefined switches the ceiling off. */
  readonly ceiling: WindowCounter | undefined
}

/** Letters a request id may hold: what fits in a log line and a header. */
const saneRequestId = /^[A-Za-z0-9._:/+=-]{1,128}$/

/** The caller's request id if it is sane, else a new one (contract, HTTP). */
export function requestIdOf(headers: FastifyRequest['headers']): string {
  const sent = headers['x-request-id']
  return typeof sent === 'string' && saneRequestId.test(sent) ? sent : randomUUID()
}

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

/** The documented headers on every answer of a limited surface (S004-HDR-RATE). */
export function limitHeaders(reply: FastifyReply, verdict: LimitVerdict): void {
  reply.header('x-ratelimit-limit', verdict.limit)
  reply.header('x-ratelimit-remaining', verdict.remaining)
  reply.header('x-ratelimit-reset', verdict.resetEpochSeconds)
  if (!verdict.allowed) reply.header('retry-after', verdict.retryAfterSeconds)
}

/** Headers that allow a browser's page of this origin; never `*` together with credentials (S004-CORS). */
export function corsHeaders(request: FastifyRequest, reply: FastifyReply, origins: readonly string[]): void {
  const origin = request.headers.origin
  if (origins.length === 0 || origin === undefined) return
  reply.header('vary', 'Origin')
  if (origins.includes(origin)) reply.header('access-control-allow-origin', origin)
  else if (origins.includes('*')) reply.header('access-control-allow-origin', '*')
  else return
  reply.header(
    'access-control-expose-headers',
    'ETag, Location, Retry-After, X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Tandem-Missing-Nodes, X-Tandem-Receipt',
  )
}

/** Answers a preflight request; whether the path exists is not told before a key was shown. */
export function answerOptions(
  request: FastifyRequest,
  reply: FastifyReply,
  dialect: Dialect | undefined,
): FastifyReply {
  const methods =
    dialect?.name === 'native' ? 'GET, HEAD, POST, PATCH, DELETE, OPTIONS' : 'GET, HEAD, POST, PUT, DELETE, OPTIONS'
  reply.header('allow', methods)
  if (
    reply.hasHeader('access-control-allow-origin') &&
    request.headers['access-control-request-method'] !== undefined
  ) {
    reply.header('access-control-allow-methods', methods)
    reply.header(
      'access-control-allow-headers',
      'Authorization, Content-Type, If-Match, If-None-Match, X-API-Key, X-Domain, X-Request-Id',
    )
    reply.header('access-control-max-age', 600)
  }
  return reply.code(204).send()
}

/** Asks for a key again what it was asked for the first time. */
const keyCredential = (
  presented: string | undefined,
  { authMode }: Dialect,
  { authenticate }: GuardOptions,
): Credential => ({
  id: `key ${presented}`,
  async stillHolds() {
    try {
      await authenticate(presented, authMode)
      return true
    } catch (error) {
      if (error instanceof Problem && error.code === 'UNAUTHORIZED') return false
      throw error
    }
  },
})

/** Who is calling, and how it proved that. */
interface Identity {
  readonly principal: Principal
  readonly credential: Credential
  readonly pass?: Pass
}

/** Who is calling: by one of the other means, or by key. */
async function identify(request: FastifyRequest, dialect: Dialect, options: GuardOptions): Promise<Identity> {
  for (const find of options.passes) {
    const pass = find(request, dialect)
    if (pass) return { ...pass, pass }
  }
  const presented = dialect.presentedKey(request)
  const principal = await options.authenticate(presented, dialect.authMode)
  return { principal, credential: keyCredential(presented, dialect, options) }
}

/** The tenant a pass was made for, as long as it is there. */
async function reachOfPass({ domainUuid }: Pass, options: GuardOptions): Promise<Reach> {
  if (domainUuid === null) return { domain: null }
  const domain = await options.findDomain(domainUuid)
  if (!domain) throw new Problem('INVALID_DOMAIN')
  return { domain }
}

/** The tenant a request is about, after the key was found right (S002-AUTH-ORDER). */
async function reachOf(
  request: FastifyRequest,
  dialect: Dialect,
  principal: Principal,
  options: GuardOptions,
): Promise<Reach> {
  const named = one(request.headers['x-domain'])?.trim()
  if (!named) {
    if (dialect.domainRequired) throw new Problem('MISSING_DOMAIN')
    if (principal.domainUuid === null) return { domain: null }
  }
  const domain = await options.findDomain(named || (principal.domainUuid ?? ''))
  // A key that may not speak for a domain learns nothing about which others exist.
  if (principal.domainUuid !== null && domain?.uuid !== principal.domainUuid) throw new Problem('DOMAIN_MISMATCH')
  if (!domain) throw new Problem('INVALID_DOMAIN')
  return { domain }
}

/**
 * Lets a request through to its handler, or throws why not. Order: HTTPS, address, ceiling, key, limit, domain — as the
 * documents have it, with the limit before the domain so that guessing domains is limited too.
 */
export async function guard(request: FastifyRequest, reply: FastifyReply, options: GuardOptions): Promise<void> {
  const { facts } = request
  const { dialect } = facts
  if (!dialect) return
  const now = Date.now()
  const client = clientAddress(
    request.socket.remoteAddress,
    request.headers['x-forwarded-for'],
    request.headers['x-forwarded-proto'],
    options.trustedProxies,
  )
  facts.address = client.address
  const addressKey = addressForLimits(client.address)
  const limitBy = async (key: string, count: boolean): Promise<void> => {
    if (!dialect.policy) return
    const id = `${dialect.name} ${key}`
    const verdict = await (count
      ? options.limits.take(id, dialect.policy, now)
      : options.limits.peek(id, dialect.policy, now))
    facts.verdict = verdict
    limitHeaders(reply, verdict)
    if (count && !verdict.allowed) throw new Problem('RATE_LIMITED')
  }
  const admit = async (): Promise<Identity> => {
    if (options.requireHttps && !client.https) throw new Problem('HTTPS_REQUIRED')
    if (!options.allowedIps.isEmpty && !options.allowedIps.contains(client.address)) throw new Problem('IP_DENIED')
    const ceiling = options.ceiling?.peek(addressKey, now)
    if (ceiling && !ceiling.allowed) {
      facts.verdict = { ...ceiling, window: 'minute' }
      reply.header('retry-after', ceiling.retryAfterSeconds)
      throw new Problem('RATE_LIMITED')
    }
    try {
      return await identify(request, dialect, options)
    } catch (error) {
      if (error instanceof Problem && error.code === 'UNAUTHORIZED') options.ceiling?.take(addressKey, now)
      throw error
    }
  }
  const { principal, credential, pass } = await admit().catch(async (error) => {
    // Answers to callers whose key is not known show the limit of their address.
    if (!facts.verdict) await limitBy(`address ${addressKey}`, false)
    throw error
  })
  facts.principal = principal
  facts.credential = credential
  await limitBy(dialect.limitByKey ? `key ${principal.id}` : `address ${addressKey}`, true)
  facts.reach = pass ? await reachOfPass(pass, options) : await reachOf(request, dialect, principal, options)
}
