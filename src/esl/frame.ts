import { type Header, headerLines, readHeader } from './header.ts'

const nothing = Buffer.alloc(0)

/** One message of the peer: header lines and, when they name a length, a body of so many bytes. */
export class Frame implements Header {
  /** What the frame is: `api/response`, `command/reply`, `text/event-json`, … */
  type = ''
  /** Bytes the header announces; undefined when it announces no body. */
  contentLength: number | undefined = undefined
  readonly #bytes: Buffer
  readonly #start: number
  readonly #end: number
  #body: Buffer
  #bodyStart: number
  #lines: readonly string[] | undefined = undefined

  /** Reads the header that stands in `bytes` from `start` to `end`; the body follows behind its blank line. Throws FramingError. */
  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#body = bytes
    this.#bodyStart = end + 2
    readHeader(this, bytes, start, end)
  }

  /** For the framer: the body comes into a place of its own. */
  static moveBody(frame: Frame, body: Buffer): void {
    frame.#body = body
    frame.#bodyStart = 0
  }

  /** The body; empty when there is none. It shares memory with other frames: copy it to keep it for long. */
  get body(): Buffer {
    return this.contentLength ? this.#body.subarray(this.#bodyStart, this.#bodyStart + this.contentLength) : nothing
  }

  /** The body as UTF-8; bytes that are none become U+FFFD. */
  get text(): string {
    return this.#body.toString('utf8', this.#bodyStart, this.#bodyStart + (this.contentLength ?? 0))
  }

  /** A header's value as it was sent (not percent-decoded); undefined when it is not there. */
  get(name: string): string | undefined {
    const lines = this.#read()
    for (let index = 0; index < lines.length; index += 2) if (lines[index] === name) return lines[index + 1]
    return undefined
  }

  /** All headers in their order, repeated ones too. */
  *headers(): Generator<[name: string, value: string]> {
    const lines = this.#read()
    for (let index = 0; index < lines.length; index += 2) yield [lines[index] ?? '', lines[index + 1] ?? '']
  }

  /** Most frames are never asked for their other headers. */
  #read(): readonly string[] {
    this.#lines ??= headerLines(this.#bytes, this.#start, this.#end)
    return this.#lines
  }
}
