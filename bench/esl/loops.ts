import { once } from 'node:events'
import { connect } from 'node:net'
import { command, type EslClient } from '../../src/esl/index.ts'

/** What came of some commands. */
export interface Loop {
  readonly perSecond: number
  readonly latenciesMs: readonly number[]
  readonly cpuMicros: number
}

async function timed(run: (latenciesMs: number[]) => Promise<void>): Promise<Loop> {
  const latenciesMs: number[] = []
  const cpu = process.cpuUsage()
  const began = performance.now()
  await run(latenciesMs)
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: latenciesMs.length / seconds, latenciesMs, cpuMicros: (user + system) / latenciesMs.length }
}

const status = command('status')

/** Our client, with so many commands under way at once. */
export function clientLoop(client: EslClient, depth: number, seconds: number): Promise<Loop> {
  const end = performance.now() + seconds * 1000
  return timed(async (latenciesMs) => {
    const worker = async (): Promise<void> => {
      for (let start = performance.now(); start < end; ) {
        await client.api(status)
        const now = performance.now()
        latenciesMs.push(now - start)
        start = now
      }
    }
    await Promise.all(Array.from({ length: depth }, worker))
  })
}

/** A connection that does nothing but count bytes: it knows how long every answer is, and looks into none. */
export class RawLoop {
  readonly #socket
  readonly #replyBytes: number
  #take: (bytes: number) => void = () => {}

  private constructor(port: number, replyBytes: number) {
    this.#replyBytes = replyBytes
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true })
    this.#socket.on('data', (chunk) => this.#take(chunk.length))
  }

  static async open(port: number, replyBytes: number): Promise<RawLoop> {
    const loop = new RawLoop(port, replyBytes)
    await once(loop.#socket, 'data')
    loop.#socket.write('auth x\n\n')
    await once(loop.#socket, 'data')
    return loop
  }

  run(depth: number, seconds: number): Promise<Loop> {
    const end = performance.now() + seconds * 1000
    const text = 'api status\n\n'
    return timed(
      (latenciesMs) =>
        new Promise((resolve) => {
          const starts: number[] = Array.from({ length: depth }, () => performance.now())
          let bytes = 0
          let waiting = depth
          this.#take = (count) => {
            bytes += count
            const now = performance.now()
            let answered = 0
            for (; bytes >= this.#replyBytes; bytes -= this.#replyBytes) {
              latenciesMs.push(now - (starts.shift() ?? now))
              answered += 1
            }
            waiting -= answered
            if (now < end) {
              waiting += answered
              for (let index = 0; index < answered; index += 1) starts.push(now)
              if (answered > 0) this.#socket.write(text.repeat(answered))
            } else if (waiting === 0) resolve()
          }
          this.#socket.write(text.repeat(depth))
        }),
    )
  }

  close(): void {
    this.#socket.destroy()
  }
}
