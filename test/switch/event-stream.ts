import { request } from 'node:http'
import type { RunningTandem } from './tandem.ts'
import { suiteKey } from './tandem.ts'

/** One event of the stream, with when it arrived. */
export interface StreamEvent {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads from an event is for the test to know
  readonly data: any
  readonly atMs: number
}

/** A listener of `GET /api/v2/events` for one tenant. */
export class EventStream {
  readonly events: StreamEvent[] = []
  #close: () => void = () => {}

  /** Opens the stream and waits for its first event, the snapshot. */
  static async open(tandem: RunningTandem, domain: string): Promise<EventStream> {
    const stream = new EventStream()
    const asked = request(`${tandem.url}/api/v2/events`, {
      headers: { 'x-api-key': suiteKey, 'x-domain': domain, accept: 'text/event-stream' },
    })
    stream.#close = () => asked.destroy()
    asked.on('error', () => {})
    asked.end()
    const status = await new Promise<number>((resolve, reject) => {
      asked.on('response', (response) => {
        response.setEncoding('utf8')
        let held = ''
        response.on('data', (text: string) => {
          held += text
          const parts = held.split('\n\n')
          held = parts.pop() ?? ''
          for (const part of parts) stream.#take(part)
        })
        response.on('error', () => {})
        resolve(response.statusCode ?? 0)
      })
      asked.on('error', reject)
    })
    if (status !== 200) throw new Error(`the stream of events answered ${status}`)
    await stream.until('a snapshot', (event) => event.type === 'snapshot')
    return stream
  }

  #take(part: string): void {
    const data = part
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).trim())
      .join('\n')
    if (data === '') return
    const parsed = JSON.parse(data)
    const named = /^event: ?(.*)$/m.exec(part)?.[1]
    this.events.push({ type: named ?? parsed.type, data: parsed, atMs: Date.now() })
  }

  /** The first event that matches, also an earlier one; fails with what came instead. */
  async until(what: string, test: (event: StreamEvent) => boolean, timeoutMs = 5000): Promise<StreamEvent> {
    for (const deadline = Date.now() + timeoutMs; ; ) {
      const found = this.events.find(test)
      if (found !== undefined) return found
      if (Date.now() > deadline) {
        throw new Error(`no ${what} within ${timeoutMs} ms, but ${this.types().join(', ')}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Types received so far, in order. */
  types(): string[] {
    return this.events.map(({ type }) => type)
  }

  /** Forgets what came so far. */
  forget(): void {
    this.events.length = 0
  }

  close(): void {
    this.#close()
  }
}
