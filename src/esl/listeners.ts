/** Functions that want to be told. */
export class Listeners<Args extends readonly unknown[]> {
  #listeners: readonly ((...args: Args) => unknown)[] = []

  /** Adds one; the answered function removes it. */
  add(listener: (...args: Args) => unknown): () => void {
    // One entry for each call, so that adding the same function twice and removing it once leaves one.
    const entry = (...args: Args): unknown => listener(...args)
    this.#listeners = [...this.#listeners, entry]
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== entry)
    }
  }

  /** Tells all, and answers a promise when some of them want time. What one throws is not the others' concern. */
  tell(...args: Args): Promise<unknown> | undefined {
    let slow: Promise<unknown>[] | undefined
    for (const listener of this.#listeners) {
      try {
        const result = listener(...args)
        if (result instanceof Promise) {
          slow ??= []
          slow.push(result.catch(throwLater))
        }
      } catch (error) {
        throwLater(error)
      }
    }
    return slow && Promise.all(slow)
  }
}

/** As an uncaught exception: a listener's fault is its owner's, and must neither be swallowed nor break the stream. */
function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}
