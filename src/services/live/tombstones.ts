/** How long a late word about something that is over is still recognised as late: `show` lags 1.2 s at worst (facts 1). */
const keptMs = 60_000
const maxKept = 50_000

/** Remembers what has ended, so that nothing that lags behind brings it back. Bounded by time and number. */
export class Tombstones {
  readonly #endedMs = new Map<string, number>()

  add(key: string, nowMs: number): void {
    this.#endedMs.delete(key)
    this.#endedMs.set(key, nowMs)
    for (const [oldest, endedMs] of this.#endedMs) {
      if (this.#endedMs.size <= maxKept && nowMs - endedMs <= keptMs) break
      this.#endedMs.delete(oldest)
    }
  }

  has(key: string): boolean {
    return this.#endedMs.has(key)
  }

  /** It lives again: a new channel may be given an old UUID. */
  remove(key: string): void {
    this.#endedMs.delete(key)
  }
}
