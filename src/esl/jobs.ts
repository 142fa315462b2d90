import { randomUUID } from 'node:crypto'
import { EslError } from './errors.ts'
import type { EslEvent } from './event.ts'

interface Job {
  readonly timer: NodeJS.Timeout
  readonly resolve: (text: string) => void
  readonly reject: (error: Error) => void
}

/** Background jobs under way, by an identity of our own: everybody's jobs are announced to everybody (facts 1). */
export class Jobs {
  readonly #jobs = new Map<string, Job>()

  get size(): number {
    return this.#jobs.size
  }

  /** A new job: its identity, and the promise of its result. */
  open(timeoutMs: number): { id: string; result: Promise<string> } {
    const id = randomUUID()
    const result = new Promise<string>((resolve, reject) => {
      const late = (): void => this.#close(id)?.reject(new EslError('TIMEOUT', 'the job did not report in time'))
      this.#jobs.set(id, { resolve, reject, timer: setTimeout(late, timeoutMs).unref() })
    })
    // Whoever opens the job awaits the reply first; the result may fail meanwhile.
    result.catch(() => {})
    return { id, result }
  }

  /** The event of a job, or of somebody else's. */
  finish(event: EslEvent): void {
    this.#close(event.get('Job-UUID') ?? '')?.resolve(event.body ?? '')
  }

  /** The job never began: its command was refused. */
  drop(id: string): void {
    this.#close(id)
  }

  /** The connection is gone: what the jobs did, nobody will say. */
  failAll(error: Error): void {
    for (const id of [...this.#jobs.keys()]) this.#close(id)?.reject(error)
  }

  #close(id: string): Job | undefined {
    const job = this.#jobs.get(id)
    clearTimeout(job?.timer)
    this.#jobs.delete(id)
    return job
  }
}
