import type { Frame } from './frame.ts'

/**
 * Which frames may answer: an `api` is answered by `api/response`, or refused by a `command/reply` (facts 1). `bytes` is
 * an `api` whose answer is not decoded.
 */
export type Accepts = 'api' | 'bytes' | 'reply'

/** A command that was written and is not answered. */
export interface Pending {
  readonly accepts: Accepts
  readonly deadline: number
  readonly resolve: (text: string, frame: Frame) => void
  readonly reject: (error: Error) => void
  next: Pending | undefined
}

/** Commands in the order they were written, which is the order of their answers. */
export class PendingQueue {
  #first: Pending | undefined
  #last: Pending | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): Pending | undefined {
    return this.#first
  }

  add(pending: Pending): void {
    if (this.#last) this.#last.next = pending
    else this.#first = pending
    this.#last = pending
    this.#size += 1
  }

  take(): Pending | undefined {
    const taken = this.#first
    if (!taken) return undefined
    this.#first = taken.next
    if (!this.#first) this.#last = undefined
    this.#size -= 1
    return taken
  }

  /** The earliest deadline; infinite when nothing waits. */
  earliestDeadline(): number {
    let earliest = Number.POSITIVE_INFINITY
    for (let one = this.#first; one; one = one.next) earliest = Math.min(earliest, one.deadline)
    return earliest
  }
}
