/** A tenant as live things are labelled with it. */
export interface Owner {
  readonly uuid: string
  readonly name: string
}

/** How far one leg has got. FreeSWITCH's DOWN is `new`; UNHELD is `active` (facts 3). */
export type LegState = 'new' | 'ringing' | 'early' | 'active' | 'held'

/** One leg as listeners see it. Times are ISO 8601 in UTC. */
export interface LegView {
  /** Channel UUID: what call control takes. */
  readonly uuid: string
  /** FreeSWITCH's view: a phone that calls the server is inbound. */
  readonly direction: 'inbound' | 'outbound'
  readonly state: LegState
  readonly caller_name: string
  readonly caller_number: string
  readonly destination: string
  /** `user@domain` of the phone, empty where the leg has none. */
  readonly presence_id: string
  readonly created_at: string
  readonly answered_at: string | null
  /** The leg this one is bridged with. */
  readonly bridged_to: string | null
}

/** One call: the legs that talk to or ring for each other. */
export interface CallView {
  /** UUID of its first leg; stays the same for the call's whole life. */
  readonly id: string
  /** Name of the FreeSWITCH that carries it. */
  readonly switch: string
  readonly domain_uuid: string | null
  readonly domain: string | null
  readonly state: 'new' | 'ringing' | 'answered' | 'held'
  readonly caller_name: string
  readonly caller_number: string
  readonly destination: string
  readonly created_at: string
  readonly answered_at: string | null
  readonly legs: readonly LegView[]
}

/** One contact of one phone. */
export interface RegistrationView {
  readonly user: string
  readonly domain_uuid: string | null
  readonly domain: string
  readonly switch: string
  /** SIP profile; null until it is known. */
  readonly profile: string | null
  readonly contact: string
  readonly call_id: string
  readonly network_ip: string
  readonly network_port: number | null
  readonly transport: string | null
  /** Only known once the phone has registered while we listened: the switch's table has no such column. */
  readonly user_agent: string | null
  readonly expires_at: string | null
}

/** One trunk as the switch sees it. */
export interface GatewayView {
  /** FusionPBX names a gateway in the switch by its UUID. */
  readonly gateway_uuid: string
  readonly domain_uuid: string | null
  readonly switch: string
  readonly profile: string | null
  /** FreeSWITCH's word: REGED, NOREG, FAIL_WAIT and so on (facts 4). */
  readonly state: string
  /** Result of its ping, where one was told. */
  readonly ping: 'UP' | 'DOWN' | null
  readonly up: boolean
}

/** What a model reads of an event; EslEvent is one. */
export interface EventLike {
  readonly name: string
  readonly subclass: string | undefined
  get(header: string): string | undefined
}

/** Milliseconds as ISO 8601. */
export const stamp = (epochMs: number): string => new Date(epochMs).toISOString()
