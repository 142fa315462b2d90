import { randomUUID } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { type ApiWorld, apis } from './api.ts'
import type { Channel, ChannelOptions } from './channel.ts'
import type { ReceivedCommand } from './commands.ts'
import { Connection, type EslUser, type Host } from './connection.ts'
import type { Gateway, Registration, RegistrationOptions } from './contacts.ts'
import { type GatewayOptions, newCore, type SwitchCore } from './core.ts'
import { eventNames } from './event-names.ts'
import { Faults } from './faults.ts'
import type { FakeEvent, Headers } from './wire.ts'

export type { Channel, ChannelOptions } from './channel.ts'
export type { ReceivedCommand } from './commands.ts'
export type { EslUser } from './connection.ts'
export type { Gateway, Registration, RegistrationOptions } from './contacts.ts'
export type { GatewayOptions } from './core.ts'
export { latin1 } from './wire.ts'

export interface FakeSwitchOptions {
  /** `ClueCon` unless said; any bytes but line ends. */
  password?: string
  /** Users for `userauth`, by USER@DOMAIN. */
  users?: Record<string, EslUser>
  hostname?: string
  /** What `show` has in `hostname`; differs from the host's name, as it may in life. */
  switchname?: string
  /** As `version` prints it, e.g. `1.10.12-release~64bit` or, to be refused, `1.8.7~64bit`. */
  version?: string
  /** `show` lags behind by this many milliseconds. */
  showDelayMs?: number
  profiles?: readonly string[]
  /** Values of `global_getvar`. */
  globals?: Record<string, string>
  /** Fixed port; a free one unless said. */
  port?: number
}

/** A bridged call of two legs. */
export interface FakeCall {
  readonly a: Channel
  readonly b: Channel
}

/**
 * A FreeSWITCH for tests: a real TCP server that speaks the event socket's protocol as the captures show it, over a
 * small state of channels, registrations and gateways. Commands change that state as the real switch would (a killed
 * channel fires its hang-up events), tests change it too, and every command received is in `commands`.
 *
 * ```ts
 * await using fake = await startFakeSwitch()
 * const { a } = fake.call({ domain: 'example.com', from: '1001', to: '1002' })   // both legs up, events fired
 * fake.hangup(a, 'NORMAL_CLEARING')
 * fake.faults.slow('show channels', 500)
 * await fake.commandArrived(/^api uuid_kill /)
 * ```
 */
export class FakeSwitch {
  readonly host = '127.0.0.1'
  readonly password: string
  /** Every command received since the start or the last `forget()`, in order of arrival, over all connections. */
  readonly commands: ReceivedCommand[] = []
  /** Failures on demand. */
  readonly faults = new Faults()
  /** Values behind `memcache get`, by key; `memcache delete` removes them. */
  readonly memcache = new Map<string, string>()
  /** Users that mod_xml_curl has cached, as USER@DOMAIN: what `xml_flush_cache` counts. */
  readonly cachedUsers = new Set<string>()
  /** Users of the directory, as USER@DOMAIN: what `user_exists` finds, and then counts as cached; `user_data` shows their variables and parameters. */
  readonly directory = new Map<string, { var?: Record<string, string>; param?: Record<string, string> }>()
  /** Runs before every API command: what the world outside does by then, such as rows that a scan will read. */
  beforeApi: (line: string) => Promise<void> = async () => {}
  /** Values of `global_getvar`. */
  readonly globals: Map<string, string>
  /** Answers of callcenter_config by its whole argument text; anything else is answered as if nothing were there. */
  readonly callcenter = new Map<string, string>()
  /** Decides what becomes of an `originate`: a cause makes it fail with `-ERR CAUSE`; by default every phone answers. */
  dialled: (dialString: string) => string | undefined = () => undefined
  /**
   * The dialplan of transfers and originates: gives an application for a number, or "" for "no such number". Unless
   * set, everything plays a tone, except in a context without a dot, which does not exist.
   */
  dialplan: ((dest: string, context: string) => string) | undefined
  /** Whether a gateway's provider accepts what `rescan` loads (its password, say); by default it does. */
  registers: (gateway: Gateway) => boolean = () => true
  version: string
  readonly #options: FakeSwitchOptions
  readonly #connections = new Set<Connection>()
  readonly #waiters = new Set<() => void>()
  readonly #overrides: { test: RegExp | string; answer: (line: string) => string | Promise<string> }[] = []
  #server: Server | undefined
  #core: SwitchCore
  #port = 0
  #nextConnection = 1

  /** Use `startFakeSwitch`. */
  constructor(options: FakeSwitchOptions = {}) {
    this.#options = options
    this.password = options.password ?? 'ClueCon'
    this.version = options.version ?? '1.11.2-release~64bit'
    this.globals = new Map(Object.entries(options.globals ?? { domain: 'example.test' }))
    this.#core = this.#newCore()
  }

  #newCore(): SwitchCore {
    const { hostname = 'vm', switchname = 'pbx1', showDelayMs = 0 } = this.#options
    const core = newCore({ hostname, switchname }, (event) => this.#deliver(event))
    core.showDelayMs = showDelayMs
    core.dialplan = (dest, context) => this.#route(dest, context)
    core.registers = (gateway) => this.registers(gateway)
    return core
  }

  #route(dest: string, context: string): string {
    if (this.dialplan !== undefined) return this.dialplan(dest, context)
    return context.includes('.') || context === 'public' || context === 'default' ? 'playback' : ''
  }

  // Where it is

  get port(): number {
    return this.#port
  }

  /** As TANDEM_SWITCH_URL wants it. */
  get url(): string {
    return `esl://:${encodeURIComponent(this.password)}@${this.host}:${this.#port}`
  }

  /** Connections that are open now, authenticated or not. */
  get connections(): readonly Connection[] {
    return [...this.#connections]
  }

  /** The state itself, for what has no method of its own here. */
  get core(): SwitchCore {
    return this.#core
  }

  /** By how many milliseconds `show` lags behind. */
  set showDelayMs(value: number) {
    this.#core.showDelayMs = value
  }

  /** Listens; on the port of the last time if there was one. */
  async start(): Promise<this> {
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port || (this.#options.port ?? 0), this.host, resolve)
    })
    this.#port = (server.address() as { port: number }).port
    return this
  }

  /** Killed: every connection is reset, the port is closed, no notice. Calls are gone, registrations stay. */
  async kill(): Promise<void> {
    for (const each of this.#connections) each.socket.resetAndDestroy()
    await this.#close()
  }

  /** Orderly end: SHUTDOWN event, notice, end of stream. */
  async shutdown(): Promise<void> {
    this.#core.fire('SHUTDOWN', [['Event-Info', 'System Shutting Down']])
    for (const each of this.#connections) each.end('The system is being shut down.\n')
    await this.#close()
  }

  async #close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    const before = this.#core
    before.dispose()
    this.#core = this.#newCore()
    this.#core.showDelayMs = before.showDelayMs
    this.#core.registrations = before.registrations
    this.#core.coreRegistrations = before.coreRegistrations
    for (const [name, settings] of before.gatewayConfiguration) this.#core.gatewayConfiguration.set(name, settings)
    if (server === undefined) return
    const closed = new Promise((resolve) => server.close(resolve))
    for (const each of this.#connections) each.socket.destroySoon()
    await closed
  }

  /** Killed and started again on the same port: new core uuid, no calls, gateways loaded anew. */
  async restart(downMs = 0): Promise<void> {
    await this.kill()
    if (downMs > 0) await new Promise((resolve) => setTimeout(resolve, downMs))
    for (const settings of this.#core.gatewayConfiguration.values()) this.#core.loadGateway(settings)
    await this.start()
  }

  /** Cuts all connections (or one) without closing the port: what a network does. */
  dropConnections(which: Iterable<Connection> = this.#connections): void {
    for (const each of [...which]) each.socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    this.#core.dispose()
  }

  // Calls

  /** A caller's leg (or with `direction: 'outbound'` a leg without caller): CREATE, and RINGING for a caller. */
  addChannel(options: ChannelOptions): Channel {
    return this.#core.create(options)
  }

  /** The leg that `a` calls: it is created and rings; `a` executes bridge meanwhile. */
  ring(a: Channel, options: ChannelOptions): Channel {
    const user = options.user ?? ''
    const domain = options.domain ?? a.domain
    const data = user === '' ? `sofia/gateway/${options.dest ?? a.dest}` : `user/${user}@${domain}`
    this.#core.execute(a, 'bridge', data)
    const callerName = options.callerName ?? a.callerName
    const defaults = { callerName, callerNumber: a.callerNumber, dest: a.dest, callUuid: a.uuid, context: a.context }
    const b = this.#core.create({ ...defaults, domain, ...options, direction: 'outbound' }, a)
    this.#core.progress(b)
    return b
  }

  /** ANSWER and CALLSTATE ACTIVE of one leg. */
  answer(channel: Channel): void {
    this.#core.answer(channel)
  }

  /** BRIDGE on a, CALL_UPDATE of both. */
  bridge(a: Channel, b: Channel): void {
    this.#core.bridge(a, b)
  }

  /** A whole call up to its bridge, in one go: b's answer, a's answer, bridge. */
  call(options: { domain: string; from: string; to: string; a?: ChannelOptions; b?: ChannelOptions }): FakeCall {
    const { domain, from, to } = options
    const a = this.addChannel({ user: from, domain, dest: to, ...options.a })
    const b = this.ring(a, { user: to, domain, ...options.b })
    this.answer(b)
    this.answer(a)
    this.bridge(a, b)
    return { a, b }
  }

  /** Runs an application on a leg (echo, park, conference …): what `show` has in `application`. */
  execute(channel: Channel, application: string, data = ''): void {
    this.#core.execute(channel, application, data)
  }

  hold(channel: Channel): void {
    this.#core.hold(channel, true)
  }

  unhold(channel: Channel): void {
    this.#core.hold(channel, false)
  }

  /** Ends a leg and the leg bridged to it, with all events in the order of the captures. */
  hangup(channel: Channel, cause = 'NORMAL_CLEARING'): void {
    this.#core.hangup(channel, cause)
  }

  /** Tells `show` of fields of a channel that the test has set by hand. */
  changed(channel: Channel): void {
    this.#core.changed(channel)
  }

  get channels(): readonly Channel[] {
    return [...this.#core.channels.values()]
  }

  // Phones and gateways

  /** A phone registers: pre_register, register_attempt, register events. */
  register(options: RegistrationOptions): Registration {
    return this.#core.register(options)
  }

  /** A phone unregisters. */
  unregister(each: Registration): void {
    this.#core.forget(each, 'unregister')
  }

  /** A registration's time is over. */
  expire(each: Registration): void {
    this.#core.forget(each, 'expire')
  }

  /** A gateway in the configuration and loaded. */
  addGateway(options: GatewayOptions): Gateway {
    return this.#core.addGateway(options)
  }

  /** Changes what the configuration says of a gateway; takes effect as in life: after killgw and rescan. */
  configureGateway(options: GatewayOptions): void {
    this.#core.gatewayConfiguration.set(options.name, options)
  }

  /** A gateway that the configuration does not hold any more. */
  unconfigureGateway(name: string): void {
    this.#core.gatewayConfiguration.delete(name)
  }

  setGatewayState(name: string, state: string, status?: 'UP' | 'DOWN'): void {
    this.#core.setGatewayState(name, state, status)
  }

  gateway(name: string): Gateway | undefined {
    return this.#core.gateways.get(name)
  }

  // Events

  /** Fires any event; `subclass` makes it a CUSTOM one. */
  fire(name: string, headers: Headers = [], body?: string, subclass?: string): void {
    this.#core.fire(name, headers, body, subclass)
  }

  /** A HEARTBEAT, which the real one sends every 20 s. */
  heartbeat(): void {
    this.#core.fire('HEARTBEAT', [
      ['Event-Info', 'System Ready'],
      ['Session-Count', String(this.#core.channels.size)],
      ['FreeSWITCH-Version', this.version],
    ])
  }

  /** A log line to every connection that asked for logs. */
  log(text: string, level = 6): void {
    for (const each of this.#connections) each.log(level, text)
  }

  /** Bytes as they are, to every authenticated connection: for frames no FreeSWITCH would send. */
  sendRaw(raw: string | Buffer): void {
    for (const each of this.#connections) if (each.authenticated) each.write([Buffer.from(raw)])
  }

  #deliver(event: FakeEvent): void {
    for (const each of this.#connections) each.deliver(event)
  }

  // Commands

  /** Command lines received (`api show channels as json`), those that match, in order. */
  lines(test: RegExp | string = ''): string[] {
    return this.commands.filter((each) => matches(test, each.line)).map((each) => each.line)
  }

  /** Forgets the commands received so far. */
  forget(): void {
    this.commands.length = 0
  }

  /** Resolves with the first command (also an earlier one) that matches; rejects after `timeoutMs`. */
  commandArrived(test: RegExp | string, timeoutMs = 3000): Promise<ReceivedCommand> {
    const find = () => this.commands.find((each) => matches(test, each.line))
    return this.#until(find, timeoutMs, `no command ${String(test)}`)
  }

  /** Resolves when at least so many connections are open and authenticated. */
  connected(count = 1, timeoutMs = 3000): Promise<readonly Connection[]> {
    const find = () => {
      const ready = this.connections.filter((each) => each.authenticated)
      return ready.length >= count ? ready : undefined
    }
    return this.#until(find, timeoutMs, `fewer than ${count} connections`)
  }

  async #until<T>(find: () => T | undefined, timeoutMs: number, message: string): Promise<T> {
    const deadline = Date.now() + timeoutMs
    for (let found = find(); ; found = find()) {
      if (found !== undefined) return found
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`${message} within ${timeoutMs} ms; received: ${this.lines().join(' | ')}`)
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          this.#waiters.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, left)
        this.#waiters.add(wake)
      })
    }
  }

  /**
   * Answers API commands instead of the built-in ones: `answer` gets the line without `api `, and gives the text.
   * The newest that matches wins.
   */
  onApi(test: RegExp | string, answer: string | ((line: string) => string | Promise<string>)): void {
    this.#overrides.unshift({ test, answer: typeof answer === 'string' ? () => answer : answer })
  }

  /** Built-in answers again for everything. */
  forgetOverrides(): void {
    this.#overrides.length = 0
  }

  // What the connections call

  #accept(socket: Socket): void {
    const connection = new Connection(this.#nextConnection++, socket, this.#host())
    this.#connections.add(connection)
    if (this.faults.silentGreeting()) return
    if (this.faults.refuseAcl) {
      connection.write([
        Buffer.from('Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n'),
      ])
      connection.end()
      return
    }
    connection.greet()
  }

  #host(): Host {
    const { faults } = this
    return {
      password: this.password,
      users: new Map(Object.entries(this.#options.users ?? {})),
      get refuseAuth() {
        return faults.refuseAuth
      },
      record: (command, connection) => {
        this.commands.push({ ...command, connection: connection.id, atMs: Date.now() })
        this.#wake()
      },
      run: (line) => this.#run(line),
      background: (line, own) => this.#background(line, own),
      sendEvent: (name, command) => this.#sendEvent(name, command),
      sessionKnown: (uuid) => this.#core.channels.has(uuid),
      reply: (line, chunks, connection) => {
        faults.reply(line, chunks, connection)
        this.#wake()
      },
      closed: (connection) => {
        this.#connections.delete(connection)
        this.#wake()
      },
    }
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake()
  }

  async #run(line: string): Promise<string | undefined> {
    const core = this.#core
    const name = (line.split(' ')[0] ?? '').toLowerCase()
    const text = line.slice(name.length + 1)
    await this.faults.pause(line)
    if (this.faults.silentFor(line)) return undefined
    await this.beforeApi(line)
    const override = this.#overrides.find((each) => matches(each.test, line))
    if (override !== undefined) return override.answer(line)
    const api = apis[name]
    if (name === 'bgapi') return this.#backgroundApi(text)
    return api === undefined ? `-ERR ${name} Command not found!\n` : api(this.#world(core), text)
  }

  #world(core: SwitchCore): ApiWorld {
    return {
      core,
      version: this.version,
      directory: this.directory,
      globals: this.globals,
      memcache: this.memcache,
      profiles: this.#options.profiles ?? ['external', 'internal'],
      cachedUsers: this.cachedUsers,
      dialled: (dial) => this.dialled(dial),
      callcenter: this.callcenter,
    }
  }

  /** `api bgapi X`: also how a reload of the event socket's own module is answered, which ends every connection. */
  #backgroundApi(text: string): string {
    if (text === 'reload mod_event_socket' || text === 'unload mod_event_socket') {
      setTimeout(() => {
        for (const each of this.#connections) each.end('The system is being shut down.\n')
      }, 20)
    }
    return `+OK Job-UUID: ${this.#background(text, undefined)}\n`
  }

  #background(line: string, own: string | undefined): string {
    const job = own ?? randomUUID()
    const [name = '', ...rest] = line.split(' ')
    void this.#run(line).then((answer) => {
      if (answer === undefined) return
      const headers: Headers = [
        ['Job-UUID', job],
        ['Job-Command', name],
      ]
      if (rest.length > 0) headers.push(['Job-Command-Arg', rest.join(' ')])
      // The reply always comes before the job's event on the same connection (facts 1).
      setImmediate(() => this.#core.fire('BACKGROUND_JOB', headers, answer === '' ? '-ERR no reply\n' : answer))
    })
    return job
  }

  #sendEvent(name: string, command: Omit<ReceivedCommand, 'connection' | 'atMs'>): string {
    const id = randomUUID()
    const known = eventNames.has(name.toUpperCase())
    const event = known ? name.toUpperCase() : 'CUSTOM'
    // NOTIFY (check-sync) is consumed by sofia; nobody else sees it (facts 5).
    if (event === 'NOTIFY') return id
    const headers = command.headers.filter(([header]) => header.toLowerCase() !== 'event-subclass')
    const subclass = known
      ? command.headers.find(([header]) => header.toLowerCase() === 'event-subclass')?.[1]
      : undefined
    const sent: Headers = [
      ['Command', command.line],
      ...headers.map(([header, value]) => [header, value] as [string, string]),
      ['Event-UUID', id],
    ]
    this.#core.fire(event, sent, command.body, subclass)
    return id
  }
}

function matches(test: RegExp | string, line: string): boolean {
  return typeof test === 'string' ? line.includes(test) : test.test(line)
}

/** Starts a fake FreeSWITCH on a free port of 127.0.0.1. */
export function startFakeSwitch(options: FakeSwitchOptions = {}): Promise<FakeSwitch> {
  return new FakeSwitch(options).start()
}
