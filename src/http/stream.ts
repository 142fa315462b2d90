import type { Ear } from '../services/live/audience.ts'
import type { Entry } from '../services/live/entry.ts'
import type { Hub, Listener } from '../services/live/hub.ts'

/** An event in bytes: the frame of an event stream, with the JSON text inside it. */
export type Framed = Pick<Entry, 'frame' | 'jsonStart'>

/** The wire of one stream: server-sent events or a WebSocket. */
export interface Outlet {
  /** Hands bytes to the wire; false when it takes no more until it has drained. */
  write(events: readonly Framed[]): boolean
  /** A sign of life that is no event. */
  beat(): void
  /** Tells why, and closes. */
  close(reason: string): void
}

/** Events looked at in one go while a stream catches up: a long past must not hold up everyone else. */
const stepEntries = 500

/**
 * One listener's place in the stream of events. It keeps no queue: while its wire is full it stands still, and what it
 * missed is read from the hub's memory once the wire has drained. Its own share of memory is what the wire holds.
 */
export class Stream implements Listener {
  readonly ear: Ear
  readonly #hub: Hub
  readonly #outlet: Outlet
  readonly #now: () => number
  readonly #onEnd: (reason: string) => void
  #cursor: number
  /** Since when the wire takes nothing. */
  #fullSinceMs: number | undefined
  /** There is a past to catch up with, step by step. */
  #isBehind = true
  #isEnded = false

  constructor(options: {
    hub: Hub
    ear: Ear
    outlet: Outlet
    after: number
    onEnd: (reason: string) => void
    now?: () => number
  }) {
    this.#hub = options.hub
    this.ear = options.ear
    this.#outlet = options.outlet
    this.#cursor = options.after
    this.#onEnd = options.onEnd
    this.#now = options.now ?? Date.now
  }

  /** Milliseconds for which its reader has taken nothing. */
  stuckMs(nowMs: number): number {
    return this.#fullSinceMs === undefined ? 0 : nowMs - this.#fullSinceMs
  }

  /** Sends what stands before the first event, such as a snapshot, and begins. */
  begin(first: readonly Framed[]): void {
    if (first.length > 0) this.#write(first)
    this.#catchUp()
  }

  wake(entry: Entry): void {
    if (this.#isBehind || this.#fullSinceMs !== undefined || this.#isEnded) {
      this.#isBehind = true
      return
    }
    this.#cursor = entry.number
    this.#write([entry])
  }

  /** The wire takes bytes again. */
  drained(): void {
    if (this.#fullSinceMs === undefined || this.#isEnded) return
    this.#fullSinceMs = undefined
    this.#catchUp()
  }

  beat(): void {
    if (this.#fullSinceMs === undefined && !this.#isEnded) this.#outlet.beat()
  }

  end(reason: string): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#outlet.close(reason)
    this.#onEnd(reason)
  }

  /** The other side has gone. */
  gone(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#onEnd('client_left')
  }

  #write(events: readonly Framed[]): void {
    if (!this.#outlet.write(events)) this.#fullSinceMs = this.#now()
  }

  #catchUp(): void {
    if (this.#isEnded || this.#fullSinceMs !== undefined) return
    // What fell out of memory meanwhile cannot be told any more.
    if (this.#cursor < this.#hub.goneFor(this.ear)) {
      this.end('slow_reader')
      return
    }
    const { entries, upTo } = this.#hub.next(this.ear, this.#cursor, stepEntries)
    this.#cursor = upTo
    if (entries.length > 0) this.#write(entries)
    this.#isBehind = upTo < this.#hub.last || this.#fullSinceMs !== undefined
    if (this.#isBehind && this.#fullSinceMs === undefined) setImmediate(() => this.#catchUp())
  }
}
