import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import type { Backend } from '../operations/backend.ts'
import type { Ear } from '../services/live/audience.ts'
import { frameOf } from '../services/live/entry.ts'
import type { Live } from '../services/live/live.ts'
import type { Credential } from './guards.ts'
import { sseOutlet, webSocketOutlet } from './outlets.ts'
import type { Call, StreamRoute } from './route.ts'
import { callOf, requireScope } from './serve-routes.ts'
import { type Framed, type Outlet, Stream } from './stream.ts'

export interface EventOptions {
  readonly backend: Backend
  readonly live: Live
  readonly route: StreamRoute
  /** Seconds between two signs of life on a quiet stream. */
  readonly heartbeatSeconds: number
  /** Seconds a reader may take nothing before it is cut. */
  readonly slowSeconds: number
  /** Seconds after which it is asked again whether a key still holds. */
  readonly recheckSeconds: number
  readonly maxListeners: number
  readonly onEnd: (reason: string) => void
}

const sweepMs = 1000

interface Open {
  readonly stream: Stream
  readonly credential: Credential
  nextBeatMs: number
  nextCheckMs: number
}

/** Serves the stream of events at its route, as server-sent events and, where the request asks to upgrade, as a WebSocket. */
export async function serveEvents(app: FastifyInstance, options: EventOptions): Promise<void> {
  const { backend, live, route } = options
  const open = new Set<Open>()
  const heartbeatMs = options.heartbeatSeconds * 1000

  const earOf = (request: FastifyRequest): { call: Call; ear: Ear } => {
    const call = callOf(request, backend)
    requireScope(call, route)
    const ear = route.ear(call)
    if (open.size >= options.maxListeners)
      throw new Problem('UNAVAILABLE', { message: 'Too many event streams are open; try again later' })
    return { call, ear }
  }

  const begin = (request: FastifyRequest, ear: Ear, outlet: Outlet): Stream => {
    const { hub } = live
    const start = hub.start(ear, lastIdOf(request))
    const one: Open = {
      stream: new Stream({ hub, ear, outlet, after: start.after, onEnd: (reason) => finish(reason) }),
      credential: request.facts.credential ?? { id: '', stillHolds: async () => true },
      nextBeatMs: Date.now() + heartbeatMs,
      nextCheckMs: Date.now() + options.recheckSeconds * 1000 * (0.5 + Math.random() / 2),
    }
    const remove = hub.add(one.stream)
    open.add(one)
    const finish = (reason: string): void => {
      remove()
      open.delete(one)
      options.onEnd(reason)
    }
    const reset = start.fault === undefined ? [] : [resetOf(hub.id(hub.last), start.fault)]
    one.stream.begin(start.isResumed ? [] : [...reset, live.snapshot(ear)])
    return one.stream
  }

  const sweep = (): void => {
    const now = Date.now()
    // Streams of one key ask once.
    const answers = new Map<string, Promise<string | undefined>>()
    for (const one of open) {
      if (one.stream.stuckMs(now) > options.slowSeconds * 1000) {
        one.stream.end('slow_reader')
        continue
      }
      if (now >= one.nextBeatMs) {
        one.nextBeatMs = now + heartbeatMs
        one.stream.beat()
      }
      if (now < one.nextCheckMs) continue
      one.nextCheckMs = now + options.recheckSeconds * 1000
      const id = `${one.credential.id} ${one.stream.ear.domainUuid}`
      const answer = answers.get(id) ?? refusal(one)
      answers.set(id, answer)
      void answer.then((reason) => {
        if (reason !== undefined) one.stream.end(reason)
      })
    }
  }

  /** Why a stream may not go on; undefined when it may, or when that cannot be found out now. */
  const refusal = async ({ credential, stream }: Open): Promise<string | undefined> => {
    try {
      if (!(await credential.stillHolds())) return 'key_revoked'
      const { domainUuid } = stream.ear
      return domainUuid !== null && !(await route.domainExists(domainUuid)) ? 'domain_gone' : undefined
    } catch {
      return undefined
    }
  }

  const timer = setInterval(sweep, sweepMs)
  timer.unref()
  // Before the server waits for its connections, which would never end by themselves.
  app.addHook('preClose', async () => {
    clearInterval(timer)
    live.hub.endAll('server_stopping')
  })

  // In a scope of its own: the plugin wraps the handlers of every route it sees.
  await app.register(async (scope) => {
    await scope.register(websocket, { options: { maxPayload: 4096 } })
    scope.route({
      method: 'GET',
      url: route.url,
      exposeHeadRoute: false,
      // A fault is told in HTTP; once the WebSocket is open it could only be a close code.
      preHandler: async (request) => {
        earOf(request)
        request.facts.isStream = true
      },
      handler(request, reply) {
        const { ear } = earOf(request)
        const raw = hijack(reply)
        const stream: Stream = begin(
          request,
          ear,
          sseOutlet(raw, () => stream.drained()),
        )
        raw.on('close', () => stream.gone())
        raw.on('error', () => stream.gone())
      },
      wsHandler(socket, request) {
        const { ear } = earOf(request)
        const stream: Stream = begin(
          request,
          ear,
          webSocketOutlet(socket, () => stream.drained()),
        )
        socket.on('close', () => stream.gone())
        // What a client says is not listened to: the stream has one direction.
        socket.on('message', () => {})
      },
    })
  })
}

/** The response itself, with the headers that the guards have set, and its own. */
function hijack(reply: FastifyReply): FastifyReply['raw'] {
  reply.hijack()
  const { raw } = reply
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // nginx would otherwise collect events until its buffer is full.
    'x-accel-buffering': 'no',
  })
  raw.write('retry: 2000\n\n')
  return raw
}

/** The last event the caller has: the header that EventSource sends, or the parameter for those who can send none. */
function lastIdOf(request: FastifyRequest): string | undefined {
  const header = request.headers['last-event-id']
  const { last_event_id: parameter } = request.query as Record<string, unknown>
  if (typeof header === 'string' && header !== '') return header
  return typeof parameter === 'string' ? parameter : undefined
}

/** Tells that events may be missing between the caller's last one and what follows, and why. */
function resetOf(id: string, reason: string): Framed {
  return frameOf(id, 'reset', JSON.stringify({ id, type: 'reset', reason }))
}
