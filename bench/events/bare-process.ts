import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveCommands, usage } from '../support/child.ts'

/** What is left when nothing but fan-out is done: node:http writes frames made beforehand to whoever listens. */
const listeners = new Map<string, Set<ServerResponse>>()

const server = createServer((request, response) => {
  const domain = String(request.headers['x-domain'])
  const those = listeners.get(domain) ?? new Set()
  listeners.set(domain, those)
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  response.write('event: snapshot\ndata: {}\n\n')
  those.add(response)
  response.on('close', () => those.delete(response))
})

/** A frame of so many bytes with the stamp in it. */
function frameOf(bytes: number): Buffer {
  const head = `id: 1\nevent: call.created\ndata: {"type":"call.created","created_at":"${new Date().toISOString()}","x":"`
  return Buffer.from(`${head.padEnd(Math.max(head.length, bytes - 4), 'x')}"}\n\n`)
}

const commands = {
  usage,
  listen: (): Promise<number> =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    }),

  run(domains: readonly string[], pace: { perSecond: number; seconds: number; bytes: number }): Promise<number> {
    const total = pace.perSecond * pace.seconds
    const began = performance.now()
    let made = 0
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        for (; made < total && began + (made * 1000) / pace.perSecond <= performance.now(); made += 1) {
          const frame = frameOf(pace.bytes)
          for (const response of listeners.get(domains[Math.floor(made / 2) % domains.length] ?? '') ?? [])
            response.write(frame)
        }
        if (made < total) return
        clearInterval(timer)
        resolve(made)
      }, 1)
    })
  },
}

export type BareEventCommands = typeof commands

serveCommands(commands)
