import type { Change } from './changes.ts'
import type { FindDomain } from './leg.ts'
import { type EventLike, type RegistrationView, stamp } from './values.ts'

/** One contact of one phone, as a model keeps it. */
export interface Registration {
  readonly user: string
  readonly realm: string
  readonly callId: string
  readonly switchName: string
  profile: string | undefined
  contact: string
  networkIp: string
  networkPort: number | null
  transport: string | undefined
  userAgent: string | undefined
  expiresMs: number | null
  heardMs: number
  /** Its tenant was told of it. */
  isTold?: boolean
}

const maxLetters = 512
const short = (text: string | undefined): string => (text ?? '').slice(0, maxLetters)

/** A contact whose expiry nobody told is kept this long after it: the switch's own table adds 60 s (facts 4). */
const graceMs = 120_000
/** Most contacts that ended and are remembered, so that the switch's table, which forgets later, does not bring them back. */
const maxForgotten = 50_000

const keyOf = (user: string, realm: string, callId: string): string =>
  JSON.stringify([user, realm.toLowerCase(), callId])

/** `Registered(UDP)` says the transport. */
const transportOf = (status: string | undefined): string | undefined =>
  /^Registered\(([A-Z-]{2,8})\)/.exec(status ?? '')?.[1]?.toLowerCase()

/** The contact a register event tells of, or undefined when it names no user. */
function fromEvent(event: EventLike, nowMs: number): Registration | undefined {
  const user = short(event.get('from-user'))
  const realm = short(event.get('from-host'))
  if (user === '' || realm === '') return undefined
  const seconds = Number(event.get('expires'))
  return {
    user,
    realm,
    callId: short(event.get('call-id')),
    switchName: short(event.get('FreeSWITCH-Switchname')),
    profile: event.get('profile-name') || undefined,
    contact: short(event.get('contact')),
    networkIp: short(event.get('network-ip')),
    networkPort: Number(event.get('network-port')) || null,
    transport: transportOf(event.get('status')),
    userAgent: event.get('user-agent') === undefined ? undefined : short(event.get('user-agent')),
    expiresMs: Number.isFinite(seconds) && seconds > 0 ? nowMs + seconds * 1000 : null,
    heardMs: nowMs,
  }
}

/** The contact a row of `show registrations as json` tells of, or undefined when it is no such row. */
export function registrationOfRow(row: Readonly<Record<string, string>>, nowMs: number): Registration | undefined {
  const { reg_user: user, realm } = row
  if (!user || !realm) return undefined
  const expires = Number(row.expires)
  const url = short(row.url)
  return {
    user: short(user),
    realm: short(realm),
    callId: short(row.token),
    switchName: short(row.hostname),
    profile: /^sofia\/([^/]+)\//.exec(url)?.[1],
    contact: url.replace(/^sofia\/[^/]+\//, ''),
    networkIp: short(row.network_ip),
    networkPort: Number(row.network_port) || null,
    transport: row.network_proto || undefined,
    userAgent: undefined,
    // The table's own 60 s on top are not the phone's (facts 4).
    expiresMs: expires > 0 ? (expires - 60) * 1000 : null,
    heardMs: nowMs,
  }
}

/** The contacts of one switch. */
export class RegistrationModel {
  readonly #find: FindDomain
  readonly #contacts = new Map<string, Registration>()
  /** What an event ended, with the time until which the switch's table may still show it. */
  readonly #forgotten = new Map<string, number>()

  constructor(find: FindDomain) {
    this.#find = find
  }

  get size(): number {
    return this.#contacts.size
  }

  /** Contacts of a tenant, or of everyone. */
  views(domainUuid: string | null = null): RegistrationView[] {
    return [...this.#contacts.values()]
      .filter(({ realm }) => domainUuid === null || this.#find(realm)?.uuid === domainUuid)
      .map((contact) => this.#view(contact))
  }

  /** Takes in sofia::register, sofia::unregister and sofia::expire (facts 5). */
  apply(event: EventLike, nowMs: number): Change[] {
    if (event.subclass === 'sofia::register') {
      const contact = fromEvent(event, nowMs)
      return contact ? this.#put(contact) : []
    }
    if (event.subclass !== 'sofia::unregister' && event.subclass !== 'sofia::expire') return []
    const user = short(event.get('from-user') ?? event.get('user'))
    const realm = short(event.get('from-host') ?? event.get('host'))
    const reason = event.subclass === 'sofia::expire' ? 'expired' : 'unregistered'
    return this.#drop(keyOf(user, realm, short(event.get('call-id'))), reason, nowMs)
  }

  /** Rows that no event told of. */
  missing(rows: readonly Registration[]): Registration[] {
    return rows.filter((row) => {
      const key = keyOf(row.user, row.realm, row.callId)
      return !this.#contacts.has(key) && !this.#forgotten.has(key)
    })
  }

  /**
   * Contacts whose user the switch's table does not know at all. A user's second contact is missing there by rule
   * (facts 4: one row a user), so only users are compared.
   */
  ghosts(rows: readonly Registration[], olderThanMs: number): Registration[] {
    const users = new Set(rows.map((row) => keyOf(row.user, row.realm, '')))
    return [...this.#contacts.values()].filter(
      (contact) => contact.heardMs <= olderThanMs && !users.has(keyOf(contact.user, contact.realm, '')),
    )
  }

  /** Takes contacts in that rows showed. */
  adopt(rows: readonly Registration[]): Change[] {
    return this.missing(rows).flatMap((row) => this.#put(row))
  }

  /** Ends contacts that the switch no longer has. */
  bury(contacts: readonly Registration[], nowMs: number): Change[] {
    return contacts.flatMap((contact) => this.#drop(keyOf(contact.user, contact.realm, contact.callId), 'gone', nowMs))
  }

  /** Tells tenants of contacts that nobody knew to be theirs. */
  reconsider(): Change[] {
    return [...this.#contacts.values()].flatMap((contact) => {
      const tenant = this.#find(contact.realm)
      if (contact.isTold || !tenant) return []
      contact.isTold = true
      const body = { registration: this.#view(contact) }
      return [{ type: 'registration.added', audience: { tenant, system: false }, body } as const]
    })
  }

  /** Ends contacts whose time is long over and whose end nobody told. */
  tick(nowMs: number): Change[] {
    for (const [key, untilMs] of this.#forgotten) if (untilMs < nowMs) this.#forgotten.delete(key)
    return [...this.#contacts].flatMap(([key, contact]) =>
      contact.expiresMs !== null && contact.expiresMs + graceMs < nowMs ? this.#drop(key, 'expired', nowMs) : [],
    )
  }

  #put(contact: Registration): Change[] {
    const key = keyOf(contact.user, contact.realm, contact.callId)
    this.#forgotten.delete(key)
    const known = this.#contacts.get(key)
    const isTold = known?.isTold ?? this.#find(contact.realm) !== undefined
    this.#contacts.set(key, { ...contact, userAgent: contact.userAgent ?? known?.userAgent, isTold })
    // A phone registers again every few minutes; only the first time is news.
    return known ? [] : [this.#change('registration.added', contact, {})]
  }

  #drop(key: string, reason: string, nowMs: number): Change[] {
    const contact = this.#contacts.get(key)
    const untilMs = (contact?.expiresMs ?? nowMs + 3_600_000) + graceMs
    if (this.#forgotten.size >= maxForgotten) this.#forgotten.clear()
    this.#forgotten.set(key, Math.max(untilMs, nowMs + graceMs))
    if (!contact) return []
    this.#contacts.delete(key)
    return [this.#change('registration.expired', contact, { reason })]
  }

  #change(type: 'registration.added' | 'registration.expired', contact: Registration, more: object): Change {
    return {
      type,
      audience: { tenant: this.#find(contact.realm) ?? null, system: true },
      body: { registration: this.#view(contact), ...more },
    }
  }

  #view(contact: Registration): RegistrationView {
    const owner = this.#find(contact.realm)
    return {
      user: contact.user,
      domain_uuid: owner?.uuid ?? null,
      domain: owner?.name ?? contact.realm,
      switch: contact.switchName,
      profile: contact.profile ?? null,
      contact: contact.contact,
      call_id: contact.callId,
      network_ip: contact.networkIp,
      network_port: contact.networkPort,
      transport: contact.transport ?? null,
      user_agent: contact.userAgent ?? null,
      expires_at: contact.expiresMs === null ? null : stamp(contact.expiresMs),
    }
  }
}
