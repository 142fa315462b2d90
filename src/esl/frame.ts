import { type Header, headerLines } from './header.ts'

const nothing = Buffer.alloc(0)

/** One message of the peer: header lines and, when they name a length, a body of so many bytes. */
export class Frame {
  /** What the frame is: `api/response`, `command/reply`, `text/event-json`, … */
  readonly type: string
  /** Bytes the header announces; undefined when it announces no body. */
  readonly contentLength: number | undefined
  readonly #header: { readonly bytes: Buffer; readonly start: number; readonly end: number }
  readonly #body: Buffer
  readonly #bodyStart: number
  #lines: readonly string[] | undefined

  /**
   * @param header what `readHeader` found
   * @param bytes holds the header's text from `start` to `end`
   * @param body holds the body, from `bodyStart` on
   */
  constructor(header: Header, bytes: Buffer, start: number, end: number, body: Buffer, bodyStart: number) {
    this.type = header.type
    this.contentLength = header.contentLength
    this.#header = { bytes, start, end }
    this.#body = body
    this.#bodyStart = bodyStart
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
    this.#lines ??= headerLines(this.#header.bytes, this.#header.start, this.#header.end)
    return this.#lines
  }
}
