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

/**
 * What anybody would write in a quarter of an hour: commands go out, answers are cut at their Content-Length and made
 * text. No queue, no promises, no deadlines, no events, and no thought for a header that comes in two reads.
 */
export class RawLoop {
  readonly #socket
  #rest: Buffer = Buffer.alloc(0)
  #answered: (text: string) => void = () => {}
  #chunkDone: () => void = () => {}

  private constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true })
  }

  static async open(port: number): Promise<RawLoop> {
    const loop = new RawLoop(port)
    await once(loop.#socket, 'data')
    loop.#socket.write('auth x\n\n')
    await once(loop.#socket, 'data')
    loop.#socket.on('data', (chunk) => loop.#read(chunk))
    return loop
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    for (;;) {
      const headerEnd = bytes.indexOf('\n\n', at)
      if (headerEnd < 0) break
      const header = bytes.toString('latin1', at, headerEnd)
      const end = headerEnd + 2 + Number(header.slice(header.indexOf('Content-Length: ') + 16))
      if (end > bytes.length) break
      this.#answered(bytes.toString('utf8', headerEnd + 2, end))
      at = end
    }
    this.#rest = bytes.subarray(at)
    this.#chunkDone()
  }

  run(depth: number, seconds: number): Promise<Loop> {
    const end = performance.now() + seconds * 1000
    const text = 'api status\n\n'
    return timed(
      (latenciesMs) =>
        new Promise((resolve) => {
          const starts: number[] = Array.from({ length: depth }, () => performance.now())
          let waiting = depth
          let answers = 0
          this.#answered = () => {
            const now = performance.now()
            latenciesMs.push(now - (starts.shift() ?? now))
            // As with the client, the next command begins when the one before is answered, and not when it is written.
            starts.push(now)
            answers += 1
          }
          this.#chunkDone = () => {
            if (performance.now() >= end) waiting -= answers
            else if (answers > 0) this.#socket.write(text.repeat(answers))
            answers = 0
            if (waiting === 0) resolve()
          }
          this.#socket.write(text.repeat(depth))
        }),
    )
  }

  close(): void {
    this.#socket.destroy()
  }
}
