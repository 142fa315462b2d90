import { backoffMs } from './backoff.ts'
import { abortable, aborted, type CallOptions, type EslStats } from './calls.ts'
import { type Command, textOf } from './command.ts'
import type { Connection } from './connection.ts'
import { isEvent, readEvent } from './decode-event.ts'
import { EslError } from './errors.ts'
import type { EslEvent } from './event.ts'
import { EventQueue } from './event-queue.ts'
import type { Frame } from './frame.ts'
import { probeWhenIdle } from './idle-probe.ts'
import { Jobs } from './jobs.ts'
import { Listeners } from './listeners.ts'
import { type EslOptions, type FullOptions, fullOptions } from './options.ts'
import { Session } from './session.ts'
import { type EslSignal, type EslState, nextState } from './states.ts'
import { eventLine, eventNames, Subscriptions, subclassNames } from './subscriptions.ts'

/** Signals an error leads to: what the peer said no to is tried again more slowly than what broke. */
const refusals = new Set(['AUTH_REFUSED', 'ACL_REFUSED', 'SUBSCRIPTION_REFUSED'])

/** A connection that stays: connects, logs in, restores its subscriptions, and does so again after a loss. */
export class EslClient implements AsyncDisposable {
  readonly #options: FullOptions
  readonly #subscriptions = new Subscriptions()
  readonly #jobs = new Jobs()
  readonly #queue: EventQueue
  readonly #events = new Listeners<[event: EslEvent]>()
  readonly #losses = new Listeners<[count: number]>()
  readonly #states = new Listeners<[state: EslState, error?: Error]>()
  #state: EslState = 'idle'
  #lastError: EslError | undefined
  #session: Session | undefined
  /** The connection while it may be used: only when ready. */
  #live: Connection | undefined
  #attempt = 0
  #readySince = 0
  #readyCount = 0
  #timer: NodeJS.Timeout | undefined
  #endProbe: () => void = () => {}
  #pressed = false

  constructor(options: EslOptions) {
    this.#options = fullOptions(options)
    this.#queue = new EventQueue({
      max: this.#options.maxQueuedEvents,
      maxBytes: this.#options.maxQueuedBytes,
      deliver: (event) => this.#events.tell(event),
      lost: (count) => void this.#losses.tell(count),
      pressure: (high) => this.#press(high),
    })
  }

  get state(): EslState {
    return this.#state
  }

  /** Why the client is not ready; undefined when it is, or has not tried. */
  get lastError(): EslError | undefined {
    return this.#lastError
  }

  /** Begins to connect and returns at once. Later calls change nothing. */
  start(): this {
    if (this.#state === 'closed') throw new EslError('CLOSED', 'the client was closed')
    this.#signal('start')
    return this
  }

  /**
   * Resolves when ready. Without a time limit it rejects with the reason when the attempt under way fails; with one, it
   * waits for later attempts too, until the time is over. What the peer refuses is refused at once.
   */
  ready(timeoutMs?: number): Promise<void> {
    if (this.#state === 'ready') return Promise.resolve()
    if (this.#state === 'idle' || this.#state === 'closed' || this.#state === 'refused')
      return Promise.reject(this.#notReady())
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer)
        stop()
        settle()
      }
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => finish(() => reject(this.#notReady('TIMEOUT'))), timeoutMs)
      const stop = this.onState((state) => {
        if (state === 'ready') finish(resolve)
        else if (state === 'refused' || state === 'closed' || (state === 'waiting' && timeoutMs === undefined))
          finish(() => reject(this.#notReady()))
      })
    })
  }

  /**
   * Sends `api …` and answers its text, whatever it says: FreeSWITCH has no rule for what is an error (facts 2).
   * Rejects with CommandError for what is no API command, with EslError when there is no answer. A missed deadline
   * closes the connection.
   */
  api(command: Command, options: CallOptions = {}): Promise<string> {
    // Not async: this is the busiest function there is, and a promise around a promise would be felt.
    try {
      return this.#ask(`api ${textOf(command, 'api')}`, 'api', options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * As `api`, for answers of many megabytes, which are not always UTF-8: `read` gets the bytes as they came, and may use
   * them until the promise it gives has settled. Answers what it gives.
   */
  async apiBytes<T>(command: Command, read: (bytes: Buffer) => T | Promise<T>, options: CallOptions = {}): Promise<T> {
    const text = `api ${textOf(command, 'api')}`
    const connection = this.#live
    const bytes = await this.#through(options, (live, timeoutMs) => live.askBytes(text, timeoutMs))
    try {
      return await read(bytes)
    } finally {
      connection?.giveBack(bytes)
    }
  }

  /** Sends a command of the connection, such as `sendEvent()`, and answers its Reply-Text. Otherwise like `api`. */
  async send(command: Command, options: CallOptions = {}): Promise<string> {
    return this.#ask(textOf(command, 'connection'), 'reply', options)
  }

  /**
   * Runs an API command in the background, for commands that take their time, and answers what it printed. A missed
   * deadline rejects with TIMEOUT and leaves the connection alone. A lost connection loses the result: the command may
   * have been done all the same.
   */
  async bgapi(command: Command, options: CallOptions = {}): Promise<string> {
    const line = textOf(command, 'api').replace(/\n\n$/, '')
    if (options.signal?.aborted) throw aborted(options.signal)
    if (!this.#subscriptions.hears('BACKGROUND_JOB')) await this.#subscribe(['BACKGROUND_JOB'], [], false)
    const { id, result } = this.#jobs.open(options.timeoutMs ?? this.#options.jobTimeoutMs)
    try {
      const reply = await this.#ask(`bgapi ${line}\nJob-UUID: ${id}\n\n`, 'reply', { signal: options.signal })
      if (reply.startsWith('-')) return reply
      if (!reply.includes(id)) throw this.#lostStep('the reply to a job names another job')
      return await (options.signal ? abortable(result, options.signal) : result)
    } finally {
      this.#jobs.drop(id)
    }
  }

  /**
   * Adds events to hear of: names such as CHANNEL_CREATE, subclasses of CUSTOM such as sofia::register. They are asked
   * for again after every reconnect. While the client is not ready they are remembered and the promise resolves at
   * once; otherwise it rejects with SUBSCRIPTION_REFUSED when the peer refuses, and they are forgotten.
   */
  async subscribe(names: readonly string[], custom: readonly string[] = []): Promise<void> {
    await this.#subscribe(eventNames(names), subclassNames(custom), true)
  }

  /**
   * Adds a listener for events; the function that is answered removes it. When a listener gives a promise, the next
   * event waits for it. A listener that throws does so as an uncaught exception, and the others still hear.
   */
  onEvent(listener: (event: EslEvent) => unknown): () => void {
    return this.#events.add(listener)
  }

  /** Tells that so many events were dropped between the event before and the next: listeners were too slow, or one could not be read. */
  onEventsLost(listener: (count: number) => void): () => void {
    return this.#losses.add(listener)
  }

  onState(listener: (state: EslState, error?: Error) => void): () => void {
    return this.#states.add(listener)
  }

  stats(): EslStats {
    return {
      pending: this.#live?.pending ?? 0,
      jobs: this.#jobs.size,
      queuedEvents: this.#queue.size,
      droppedEvents: this.#queue.dropped,
      reconnects: Math.max(0, this.#readyCount - 1),
    }
  }

  /**
   * Ends for good and resolves when the socket is closed. What waits for an answer is rejected with CLOSED, and events
   * not yet delivered are dropped.
   */
  async close(): Promise<void> {
    if (this.#state !== 'closed') this.#signal('close', new EslError('CLOSED', 'the client was closed'))
    await this.#session?.gone
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The only place where the state changes. What has to be done on entering a state is in `#entered`. */
  #signal(signal: EslSignal, error?: EslError): void {
    const before = this.#state
    const state = nextState(before, signal)
    if (state === before) return
    this.#state = state
    if (error) this.#lastError = error
    this.#entered[state]()
    void this.#states.tell(state, ...(error ? [error] : []))
  }

  readonly #entered: Readonly<Record<EslState, () => void>> = {
    idle: () => {},
    connecting: () => {
      this.#session = new Session(this.#options, {
        greeted: () => this.#signal('greeted'),
        prepare: (connection) => this.#prepare(connection),
        prepared: () => this.#signal('prepared'),
        other: (frame) => this.#other(frame),
        ended: (error) => this.#ended(error),
      })
    },
    authenticating: () => {},
    ready: () => {
      this.#lastError = undefined
      this.#readySince = performance.now()
      this.#readyCount += 1
      if (this.#live) this.#endProbe = probeWhenIdle(this.#live, this.#options, () => this.#pressed)
    },
    waiting: () => this.#comeAgain(backoffMs(this.#attempt++, this.#options, this.#options.random)),
    refused: () => this.#comeAgain(backoffMs(30, this.#options, this.#options.random)),
    closed: () => {
      clearTimeout(this.#timer)
      this.#session?.end(this.#lastError as EslError)
      this.#queue.clear()
    },
  }

  #comeAgain(afterMs: number): void {
    this.#timer = setTimeout(() => this.#signal('due'), afterMs)
  }

  #ended(error: EslError): void {
    this.#live = undefined
    this.#endProbe()
    const wasClosed = this.#state === 'closed'
    this.#jobs.failAll(
      wasClosed ? error : new EslError('DISCONNECTED', 'the job outlived its connection', { cause: error }),
    )
    if (wasClosed) return
    // A peer that lets us in and throws us out again is not asked at the fastest pace for ever.
    if (this.#state === 'ready' && performance.now() - this.#readySince >= this.#options.maxMs) this.#attempt = 0
    this.#signal(refusals.has(error.code) ? 'refused' : 'lost', error)
  }

  /** Logged in: events of the connection before are delivered first, so that none comes after `ready`. */
  async #prepare(connection: Connection): Promise<void> {
    await this.#queue.flush(this.#options.commandTimeoutMs)
    // Somebody may subscribe while the answer is under way.
    for (let asked = Subscriptions.none; asked !== this.#subscriptions.line(); ) {
      asked = this.#subscriptions.line()
      await this.#demand(connection, asked)
    }
    if (!connection.isEnded) this.#live = connection
  }

  async #demand(connection: Connection, line: string): Promise<void> {
    connection.resume()
    const reply = await connection.ask(`${line}\n\n`, 'reply', this.#options.commandTimeoutMs)
    if (!reply.startsWith('+OK')) throw new EslError('SUBSCRIPTION_REFUSED', `the peer refuses the events: ${reply}`)
  }

  async #subscribe(names: readonly string[], custom: readonly string[], wanted: boolean): Promise<void> {
    if (names.length === 0 && custom.length === 0) return
    this.#subscriptions.add(names, custom, wanted)
    if (!this.#live) return
    try {
      await this.#demand(this.#live, eventLine(names, custom))
    } catch (error) {
      if (!(error instanceof EslError) || error.code !== 'SUBSCRIPTION_REFUSED') return
      this.#subscriptions.remove(names, custom)
      throw error
    }
  }

  #ask(text: string, accepts: 'api' | 'reply', options: CallOptions): Promise<string> {
    return this.#through(options, (connection, timeoutMs) => connection.ask(text, accepts, timeoutMs))
  }

  #through<T>(
    { timeoutMs, signal }: CallOptions,
    ask: (connection: Connection, timeoutMs: number) => Promise<T>,
  ): Promise<T> {
    const connection = this.#live
    if (!connection) return Promise.reject(this.#notReady())
    if (signal?.aborted) return Promise.reject(aborted(signal))
    if (connection.pending + this.#jobs.size >= this.#options.maxPending)
      return Promise.reject(
        new EslError('OVERLOADED', `${this.#options.maxPending} commands wait for an answer already`),
      )
    if (this.#pressed) connection.resume()
    const answer = ask(connection, timeoutMs ?? this.#options.commandTimeoutMs)
    return signal ? abortable(answer, signal) : answer
  }

  #notReady(fallback: 'TIMEOUT' | 'DISCONNECTED' = 'DISCONNECTED'): EslError {
    const cause = this.#lastError
    if (this.#state === 'closed') return new EslError('CLOSED', 'the client was closed')
    return new EslError(cause?.code ?? fallback, cause?.message ?? `not connected: ${this.#state}`, { cause })
  }

  #other(frame: Frame): void {
    if (isEvent(frame)) this.#event(frame)
    else if (frame.type !== 'log/data') this.#lostStep('a frame of unknown type came')
  }

  #lostStep(message: string): EslError {
    const error = new EslError('OUT_OF_STEP', message)
    this.#session?.end(error)
    return error
  }

  /** While jobs are under way every event is looked at: a result must not wait behind slow listeners, or be dropped. */
  #event(frame: Frame): void {
    if (this.#subscriptions.hears('BACKGROUND_JOB')) {
      const event = readEvent(frame)
      if (event?.name === 'BACKGROUND_JOB') {
        this.#jobs.finish(event)
        if (!this.#subscriptions.isWanted('BACKGROUND_JOB')) return
      }
      this.#queue.push(event ?? frame, frame.contentLength)
    } else this.#queue.push(frame, frame.contentLength)
    this.#relieve()
  }

  #press(high: boolean): void {
    this.#pressed = high
    if (high) this.#relieve()
    else this.#live?.resume()
  }

  /** Too many events wait: the peer keeps the rest, unless an answer must be let through. */
  #relieve(): void {
    if (this.#pressed && this.#live?.pending === 0 && this.#jobs.size === 0) this.#live.pause()
  }
}
