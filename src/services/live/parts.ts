import { type Call, newCall } from './call.ts'
import { domainOfLeg, type FindDomain, isUp, type Leg } from './leg.ts'
import type { Owner } from './values.ts'

/** A call as one audience sees it. */
export interface Sight {
  readonly tenant: Owner | null
  /** Whether the system hears it too: only of the whole call. */
  readonly system: boolean
  readonly seen: Call
}

/** Legs of a call that are this tenant's; those that tell no tenant are the owner's. */
const legsOf = (call: Call, tenant: Owner, find: FindDomain): Leg[] =>
  [...call.legs.values()].filter((leg) => (domainOfLeg(leg, find) ?? call.owner)?.uuid === tenant.uuid)

const oldest = (legs: readonly Leg[]): Leg | undefined => [...legs].sort((a, b) => a.createdMs - b.createdMs)[0]

/** A part brought up to date with its call: its legs are the tenant's own, and so is whether one of them was answered. */
function renewed(part: Call, call: Call, legs: readonly Leg[]): Call {
  part.legs.clear()
  for (const leg of legs) part.legs.set(leg.uuid, leg)
  if (!part.legs.has(part.first.uuid)) part.first = oldest(legs) ?? part.first
  part.isRinging ||= call.isRinging
  return part
}

/**
 * Everyone who is told of a call, with what each may see. Tenants that call each other have a part of one call each: it
 * has their own legs alone and is named by the first of them, as in lists (services/calls/picture.ts).
 */
export function sightsOf(call: Call, find: FindDomain): Sight[] {
  const { owner, parts } = call
  if (parts.size === 0) return [{ tenant: owner ?? null, system: true, seen: call }]
  const sights: Sight[] = [{ tenant: null, system: true, seen: call }]
  if (owner && !parts.has(owner.uuid)) {
    const legs = legsOf(call, owner, find).map((leg) => [leg.uuid, leg] as const)
    sights.push({ tenant: owner, system: false, seen: { ...call, legs: new Map(legs) } })
  }
  for (const part of parts.values()) {
    const tenant = part.owner
    if (tenant) sights.push({ tenant, system: false, seen: renewed(part, call, legsOf(call, tenant, find)) })
  }
  return sights
}

/** Makes parts for tenants whose legs came into a call of another; answers the new ones. */
export function newParts(call: Call, find: FindDomain): Call[] {
  const made: Call[] = []
  if (!call.owner || call.legs.size < 2) return made
  for (const leg of call.legs.values()) {
    const tenant = domainOfLeg(leg, find)
    if (!tenant || tenant.uuid === call.owner.uuid || call.parts.has(tenant.uuid)) continue
    const part = newCall(leg, call.switchName)
    part.owner = tenant
    part.isAnswered = isUp(leg.state)
    part.answeredMs = leg.answeredMs
    call.parts.set(tenant.uuid, part)
    made.push(renewed(part, call, legsOf(call, tenant, find)))
  }
  return made
}

/** What a tenant keeps of a call that is no longer its own, under the name it knows it by; undefined without a leg in it. */
export function keptPart(call: Call, tenant: Owner, find: FindDomain): Call | undefined {
  const legs = legsOf(call, tenant, find)
  return legs.length === 0
    ? undefined
    : renewed({ ...call, owner: tenant, legs: new Map(), parts: new Map() }, call, legs)
}

/** Takes parts without a leg out of a call; answers them. Without its part an owner has nothing left in the call. */
export function emptyParts(call: Call, find: FindDomain): Call[] {
  const empty = [...call.parts.values()].filter((part) => part.owner && legsOf(call, part.owner, find).length === 0)
  for (const part of empty) {
    call.parts.delete(part.owner?.uuid ?? '')
    if (part.owner?.uuid === call.owner?.uuid) call.owner = undefined
  }
  return empty
}
