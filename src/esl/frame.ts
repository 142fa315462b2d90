import { FramingError } from './errors.ts'

const noBody = Buffer.alloc(0)

/** Headers that say where a frame ends or what it answers: twice in one header means that two frames have run together. */
const single = new Set(['Content-Type', 'Content-Length', 'Reply-Text'])

/** One message of the peer: header lines and, when they name a length, a body of so many bytes. */
export class Frame {
  /** What the frame is: `api/response`, `command/reply`, `text/event-json`, … */
  readonly type: string
  /** Bytes the header announces; undefined when it announces no body. */
  readonly contentLength: number | undefined
  /** The body; empty when there is none. It may share memory with other frames: copy it to keep it. */
  body: Buffer = noBody
  readonly #headers: readonly string[]

  /** Reads the header's text, without its blank line. Throws FramingError when it is none. */
  constructor(text: string) {
    this.#headers = linesOf(text)
    const type = this.get('Content-Type')
    if (type === undefined) throw new FramingError('a frame does not say what it is (no Content-Type)')
    this.type = type
    const length = this.get('Content-Length')
    this.contentLength = length === undefined ? undefined : lengthOf(length)
  }

  /** A header's value as it was sent (not percent-decoded); undefined when it is not there. */
  get(name: string): string | undefined {
    const at = this.#headers
    for (let index = 0; index < at.length; index += 2) if (at[index] === name) return at[index + 1]
    return undefined
  }

  /** All headers in their order, repeated ones too. */
  *headers(): Generator<[name: string, value: string]> {
    for (let index = 0; index < this.#headers.length; index += 2)
      yield [this.#headers[index] as string, this.#headers[index + 1] as string]
  }
}

/** Names and values in turn: one array costs less than a pair for each line. */
function linesOf(text: string): string[] {
  const found: string[] = []
  const seen: string[] = []
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const colon = text.indexOf(':', start)
    if (colon <= start || colon >= end) throw new FramingError('a header line has no name')
    const name = text.slice(start, colon)
    if (single.has(name)) {
      if (seen.includes(name)) throw new FramingError(`a header says ${name} twice`)
      seen.push(name)
    }
    found.push(name, text.slice(text.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1, end))
    start = end + 1
  }
  return found
}

function lengthOf(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new FramingError('Content-Length is not a number')
  return Number(value)
}
