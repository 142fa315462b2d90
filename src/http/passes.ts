import type { FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import type { Sessions } from '../services/live/sessions.ts'
import type { Tickets } from '../services/live/tickets.ts'
import type { GuardOptions, Pass } from './guards.ts'

type FindPass = GuardOptions['passes'][number]

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? ''

/** A ticket opens the stream of events and nothing else, and only as long as the key it was made with is good. */
export const ticketPass =
  (tickets: Tickets<Pass>, streamPath: string): FindPass =>
  (request) => {
    const { ticket } = request.query as Record<string, unknown>
    if (ticket === undefined || pathOf(request) !== streamPath) return undefined
    return passOf(typeof ticket === 'string' ? tickets.redeem(ticket) : undefined)
  }

async function passOf(pass: Pass | undefined): Promise<Pass> {
  if (pass && (await pass.credential.stillHolds())) return pass
  throw new Problem('UNAUTHORIZED', { message: 'The ticket is wrong, was used, or is too old' })
}

/** Name of the cookie of a browser's session. */
export const sessionCookie = 'tandem_events'

/** What the session's cookie holds, of whatever cookies came along. */
export const sessionToken = (headers: FastifyRequest['headers']): string | undefined =>
  new RegExp(`(?:^|;\\s*)${sessionCookie}=([\\w-]{43})(?:;|$)`).exec(headers.cookie ?? '')?.[1]

/**
 * True when a page of ours, or of an origin that the operator allows, sends the request. A browser adds the cookie
 * whoever asks, and it lets any page open a WebSocket anywhere, so the page's origin has to be looked at here.
 */
function isOwnPage({ headers }: FastifyRequest, allowedOrigins: readonly string[]): boolean {
  const { origin, host } = headers
  if (origin === undefined) return !['cross-site', 'same-site'].includes(String(headers['sec-fetch-site'] ?? ''))
  if (allowedOrigins.includes(origin)) return true
  return URL.canParse(origin) && new URL(origin).host === host
}

/** A session's cookie opens the stream of events as often as it breaks, and closes the session. */
export const cookiePass =
  (sessions: Sessions<Pass>, paths: readonly string[], allowedOrigins: readonly string[]): FindPass =>
  async (request) => {
    const token = paths.includes(pathOf(request)) ? sessionToken(request.headers) : undefined
    // Whoever sends a key means the key.
    if (token === undefined || request.headers['x-api-key'] !== undefined) return undefined
    if (!isOwnPage(request, allowedOrigins))
      throw new Problem('UNAUTHORIZED', { message: 'This page may not use the session of another' })
    const pass = sessions.find(token)
    if (!pass || !(await pass.credential.stillHolds()))
      throw new Problem('UNAUTHORIZED', { message: 'The session is over; open another' })
    const stillHolds = async () => sessions.find(token) !== undefined && (await pass.credential.stillHolds())
    return { ...pass, credential: { id: `session of ${pass.credential.id}`, stillHolds } }
  }
