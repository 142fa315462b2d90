import { Connection } from './connection.ts'
import { EslError } from './errors.ts'
import type { Frame } from './frame.ts'
import { type FullOptions, loginLine } from './options.ts'
import { takeTurn } from './turns.ts'

/** Whom a session tells, in this order: greeted, prepared, then events, and ended once whatever happened. */
export interface SessionListener {
  greeted(): void
  /** Logged in: does what must be done before others may use the connection. A rejection ends the session. */
  prepare(connection: Connection): Promise<void>
  prepared(): void
  other(frame: Frame): void
  ended(error: EslError): void
}

/** A connection with its log-in: waits for its turn, connects, waits for the greeting, authenticates, prepares. */
export class Session {
  readonly #options: FullOptions
  readonly #listener: SessionListener
  #connection: Connection | undefined
  #endTurn: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #stage: 'connecting' | 'ungreeted' | 'in' = 'connecting'
  #isLoggedIn = false
  #ended = false

  constructor(options: FullOptions, listener: SessionListener) {
    this.#options = options
    this.#listener = listener
    void this.#open()
  }

  /** Resolves when the socket is closed, or none was opened. */
  get gone(): Promise<void> {
    return this.#connection?.gone ?? Promise.resolve()
  }

  end(error: EslError): void {
    if (this.#connection) this.#connection.end(error)
    else this.#finish(error)
  }

  async #open(): Promise<void> {
    const { host, port, connectTimeoutMs } = this.#options
    const endTurn = await takeTurn(`${host}:${port}`)
    this.#endTurn = endTurn
    if (this.#ended) return this.#releaseTurn()
    this.#limit(connectTimeoutMs, 'CONNECT_FAILED', 'no connection was made in time')
    this.#connection = new Connection(this.#options, {
      connected: () => this.#awaitGreeting(),
      frame: (frame) => this.#frame(frame),
      ended: (error) => this.#finish(error),
    })
  }

  #limit(ms: number, code: 'CONNECT_FAILED' | 'NO_GREETING', message: string): void {
    clearTimeout(this.#timer)
    const stage = this.#stage
    // What came while this process was busy is read first: setImmediate runs after the sockets were looked at.
    const late = (): void => this.end(new EslError(code, message))
    this.#timer = setTimeout(() => setImmediate(() => this.#stage === stage && late()), ms)
  }

  /** Connected means little: the kernel accepts for a peer whose queue is full and who will never speak (facts 1). */
  #awaitGreeting(): void {
    this.#stage = 'ungreeted'
    this.#limit(this.#options.greetingTimeoutMs, 'NO_GREETING', 'the peer accepted the connection and said nothing')
  }

  #finish(error: EslError): void {
    if (this.#ended) return
    this.#ended = true
    this.#releaseTurn()
    this.#listener.ended(this.#isCutReply(error) ? cutReply(error) : error)
  }

  /** The reply to userauth is cut at 511 bytes, blank line and all, when the user's lists are long (facts 1). */
  #isCutReply(error: EslError): boolean {
    const header = this.#connection?.unfinishedHeader ?? ''
    return !this.#isLoggedIn && error.code === 'TIMEOUT' && /\nReply-Text: \+OK accepted\n/.test(header)
  }

  #releaseTurn(): void {
    clearTimeout(this.#timer)
    this.#endTurn?.()
    this.#endTurn = undefined
  }

  #frame(frame: Frame): void {
    if (frame.type === 'text/disconnect-notice') this.#notice(frame)
    else if (this.#stage === 'in') this.#listener.other(frame)
    else if (frame.type === 'auth/request') this.#greeted()
    else this.end(this.#noGreeting(frame))
  }

  #noGreeting(frame: Frame): EslError {
    return frame.type === 'text/rude-rejection'
      ? new EslError('ACL_REFUSED', 'this address is not in the access list of the event socket')
      : new EslError('OUT_OF_STEP', 'the peer did not greet as an event socket does')
  }

  #greeted(): void {
    this.#stage = 'in'
    this.#releaseTurn()
    this.#listener.greeted()
    this.#logIn()
  }

  /** With `linger` the connection goes on and a second notice will end it. */
  #notice(frame: Frame): void {
    if (frame.get('Content-Disposition') === 'linger') return
    const reason = frame.text.split('\n', 1)[0] ?? ''
    this.end(new EslError('DISCONNECTED', `the peer ends the connection: ${reason.slice(0, 200)}`))
  }

  #logIn(): void {
    const { commandTimeoutMs } = this.#options
    const loggedIn = (text: string): void => this.#loggedIn(text)
    // When it fails, the connection has ended, and says so itself.
    this.#connection?.tell(`${loginLine(this.#options)}\n\n`, 'reply', commandTimeoutMs, loggedIn, () => {})
  }

  #loggedIn(text: string): void {
    const connection = this.#connection
    if (!connection) return
    if (!text.startsWith('+OK')) {
      this.end(new EslError('AUTH_REFUSED', 'the peer refuses the password'))
      return
    }
    this.#isLoggedIn = true
    this.#listener.prepare(connection).then(
      () => this.#ended || this.#listener.prepared(),
      (error: EslError) => this.end(error),
    )
  }
}

/** Going on would be a guess: nobody knows where the next frame begins. */
const cutReply = (cause: EslError): EslError =>
  new EslError(
    'AUTH_REFUSED',
    "the reply to userauth has no end: the user's esl-allowed-api and esl-allowed-events are too long for FreeSWITCH, keep them under 400 characters together",
    { cause },
  )
