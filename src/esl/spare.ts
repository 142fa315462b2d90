/** Smaller bodies are no matter; larger ones are not kept. */
const least = 256 * 1024
const most = 32 * 1024 * 1024

/**
 * One place for large bodies, used again when its reader is done. A body of ten megabytes that is simply dropped waits
 * for a collection of old memory; lists asked for every second would heap up.
 */
export class Spare {
  #free: Buffer | undefined
  readonly #lent = new WeakSet<ArrayBufferLike>()

  /** A place of exactly so many bytes. */
  take(length: number): Buffer {
    if (length < least || length > most) return Buffer.allocUnsafeSlow(length)
    const known = this.#free
    this.#free = undefined
    // With room to spare, since the next list is a little longer as often as not.
    const whole =
      known && known.length >= length ? known : Buffer.allocUnsafeSlow(Math.min(most, length + (length >> 3)))
    this.#lent.add(whole.buffer)
    return whole.subarray(0, length)
  }

  /** The reader of a place is done with it. What was not taken here is left alone. */
  giveBack(place: Buffer): void {
    if (this.#lent.delete(place.buffer)) this.#free = Buffer.from(place.buffer)
  }
}
