import type { Change } from './changes.ts'
import type { EventLike, GatewayView, Owner } from './values.ts'

/**
 * The tenant of a gateway by its UUID: null for one of the whole system, undefined when nobody knows it.
 */
export type FindGatewayOwner = (gatewayUuid: string) => Owner | null | undefined

/** What a snapshot says of one gateway. */
export interface GatewayFacts {
  readonly name: string
  readonly profile: string | undefined
  readonly state: string
  readonly ping: 'UP' | 'DOWN' | undefined
}

interface Gateway {
  readonly name: string
  readonly switchName: string
  profile: string | undefined
  state: string
  ping: 'UP' | 'DOWN' | undefined
  up: boolean
  /** Its owner was known when it was last told of. */
  isTold: boolean
}

const upStates = new Set(['REGED', 'NOREG'])
/** States in which it does not work. The others lie on the way between: a renewal passes through four of them. */
const downStates = new Set(['FAILED', 'FAIL_WAIT', 'DOWN', 'TIMEOUT'])

/** Whether calls can go through it; on the way between two states it is what it was (facts 4). */
const isUp = (state: string, ping: string | undefined, before: boolean): boolean => {
  if (ping === 'DOWN' || downStates.has(state)) return false
  return upStates.has(state) || before
}

const pingOf = (text: string | undefined): 'UP' | 'DOWN' | undefined =>
  text === 'UP' || text === 'DOWN' ? text : undefined

/**
 * A gateway that is killed and loaded anew is told in this order: gateway_add of the new one, gateway_delete of the old
 * one, up to a second later. A gateway_delete so soon after the add is the old one's.
 */
const lateDeleteMs = 3000

/** The trunks of one switch. */
export class GatewayModel {
  readonly #findOwner: FindGatewayOwner
  readonly #gateways = new Map<string, Gateway>()
  readonly #addedMs = new Map<string, number>()

  constructor(findOwner: FindGatewayOwner) {
    this.#findOwner = findOwner
  }

  get size(): number {
    return this.#gateways.size
  }

  /** Gateways of a tenant, or of everyone. */
  views(domainUuid: string | null = null): GatewayView[] {
    return [...this.#gateways.values()]
      .filter(({ name }) => domainUuid === null || this.#findOwner(name)?.uuid === domainUuid)
      .map((gateway) => this.#view(gateway))
  }

  /** Takes in sofia::gateway_state, gateway_add and gateway_delete (facts 5). */
  apply(event: EventLike, nowMs: number): Change[] {
    const name = event.get('Gateway')?.slice(0, 256)
    if (!name) return []
    const profile = event.get('profile-name')
    const switchName = event.get('FreeSWITCH-Switchname') ?? ''
    if (event.subclass === 'sofia::gateway_delete')
      return nowMs - (this.#addedMs.get(name) ?? 0) < lateDeleteMs ? [] : this.#drop(name)
    if (event.subclass === 'sofia::gateway_add') {
      this.#addedMs.set(name, nowMs)
      return this.#put({ name, profile, state: 'UNREGED', ping: undefined }, switchName)
    }
    if (event.subclass !== 'sofia::gateway_state') return []
    const facts = { name, profile, state: event.get('State') ?? '', ping: pingOf(event.get('Ping-Status')) }
    return this.#put(facts, switchName)
  }

  /** What a snapshot says otherwise, gateway by gateway. */
  differing(found: readonly GatewayFacts[]): number {
    const names = new Set(found.map(({ name }) => name))
    const gone = [...this.#gateways.keys()].filter((name) => !names.has(name)).length
    return gone + found.filter((facts) => this.#gateways.get(facts.name)?.state !== facts.state).length
  }

  /** Takes a snapshot as the truth. Answers what changed by it. */
  replace(found: readonly GatewayFacts[], switchName: string): Change[] {
    const names = new Set(found.map(({ name }) => name))
    const gone = [...this.#gateways.keys()].filter((name) => !names.has(name))
    return [...gone.flatMap((name) => this.#drop(name)), ...found.flatMap((facts) => this.#put(facts, switchName))]
  }

  /** Tells tenants of gateways that work and that nobody knew to be theirs. */
  reconsider(): Change[] {
    return [...this.#gateways.values()].flatMap((gateway) => {
      const tenant = this.#findOwner(gateway.name)
      if (gateway.isTold || tenant === undefined) return []
      gateway.isTold = true
      if (!gateway.up || tenant === null) return []
      const body = { gateway: this.#view(gateway) }
      return [{ type: 'gateway.up', audience: { tenant, system: false }, body } as const]
    })
  }

  #put(facts: GatewayFacts, switchName: string): Change[] {
    const known = this.#gateways.get(facts.name)
    const ping = facts.ping ?? known?.ping
    const up = isUp(facts.state, ping, known?.up ?? false)
    const gateway: Gateway = {
      name: facts.name,
      switchName: known?.switchName || switchName,
      profile: facts.profile ?? known?.profile,
      state: facts.state,
      ping,
      up,
      isTold: this.#findOwner(facts.name) !== undefined,
    }
    this.#gateways.set(facts.name, gateway)
    return (known?.up ?? false) === up ? [] : [this.#change(gateway, {})]
  }

  #drop(name: string): Change[] {
    const gateway = this.#gateways.get(name)
    this.#gateways.delete(name)
    this.#addedMs.delete(name)
    return gateway?.up ? [this.#change({ ...gateway, up: false }, { deleted: true })] : []
  }

  #change(gateway: Gateway, more: object): Change {
    return {
      type: gateway.up ? 'gateway.up' : 'gateway.down',
      audience: { tenant: this.#findOwner(gateway.name) ?? null, system: true },
      body: { gateway: this.#view(gateway), ...more },
    }
  }

  #view(gateway: Gateway): GatewayView {
    return {
      gateway_uuid: gateway.name,
      domain_uuid: this.#findOwner(gateway.name)?.uuid ?? null,
      switch: gateway.switchName,
      profile: gateway.profile ?? null,
      state: gateway.state,
      ping: gateway.ping ?? null,
      up: gateway.up,
    }
  }
}
