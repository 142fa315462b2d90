import type { Socket } from 'node:net'
import { CommandReader, type ReceivedCommand } from './commands.ts'
import { Subscription } from './subscription.ts'
import { apiResponse, commandReply, disconnectNotice, eventFrame, type FakeEvent } from './wire.ts'

/** A directory user that may log in by `userauth`; lists missing mean everything. */
export interface EslUser {
  readonly password: string
  readonly allowedApi?: readonly string[]
  readonly allowedEvents?: readonly string[]
  readonly allowedLog?: boolean
}

/** What a connection needs of the switch behind it. */
export interface Host {
  readonly password: string
  readonly users: ReadonlyMap<string, EslUser>
  readonly refuseAuth: boolean
  record(command: Omit<ReceivedCommand, 'connection' | 'atMs'>, connection: Connection): void
  /** Runs an API command; undefined: no answer will ever come. */
  run(line: string): Promise<string | undefined>
  background(line: string, jobUuid: string | undefined): string
  sendEvent(name: string, command: Omit<ReceivedCommand, 'connection' | 'atMs'>): string
  sessionKnown(uuid: string): boolean
  /** Lets a fault change the bytes of a reply on their way out. */
  reply(line: string, chunks: Buffer[], connection: Connection): void
  closed(connection: Connection): void
}

/** One client of the event socket: reads commands one after the other, answers each, and delivers events in between. */
export class Connection {
  readonly id: number
  readonly socket: Socket
  readonly subscription = new Subscription()
  authenticated = false
  user: EslUser | undefined
  logging = false
  readonly #host: Host
  readonly #reader = new CommandReader()
  readonly #waiting: Omit<ReceivedCommand, 'connection' | 'atMs'>[] = []
  readonly #events: FakeEvent[] = []
  readonly #logs: Buffer[][] = []
  #busy = false
  #ended = false

  constructor(id: number, socket: Socket, host: Host) {
    this.id = id
    this.socket = socket
    this.#host = host
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#ended = true
      host.closed(this)
    })
  }

  /** The greeting. */
  greet(): void {
    this.write([Buffer.from('Content-Type: auth/request\n\n')])
  }

  /** Raw chunks, each its own send. */
  write(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) if (!this.socket.destroyed && this.socket.writable) this.socket.write(chunk)
  }

  /** Notice and end of stream. */
  end(notice?: string): void {
    if (this.#ended) return
    this.#ended = true
    this.write(disconnectNotice(notice))
    this.socket.end()
  }

  /** Queues an event if the connection listens to it; delivered when no command runs or is half read (facts 1). */
  deliver(event: FakeEvent): void {
    if (!this.authenticated || !this.subscription.wants(event)) return
    this.#events.push(event)
    this.#flush()
  }

  /** A log line for connections that asked for them. */
  log(level: number, text: string): void {
    if (!this.logging) return
    const body = Buffer.from(text)
    const head = `Content-Type: log/data\nContent-Length: ${body.length}\nLog-Level: ${level}\nText-Channel: 3\nLog-File: fake.c\nLog-Func: fake\nLog-Line: 1\nUser-Data: \n\n`
    this.#logs.push([Buffer.from(head), body])
    this.#flush()
  }

  #flush(): void {
    if (this.#busy || this.#ended || this.#reader.midCommand) return
    for (const chunks of this.#logs.splice(0)) this.write(chunks)
    for (const event of this.#events.splice(0)) this.write(eventFrame(event, this.subscription.format))
  }

  #read(chunk: Buffer): void {
    this.#waiting.push(...this.#reader.push(chunk))
    if (!this.#busy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#busy = true
    for (let next = this.#waiting.shift(); next !== undefined && !this.#ended; next = this.#waiting.shift()) {
      this.#host.record(next, this)
      const chunks = await this.#answer(next)
      if (chunks !== undefined) this.#host.reply(next.line, chunks, this)
    }
    this.#busy = false
    this.#flush()
  }

  async #answer(command: Omit<ReceivedCommand, 'connection' | 'atMs'>): Promise<Buffer[] | undefined> {
    const line = cheat(command.line)
    const lower = line.toLowerCase()
    if (lower.startsWith('exit') || lower.startsWith('...')) return this.#bye('+OK bye')
    if (!this.authenticated) return this.#authenticate(line, lower)
    if (lower.startsWith('api ')) return this.#api(line.slice(4))
    if (lower.startsWith('bgapi ')) return this.#bgapi(line.slice(6), command)
    if (lower.startsWith('sendevent')) {
      return commandReply(`+OK ${this.#host.sendEvent(line.slice(9).trim(), command)}`)
    }
    return commandReply(this.#simple(line, lower) ?? '-ERR command not found')
  }

  #bye(text: string): Buffer[] {
    setImmediate(() => this.end())
    return commandReply(text)
  }

  #authenticate(line: string, lower: string): Buffer[] {
    if (lower.startsWith('auth ')) {
      if (line.slice(5) !== this.#host.password || this.#host.refuseAuth) return this.#bye('-ERR invalid')
      this.authenticated = true
      return commandReply('+OK accepted')
    }
    if (!lower.startsWith('userauth ')) return commandReply('-ERR command not found')
    const [, name = '', password = ''] = /^([^:]*):?(.*)$/s.exec(line.slice(9)) ?? []
    const user = this.#host.users.get(name)
    if (user === undefined || user.password !== password || this.#host.refuseAuth) return this.#bye('-ERR invalid')
    this.authenticated = true
    this.user = user
    return [userauthReply(user)]
  }

  async #api(text: string): Promise<Buffer[] | undefined> {
    if (!this.#mayCall(text)) return commandReply('-ERR permission denied')
    const answer = await this.#host.run(text)
    return answer === undefined ? undefined : apiResponse(answer)
  }

  #bgapi(text: string, command: Omit<ReceivedCommand, 'connection' | 'atMs'>): Buffer[] {
    if (!this.#mayCall(text)) return commandReply('-ERR permission denied')
    const own = command.headers.find(([name]) => name.toLowerCase() === 'job-uuid')?.[1]
    const job = this.#host.background(text, own)
    return commandReply(`+OK Job-UUID: ${job}`, `Job-UUID: ${job}\n`)
  }

  #mayCall(text: string): boolean {
    const allowed = this.user?.allowedApi
    if (allowed === undefined) return true
    // `bgapi X` and `expand X` inside an api are judged by X too (facts 1).
    const words = text.split(' ')
    const inner = words[0] === 'bgapi' || words[0] === 'expand' ? words.slice(0, 2) : words.slice(0, 1)
    return inner.every((word) => allowed.includes(word))
  }

  #simple(line: string, lower: string): string | undefined {
    const words = line
      .split(' ')
      .slice(1)
      .filter((word) => word !== '')
    if (lower.startsWith('filter ')) return this.subscription.filter(line.slice(7))
    if (lower.startsWith('myevents ')) return '-ERR invalid uuid'
    if (lower.startsWith('divert_events')) return '-ERR not controlling a session.'
    if (lower.startsWith('sendmsg')) {
      return this.#host.sessionKnown(words[0] ?? '') ? '+OK' : `-ERR invalid session id [${words[0] ?? ''}]`
    }
    if (lower.startsWith('log')) return this.#log(words[0])
    if (lower.startsWith('linger') || lower.startsWith('nolinger')) return '-ERR not controlling a session'
    if (lower.startsWith('nolog')) return this.#nolog()
    if (lower.startsWith('event')) {
      const allowed = this.user?.allowedEvents
      return this.subscription.event(words, allowed === undefined ? undefined : new Set(allowed))
    }
    if (lower.startsWith('nixevent')) return this.subscription.nix(words)
    if (lower.startsWith('noevents')) {
      this.#events.length = 0
      return this.subscription.none()
    }
    return undefined
  }

  #log(level: string | undefined): string {
    if (this.user?.allowedLog === false) return '-ERR permission denied'
    const levels = ['console', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']
    const number = level === undefined ? 7 : /^\d$/.test(level) ? Number(level) : levels.indexOf(level.toLowerCase())
    if (number < 0) return '-ERR invalid log level'
    this.logging = true
    return `+OK log level ${level ?? ''} [${number}]`
  }

  #nolog(): string {
    if (!this.logging) return '-ERR not loging'
    this.logging = false
    return '+OK no longer logging'
  }
}

/** Anything naming both is turned into a reload of the module, whatever it was (facts 1). */
function cheat(line: string): string {
  if (!line.includes('mod_event_socket')) return line
  if (line.includes('unload')) return 'api bgapi unload mod_event_socket'
  return line.includes('reload') ? 'api bgapi reload mod_event_socket' : line
}

/** The header is cut at about 510 bytes: with long lists its blank line is missing (facts 1, a reply without end). */
function userauthReply(user: EslUser): Buffer {
  const text =
    'Content-Type: command/reply\nReply-Text: +OK accepted\n' +
    `Allowed-Events: ${user.allowedEvents?.join(' ') ?? 'all'}\n` +
    `Allowed-API: ${user.allowedApi?.join(' ') ?? 'all'}\n` +
    `Allowed-LOG: ${user.allowedLog ?? true}\n\n`
  return Buffer.from(text).subarray(0, 28 + 510)
}
