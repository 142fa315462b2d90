import { createHash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { headerLines, headerOf, methodOf, parseSip, type SipMessage, statusOf, token, writeSip } from './sip-message.ts'

/** One REGISTER that a provider judged. */
export interface RegisterAttempt {
  readonly user: string
  readonly accepted: boolean
  readonly expires: number
}

/** A SIP provider for gateways to register with: challenges every REGISTER and judges its digest (RFC 2617). */
export class Provider {
  /** Password of each user name; change it as a provider would. */
  readonly passwords = new Map<string, string>()
  readonly attempts: RegisterAttempt[] = []
  readonly #socket: Socket
  readonly #nonce = token()
  #port = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (data, from) => {
      const message = parseSip(data.toString('latin1'))
      if (statusOf(message) === 0) this.#receive(message, from.port, from.address)
    })
  }

  static async open(host = '127.0.0.1'): Promise<Provider> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, host, resolve))
    const provider = new Provider(socket)
    provider.#port = socket.address().port
    return provider
  }

  get port(): number {
    return this.#port
  }

  /** Registrations that were accepted for a user, unregistrations not counted. */
  accepted(user: string): number {
    return this.attempts.filter((each) => each.user === user && each.accepted && each.expires > 0).length
  }

  close(): void {
    this.#socket.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #receive(message: SipMessage, port: number, host: string): void {
    const answer = (status: number, reason: string, extra: string[] = []) => {
      const copied = headerLines(message, 'via', 'from', 'call-id', 'cseq')
      const to = `To: ${headerOf(message, 'to')};tag=${token()}`
      this.#socket.send(writeSip(`SIP/2.0 ${status} ${reason}`, [...copied, to, ...extra]), port, host)
    }
    if (methodOf(message) === 'REGISTER') this.#register(message, answer)
    else if (methodOf(message) === 'OPTIONS') answer(200, 'OK')
    else if (methodOf(message) !== 'ACK') answer(480, 'Temporarily Unavailable')
  }

  #register(message: SipMessage, answer: (status: number, reason: string, extra?: string[]) => void): void {
    const authorization = headerOf(message, 'authorization')
    if (authorization === '') {
      answer(401, 'Unauthorized', [`WWW-Authenticate: Digest realm="provider", nonce="${this.#nonce}", algorithm=MD5`])
      return
    }
    const field = (name: string) => new RegExp(`\\b${name}="?([^",]+)"?`).exec(authorization)?.[1] ?? ''
    const user = field('username')
    const accepted = field('response') === this.#response(user, field('uri'))
    const contact = headerOf(message, 'contact')
    const expires = Number(/expires=(\d+)/.exec(contact)?.[1] ?? headerOf(message, 'expires'))
    this.attempts.push({ user, accepted, expires })
    if (accepted) answer(200, 'OK', [`Contact: ${contact}`, `Expires: ${expires}`])
    else answer(403, 'Forbidden')
  }

  #response(user: string, uri: string): string {
    const md5 = (text: string) => createHash('md5').update(text).digest('hex')
    const first = md5(`${user}:provider:${this.passwords.get(user) ?? token()}`)
    return md5(`${first}:${this.#nonce}:${md5(`REGISTER:${uri}`)}`)
  }
}
