/**
 * How FreeSWITCH reads commands (facts 1): byte by byte, to the first empty line; blank lines before a command are
 * skipped; a `Content-Length` header makes it read that many bytes more. CR counts as a line end.
 */

/** One command as it was received. */
export interface ReceivedCommand {
  /** Number of the connection, counted from 1 since the fake started. */
  readonly connection: number
  /** The command line, cut at a lone CR or a NUL as FreeSWITCH cuts it. */
  readonly line: string
  /** Header lines after it, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | undefined
  /** Milliseconds since the epoch. */
  readonly atMs: number
}

/** Cuts the bytes of one connection into commands. */
export class CommandReader {
  #held: Buffer = Buffer.alloc(0)

  /** True while part of a command waits for its end: FreeSWITCH delivers no event meanwhile. */
  get midCommand(): boolean {
    return this.#held.length > 0
  }

  /** Takes bytes and gives the commands that are complete with them. */
  push(chunk: Buffer): Omit<ReceivedCommand, 'connection' | 'atMs'>[] {
    this.#held = Buffer.concat([this.#held, chunk])
    const commands = []
    for (let next = this.#next(); next !== undefined; next = this.#next()) commands.push(next)
    return commands
  }

  #next(): Omit<ReceivedCommand, 'connection' | 'atMs'> | undefined {
    let start = 0
    while (this.#held[start] === 0x0a || this.#held[start] === 0x0d) start++
    this.#held = this.#held.subarray(start)
    const text = this.#held.toString('latin1')
    const end = /\n\r*\n/.exec(text)
    if (end === null) return undefined
    const [line = '', ...rest] = lines(this.#held.subarray(0, end.index))
    const headers = rest.map(header).filter((pair) => pair !== undefined)
    const wanted = Number.parseInt(headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1] ?? '0', 10)
    const after = end.index + end[0].length
    if (wanted > 0 && this.#held.length < after + wanted) return undefined
    const body = wanted > 0 ? this.#held.toString('utf8', after, after + wanted) : undefined
    this.#held = this.#held.subarray(after + Math.max(wanted, 0))
    return { line, headers, body }
  }
}

/** Lines of a command: ended by LF or by any CR, and cut at a NUL, as C strings are. */
function lines(block: Buffer): string[] {
  const nul = block.indexOf(0)
  return block
    .toString('utf8', 0, nul < 0 ? block.length : nul)
    .split(/[\r\n]+/)
    .filter((line, index) => index === 0 || line !== '')
}

function header(line: string): readonly [string, string] | undefined {
  const colon = line.indexOf(':')
  return colon < 0 ? undefined : [line.slice(0, colon), line.slice(colon + 1).replace(/^ +/, '')]
}
