/** One phone's registration, as sofia keeps it: a user with three phones has three. */
export interface Registration {
  /** Name of the node it registered with. */
  readonly node: string
  readonly profile: string
  readonly callId: string
  readonly user: string
  /** Tenant it registered in: the part of its address behind the last `@`. */
  readonly domain: string
  readonly realm: string
  /** `"Name" <sip:1001@192.168.1.100:5060;transport=udp>`, as the phone said it. */
  readonly contact: string
  readonly agent: string
  /** `Registered`. */
  readonly status: string
  /** `UDP`, `UDP-NAT`, `TCP`, `TLS`…; empty when the status does not say. */
  readonly transport: string
  /** Seconds until it ends; null when the status does not say. */
  readonly expiresInSeconds: number | null
  readonly pingStatus: string
  /** Milliseconds of the last ping, as text. */
  readonly pingTime: string
  readonly networkIp: string
  readonly networkPort: string
}
