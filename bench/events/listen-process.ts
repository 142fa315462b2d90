import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { serveCommands } from '../support/child.ts'

/** What listeners were told. */
export interface Heard {
  readonly events: number
  readonly bytes: number
  /** From the switch's own stamp of what happened to its arrival here; the clock of one machine, to a millisecond. */
  readonly latenciesMs: number[]
}

let sockets: Socket[] = []
let events = 0
let bytes = 0
let begun = 0
let latenciesMs: number[] = []

function hear(text: string, nowMs: number): void {
  const stamp =
    /"type":"call\.created".*?"created_at":"([^"]+)"/.exec(text)?.[1] ??
    /"type":"call\.ended".*"ended_at":"([^"]+)"/.exec(text)?.[1]
  if (stamp === undefined) return
  events += 1
  latenciesMs.push(nowMs - Date.parse(stamp))
}

function listen(port: number, key: string, domain: string): void {
  const socket = connect(port, '127.0.0.1')
  let rest = ''
  socket.on('data', (chunk) => {
    const nowMs = Date.now()
    bytes += chunk.length
    const parts = (rest + chunk.toString('latin1')).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      if (part.includes('event: snapshot')) begun += 1
      else hear(part, nowMs)
    }
  })
  socket.on('error', () => {})
  socket.write(
    `GET /api/v2/events?types=call HTTP/1.1\r\nhost: bench\r\nx-api-key: ${key}\r\nx-domain: ${domain}\r\naccept: text/event-stream\r\n\r\n`,
  )
  sockets.push(socket)
}

const commands = {
  /** Opens so many streams in each domain, and waits until each has its snapshot. */
  async open(port: number, key: string, domains: readonly string[], each: number): Promise<void> {
    begun = 0
    sockets = []
    for (let count = 0; count < each; count += 1) {
      for (const domain of domains) listen(port, key, domain)
      await pause(50)
    }
    const deadline = Date.now() + 30_000
    while (begun < domains.length * each) {
      if (Date.now() > deadline) throw new Error(`only ${begun} of ${domains.length * each} streams began`)
      await pause(20)
    }
  },

  reset(): void {
    events = 0
    bytes = 0
    latenciesMs = []
  },

  heard: (): Heard => ({ events, bytes, latenciesMs }),

  close(): void {
    for (const socket of sockets) socket.destroy()
    sockets = []
  },
}

export type ListenCommands = typeof commands

serveCommands(commands)
