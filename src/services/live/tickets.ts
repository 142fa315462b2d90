import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** How long a ticket may wait to be used. */
export const ticketSeconds = 60
/** Tickets that wait at once; the oldest goes when there are more. */
const maxWaiting = 10_000

/** Single-use passes for those who cannot send a header: a browser's EventSource and WebSocket. */
export interface Tickets<T> {
  /** Makes a ticket for what it will stand for. */
  issue(pass: T): string
  /** What a ticket stands for, once; undefined for one that is wrong, late or was used. */
  redeem(ticket: string): T | undefined
}

/**
 * Keeps what tickets stand for in this process, so that nothing about the key is in the ticket itself. A ticket is a
 * number nobody can guess and its signature; the signature is compared before anything is looked up.
 */
export function createTickets<T>(now: () => number = Date.now): Tickets<T> {
  const secret = randomBytes(32)
  const waiting = new Map<string, { pass: T; untilMs: number }>()
  const sign = (id: string): Buffer => createHmac('sha256', secret).update(id).digest()

  const forgetLate = (): void => {
    for (const [id, { untilMs }] of waiting) {
      if (waiting.size < maxWaiting && untilMs > now()) break
      waiting.delete(id)
    }
  }

  return {
    issue(pass) {
      forgetLate()
      const id = randomBytes(16).toString('base64url')
      waiting.set(id, { pass, untilMs: now() + ticketSeconds * 1000 })
      return `${id}.${sign(id).toString('base64url')}`
    },
    redeem(ticket) {
      const [, id = '', signature = ''] = /^([\w-]{22})\.([\w-]{43})$/.exec(ticket) ?? []
      const given = Buffer.from(signature, 'base64url')
      const expected = sign(id)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
      const found = waiting.get(id)
      waiting.delete(id)
      return found && found.untilMs > now() ? found.pass : undefined
    },
  }
}
