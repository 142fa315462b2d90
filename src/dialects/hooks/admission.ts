import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Problem } from '../../errors.ts'
import { type AddressList, clientAddress } from '../../services/addresses.ts'

/** Who may ask at the XML door. */
export interface Admission {
  readonly allowed: AddressList
  readonly trustedProxies: AddressList
  /** Credentials of HTTP's basic authentication; none are asked for when both are empty. */
  readonly user: string
  readonly password: string
}

/** Headers that only somebody in between adds. */
const forwarded = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via'] as const

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function hasCredentials(request: FastifyRequest, { user, password }: Admission): boolean {
  const [, encoded = ''] = /^basic +([a-z0-9+/=]+)$/i.exec(request.headers.authorization?.trim() ?? '') ?? []
  const given = Buffer.from(encoded, 'base64').toString('utf8')
  return timingSafeEqual(digest(given), digest(`${user}:${password}`))
}

/**
 * Lets the switch in, or throws. The answers hold SIP passwords, so that by default only the machine itself may ask;
 * a proxy on this machine would make the whole world look like that, and a page in a browser on it as well: who comes
 * by either is refused, unless the proxy is a trusted one and the address behind it is on the list.
 */
export function admit(request: FastifyRequest, admission: Admission): void {
  const { address } = clientAddress(
    request.socket.remoteAddress,
    request.headers['x-forwarded-for'],
    request.headers['x-forwarded-proto'],
    admission.trustedProxies,
  )
  request.facts.address = address
  const isProxied = forwarded.some((name) => request.headers[name] !== undefined)
  const isTrusted = admission.trustedProxies.contains(request.socket.remoteAddress ?? '')
  if ((isProxied && !isTrusted) || request.headers.origin !== undefined) throw new Problem('IP_DENIED')
  if (!admission.allowed.contains(address)) throw new Problem('IP_DENIED')
  if ((admission.user !== '' || admission.password !== '') && !hasCredentials(request, admission))
    throw new Problem('UNAUTHORIZED', { message: 'User or password is wrong' })
}
