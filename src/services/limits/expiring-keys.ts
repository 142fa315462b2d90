/** How many entries one insertion may clear away: more than it adds, so that dead ones never pile up. */
const sweptPerInsertion = 8

/**
 * A map of bounded size whose entries die by themselves. Entries are kept in the order of insertion, which is nearly
 * the order in which they die: clearing from the old end costs next to nothing and needs no timer.
 */
export class ExpiringKeys<T> {
  readonly #entries = new Map<string, T>()
  readonly #maxKeys: number
  readonly #isExpired: (entry: T, nowMs: number) => boolean
  /**
   * One iterator for good, at the old end. A new one each time would step over everything deleted there since the map
   * was last rebuilt: 150 microseconds at a bound of 100,000 keys, which a flood of addresses would turn into a stall.
   */
  readonly #keysByAge = this.#entries.keys()
  /** The key the iterator stands at: the oldest, not yet deleted. */
  #oldest: string | undefined

  /** `maxKeys` bounds memory; beyond it the oldest entry goes, even alive. */
  constructor(maxKeys: number, isExpired: (entry: T, nowMs: number) => boolean) {
    this.#maxKeys = maxKeys
    this.#isExpired = isExpired
  }

  /** Number of entries held, dead ones that were not yet cleared included. */
  get size(): number {
    return this.#entries.size
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)
  }

  /** Replaces the entry of a known key, which stays as old as it is. */
  update(key: string, entry: T): void {
    this.#entries.set(key, entry)
  }

  /** Makes an entry the newest, and clears dead ones from the old end. */
  insert(key: string, entry: T, nowMs: number): void {
    this.#delete(key)
    this.#sweep(nowMs)
    if (this.#entries.size >= this.#maxKeys) this.#delete(this.#oldestKey())
    this.#entries.set(key, entry)
  }

  #sweep(nowMs: number): void {
    for (let left = sweptPerInsertion; left > 0; left -= 1) {
      const key = this.#oldestKey()
      const entry = key === undefined ? undefined : this.#entries.get(key)
      if (entry === undefined || !this.#isExpired(entry, nowMs)) return
      this.#delete(key)
    }
  }

  #oldestKey(): string | undefined {
    // The iterator goes on only past a key that was deleted, so that whatever is in the map still lies before it.
    if (this.#oldest === undefined && this.#entries.size > 0) this.#oldest = this.#keysByAge.next().value
    return this.#oldest
  }

  #delete(key: string | undefined): void {
    if (key === undefined) return
    this.#entries.delete(key)
    if (key === this.#oldest) this.#oldest = undefined
  }
}
