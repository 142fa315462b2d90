import { type AddressInfo, createServer } from 'node:net'
import { serveCommands, usage } from '../support/child.ts'

/** What `api status` answers on a FreeSWITCH without calls, as many bytes as there. */
const text = 'UP 0 years, 0 days, 0 hours, 0 minutes, 5 seconds, 273 milliseconds, 512 microseconds\n'.padEnd(336, '.')
const reply = Buffer.from(`Content-Type: api/response\nContent-Length: ${text.length}\n\n${text}`)
const many = Buffer.concat(Array.from({ length: 256 }, () => reply))
const accepted = Buffer.from('Content-Type: command/reply\nReply-Text: +OK accepted\n\n')

/** A peer that costs next to nothing: it counts blank lines, and answers as many times. */
const server = createServer((socket) => {
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.write('Content-Type: auth/request\n\n')
  let isFirst = true
  let last = 0
  socket.on('data', (chunk) => {
    let count = 0
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index] ?? 0
      if (byte === 10 && last === 10) {
        count += 1
        last = 0
      } else last = byte
    }
    if (isFirst && count > 0) {
      isFirst = false
      count -= 1
      socket.write(accepted)
    }
    for (; count > 0; count -= Math.min(count, 256)) socket.write(many.subarray(0, Math.min(count, 256) * reply.length))
  })
})

const commands = {
  usage,
  listen: (): Promise<number> =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    }),
}

export type PeerCommands = typeof commands

serveCommands(commands)
