import { FramingError } from './errors.ts'
import { Frame } from './frame.ts'

const newline = 10
const nothing = Buffer.alloc(0)

/** Bounds of one frame. */
export interface FramerLimits {
  /** Most bytes of a body (64 MiB). */
  readonly maxBodyBytes?: number
  /** Most bytes of a header (1 MiB: an outbound socket gets a whole channel as one header). */
  readonly maxHeaderBytes?: number
  /** Where the body of a frame that comes in many pieces goes: exactly so many bytes. */
  readonly allocate?: (length: number) => Buffer
}

/**
 * Bytes to frames. Lengths count bytes, never characters; the bytes may come split anywhere, and no byte is looked at
 * twice (facts 1). After a FramingError the stream has lost step: it says the same error for ever.
 */
export class Framer {
  readonly #maxBodyBytes: number
  readonly #maxHeaderBytes: number
  readonly #allocate: (length: number) => Buffer
  /** Bytes that no frame has taken yet: those from #start to #end. */
  #buffer: Buffer = nothing
  #start = 0
  #end = 0
  /** Whether #buffer is ours to write into; a chunk that was pushed is not. */
  #owned = false
  /** How far the search for the header's end has come. */
  #scanned = 0
  /** A frame whose header is read and whose body is not whole: of it, #filled bytes have come. */
  #open: { readonly frame: Frame; readonly body: Buffer } | undefined
  #filled = 0
  #error: FramingError | undefined

  constructor(limits: FramerLimits = {}) {
    this.#maxBodyBytes = limits.maxBodyBytes ?? 64 * 2 ** 20
    this.#maxHeaderBytes = limits.maxHeaderBytes ?? 2 ** 20
    this.#allocate = limits.allocate ?? Buffer.allocUnsafeSlow
  }

  /** Bytes that are part of no whole frame yet. */
  get unfinishedBytes(): number {
    return this.#end - this.#start + (this.#open ? this.#filled : 0)
  }

  /** The beginning of a header whose end has not come, as text; empty when there is none. */
  get unfinishedHeader(): string {
    return this.#open ? '' : this.#buffer.toString('utf8', this.#start, this.#end)
  }

  /** Takes the next bytes of the stream. The framer keeps the chunk: do not write into it afterwards. */
  push(chunk: Buffer): void {
    const rest = this.#open ? this.#fill(this.#open.body, chunk) : chunk
    if (rest.length === 0) return
    if (this.#start === this.#end) {
      this.#buffer = rest
      this.#owned = false
      this.#start = this.#scanned = 0
      this.#end = rest.length
    } else this.#append(rest)
  }

  /** The next whole frame, or undefined until more bytes have come. Throws FramingError. */
  next(): Frame | undefined {
    if (this.#error) throw this.#error
    try {
      return this.#open ? this.#takeFilled(this.#open) : this.#read()
    } catch (error) {
      if (error instanceof FramingError) this.#error = error
      throw error
    }
  }

  #fill(body: Buffer, chunk: Buffer): Buffer {
    const count = Math.min(chunk.length, body.length - this.#filled)
    chunk.copy(body, this.#filled, 0, count)
    this.#filled += count
    return count === chunk.length ? nothing : chunk.subarray(count)
  }

  #takeFilled({ frame, body }: { frame: Frame; body: Buffer }): Frame | undefined {
    if (this.#filled < body.length) return undefined
    this.#open = undefined
    return frame
  }

  /** Bytes come while others wait: an unfinished header, as a rule. */
  #append(chunk: Buffer): void {
    if (this.#buffer.length - this.#end < chunk.length || !this.#owned) this.#grow(chunk.length)
    chunk.copy(this.#buffer, this.#end)
    this.#end += chunk.length
  }

  /** Moves what waits into a buffer of our own with room for more; doubling keeps many small chunks cheap. */
  #grow(room: number): void {
    const held = this.#end - this.#start
    const grown = Buffer.allocUnsafeSlow(Math.max(1024, 2 * held, held + room))
    this.#buffer.copy(grown, 0, this.#start, this.#end)
    this.#buffer = grown
    this.#owned = true
    this.#scanned -= this.#start
    this.#start = 0
    this.#end = held
  }

  #read(): Frame | undefined {
    const end = this.#headerEnd()
    if (end < 0) return undefined
    const frame = new Frame(this.#buffer, this.#start, end)
    const length = frame.contentLength ?? 0
    if (length > this.#maxBodyBytes) throw new FramingError(`a frame announces ${length} bytes`, true)
    const next = end + 2 + length
    if (next > this.#end) return this.#openFrame(frame, length, end + 2)
    this.#start = this.#scanned = next
    return frame
  }

  /** The length is known: the rest is written straight to its place, so that a reply of megabytes is copied once. */
  #openFrame(frame: Frame, length: number, bodyStart: number): undefined {
    const body = this.#allocate(length)
    this.#filled = this.#buffer.copy(body, 0, bodyStart, this.#end)
    this.#start = this.#scanned = this.#end
    Frame.moveBody(frame, body)
    this.#open = { frame, body }
    return undefined
  }

  /** Where the blank line begins; -1 while it has not come. Line ends before a header belong to no frame. */
  #headerEnd(): number {
    const buffer = this.#buffer
    const end = this.#end
    if (this.#scanned === this.#start) {
      while (this.#start < end && buffer[this.#start] === newline) this.#start += 1
      this.#scanned = this.#start
    }
    let at = this.#scanned
    for (const last = end - 1; at < last; at += 1) if (buffer[at] === newline && buffer[at + 1] === newline) return at
    this.#scanned = at
    if (end - this.#start > this.#maxHeaderBytes) throw new FramingError('a header has no end', true)
    return -1
  }
}
