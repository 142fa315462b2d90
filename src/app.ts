import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, LogController } from 'fastify'
import type { ChildLoggerOptions } from 'pino'
import type { ColumnCatalog } from './adapters/database/columns.ts'
import type { Database } from './adapters/database/database.ts'
import type { EffectPort } from './adapters/effects.ts'
import type { SwitchPort } from './adapters/switch/switch.ts'
import type { Values } from './config/settings.ts'
import { actionDialect } from './dialects/actions/index.ts'
import { dashboardRoutes } from './dialects/actions/live.ts'
import { cleanDialect } from './dialects/clean/index.ts'
import { cleanLiveRoutes } from './dialects/clean/live.ts'
import { xmlHook } from './dialects/hooks/index.ts'
import type { LiveServices } from './dialects/live.ts'
import { type EventsOptions, eventsPath } from './dialects/native/events.ts'
import { nativeDialect } from './dialects/native/index.ts'
import { nativeCallRoutes } from './dialects/native/live.ts'
import { receiptRoute } from './dialects/native/receipts.ts'
import { nativeRegistrationRoutes } from './dialects/native/registrations.ts'
import { systemRoutes } from './dialects/system/index.ts'
import { Problem } from './errors.ts'
import { bodyCache } from './http/body-cache.ts'
import {
  answerOptions,
  corsHeaders,
  type GuardOptions,
  guard,
  limitHeaders,
  type Pass,
  requestIdOf,
} from './http/guards.ts'
import { readJson } from './http/json.ts'
import { liveMetrics } from './http/live-metrics.ts'
import { httpMetrics } from './http/metrics.ts'
import { asProblem } from './http/problems.ts'
import type { Call, Dialect } from './http/route.ts'
import { serveEvents } from './http/serve-events.ts'
import { serveRoutes } from './http/serve-routes.ts'
import type { Backend } from './operations/backend.ts'
import { pageMemory } from './operations/page-memory.ts'
import { recordSecretsShown } from './operations/secrets.ts'
import type { Resource } from './resources/core/define.ts'
import { resources } from './resources/registry.ts'
import { parseAddressList } from './services/addresses.ts'
import { authenticator } from './services/authenticate.ts'
import { callService } from './services/calls/calls.ts'
import { originator } from './services/calls/control/originate.ts'
import { domainDirectory } from './services/domains.ts'
import { gatewayState } from './services/gateways/state.ts'
import { createMemoryLimitStore } from './services/limits/memory-limit-store.ts'
import { createWindowCounter } from './services/limits/window-counter.ts'
import { openLive } from './services/live/live.ts'
import { ownerBook } from './services/live/owners.ts'
import { createTickets, type Tickets } from './services/live/tickets.ts'
import { registrationService } from './services/registrations/registrations.ts'
import { xmlAnswers } from './services/xml/sections.ts'
import { xmlWorld } from './xml-world.ts'

/** Everything the application is composed of. */
export interface AppParts {
  readonly config: Values
  readonly database: Database
  readonly columns: ColumnCatalog
  readonly effects: EffectPort
  /** Every FreeSWITCH; whoever opened it closes it. */
  readonly switch: SwitchPort
  readonly logger: FastifyBaseLogger
  /** The global key, when it is not FusionPBX's own setting. */
  readonly globalKey: string
}

const policyOf = (limits: { enabled: boolean; requests_per_minute: number; requests_per_hour: number }) =>
  limits.enabled
    ? { requestsPerMinute: limits.requests_per_minute, requestsPerHour: limits.requests_per_hour }
    : undefined

/** The dialects of HTTP, in no order: a request belongs to one by its path alone. */
function makeDialects(
  config: Values,
  live: LiveServices,
  onSecretsShown: (call: Call, resource: Resource, key: string | null) => Promise<void>,
  events: EventsOptions,
) {
  const { pagination } = config
  const pages = {
    defaultPerPage: pagination.default_per_page,
    maxPerPage: pagination.max_per_page,
    minPerPage: pagination.min_per_page,
  }
  const authMode = config.security.auth_mode
  const clean = cleanDialect({
    resources,
    further: cleanLiveRoutes(live),
    pagination: pages,
    authMode,
    policy: policyOf(config.rate_limit),
    limitByKey: config.rate_limit.by_key,
  })
  const actions = actionDialect({
    resources,
    further: dashboardRoutes(live),
    pagination: pages,
    authMode,
    policy: policyOf(config.actions.rate_limit),
    onSecretsShown,
  })
  const native = nativeDialect({
    resources,
    further: [...nativeCallRoutes(live), ...nativeRegistrationRoutes(live), receiptRoute],
    policy: policyOf(config.native.rate_limit),
    defaultLimit: pages.defaultPerPage,
    maxLimit: pages.maxPerPage,
    onSecretsShown,
    events,
  })
  return { clean, actions, native }
}

/** Assigns a path to its dialect: `.php` is what tells the two v1 documents apart (C-28). */
const dialectFinder =
  ({ clean, actions, native }: ReturnType<typeof makeDialects>) =>
  (path: string): Dialect | undefined => {
    if (path.startsWith('/api/v2/') || path === '/api/v2') return native
    if (!path.startsWith('/api/v1/') && path !== '/api/v1') return undefined
    return path.endsWith('.php') || path.includes('.php/') ? actions : clean
  }

const pathOf = (url: string): string => {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}

/** A ticket opens the stream of events and nothing else. */
const ticketPass =
  (tickets: Tickets<Pass>): GuardOptions['passes'][number] =>
  (request) => {
    const { ticket } = request.query as Record<string, unknown>
    if (ticket === undefined || pathOf(request.url) !== eventsPath) return undefined
    const pass = typeof ticket === 'string' ? tickets.redeem(ticket) : undefined
    if (!pass) throw new Problem('UNAUTHORIZED', { message: 'The ticket is wrong, was used, or is too old' })
    return pass
  }

/** Composes the application. It listens nowhere yet. */
export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, database, columns, effects, logger } = parts
  const metrics = httpMetrics()
  const meters = liveMetrics(metrics.registry)
  const liveState = openLive({
    switch: parts.switch,
    owners: ownerBook(database),
    logger,
    meters,
    checkEveryMs: config.events.check_seconds * 1000,
    keptMs: config.events.kept_seconds * 1000,
    keptBytes: config.events.kept_bytes,
  })
  meters.watch(liveState.hub)
  const tickets = createTickets<Pass>()
  const findDomain = domainDirectory(database)
  const backend: Backend = {
    changed: liveState.configurationChanged,
    database,
    columns,
    effects,
    options: { mailUserCreated: config.mail.user_created },
    pages: config.cache.enabled ? pageMemory() : undefined,
    live: async (_resource, key) => {
      const { status, state, missing } = await gatewayState(parts.switch, key)
      return { fields: { registration_status: status, registration_state: state }, missing }
    },
  }
  const calls = callService(parts.switch, database)
  const live: LiveServices = {
    calls,
    originator: originator(calls, {
      atOnce: config.calls.originates_at_once,
      perMinute: config.calls.originates_per_minute,
    }),
    recordingsDir: config.freeswitch.recordings_dir,
    registrations: registrationService(parts.switch, database),
  }
  const dialects = makeDialects(
    config,
    live,
    (call, resource, key) =>
      recordSecretsShown(database, resource, { domainUuid: call.reach.domain?.uuid ?? null, key, actor: call.actor }),
    { tickets, domainExists: async (uuid) => (await findDomain(uuid)) !== undefined },
  )
  const dialectOf = dialectFinder(dialects)
  const guards: GuardOptions = {
    requireHttps: config.security.require_https,
    allowedIps: parseAddressList(config.security.allowed_ips),
    trustedProxies: parseAddressList(config.security.trusted_proxies),
    allowedOrigins: config.security.allowed_origins,
    authenticate: authenticator(database, parts.globalKey, (error) =>
      logger.warn({ err: error }, 'key not stamped as used'),
    ),
    passes: [ticketPass(tickets)],
    findDomain,
    limits: createMemoryLimitStore(),
    ceiling: config.ceiling.enabled
      ? createWindowCounter({ limit: config.ceiling.requests, windowSeconds: config.ceiling.seconds })
      : undefined,
  }
  const { logging } = config
  // A request's line has no field that could hold a secret, and looking for one costs more than writing the line.
  const requestLog = logger.child({}, { redact: [] } as ChildLoggerOptions)

  const app = Fastify({
    loggerInstance: logger,
    // One line of our own for each request, made when it has been answered.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.security.max_request_size,
    requestIdHeader: false,
    genReqId: (request) => requestIdOf(request.headers),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
    frameworkErrors: (error, request, reply) => {
      // Before routing there is no request life cycle: the facts are made here.
      const dialect = dialectOf(pathOf(request.url))
      request.facts = { startedMs: performance.now(), dialect, address: '' }
      reply.header('x-request-id', request.id)
      return sendProblem(asProblem(error), request, reply)
    },
  })
  // Requests write one line, which names them; a logger for each would be made and never used.
  app.setChildLoggerFactory((parent) => parent)
  app.decorateRequest('facts', null as never)

  const sendProblem: (
    problem: Problem,
    request: Parameters<typeof guard>[0],
    reply: Parameters<typeof guard>[1],
  ) => unknown = (problem, request, reply) => {
    const { dialect, verdict } = request.facts
    // A 501 is the caller's mistake, told politely; what is ours has a cause. That a switch is out of reach is logged
    // where it is noticed, once, and not by everybody who asks meanwhile.
    const isOurs = problem.status >= 500 && problem.status !== 501 && !problem.code.startsWith('ESL_')
    if (isOurs && logging.enabled && logging.log_errors) {
      logger.error({ err: problem.cause ?? problem, requestId: request.id, code: problem.code }, 'request failed')
    }
    if (verdict && !verdict.allowed) limitHeaders(reply, verdict)
    const allow = problem.details.allow
    if (Array.isArray(allow)) reply.header('allow', [...allow, 'OPTIONS'].join(', '))
    reply.header('cache-control', 'no-store')
    if (!dialect) return reply.code(problem.status).send({ error: { code: problem.code, message: problem.message } })
    if (['UNAUTHORIZED', 'RATE_LIMITED', 'IP_DENIED', 'HTTPS_REQUIRED', 'DOMAIN_MISMATCH'].includes(problem.code))
      metrics.refused(dialect.name, problem.code)
    const answer = dialect.renderError(problem, {
      path: pathOf(request.url),
      requestId: request.id,
      ...(verdict ? { verdict } : {}),
    })
    return reply.code(answer.status).header('content-type', dialect.errorType).send(answer.body)
  }

  app.removeAllContentTypeParsers()
  for (const type of ['application/json', 'application/merge-patch+json'])
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => {
      try {
        done(null, readJson(body as Buffer))
      } catch (error) {
        done(error as Error)
      }
    })
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    if ((body as Buffer).length === 0) done(null, undefined)
    else done(new Problem('UNSUPPORTED_MEDIA_TYPE'))
  })

  app.addHook('onRequest', async (request, reply) => {
    const path = pathOf(request.url)
    const dialect = dialectOf(path)
    request.facts = { startedMs: performance.now(), dialect, address: request.socket.remoteAddress ?? '' }
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    if (dialect) {
      corsHeaders(request, reply, guards.allowedOrigins)
      if (request.method === 'OPTIONS') return answerOptions(request, reply, dialect)
      await guard(request, reply, guards)
      if (request.is404) throw dialect.explain(request.method, path)
    }
    return undefined
  })

  app.addHook('onResponse', (request, reply, done) => {
    const { startedMs, dialect, principal, reach, isStream } = request.facts
    // A refused upgrade leaves a socket behind that nobody reads any more.
    if (request.headers.upgrade !== undefined && !isStream) request.raw.socket.end()
    const durationMs = performance.now() - startedMs
    const route = request.routeOptions.url ?? 'none'
    // How long somebody listened is no measure of how fast we answer.
    if (!isStream)
      metrics.observe(
        { surface: dialect?.name ?? 'system', route, method: request.method, status: reply.statusCode },
        durationMs / 1000,
      )
    done()
    if (!logging.enabled) return
    const isSlow = logging.log_slow_requests && !isStream && durationMs >= logging.slow_request_threshold
    if (!isSlow && !(logging.log_requests && dialect)) return
    const line = {
      requestId: request.id,
      method: request.method,
      path: pathOf(request.url),
      status: reply.statusCode,
      durationMs: Math.round(durationMs * 10) / 10,
      principal: principal?.id,
      domain: reach?.domain?.name,
      address: request.facts.address,
    }
    if (isSlow) requestLog.warn(line, 'slow request')
    else requestLog.info(line, 'request')
  })

  app.setErrorHandler((error: FastifyError | Problem, request, reply) => sendProblem(asProblem(error), request, reply))
  app.setNotFoundHandler((request, reply) => {
    if (request.facts.dialect) throw request.facts.dialect.explain(request.method, pathOf(request.url))
    return sendProblem(new Problem('NOT_FOUND', { message: 'There is nothing at this address' }), request, reply)
  })

  const bodies = config.cache.enabled && config.cache.body ? bodyCache(config.cache.ttl) : undefined
  for (const dialect of [dialects.clean, dialects.actions, dialects.native])
    serveRoutes(app, dialect, {
      backend,
      revalidate: config.cache.enabled,
      neverCached: config.cache.exclude_endpoints,
      bodies,
    })
  const { xml } = config.hooks
  if (xml.enabled)
    await app.register(xmlHook, {
      answer: xmlAnswers(xmlWorld(config, database, columns, (facts, sentence) => logger.warn(facts, sentence))),
      allowed: parseAddressList(xml.allowed_ips),
      trustedProxies: guards.trustedProxies,
      user: xml.user,
      password: xml.password,
      maxBytes: xml.max_body_bytes,
    })
  for (const route of dialects.native.streams ?? [])
    await serveEvents(app, {
      backend,
      live: liveState,
      route,
      heartbeatSeconds: config.events.heartbeat_seconds,
      slowSeconds: config.events.slow_seconds,
      recheckSeconds: config.events.recheck_seconds,
      maxListeners: config.events.max_listeners,
      onEnd: meters.ended,
    })
  app.addHook('onClose', () => liveState.close())
  await systemRoutes(app, {
    database,
    switch: parts.switch,
    metrics,
    dialects: [dialects.clean, dialects.actions, dialects.native],
  })
  return app
}
