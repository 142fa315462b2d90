/** How to reach one FreeSWITCH. */
export interface EslOptions {
  readonly host: string
  readonly port: number
  /** Taken literally to the end of the line, blanks and all; it cannot hold CR, LF or NUL. */
  readonly password: string
  /** `user@domain` of a directory user with `esl-password`: the only log-in with less than all rights. */
  readonly user?: string | undefined
  /** Until the connection stands (1000). */
  readonly connectTimeoutMs?: number
  /** From then until the peer greets; its queue holds five, the rest connect and hear nothing (2500). */
  readonly greetingTimeoutMs?: number
  /** Until a command is answered; later, the connection is closed (5000). */
  readonly commandTimeoutMs?: number
  /** Until a background job reports; later, only its caller is told (60 000). */
  readonly jobTimeoutMs?: number
  /** After so long without a byte, the peer is asked for a sign of life (30 000); 0: never. */
  readonly idleProbeMs?: number
  /** Commands and jobs that may wait at once; more are refused (1000). */
  readonly maxPending?: number
  /** Largest reply or event (64 MiB). */
  readonly maxReplyBytes?: number
  /** Events that may wait for their listeners; more are dropped and counted (10 000). */
  readonly maxQueuedEvents?: number
  /** Bytes of such events (64 MiB). */
  readonly maxQueuedBytes?: number
  /** Bounds of the wait before the next attempt (250, 10 000). */
  readonly reconnect?: { readonly minMs?: number; readonly maxMs?: number }
  /** From 0 to 1, for the jitter. */
  readonly random?: () => number
}

/** The same with everything said. */
export type FullOptions = Readonly<Required<Omit<EslOptions, 'user' | 'reconnect'>>> & {
  readonly user: string | undefined
  readonly minMs: number
  readonly maxMs: number
}

const defaults = {
  connectTimeoutMs: 1000,
  greetingTimeoutMs: 2500,
  commandTimeoutMs: 5000,
  jobTimeoutMs: 60_000,
  idleProbeMs: 30_000,
  maxPending: 1000,
  maxReplyBytes: 64 * 2 ** 20,
  maxQueuedEvents: 10_000,
  maxQueuedBytes: 64 * 2 ** 20,
  random: Math.random,
} as const

/** Fills in the defaults. Throws TypeError for a password or user that would not stay in its line, and for no port. */
export function fullOptions(options: EslOptions): FullOptions {
  if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65_535)
    throw new TypeError('the port is not a number from 1 to 65535')
  if (/[\r\n\0]/.test(options.password)) throw new TypeError('the password cannot hold a line end or NUL')
  if (options.user !== undefined && !/^[^\s:@\p{Cc}]+@[^\s:@\p{Cc}]+$/u.test(options.user))
    throw new TypeError('the user is not of the form user@domain')
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as EslOptions
  const { reconnect, ...rest } = given
  const minMs = reconnect?.minMs ?? 250
  return { ...defaults, ...rest, user: options.user, minMs, maxMs: Math.max(minMs, reconnect?.maxMs ?? 10_000) }
}

/** What is written to log in; the only place where the password goes. */
export function loginLine({ user, password }: FullOptions): string {
  return user === undefined ? `auth ${password}` : `userauth ${user}:${password}`
}
