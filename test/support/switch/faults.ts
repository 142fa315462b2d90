import type { Connection } from './connection.ts'
import { apiResponse } from './wire.ts'

type Test = RegExp | string

interface Fault {
  readonly test: Test
  readonly act: (chunks: Buffer[], connection: Connection) => void
}

/** Failures on demand. Each stays until `clear()`, unless it says how often it happens. A test is a text contained in
 * the command line, or an expression; command lines of `slow` and `silent` come without the word `api`. */
export class Faults {
  /** Every password is wrong. */
  refuseAuth = false
  /** The client's address is not in the access list: rude rejection instead of a greeting. */
  refuseAcl = false
  /** How many of the next connections are accepted and never greeted; Infinity for all. */
  neverGreet = 0
  readonly #slow: { test: Test; delayMs: number }[] = []
  readonly #silent: { test: Test; times: number }[] = []
  readonly #replies: Fault[] = []

  /** API commands that match take so long; their connection is blocked meanwhile. */
  slow(test: Test, delayMs: number): void {
    this.#slow.push({ test, delayMs })
  }

  /** API commands that match are never answered; the connection goes on with the next one (a lost reply). */
  silent(test: Test, times = Number.POSITIVE_INFINITY): void {
    this.#silent.push({ test, times })
  }

  /** The reply to the next command that matches is cut after so many bytes and the connection reset. */
  cut(test: Test, byteCount: number): void {
    this.#once(test, (chunks, connection) => {
      connection.socket.write(Buffer.concat(chunks).subarray(0, byteCount), () => connection.socket.destroySoon())
    })
  }

  /** The connection is reset instead of answering the next command that matches. */
  reset(test: Test): void {
    this.#once(test, (_chunks, connection) => connection.socket.resetAndDestroy())
  }

  /** One more `api/response` that nobody asked for comes right after the next matching reply. */
  extraReply(test: Test, text = '+OK\n'): void {
    this.#once(test, (chunks, connection) => connection.write([...chunks, ...apiResponse(text)]))
  }

  /** The next matching reply is written in pieces of so many bytes, each its own send. */
  trickle(test: Test, pieceBytes: number, everyMs = 1): void {
    this.#once(test, (chunks, connection) => {
      const all = Buffer.concat(chunks)
      let at = 0
      const next = () => {
        connection.write([all.subarray(at, at + pieceBytes)])
        at += pieceBytes
        if (at < all.length) setTimeout(next, everyMs)
      }
      next()
    })
  }

  /** The next matching reply gets these bytes instead. */
  replace(test: Test, raw: string | Buffer): void {
    this.#once(test, (_chunks, connection) => connection.write([Buffer.from(raw)]))
  }

  /** No faults any more. */
  clear(): void {
    this.refuseAuth = false
    this.refuseAcl = false
    this.neverGreet = 0
    this.#slow.length = 0
    this.#silent.length = 0
    this.#replies.length = 0
  }

  #once(test: Test, act: Fault['act']): void {
    this.#replies.push({ test, act })
  }

  /** For the server: whether this new connection stays without greeting. */
  silentGreeting(): boolean {
    if (this.neverGreet <= 0) return false
    this.neverGreet--
    return true
  }

  /** For the server: waits as long as a slow command takes. */
  async pause(line: string): Promise<void> {
    const delayMs = this.#slow.find((each) => matches(each.test, line))?.delayMs ?? 0
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
  }

  /** For the server: whether this command stays without answer. */
  silentFor(line: string): boolean {
    const found = this.#silent.find((each) => each.times > 0 && matches(each.test, line))
    if (found === undefined) return false
    found.times--
    return true
  }

  /** For the server: writes a reply, or what a fault makes of it. */
  reply(line: string, chunks: Buffer[], connection: Connection): void {
    const at = this.#replies.findIndex((each) => matches(each.test, line))
    const fault = at < 0 ? undefined : this.#replies.splice(at, 1)[0]
    if (fault === undefined) connection.write(chunks)
    else fault.act(chunks, connection)
  }
}

function matches(test: Test, line: string): boolean {
  return typeof test === 'string' ? line.includes(test) : test.test(line)
}
