import type { Channel } from './channel.ts'
import { type CallDirection, directionWord, needsVariable, shownDirection } from './direction.ts'
import { shownDomain } from './domain-of.ts'
import { firstLeg, groupLegs, isLoopback, isOlder, loopbackHalf, type Ties } from './group.ts'
import type { KnownDomain, KnownDomains } from './known-domains.ts'
import type { VariableMemory, VariableName } from './variables.ts'

/** A call in progress: one row, however many legs it has. */
export interface LiveCall {
  /** UUID of the leg that stands for it; commands about the call take it. */
  readonly uuid: string
  /** The tenant; null when nobody can tell. */
  readonly domain: KnownDomain | null
  readonly direction: CallDirection
  readonly first: Channel
  /** All legs that this reader may see, the first among them; oldest first. */
  readonly legs: readonly Channel[]
}

/** All calls of a moment, as each reader sees them. */
export interface Picture {
  /** For the system: every call once. */
  readonly all: readonly LiveCall[]
  /** For a tenant, by its name in lower case: its calls once, with its own legs alone. */
  readonly byDomain: ReadonlyMap<string, readonly LiveCall[]>
}

type Wanted = { leg: Channel; name: VariableName }

/** Pairs a loopback's halves by name where only one pair can be meant; the rest has to be asked. */
function loopbackTies(legs: readonly Channel[], memory: VariableMemory): { ties: [string, string][]; ask: Wanted[] } {
  const firsts = new Map<string, Channel[]>()
  const halves = legs.filter(isLoopback).flatMap((leg) => {
    const half = loopbackHalf(leg)
    return half ? [{ leg, half: half.half, id: `${leg.node} ${half.base}` }] : []
  })
  for (const { leg, half, id } of halves) if (half === 'a') firsts.set(id, [...(firsts.get(id) ?? []), leg])
  const ties: [string, string][] = []
  const ask: Wanted[] = []
  for (const { leg, half, id } of halves) {
    if (half !== 'b') continue
    const partners = firsts.get(id) ?? []
    const told = memory.recall(leg.uuid, 'other_loopback_leg_uuid')
    if (told !== undefined) ties.push([leg.uuid, told])
    else if (partners.length === 1 && partners[0]) ties.push([leg.uuid, partners[0].uuid])
    else if (partners.length > 1) ask.push({ leg, name: 'other_loopback_leg_uuid' })
  }
  return { ties, ask }
}

/** Legs FreeSWITCH made for nobody that a column names: an originate of the API, or an agent whom a queue rings. */
function loneLegs(legs: readonly Channel[]): Channel[] {
  const alone = legs.filter(
    (leg) => leg.direction === 'outbound' && (leg.callUuid === '' || leg.callUuid === leg.uuid) && !isLoopback(leg),
  )
  if (alone.length === 0) return alone
  const named = new Set(legs.flatMap((leg) => (leg.callUuid !== leg.uuid ? [leg.callUuid] : [])))
  return alone.filter((leg) => !named.has(leg.uuid))
}

/** The tenant of every leg: what it shows, else its variables (facts 3). */
async function domainsOf(legs: readonly Channel[], domains: KnownDomains, memory: VariableMemory) {
  const own = new Map<string, KnownDomain>()
  const silent: Channel[] = []
  for (const leg of legs) {
    const domain = shownDomain(leg, domains)
    if (domain) own.set(leg.uuid, domain)
    else silent.push(leg)
  }
  await memory.fetch(
    silent.flatMap((leg): Wanted[] => [
      { leg, name: 'domain_name' },
      { leg, name: 'domain_uuid' },
    ]),
  )
  for (const { uuid } of silent) {
    const domain =
      domains.byName(memory.recall(uuid, 'domain_name') ?? '') ??
      domains.byUuid(memory.recall(uuid, 'domain_uuid') ?? '')
    if (domain) own.set(uuid, domain)
  }
  return own
}

/** Ties that columns do not tell, asked of the switch where they have to be. */
export async function tiesOf(legs: readonly Channel[], memory: VariableMemory): Promise<Ties> {
  const lone = loneLegs(legs)
  await memory.fetch([
    ...loopbackTies(legs, memory).ask,
    ...lone.map((leg): Wanted => ({ leg, name: 'cc_member_session_uuid' })),
  ])
  const ties = new Map(loopbackTies(legs, memory).ties)
  for (const { uuid } of lone) {
    const member = memory.recall(uuid, 'cc_member_session_uuid')
    if (member !== undefined) ties.set(uuid, member)
  }
  return ties
}

/** A group of legs split by tenant; legs that tell none go with the first. Nearly all groups are of one tenant. */
function byTenant(
  group: readonly Channel[],
  first: Channel,
  own: ReadonlyMap<string, KnownDomain>,
): Map<KnownDomain | null, Channel[]> {
  const home = own.get(first.uuid) ?? group.map((leg) => own.get(leg.uuid)).find((domain) => domain) ?? null
  const parts = new Map<KnownDomain | null, Channel[]>()
  for (const leg of group) {
    const domain = own.get(leg.uuid) ?? home
    const part = parts.get(domain)
    if (part) part.push(leg)
    else parts.set(domain, [leg])
  }
  return parts
}

const olderFirst = (a: Channel, b: Channel): number => (isOlder(a, b) ? -1 : 1)

const olderCall = (a: LiveCall, b: LiveCall): number => olderFirst(a.first, b.first)

/** Makes calls of legs: groups them, finds their tenants and directions. */
export async function makePicture(
  channels: readonly Channel[],
  domains: KnownDomains,
  memory: VariableMemory,
  ties: Ties,
): Promise<Picture> {
  const own = await domainsOf(channels, domains, memory)
  const groups = groupLegs(channels, ties).map((legs) => ({ legs, first: firstLeg(legs) }))
  await memory.fetch(
    groups
      .filter(({ first, legs }) => needsVariable(first, legs))
      .map(({ first }): Wanted => ({ leg: first, name: 'call_direction' })),
  )
  const callOf = (domain: KnownDomain | null, legs: readonly Channel[], first: Channel, across: boolean): LiveCall => {
    const told = across ? undefined : directionWord(memory.recall(first.uuid, 'call_direction'))
    const direction = told ?? shownDirection(first, legs, across)
    return { uuid: first.uuid, domain, direction, first, legs: legs.length > 1 ? [...legs].sort(olderFirst) : legs }
  }
  const all: LiveCall[] = []
  const byDomain = new Map<string, LiveCall[]>()
  const add = (call: LiveCall): void => {
    if (!call.domain) return
    const name = call.domain.name.toLowerCase()
    const calls = byDomain.get(name)
    if (calls) calls.push(call)
    else byDomain.set(name, [call])
  }
  for (const { legs, first } of groups) {
    const parts = byTenant(legs, first, own)
    const [only] = parts.keys()
    const whole = callOf(parts.size === 1 ? (only ?? null) : (own.get(first.uuid) ?? null), legs, first, false)
    all.push(whole)
    if (parts.size === 1) add(whole)
    else for (const [domain, part] of parts) add(callOf(domain, part, firstLeg(part), true))
  }
  for (const calls of byDomain.values()) calls.sort(olderCall)
  return { all: all.sort(olderCall), byDomain }
}
