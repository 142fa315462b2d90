import { readEvent } from './decode-event.ts'
import { EslEvent } from './event.ts'
import type { Frame } from './frame.ts'

/** A place in the queue where events were dropped. */
class Gap {
  lost: number
  constructor(lost: number) {
    this.lost = lost
  }
}

export interface EventQueueOptions {
  readonly max: number
  readonly maxBytes: number
  /** Gives an event to its listeners; the next one waits for the promise, if there is one. */
  readonly deliver: (event: EslEvent) => Promise<unknown> | undefined
  /** Tells how many events are missing between the last one delivered and the next. */
  readonly lost: (count: number) => void
  /** The queue has grown over a half of its room (true), or shrunk under a quarter (false). */
  readonly pressure: (high: boolean) => void
}

/** How long events may be delivered before others have a turn of the event loop. */
const sliceMs = 10

/** Events that came and were not delivered yet: in order, bounded, decoded only when their turn comes. */
export class EventQueue {
  readonly #options: EventQueueOptions
  #items: (Frame | EslEvent | Gap)[] = []
  /** How many bytes each item came in, and all together. */
  #sizes: number[] = []
  #bytes = 0
  /** Items before it were delivered. */
  #head = 0
  #running = false
  /** When the slice of this turn of the event loop is over; 0 when none has begun. */
  #sliceUntil = 0
  #high = false
  #dropped = 0
  #idle: (() => void)[] = []

  constructor(options: EventQueueOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#items.length - this.#head
  }

  get dropped(): number {
    return this.#dropped
  }

  /** Queues an event of so many bytes, and delivers at once what can be. A full queue drops it, and remembers where. */
  push(item: Frame | EslEvent, bytes = 0): void {
    const { max, maxBytes } = this.#options
    if (this.size >= max || this.#bytes > maxBytes) this.#drop()
    else this.#add(item, bytes)
    if (!this.#high && (this.size > max / 2 || this.#bytes > maxBytes / 2)) this.#press(true)
    if (!this.#running) this.#run()
  }

  #add(item: Frame | EslEvent | Gap, bytes: number): void {
    this.#items.push(item)
    this.#sizes.push(bytes)
    this.#bytes += bytes
  }

  /** Resolves when everything is delivered; after `limitMs` what is left is dropped. */
  async flush(limitMs: number): Promise<void> {
    if (this.size === 0 && !this.#running) return
    const timer = setTimeout(() => this.clear(), limitMs)
    await new Promise<void>((resolve) => this.#idle.push(resolve))
    clearTimeout(timer)
  }

  /** Drops everything that waits. */
  clear(): void {
    const left = this.#items.slice(this.#head)
    this.#items = []
    this.#sizes = []
    this.#head = this.#bytes = 0
    this.#dropped += left.filter((item) => !(item instanceof Gap)).length
    const lost = left.reduce((sum, item) => sum + (item instanceof Gap ? item.lost : 1), 0)
    if (lost > 0) this.#add(new Gap(lost), 0)
    if (this.#high) this.#press(false)
    if (!this.#running) this.#run()
    else for (const idle of this.#idle.splice(0)) idle()
  }

  #drop(): void {
    this.#dropped += 1
    const last = this.#items.at(-1)
    if (last instanceof Gap) last.lost += 1
    else this.#add(new Gap(1), 0)
  }

  #press(high: boolean): void {
    this.#high = high
    this.#options.pressure(high)
  }

  /** Delivers until nothing waits, a listener wants time, or the slice is over. */
  #run(): void {
    this.#running = true
    const until = this.#sliceEnd()
    while (this.#head < this.#items.length) {
      if (performance.now() > until) return void setImmediate(() => this.#run())
      const slow = this.#deliver(this.#take())
      if (slow) return void slow.then(() => this.#run())
    }
    this.#running = false
    for (const idle of this.#idle.splice(0)) idle()
  }

  /** One slice for each turn of the event loop, however many reads and events fall into it. */
  #sliceEnd(): number {
    if (this.#sliceUntil === 0) {
      this.#sliceUntil = performance.now() + sliceMs
      setImmediate(() => {
        this.#sliceUntil = 0
      })
    }
    return this.#sliceUntil
  }

  #take(): Frame | EslEvent | Gap {
    const item = this.#items[this.#head] as Frame | EslEvent | Gap
    this.#bytes -= this.#sizes[this.#head] ?? 0
    this.#head += 1
    if (this.#head === this.#items.length || this.#head >= 1024) {
      this.#items = this.#items.slice(this.#head)
      this.#sizes = this.#sizes.slice(this.#head)
      this.#head = 0
    }
    const { max, maxBytes } = this.#options
    if (this.#high && this.size < max / 4 && this.#bytes < maxBytes / 4) this.#press(false)
    return item
  }

  #deliver(item: Frame | EslEvent | Gap): Promise<unknown> | undefined {
    if (item instanceof Gap) {
      this.#options.lost(item.lost)
      return undefined
    }
    const event = item instanceof EslEvent ? item : this.#decode(item)
    return event && this.#options.deliver(event)
  }

  /** An event that cannot be read is a lost event; the frames around it are sound. */
  #decode(frame: Frame): EslEvent | undefined {
    const event = readEvent(frame)
    if (event) return event
    this.#dropped += 1
    this.#options.lost(1)
    return undefined
  }
}
