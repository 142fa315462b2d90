import type { Entry } from './entry.ts'

/** What a ring holds at most; the oldest goes first. */
export interface RingLimits {
  readonly maxAgeMs: number
  readonly maxEntries: number
  readonly maxBytes: number
}

/** Bytes an entry takes besides its frame. */
const overheadBytes = 200

/** The last events in their order, bounded by age, number and bytes. */
export class Ring {
  readonly #limits: RingLimits
  #entries: Entry[] = []
  /** Entries before this index have gone; they are cut off in pieces, so that taking one out costs nothing. */
  #start = 0
  #bytes = 0
  /** Highest number that has gone, by the tenant it was for. */
  readonly #gone = new Map<string, number>()

  constructor(limits: RingLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.length - this.#start
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Adds the newest event and lets go of what no longer fits. */
  push(entry: Entry): void {
    this.#entries.push(entry)
    this.#bytes += entry.frame.length + overheadBytes
    this.trim(entry.atMs)
  }

  /** Lets go of what is too old or too much. */
  trim(nowMs: number): void {
    const { maxAgeMs, maxBytes, maxEntries } = this.#limits
    for (let oldest = this.#entries[this.#start]; oldest; oldest = this.#entries[this.#start]) {
      const fits = this.size <= maxEntries && this.#bytes <= maxBytes
      if (fits && nowMs - oldest.atMs <= maxAgeMs) break
      this.#start += 1
      this.#bytes -= oldest.frame.length + overheadBytes
      this.#noteGone(oldest)
    }
    if (this.#start > 1024 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start)
      this.#start = 0
    }
  }

  /**
   * Highest number that is gone of what a tenant, or with null the system, would have heard: whoever had this one or a
   * later one has missed nothing.
   */
  gone(domainUuid: string | null): number {
    if (domainUuid === null) return this.#gone.get('system') ?? 0
    return Math.max(this.#gone.get(`tenant ${domainUuid}`) ?? 0, this.#gone.get('every tenant') ?? 0)
  }

  /** Entries after a number, oldest first: at most `count`, and the number up to which was looked. */
  after(number: number, count: number): readonly Entry[] {
    const from = this.#indexAfter(number)
    return this.#entries.slice(from, from + count)
  }

  /** Numbers grow but have gaps where there is nothing to keep, so the place is searched by halves. */
  #indexAfter(number: number): number {
    let low = this.#start
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.number ?? 0) <= number) low = middle + 1
      else high = middle
    }
    return low
  }

  #noteGone({ audience: { tenant, system }, number }: Entry): void {
    if (system) this.#gone.set('system', number)
    if (tenant === 'every') this.#gone.set('every tenant', number)
    else if (tenant) this.#gone.set(`tenant ${tenant.uuid}`, number)
  }
}
