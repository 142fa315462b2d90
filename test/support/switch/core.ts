import { randomUUID } from 'node:crypto'
import { Channel, type ChannelOptions } from './channel.ts'
import { type Gateway, type Registration, type RegistrationOptions, registration, registrationRow } from './contacts.ts'
import { type Core, channelHeaders, coreHeaders, endVariables } from './events.ts'
import type { Row, Tables } from './show.ts'
import type { FakeEvent, Headers } from './wire.ts'

/** What a test may say of a gateway. */
export interface GatewayOptions extends Partial<Gateway> {
  name: string
}

/**
 * The state of one FreeSWITCH process: channels, registrations, gateways, and the events their changes fire, in the
 * order the captures show (facts 5). Registrations and the gateways' configuration outlive a restart; calls do not.
 */
export class SwitchCore {
  readonly core: Core
  readonly channels = new Map<string, Channel>()
  /** Sofia's own list of contacts. */
  registrations: Registration[] = []
  /** The core's list, which `flush_inbound_reg` leaves as it is (facts 4). */
  coreRegistrations: Registration[] = []
  readonly gateways = new Map<string, Gateway>()
  /** What the configuration holds: `rescan` loads from here (set it to change a gateway's settings "in the database"). */
  readonly gatewayConfiguration = new Map<string, GatewayOptions>()
  /** Milliseconds by which `show` lags behind (facts 1: 140 to 290 typically, 1.2 s at worst). */
  showDelayMs = 0
  /** What the dialplan does with a number: an application, or "" when there is no such number and the call ends. */
  dialplan: (dest: string, context: string) => string = () => 'playback'
  sessionsSinceStart = 0
  readonly startedMs = Date.now()
  readonly #rows = new Map<string, Row>()
  readonly #bridges = new Map<string, readonly [string, string, string]>()
  readonly #deliver: (event: FakeEvent) => void
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #dropped: Gateway[] = []
  #sequence = 500
  #lastUs = 0

  constructor(core: Core, deliver: (event: FakeEvent) => void) {
    this.core = core
    this.#deliver = deliver
  }

  /** Microseconds since the epoch, never twice the same. */
  nowUs(): number {
    this.#lastUs = Math.max(Date.now() * 1000, this.#lastUs + 1)
    return this.#lastUs
  }

  /** Fires an event. A CUSTOM event's subclass stands first, as in the captures. */
  fire(name: string, headers: Headers = [], body?: string, subclass?: string): void {
    const start: Headers = subclass === undefined ? [] : [['Event-Subclass', subclass]]
    const standard = coreHeaders(this.core, subclass ?? name, this.nowUs(), this.#sequence++)
    this.#deliver({ headers: [...start, ['Event-Name', name], ...standard, ...headers], body })
  }

  /** Fires a channel event; CALLSTATE and STATE carry no variables (facts 3). */
  fireChannel(name: string, channel: Channel, extra: Headers = []): void {
    const bare = name === 'CHANNEL_CALLSTATE' || name === 'CHANNEL_STATE'
    this.fire(name, [...extra, ...channelHeaders(channel, bare)])
  }

  /** The dump of a channel, as headers: what `uuid_dump` prints. */
  dump(channel: Channel): Headers {
    return [
      ['Event-Name', 'CHANNEL_DATA'],
      ...coreHeaders(this.core, 'CHANNEL_DATA', this.nowUs(), this.#sequence++),
      ...channelHeaders(channel, false),
    ]
  }

  /** The core's tables as `show` sees them. */
  tables(): Tables {
    const newest = new Map(this.coreRegistrations.map((each) => [`${each.user}@${each.domain}`, each]))
    return {
      channels: [...this.#rows.values()],
      bridges: [...this.#bridges.values()],
      registrations: [...newest.values()].map((each) => registrationRow(each, this.core.switchname)),
    }
  }

  #touch(channel: Channel): void {
    const row = channel.row(this.core.switchname)
    const bridge =
      channel.peer !== undefined && channel.peer.originator === channel
        ? ([channel.uuid, channel.peer.uuid, String(Math.floor(channel.bridgedUs / 1e6))] as const)
        : undefined
    const gone = !this.channels.has(channel.uuid)
    this.#later(() => {
      if (gone) this.#rows.delete(channel.uuid)
      else this.#rows.set(channel.uuid, row)
      if (bridge === undefined || gone) this.#bridges.delete(channel.uuid)
      else this.#bridges.set(channel.uuid, bridge)
    })
  }

  #later(change: () => void): void {
    if (this.showDelayMs === 0) {
      change()
      return
    }
    this.#after(this.showDelayMs, change)
  }

  #after(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, delayMs)
    this.#timers.add(timer)
  }

  /** Ends the process's timers. */
  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  // Channels

  /** A new leg: CHANNEL_CREATE, and for a caller its way to RINGING. */
  create(options: ChannelOptions, originator?: Channel): Channel {
    const channel = new Channel(options, this.nowUs())
    channel.originator = originator
    this.channels.set(channel.uuid, channel)
    this.sessionsSinceStart++
    channel.state = 'CS_INIT'
    this.fireChannel('CHANNEL_CREATE', channel)
    if (channel.direction === 'inbound') {
      channel.state = 'CS_ROUTING'
      this.callstate(channel, 'RINGING')
      channel.state = 'CS_EXECUTE'
    }
    this.#touch(channel)
    return channel
  }

  /** A new call state: CHANNEL_CALLSTATE. */
  callstate(channel: Channel, state: Channel['callstate']): void {
    const before = channel.callstate
    channel.callstate = state
    this.fireChannel('CHANNEL_CALLSTATE', channel, [['Original-Channel-Call-State', before]])
    this.#touch(channel)
  }

  /** The called leg starts to ring: ORIGINATE, PROGRESS and CALLSTATE of b, PROGRESS of a (facts 5). */
  progress(channel: Channel): void {
    this.fireChannel('CHANNEL_ORIGINATE', channel)
    channel.state = 'CS_CONSUME_MEDIA'
    channel.progressUs = this.nowUs()
    this.fireChannel('CHANNEL_PROGRESS', channel)
    this.callstate(channel, 'RINGING')
    if (channel.originator !== undefined) {
      channel.originator.progressUs = this.nowUs()
      this.fireChannel('CHANNEL_PROGRESS', channel.originator)
    }
  }

  /** ANSWER, then CALLSTATE ACTIVE. */
  answer(channel: Channel): void {
    if (channel.answeredUs > 0) return
    channel.answeredUs = this.nowUs()
    channel.answerState = 'answered'
    this.fireChannel('CHANNEL_ANSWER', channel)
    this.callstate(channel, 'ACTIVE')
  }

  /** Joins two legs: one BRIDGE event on a, then CALL_UPDATE of both. */
  bridge(a: Channel, b: Channel): void {
    if (a.peer !== undefined) this.unbridge(a)
    if (b.peer !== undefined) this.unbridge(b)
    a.peer = b
    b.peer = a
    b.originator = a
    a.callUuid = a.uuid
    b.callUuid = a.uuid
    a.bridgedUs = this.nowUs()
    b.bridgedUs = a.bridgedUs
    a.calleeName = b.calleeName
    a.calleeNumber = b.calleeNumber
    a.calleeDirection = 'SEND'
    b.calleeDirection = 'SEND'
    a.sentCalleeName = b.calleeName
    a.sentCalleeNumber = b.calleeNumber
    b.sentCalleeName = b.callerName
    b.sentCalleeNumber = b.callerNumber
    for (const [leg, other] of [[a, b] as const, [b, a] as const]) {
      leg.variables.set('bridge_uuid', other.uuid)
      leg.variables.set('signal_bond', other.uuid)
      leg.variables.set('bridge_channel', other.name)
    }
    b.variables.set('originating_leg_uuid', a.uuid)
    b.state = 'CS_EXCHANGE_MEDIA'
    const ids: Headers = [
      ['Bridge-A-Unique-ID', a.uuid],
      ['Bridge-B-Unique-ID', b.uuid],
    ]
    this.fireChannel('CHANNEL_BRIDGE', a, ids)
    this.fireChannel('CALL_UPDATE', a)
    this.fireChannel('CALL_UPDATE', b)
    this.#touch(a)
    this.#touch(b)
  }

  /** Parts two legs without ending them: UNBRIDGE on the caller's. */
  unbridge(channel: Channel): void {
    const other = channel.peer
    if (other === undefined) return
    const a = other.originator === channel ? channel : other
    this.fireChannel('CHANNEL_UNBRIDGE', a)
    channel.peer = undefined
    other.peer = undefined
    this.#touch(channel)
    this.#touch(other)
  }

  /** Runs an application on a leg: what `show` puts into application and application_data. */
  execute(channel: Channel, application: string, data = ''): void {
    channel.application = application
    channel.applicationData = data
    channel.state = 'CS_EXECUTE'
    this.#touch(channel)
    if (application === 'park') this.fireChannel('CHANNEL_PARK', channel)
  }

  /** `uuid_park`: the other leg ends; the application column stays as it was. */
  park(channel: Channel): void {
    const other = channel.peer
    this.unbridge(channel)
    if (other !== undefined) this.hangup(other)
    channel.state = 'CS_PARK'
    this.fireChannel('CHANNEL_PARK', channel)
    this.#touch(channel)
  }

  /** Sends a leg to a number: through the dialplan, where an application runs or the call ends for want of a route. */
  route(channel: Channel, dest: string, dialplan: string, context: string): void {
    Object.assign(channel, { dest, dialplan, context, state: 'CS_ROUTING' })
    if (channel.originator !== undefined) {
      // A called leg that is transferred becomes the head of its own call.
      channel.originator = undefined
      channel.callUuid = channel.uuid
      channel.callerNumber = channel.calleeNumber
      this.fireChannel('CALL_UPDATE', channel)
    } else if (channel.direction === 'inbound') this.callstate(channel, 'RINGING')
    const application = this.dialplan(dest, context)
    if (application === '') {
      this.hangup(channel, 'NO_ROUTE_DESTINATION')
      return
    }
    this.execute(channel, application)
    this.callstate(channel, 'ACTIVE')
  }

  /** Tells `show` of fields a test changed on a channel by hand. */
  changed(channel: Channel): void {
    this.#touch(channel)
  }

  /** Holds a leg or takes it back; afterwards the peer plays music and the leg's application column is empty. */
  hold(channel: Channel, on: boolean): void {
    this.callstate(channel, on ? 'HELD' : 'UNHELD')
    this.fireChannel(on ? 'CHANNEL_HOLD' : 'CHANNEL_UNHOLD', channel)
    Object.assign(channel, { application: '', applicationData: '' })
    if (channel.peer !== undefined) {
      Object.assign(channel.peer, { application: 'playback', applicationData: 'local_stream://default' })
      this.#touch(channel.peer)
    }
    if (on) this.#touch(channel)
    else this.callstate(channel, 'ACTIVE')
  }

  /**
   * Ends a leg, and with it the leg bridged to it: HANGUP a, HANGUP b, UNBRIDGE a, HANGUP_COMPLETE b, DESTROY b,
   * HANGUP_COMPLETE a, DESTROY a. Called legs that still ring go with their caller.
   */
  hangup(channel: Channel, cause = 'NORMAL_CLEARING'): void {
    if (!this.channels.has(channel.uuid)) return
    const others = [...this.channels.values()].filter(
      (each) => each === channel.peer || (each.originator === channel && each.answeredUs === 0),
    )
    const legs = [channel, ...others].sort(
      (one, other) => Number(one.originator !== undefined) - Number(other.originator !== undefined),
    )
    for (const leg of legs) this.#hangUp(leg, cause)
    const bridged = legs.find((leg) => leg.peer !== undefined && leg.peer.originator === leg)
    if (bridged !== undefined) this.fireChannel('CHANNEL_UNBRIDGE', bridged)
    for (const leg of legs.reverse()) this.#complete(leg)
  }

  #hangUp(leg: Channel, cause: string): void {
    leg.hangupCause = cause
    leg.hangupUs = this.nowUs()
    leg.answerState = 'hangup'
    this.fireChannel('CHANNEL_HANGUP', leg)
    leg.state = 'CS_HANGUP'
    this.callstate(leg, 'HANGUP')
  }

  #complete(leg: Channel): void {
    this.channels.delete(leg.uuid)
    leg.state = 'CS_REPORTING'
    // Facts 5: in HANGUP_COMPLETE the called leg's Channel-Call-UUID is its own again.
    if (leg.originator !== undefined) leg.callUuid = leg.uuid
    for (const [name, value] of Object.entries(endVariables(leg))) leg.variables.set(name, value)
    this.fireChannel('CHANNEL_HANGUP_COMPLETE', leg)
    this.fireChannel('CHANNEL_DESTROY', leg)
    this.#touch(leg)
  }

  // Registrations and gateways

  /** A phone registers: pre_register, register_attempt, register. */
  register(options: RegistrationOptions): Registration {
    const each = registration(options)
    this.registrations = this.registrations.filter((other) => other.callId !== each.callId)
    this.registrations.push(each)
    this.coreRegistrations = [...this.coreRegistrations.filter((other) => other.callId !== each.callId), each]
    this.#fireSofia('sofia::pre_register', [...registerHeaders(each)])
    const attempt: Headers = [...registerHeaders(each), ['auth-result', 'RENEWED']]
    this.#fireSofia('sofia::register_attempt', attempt)
    this.#fireSofia('sofia::register', registerHeaders(each))
    return each
  }

  /** The phone says goodbye, its time is over, or an operator flushes it (which fires an expire event too). */
  forget(each: Registration, why: 'unregister' | 'expire' | 'flush'): void {
    this.registrations = this.registrations.filter((other) => other !== each)
    // Facts 4: a flush leaves the core's row until its time is over.
    if (why !== 'flush') this.coreRegistrations = this.coreRegistrations.filter((other) => other !== each)
    const headers = why === 'unregister' ? unregisterHeaders(each) : expireHeaders(each)
    this.#fireSofia(why === 'unregister' ? 'sofia::unregister' : 'sofia::expire', headers)
  }

  #fireSofia(subclass: string, headers: Headers): void {
    this.fire('CUSTOM', headers, undefined, subclass)
  }

  /** A gateway that is configured and loaded already, in the state given (REGED unless said). */
  addGateway(options: GatewayOptions): Gateway {
    this.gatewayConfiguration.set(options.name, options)
    return this.#load(options)
  }

  #load(options: GatewayOptions): Gateway {
    const gateway: Gateway = {
      profile: 'external',
      realm: '127.0.0.1:5090',
      username: 'trunk',
      password: 'secret',
      proxy: '127.0.0.1:5090',
      context: 'public',
      expires: 800,
      state: 'REGED',
      status: 'UP',
      upSinceMs: Date.now(),
      callsIn: 0,
      callsOut: 0,
      retrySeconds: undefined,
      ...options,
    }
    this.gateways.set(gateway.name, gateway)
    this.#fireSofia('sofia::gateway_add', [
      ['Gateway', gateway.name],
      ['profile-name', gateway.profile],
    ])
    this.#deleteDropped()
    return gateway
  }

  /**
   * Loads a gateway from its settings, as `rescan` does for one that is not loaded: gateway_add, the late gateway_delete
   * of its predecessor, TRYING, REGISTER, REGED, or FAIL_WAIT if its provider refuses it.
   */
  loadGateway(options: GatewayOptions): void {
    const gateway = this.#load({ ...options, state: options.state === 'NOREG' ? 'NOREG' : 'UNREGED', status: 'DOWN' })
    if (gateway.state === 'NOREG') {
      this.setGatewayState(gateway.name, 'NOREG', 'UP')
      return
    }
    this.setGatewayState(gateway.name, 'TRYING', 'DOWN')
    if (!this.registers(gateway)) {
      this.setGatewayState(gateway.name, 'FAILED', 'DOWN')
      this.setGatewayState(gateway.name, 'FAIL_WAIT', 'DOWN')
      return
    }
    this.setGatewayState(gateway.name, 'REGISTER', 'DOWN')
    this.setGatewayState(gateway.name, 'REGED', 'UP')
  }

  /** Whether the provider accepts a gateway's settings. */
  registers: (gateway: Gateway) => boolean = () => true

  /** A gateway changes state: gateway_state. */
  setGatewayState(name: string, state: string, status: 'UP' | 'DOWN' = state === 'REGED' ? 'UP' : 'DOWN'): void {
    const gateway = this.gateways.get(name)
    if (gateway === undefined) throw new Error(`the fake switch has no gateway ${name}`)
    Object.assign(gateway, { state, status, upSinceMs: status === 'UP' ? Date.now() : 0 })
    this.fireGateway(gateway)
  }

  fireGateway(gateway: Gateway): void {
    this.#fireSofia('sofia::gateway_state', [
      ['Gateway', gateway.name],
      ['State', gateway.state],
      ['Ping-Status', gateway.status],
      ['Register-Network-IP', '127.0.0.1'],
      ['Register-Network-Port', '5060'],
    ])
  }

  /** `killgw`: the gateway is gone at once; gateway_delete comes a second later, or with the next gateway_add. */
  dropGateway(name: string): boolean {
    const gateway = this.gateways.get(name)
    if (gateway === undefined) return false
    if (gateway.state === 'REGED') this.setGatewayState(name, 'DOWN', 'DOWN')
    this.gateways.delete(name)
    this.#dropped.push(gateway)
    this.#after(1000, () => this.#deleteDropped())
    return true
  }

  #deleteDropped(): void {
    for (const gateway of this.#dropped.splice(0)) {
      this.#fireSofia('sofia::gateway_delete', [
        ['profile-name', gateway.profile],
        ['Gateway', gateway.name],
      ])
    }
  }
}

function registerHeaders(each: Registration): Headers {
  return [
    ['profile-name', each.profile],
    ['from-user', each.user],
    ['from-host', each.domain],
    ['presence-hosts', 'n/a'],
    ['contact', each.contact],
    ['call-id', each.callId],
    ['rpid', 'unknown'],
    ['status', `Registered(${each.transport.toUpperCase()})`],
    ['expires', String(Math.max(0, Math.floor((each.expiresMs - Date.now()) / 1000) - 60))],
    ['to-user', each.user],
    ['to-host', each.domain],
    ['network-ip', each.networkIp],
    ['network-port', each.networkPort],
    ['username', each.user],
    ['realm', each.domain],
    ['user-agent', each.agent],
  ]
}

function unregisterHeaders(each: Registration): Headers {
  return [
    ['profile-name', each.profile],
    ['username', each.user],
    ['from-user', each.user],
    ['from-host', each.domain],
    ['contact', each.contact],
    ['call-id', each.callId],
    ['rpid', 'unknown'],
    ['realm', each.domain],
    ['network-ip', each.networkIp],
    ['network-port', each.networkPort],
    ['user-agent', each.agent],
    ['expires', '0'],
  ]
}

function expireHeaders(each: Registration): Headers {
  return [
    ['profile-name', each.profile],
    ['call-id', each.callId],
    ['user', each.user],
    ['username', each.user],
    ['host', each.domain],
    ['contact', each.contact],
    ['expires', String(Math.floor(each.expiresMs / 1000))],
    ['user-agent', each.agent],
    ['realm', each.domain],
    ['network-ip', each.networkIp],
    ['network-port', each.networkPort],
  ]
}

/** A new process: new core uuid, no channels. */
export function newCore(
  names: { hostname: string; switchname: string },
  deliver: (event: FakeEvent) => void,
): SwitchCore {
  return new SwitchCore({ uuid: randomUUID(), ...names }, deliver)
}
