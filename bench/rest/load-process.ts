import { setTimeout as pause } from 'node:timers/promises'
import { serveCommands } from '../support/child.ts'
import { Connection } from './connection.ts'
import { withFreshNumber } from './requests.ts'

/** What came of some requests. */
export interface Load {
  readonly seconds: number
  readonly latenciesMs: number[]
}

let connections: Connection[] = []
let sent = 0

async function exchange(connection: Connection, requests: readonly string[]): Promise<void> {
  const n = sent
  sent += 1
  const status = await connection.exchange(withFreshNumber(requests[n % requests.length] ?? '', n))
  if (status !== 200 && status !== 201) throw new Error(`a request was answered ${status}`)
}

const commands = {
  /** Opens connections before anything is measured. */
  async open(port: number, count: number): Promise<void> {
    connections = await Promise.all(Array.from({ length: count }, () => Connection.open(port)))
  },

  /** Every connection sends its next request as soon as it has an answer, until the time is over or all are sent. */
  async closedLoop(requests: readonly string[], limit: { seconds: number; count?: number }): Promise<Load> {
    const latenciesMs: number[] = []
    const began = performance.now()
    const last = sent + (limit.count ?? Number.POSITIVE_INFINITY)
    await Promise.all(
      connections.map(async (connection) => {
        while (sent < last && performance.now() - began < limit.seconds * 1000) {
          const start = performance.now()
          await exchange(connection, requests)
          latenciesMs.push(performance.now() - start)
        }
      }),
    )
    return { seconds: (performance.now() - began) / 1000, latenciesMs }
  },

  /**
   * Requests come at a steady pace, whether or not those before were answered. Latency counts from when a request was
   * due, so that waiting for a free connection is not left out.
   */
  async openLoop(requests: readonly string[], pace: { perSecond: number; seconds: number }): Promise<Load> {
    const latenciesMs: number[] = []
    const due: number[] = []
    const idle = [...connections]
    const running: Promise<void>[] = []
    const began = performance.now()
    const serve = async (connection: Connection): Promise<void> => {
      for (let start = due.shift(); start !== undefined; start = due.shift()) {
        await exchange(connection, requests)
        latenciesMs.push(performance.now() - start)
      }
      idle.push(connection)
    }
    const total = pace.perSecond * pace.seconds
    for (let made = 0; made < total; ) {
      const now = performance.now()
      for (; made < total && began + (made * 1000) / pace.perSecond <= now; made += 1) {
        due.push(began + (made * 1000) / pace.perSecond)
        const connection = idle.pop()
        if (connection) running.push(serve(connection))
      }
      await pause(1)
    }
    await Promise.all(running)
    return { seconds: (performance.now() - began) / 1000, latenciesMs }
  },

  close(): void {
    for (const connection of connections) connection.close()
    connections = []
  },
}

export type LoadCommands = typeof commands

serveCommands(commands)
