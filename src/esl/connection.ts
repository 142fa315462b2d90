import { connect, type Socket } from 'node:net'
import { answerText, isAnswer } from './answer.ts'
import { EslError, FramingError } from './errors.ts'
import type { Frame } from './frame.ts'
import { Framer } from './framer.ts'
import type { FullOptions } from './options.ts'
import { type Accepts, PendingQueue } from './pending.ts'
import { Spare } from './spare.ts'

/** Whom a connection tells. */
export interface ConnectionListener {
  connected(): void
  /** A frame that answers nothing: events, logs, notices, the greeting. */
  frame(frame: Frame): void
  /** Once, and last: the connection is gone. Its commands have been rejected before. */
  ended(error: EslError): void
}

type Resolve = (text: string, frame: Frame) => void
type Reject = (error: Error) => void

/** One TCP connection from its opening to its end: bytes, frames, commands and their answers. It never comes back. */
export class Connection {
  /** Resolves when the socket is closed. */
  readonly gone: Promise<void>
  readonly #listener: ConnectionListener
  readonly #socket: Socket
  readonly #framer: Framer
  readonly #spare = new Spare()
  readonly #pending = new PendingQueue()
  /** What is written at the end of this turn of the event loop. */
  #outgoing = ''
  #now = 0
  #timer: NodeJS.Timeout | undefined
  #timerDue = Number.POSITIVE_INFINITY
  #ended = false
  #lastReadAt = performance.now()

  constructor(options: FullOptions, listener: ConnectionListener) {
    this.#listener = listener
    this.#framer = new Framer({
      maxBodyBytes: options.maxReplyBytes,
      allocate: (length) => this.#spare.take(length),
    })
    this.#socket = connect({ host: options.host, port: options.port, noDelay: true, keepAlive: true })
    this.gone = new Promise((resolve) => this.#socket.once('close', () => resolve()))
    this.#socket.on('connect', () => this.#ended || listener.connected())
    this.#socket.on('data', (chunk) => this.#read(chunk))
    this.#socket.on('error', (cause) => this.end(this.#failure(cause)))
    this.#socket.on('close', () => this.end(new EslError('DISCONNECTED', 'the peer closed the connection')))
  }

  get pending(): number {
    return this.#pending.size
  }

  get isEnded(): boolean {
    return this.#ended
  }

  get lastReadAt(): number {
    return this.#lastReadAt
  }

  /** The beginning of a reply that has not come to its end. */
  get unfinishedHeader(): string {
    return this.#framer.unfinishedHeader
  }

  /** Writes a command, blank line included, and answers the text of its reply. */
  ask(text: string, accepts: Accepts, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => this.tell(text, accepts, timeoutMs, resolve, reject))
  }

  /** The same of an API whose answer is large: its bytes as they came. */
  askBytes(text: string, timeoutMs: number): Promise<Buffer> {
    return new Promise((resolve, reject) =>
      // A refusal comes as a reply's text and without a body.
      this.tell(
        text,
        'bytes',
        timeoutMs,
        (said, frame) => resolve(said === '' ? frame.body : Buffer.from(said)),
        reject,
      ),
    )
  }

  /** Nobody reads these bytes any more. */
  giveBack(bytes: Buffer): void {
    this.#spare.giveBack(bytes)
  }

  /** The same with functions that are called at once, before the next frame is looked at. */
  tell(text: string, accepts: Accepts, timeoutMs: number, resolve: Resolve, reject: Reject): void {
    if (this.#ended) return void reject(new EslError('DISCONNECTED', 'the connection has ended'))
    // Commands of one turn of the event loop are written together, and their clocks start together.
    if (this.#outgoing === '') this.#now = performance.now()
    const deadline = this.#now + timeoutMs
    this.#pending.add({ accepts, deadline, resolve, reject, next: undefined })
    if (deadline < this.#timerDue) this.#arm(deadline)
    this.#write(text)
  }

  /** Stops reading until `resume`; the peer then keeps what it has to say. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Closes the connection and rejects what waits: with `error` what is overdue, with DISCONNECTED the rest. */
  end(error: EslError): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#timer)
    this.#socket.destroy()
    const now = performance.now()
    for (let one = this.#pending.take(); one; one = this.#pending.take()) {
      const isOwn = error.code !== 'TIMEOUT' || one.deadline <= now
      one.reject(isOwn ? error : new EslError('DISCONNECTED', 'the connection was closed', { cause: error }))
    }
    this.#listener.ended(error)
  }

  #write(text: string): void {
    if (this.#outgoing === '') process.nextTick(this.#flush)
    this.#outgoing += text
  }

  readonly #flush = (): void => {
    if (!this.#ended) this.#socket.write(this.#outgoing)
    this.#outgoing = ''
  }

  #read(chunk: Buffer): void {
    this.#lastReadAt = performance.now()
    try {
      this.#framer.push(chunk)
      for (let frame = this.#framer.next(); frame && !this.#ended; frame = this.#framer.next()) this.#take(frame)
    } catch (error) {
      this.end(lostStep(error))
    }
  }

  #take(frame: Frame): void {
    if (isAnswer(frame)) this.#answer(frame)
    else this.#listener.frame(frame)
  }

  #answer(frame: Frame): void {
    const pending = this.#pending.first
    if (!pending) throw new EslError('OUT_OF_STEP', 'an answer came to no command')
    const text = answerText(frame, pending.accepts)
    this.#pending.take()
    pending.resolve(text, frame)
  }

  #arm(deadline: number): void {
    clearTimeout(this.#timer)
    this.#timerDue = deadline
    // Answers that came while this process was busy are read first: setImmediate runs after the sockets were looked at.
    const late = (): void => void setImmediate(() => this.#checkDeadlines())
    this.#timer = setTimeout(late, Math.max(1, Math.ceil(deadline - performance.now()))).unref()
  }

  #checkDeadlines(): void {
    const earliest = this.#pending.earliestDeadline()
    this.#timerDue = Number.POSITIVE_INFINITY
    if (earliest <= performance.now()) this.end(new EslError('TIMEOUT', 'a command was not answered in time'))
    else if (earliest < Number.POSITIVE_INFINITY) this.#arm(earliest)
  }

  #failure(cause: Error): EslError {
    return this.#socket.bytesRead === 0 && this.#socket.bytesWritten === 0
      ? new EslError('CONNECT_FAILED', 'no connection could be made', { cause })
      : new EslError('DISCONNECTED', 'the connection broke', { cause })
  }
}

/** Anything but a broken stream is a fault of our own and must not be taken for one. */
function lostStep(error: unknown): EslError {
  if (error instanceof EslError) return error
  if (!(error instanceof FramingError)) throw error
  return new EslError(error.tooBig ? 'TOO_BIG' : 'OUT_OF_STEP', error.message, { cause: error })
}
