import { EslError } from './errors.ts'

export interface CallOptions {
  readonly timeoutMs?: number | undefined
  /** Gives up waiting; the command was sent all the same, and its answer is thrown away. */
  readonly signal?: AbortSignal | undefined
}

export interface EslStats {
  readonly pending: number
  readonly jobs: number
  readonly queuedEvents: number
  readonly droppedEvents: number
  readonly reconnects: number
}

/** Rejects when the signal fires; the answer that comes all the same is thrown away. */
export function abortable<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(aborted(signal))
    signal.addEventListener('abort', abort, { once: true })
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

export const aborted = (signal: AbortSignal): EslError =>
  new EslError('ABORTED', 'the caller gave up', { cause: signal.reason })
