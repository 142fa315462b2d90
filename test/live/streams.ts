import { once } from 'node:events'
import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { globalKey, type TestApp, type TestAppOptions, testApp } from '../support/app.ts'
import { type FakeSwitch, startFakeSwitch } from '../support/switch/fake-switch.ts'

/** One event as a client reads it. */
export interface Told {
  readonly id: string | undefined
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads from an event is for the test to know
  readonly data: any
}

/** A client that keeps what it was told. */
export interface Client {
  readonly events: Told[]
  /** Everything received, as text. */
  readonly received: () => string
  readonly isOver: () => boolean
  /** Waits for so many events of a type (or that meet a test), and answers them. */
  wait(test: string | ((event: Told) => boolean), count?: number, timeoutMs?: number): Promise<Told[]>
  /** Waits for the end of the stream. */
  over(timeoutMs?: number): Promise<void>
  stop(): void
}

async function until<T>(find: () => T | undefined, timeoutMs: number, what: () => string): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = find()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`${what()} within ${timeoutMs} ms`)
    await pause(5)
  }
}

const seen = (events: readonly Told[]): string => events.map(({ type }) => type).join(', ')

/** What a client has so far. */
interface Heard {
  readonly events: Told[]
  readonly chunks: string[]
  over: boolean
}

function clientOf(state: Heard, stop: () => void): Client {
  return {
    events: state.events,
    received: () => state.chunks.join(''),
    isOver: () => state.over,
    async wait(test, count = 1, timeoutMs = 5000) {
      const fits = typeof test === 'string' ? (event: Told) => event.type === test : test
      const find = () => {
        const found = state.events.filter(fits)
        return found.length >= count ? found : undefined
      }
      return until(find, timeoutMs, () => `not ${count} of ${String(test)} (seen: ${seen(state.events)})`)
    },
    async over(timeoutMs = 3000) {
      await until(
        () => state.over || undefined,
        timeoutMs,
        () => 'the stream did not end',
      )
    },
    stop,
  }
}

/** Reads frames of an event stream as WHATWG HTML says a client does; answers what is no whole frame yet. */
function readFrames(text: string, events: Told[]): string {
  const frames = text.split('\n\n')
  const rest = frames.pop() ?? ''
  for (const frame of frames) {
    const fields = new Map<string, string>()
    for (const line of frame.split(/\r\n|\r|\n/)) {
      const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
      if (name !== '') fields.set(name, fields.has(name) ? `${fields.get(name)}\n${value}` : value)
    }
    const data = fields.get('data')
    if (data !== undefined)
      events.push({ id: fields.get('id'), type: fields.get('event') ?? 'message', data: JSON.parse(data) })
  }
  return rest
}

/** Opens `GET /api/v2/events` as server-sent events; rejects unless it is answered 200. */
export async function listen(
  base: string,
  options: { query?: string; headers?: Record<string, string> } = {},
): Promise<Client & { response: IncomingMessage }> {
  const headers = { 'x-api-key': globalKey, ...options.headers }
  const request: ClientRequest = get(`${base}/api/v2/events${options.query ?? ''}`, { headers, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const state: Heard = { events: [], chunks: [], over: false }
  let rest = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    state.chunks.push(chunk)
    rest = readFrames(rest + chunk, state.events)
  })
  response.on('close', () => {
    state.over = true
  })
  request.on('error', () => {})
  response.on('error', () => {})
  if (response.statusCode !== 200) {
    await once(response, 'end')
    throw new Error(`answered ${response.statusCode} ${state.chunks.join('')}`)
  }
  return { ...clientOf(state, () => request.destroy()), response }
}

/** Opens the same as a WebSocket; rejects unless it is upgraded. */
export async function listenBySocket(
  base: string,
  options: { query?: string; headers?: Record<string, string> } = {},
): Promise<Client & { socket: WebSocket; code: () => number; pings: () => number }> {
  const url = `${base.replace('http', 'ws')}/api/v2/events${options.query ?? ''}`
  const socket = new WebSocket(url, { headers: options.headers ?? { 'x-api-key': globalKey } })
  const state: Heard = { events: [], chunks: [], over: false }
  let code = 0
  let pings = 0
  socket.on('message', (bytes, isBinary) => {
    const text = String(bytes)
    state.chunks.push(text)
    const data = JSON.parse(text)
    state.events.push({ id: data.id, type: isBinary ? 'binary' : data.type, data })
  })
  socket.on('ping', () => {
    pings += 1
  })
  socket.on('close', (closed) => {
    code = closed
    state.over = true
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('unexpected-response', (_request, response) => reject(new Error(`answered ${response.statusCode}`)))
    socket.once('error', reject)
  })
  return { ...clientOf(state, () => socket.terminate()), socket, code: () => code, pings: () => pings }
}

/** An application that listens, over a fake switch. */
export interface World {
  readonly fake: FakeSwitch
  readonly app: TestApp
  readonly base: string
  [Symbol.asyncDispose](): Promise<void>
}

/** Waits until the live state is whole: switch connected, snapshot read. */
export async function whenLive(app: TestApp, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const { text } = await app.call('GET', '/metrics')
    if (/tandem_live_state\{[^}]*state="(live|checking)"\} 1/.test(text)) return
    if (Date.now() > deadline) throw new Error('the live state is not whole')
    await pause(10)
  }
}

/** Waits until so many events of a type were published. */
export async function whenTold(app: TestApp, type: string, count: number, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const { text } = await app.call('GET', '/metrics')
    const found = text.split('\n').find((line) => line.startsWith(`tandem_events_total{type="${type}"}`))
    if (Number(found?.split(' ')[1] ?? 0) >= count) return
    if (Date.now() > deadline) throw new Error(`not ${count} of ${type} were published`)
    await pause(10)
  }
}

/** Starts an application over a fake switch, both listening. */
export async function startWorld(options: TestAppOptions = {}, fake?: FakeSwitch): Promise<World> {
  const own = fake ?? (await startFakeSwitch())
  const app = await testApp({ ...options, switchUrls: [own.url] })
  const base = await app.app.listen({ host: '127.0.0.1', port: 0 })
  await whenLive(app)
  return {
    fake: own,
    app,
    base,
    async [Symbol.asyncDispose]() {
      await app.close()
      await own[Symbol.asyncDispose]()
    },
  }
}
