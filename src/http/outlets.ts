import type { ServerResponse } from 'node:http'
import type { WebSocket } from 'ws'
import { jsonOf } from '../services/live/entry.ts'
import type { Framed, Outlet } from './stream.ts'

/** How long a closed wire has to take its last words. */
const lastWordsMs = 2000

/** Bytes a WebSocket may hold before it counts as full; a response has such a mark of its own. */
const fullBytes = 64 * 1024

const endOf = (reason: string): string => JSON.stringify({ type: 'end', reason })

/** Server-sent events (WHATWG HTML, 9.2). `onDrain` is called when a full response takes bytes again. */
export function sseOutlet(raw: ServerResponse, onDrain: () => void): Outlet {
  raw.on('drain', onDrain)
  return {
    write(events) {
      const [first] = events
      return raw.write(events.length === 1 && first ? first.frame : Buffer.concat(events.map(({ frame }) => frame)))
    },
    beat: () => void raw.write(': beat\n\n'),
    close(reason) {
      raw.end(`event: end\ndata: ${endOf(reason)}\n\n`)
      setTimeout(() => raw.destroy(), lastWordsMs).unref()
    },
  }
}

/** What a close of ours says in a WebSocket's code; 4000 and above are an application's own (RFC 6455, 7.4.2). */
const closeCodes: Readonly<Record<string, number>> = {
  server_stopping: 1001,
  key_revoked: 4401,
  domain_gone: 4404,
  slow_reader: 4408,
}

/** Events as text messages, each the JSON that `data` holds in server-sent events. */
export function webSocketOutlet(socket: WebSocket, onDrain: () => void): Outlet {
  let isAlive = true
  let isFull = false
  socket.on('pong', () => {
    isAlive = true
  })
  const send = (event: Framed): void =>
    socket.send(jsonOf(event), { binary: false }, () => {
      if (!isFull || socket.bufferedAmount >= fullBytes) return
      isFull = false
      onDrain()
    })
  return {
    write(events) {
      for (const event of events) send(event)
      isFull = socket.bufferedAmount >= fullBytes
      return !isFull
    },
    beat() {
      // Whoever answered no ping since the last one is gone without a word.
      if (!isAlive) return socket.terminate()
      isAlive = false
      socket.ping()
    },
    close(reason) {
      socket.send(endOf(reason), () => {})
      socket.close(closeCodes[reason] ?? 1000, reason)
      setTimeout(() => socket.terminate(), lastWordsMs).unref()
    },
  }
}
