import { createHash, randomBytes } from 'node:crypto'

/** How long a browser's session lasts; a page that is open longer opens another. */
export const sessionSeconds = 12 * 3600
/** Sessions at once; the oldest goes when there are more. */
const maxOpen = 10_000

/** Sessions of browsers, which come back with a cookie by themselves when a stream breaks. */
export interface Sessions<T> {
  /** Opens one and answers what the cookie holds: a number nobody can guess. */
  open(pass: T): string
  /** What a cookie stands for; undefined for one that is wrong, late or was closed. */
  find(token: string): T | undefined
  close(token: string): void
}

/** Keeps sessions in this process, under the hash of their cookie: looking one up by its hash tells nothing by its time. */
export function createSessions<T>(now: () => number = Date.now): Sessions<T> {
  const open = new Map<string, { pass: T; untilMs: number }>()
  const idOf = (token: string): string => createHash('sha256').update(token).digest('base64')
  const forgetLate = (): void => {
    for (const [id, { untilMs }] of open) {
      if (open.size < maxOpen && untilMs > now()) break
      open.delete(id)
    }
  }
  return {
    open(pass) {
      forgetLate()
      const token = randomBytes(32).toString('base64url')
      open.set(idOf(token), { pass, untilMs: now() + sessionSeconds * 1000 })
      return token
    },
    find(token) {
      const found = open.get(idOf(token))
      return found && found.untilMs > now() ? found.pass : undefined
    },
    close: (token) => void open.delete(idOf(token)),
  }
}
