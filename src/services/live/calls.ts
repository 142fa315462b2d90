import { type Call, callView, endOf, newCall, noteCause, ownerOf } from './call.ts'
import type { Change, ChangeType } from './changes.ts'
import { type ChannelFacts, channelOfEvent, tieLoopbacks } from './channel.ts'
import { domainOfLeg, type FindDomain, follows, isUp, type Leg, newLeg, refresh } from './leg.ts'
import { emptyParts, keptPart, newParts, sightsOf } from './parts.ts'
import { Tombstones } from './tombstones.ts'
import type { CallView, EventLike, Owner } from './values.ts'

/** How long both legs of a bridge that ended may live on before they are two calls: hanging up takes less. */
const apartAfterMs = 3000

/** Events that only make sense for a channel that is there, so that they may bring an unknown one in. */
const living = new Set([
  'CHANNEL_CREATE',
  'CHANNEL_STATE',
  'CHANNEL_CALLSTATE',
  'CHANNEL_ORIGINATE',
  'CHANNEL_PROGRESS',
  'CHANNEL_PROGRESS_MEDIA',
  'CHANNEL_ANSWER',
  'CHANNEL_BRIDGE',
  'CHANNEL_UNBRIDGE',
  'CHANNEL_HOLD',
  'CHANNEL_UNHOLD',
  'CHANNEL_PARK',
  'CHANNEL_UNPARK',
  'CALL_UPDATE',
])

/** States in which CHANNEL_CREATE has not come yet: what they say of a channel lacks what ties it to others. */
const unborn = new Set(['CS_NEW', 'CS_INIT'])

/** True for an event that may bring an unknown channel in. */
const isOfLiving = (event: EventLike): boolean =>
  living.has(event.name) && !(event.name === 'CHANNEL_STATE' && unborn.has(event.get('Channel-State') ?? ''))

/** Every event the model understands; others are passed over. */
const understood = new Set([...living, 'CHANNEL_UUID', 'CHANNEL_HANGUP', 'CHANNEL_HANGUP_COMPLETE', 'CHANNEL_DESTROY'])

/** What an event says besides the call. */
type Details = Record<string, unknown>

/** The channels of one switch as calls. It asks nobody: events and rows go in, changes come out. */
export class CallModel {
  readonly #find: FindDomain
  readonly #legs = new Map<string, Leg>()
  readonly #callOf = new Map<string, Call>()
  readonly #calls = new Map<string, Call>()
  /** Calls by the UUID their legs name them by, which may be that of a leg nobody told of yet. */
  readonly #roots = new Map<string, Call>()
  readonly #loose = new Set<Leg>()
  readonly #ended = new Tombstones()
  #out: Change[] = []
  /** When what is being taken in happened. */
  #atMs = 0

  constructor(find: FindDomain) {
    this.#find = find
  }

  /** How many channels are up. */
  get size(): number {
    return this.#legs.size
  }

  /** The channels that are up. */
  get legs(): ReadonlyMap<string, Leg> {
    return this.#legs
  }

  /** Calls of a tenant, or of everyone, oldest first. */
  views(domainUuid: string | null = null): CallView[] {
    const calls = [...this.#calls.values()]
    if (domainUuid === null) return calls.map(callView)
    return calls
      .filter(({ owner, parts }) => owner?.uuid === domainUuid || parts.has(domainUuid))
      .flatMap((call) => sightsOf(call, this.#find).filter(({ tenant }) => tenant?.uuid === domainUuid))
      .map(({ seen }) => callView(seen))
  }

  /** True for a channel that ended within the last minute: rows that still show it lag. */
  hasEnded(uuid: string): boolean {
    return this.#ended.has(uuid)
  }

  /** Legs of calls whose tenant nobody told. */
  legsWithoutOwner(): Leg[] {
    return [...this.#calls.values()].filter((call) => !call.owner).flatMap((call) => [...call.legs.values()])
  }

  /** Takes one event in, in the order the switch sent them. */
  apply(event: EventLike, nowMs: number): Change[] {
    if (!understood.has(event.name)) return []
    const facts = channelOfEvent(event, nowMs)
    if (!facts) return []
    this.#atMs = facts.atMs
    if (event.name === 'CHANNEL_UUID') this.#rename(event.get('Old-Unique-ID'), facts)
    if (event.name === 'CHANNEL_UNBRIDGE') this.#unbridge(event, facts, nowMs)
    if (facts.state === 'ended') this.#end(facts, nowMs)
    else this.#hear(event, facts, nowMs)
    return this.#taken()
  }

  /** Takes channels in that rows showed and no event told of. */
  adopt(found: readonly ChannelFacts[], nowMs: number): Change[] {
    this.#atMs = nowMs
    // A leg's originator goes first, so that the call carries its UUID whatever the order of the rows.
    const rank = (facts: ChannelFacts): number => (facts.tie ? 2 : Number(facts.callUuid !== facts.uuid))
    const sorted = tieLoopbacks(found).sort((a, b) => rank(a) - rank(b))
    for (const facts of sorted) {
      if (facts.state === 'ended' || this.#ended.has(facts.uuid)) continue
      const leg = this.#legs.get(facts.uuid) ?? this.#enter(facts, nowMs, true)
      this.#settleOwner(this.#call(leg))
    }
    this.#pairUp(sorted)
    return this.#taken()
  }

  /** Corrects what a row says otherwise of a leg that no event spoke of lately; answers what changed. */
  correct(facts: ChannelFacts, nowMs: number): Change[] {
    const leg = this.#legs.get(facts.uuid)
    if (!leg || facts.state === 'ended') return []
    this.#atMs = nowMs
    this.#move(leg, facts)
    refresh(leg, { ...facts, profileIndex: undefined }, nowMs)
    this.#settleOwner(this.#call(leg))
    return this.#taken()
  }

  /** Ends channels that the switch no longer has and whose end nobody told. */
  bury(uuids: readonly string[], nowMs: number): Change[] {
    this.#atMs = nowMs
    for (const uuid of uuids) {
      const leg = this.#legs.get(uuid)
      if (leg) this.#remove(leg, nowMs, undefined, nowMs)
    }
    return this.#taken()
  }

  /** Adds what was asked about a leg: the variables domain_name and domain_uuid (facts 3). */
  learn(uuid: string, variables: { domainName?: string; domainUuid?: string }): Change[] {
    const leg = this.#legs.get(uuid)
    if (!leg) return []
    leg.domainName = variables.domainName ?? leg.domainName
    leg.domainUuid = variables.domainUuid ?? leg.domainUuid
    this.#settleOwner(this.#call(leg))
    return this.#taken()
  }

  /** Looks again whose calls are whose, after the list of domains changed. */
  reconsider(): Change[] {
    for (const call of this.#calls.values()) this.#settleOwner(call)
    return this.#taken()
  }

  /** What only time tells: legs of a bridge that ended and both went on are calls of their own. */
  tick(nowMs: number): Change[] {
    for (const leg of this.#loose) {
      if (nowMs - (leg.looseSinceMs ?? nowMs) < apartAfterMs) continue
      this.#loose.delete(leg)
      this.#splitOff(leg)
    }
    return this.#taken()
  }

  #taken(): Change[] {
    const out = this.#out
    this.#out = []
    return out
  }

  /** Tells everyone whom a call concerns, each of what it may see; `more` may depend on that. */
  #tell(
    type: ChangeType,
    call: Call,
    more: Details | ((seen: Call) => Details) = {},
    concerns: (seen: Call) => boolean = () => true,
  ): void {
    for (const { tenant, system, seen } of sightsOf(call, this.#find)) {
      if (!concerns(seen)) continue
      const body = { call: callView(seen), ...(typeof more === 'function' ? more(seen) : more) }
      this.#out.push({ type, audience: { tenant, system }, body })
    }
  }

  /** Tells one tenant alone. */
  #tellTenant(type: ChangeType, seen: Call, tenant: Owner, more: Details = {}): void {
    this.#out.push({ type, audience: { tenant, system: false }, body: { call: callView(seen), ...more } })
  }

  #call(leg: Leg): Call {
    const call = this.#callOf.get(leg.uuid)
    if (!call) throw new Error('a leg is in no call')
    return call
  }

  #hear(event: EventLike, facts: ChannelFacts, nowMs: number): void {
    if (event.name === 'CHANNEL_CREATE') this.#ended.remove(facts.uuid)
    const known = this.#legs.get(facts.uuid)
    if (!known && (!isOfLiving(event) || this.#ended.has(facts.uuid))) return
    const leg = known ?? this.#enter(facts, nowMs, false)
    if (known) this.#noteTransfer(leg, facts)
    this.#move(leg, facts)
    refresh(leg, facts, nowMs)
    this.#settleOwner(this.#call(leg))
    this.#joinTied(leg, facts)
    if (event.name === 'CHANNEL_BRIDGE') this.#bridge(event, leg, facts)
  }

  /** Some ties are told only after the leg was made; its call then was none of its own. */
  #joinTied(leg: Leg, facts: ChannelFacts): void {
    const other = this.#legs.get(facts.tie ?? '')
    if (other && leg.lastPartner === undefined) this.#merge(this.#call(other), this.#call(leg), facts.atMs)
  }

  /** A channel that was not known: it joins the call it was made for, or begins one. */
  #enter(facts: ChannelFacts, nowMs: number, asFound: boolean): Leg {
    // Found in the middle of its life it is taken as it is; told from its beginning it begins at the beginning.
    const leg = newLeg(asFound ? facts : { ...facts, state: 'new' }, nowMs)
    const joined = this.#callFor(facts)
    const call = joined ?? newCall(leg, facts.switchName, this.#ended.has(facts.callUuid) ? undefined : facts.callUuid)
    call.legs.set(leg.uuid, leg)
    if (leg.uuid === call.root) call.first = leg
    this.#legs.set(leg.uuid, leg)
    this.#callOf.set(leg.uuid, call)
    if (asFound && isUp(leg.state)) call.isAnswered = true
    if (asFound && leg.direction === 'outbound' && leg.state !== 'new') call.isRinging = true
    if (!joined) {
      this.#calls.set(call.id, call)
      this.#roots.set(call.root, call)
      call.owner = ownerOf(call, this.#find)
      this.#tell('call.created', call)
    }
    return leg
  }

  #callFor({ uuid, callUuid, originator, tie }: ChannelFacts): Call | undefined {
    for (const id of [callUuid, originator, tie, uuid]) {
      if (id === undefined) continue
      const maker = id === uuid ? undefined : this.#legs.get(id)
      if (maker?.looseSinceMs !== undefined) this.#splitOff(maker)
      const call = (maker && this.#callOf.get(maker.uuid)) ?? this.#roots.get(id)
      if (call) return call
    }
    return undefined
  }

  /** Its state moves on, and what that means for the call is told. */
  #move(leg: Leg, facts: ChannelFacts): void {
    const to = facts.state
    if (to === undefined || to === 'ended' || !follows(leg.state, to)) return
    const from = leg.state
    leg.state = to
    const call = this.#call(leg)
    this.#settleOwner(call)
    const which = { leg: leg.uuid }
    if (from === 'new' && !isUp(to) && leg.direction === 'outbound') {
      call.isRinging = true
      this.#tell('call.ringing', call, which)
    }
    if (isUp(to) && !isUp(from)) {
      leg.answeredMs ??= facts.answeredMs ?? facts.atMs
      this.#answer(call, leg)
    }
    if (to === 'held') this.#tell('call.held', call, which)
    if (from === 'held') this.#tell('call.unheld', call, which)
  }

  /** Somebody picked up: told once to everyone, of the first leg that each may see. */
  #answer(call: Call, leg: Leg): void {
    const parts = [...call.parts.values()]
    const isFirst = !call.isAnswered
    const fresh = new Set(parts.filter((part) => !part.isAnswered && part.legs.has(leg.uuid)))
    for (const seen of isFirst ? [call, ...fresh] : fresh) {
      seen.isAnswered = true
      seen.answeredMs = leg.answeredMs
    }
    if (!isFirst && fresh.size === 0) return
    this.#tell('call.answered', call, { leg: leg.uuid }, (seen) => (parts.includes(seen) ? fresh.has(seen) : isFirst))
  }

  /** A leg somebody already talks on goes through the dialplan again: its caller profile is a new one (facts 7). */
  #noteTransfer(leg: Leg, facts: ChannelFacts): void {
    if (leg.profileIndex === undefined || facts.profileIndex === undefined) return
    if (facts.profileIndex <= leg.profileIndex || !isUp(leg.state)) return
    // Joining two calls by uuid_bridge makes new profiles too, of the same numbers.
    if (facts.destination === leg.destination && facts.context === leg.context) return
    // A phone that the API called goes through the dialplan for the first time: that is where it was meant to go.
    if (!leg.isRouted && leg.originator === undefined) return
    const from = leg.destination
    leg.profileIndex = facts.profileIndex
    leg.destination = facts.destination || from
    this.#tell('call.transferred', this.#call(leg), { leg: leg.uuid, from, to: leg.destination })
  }

  /** The tenant becomes known, sometimes long after the call began: then the tenant is told that it began. */
  #settleOwner(call: Call, atMs = this.#atMs): void {
    const owner = ownerOf(call, this.#find)
    // A second leg in another domain does not take the call away; the first leg moving there does.
    if (owner && owner.uuid !== call.owner?.uuid && (!call.owner || this.#isFirsts(call, owner))) {
      const before = call.owner
      call.owner = owner
      if (before) this.#leave(call, before, atMs)
      const { seen } = sightsOf(call, this.#find).find(({ tenant }) => tenant?.uuid === owner.uuid) ?? { seen: call }
      if (!call.parts.has(owner.uuid)) this.#tellTenant('call.created', seen, owner)
    }
    for (const part of newParts(call, this.#find)) if (part.owner) this.#tellTenant('call.created', part, part.owner)
  }

  #isFirsts(call: Call, owner: Owner): boolean {
    return domainOfLeg(call.first, this.#find)?.uuid === owner.uuid
  }

  /** A call is no longer this tenant's: over for it, unless another leg of its own is still there. */
  #leave(call: Call, tenant: Owner, atMs: number): void {
    if (call.parts.has(tenant.uuid)) return
    const kept = keptPart(call, tenant, this.#find)
    if (kept) call.parts.set(tenant.uuid, kept)
    else {
      const left = { ...call, owner: tenant, legs: new Map<string, Leg>() }
      this.#tellTenant('call.ended', left, tenant, { ...endOf(call, atMs, undefined), left_domain: true })
    }
  }

  #bridge(event: EventLike, leg: Leg, facts: ChannelFacts): void {
    const a = event.get('Bridge-A-Unique-ID') || leg.uuid
    const b = event.get('Bridge-B-Unique-ID') || event.get('Other-Leg-Unique-ID')
    const other = this.#legs.get((a === leg.uuid ? b : a) ?? '')
    if (!other || leg.partner === other.uuid) return
    const isNew = [leg, other].every((one) => one.lastPartner === undefined)
    const survivor = this.#mergeBridged(this.#call(leg), this.#call(other), facts)
    for (const [one, two] of [
      [leg, other],
      [other, leg],
    ] as const) {
      one.partner = two.uuid
      one.lastPartner = two.uuid
      one.looseSinceMs = undefined
      this.#loose.delete(one)
    }
    this.#tell(isNew ? 'call.bridged' : 'call.transferred', survivor, { leg: leg.uuid, other_leg: other.uuid })
  }

  /** The call that goes on is the one that `show` groups both legs under from now on, else the older. */
  #mergeBridged(one: Call, two: Call, facts: ChannelFacts): Call {
    const older = two.createdMs < one.createdMs ? two : one
    const survivor = [one, two].find((call) => call.id === facts.callUuid) ?? older
    return this.#merge(survivor, survivor === one ? two : one, facts.atMs)
  }

  /** Two calls become one. */
  #merge(survivor: Call, other: Call, atMs: number): Call {
    if (survivor === other) return survivor
    this.#tellMerged(survivor, other, atMs)
    this.#forget(other)
    for (const leg of other.legs.values()) {
      survivor.legs.set(leg.uuid, leg)
      this.#callOf.set(leg.uuid, survivor)
    }
    survivor.isRinging ||= other.isRinging
    if (other.isAnswered && !survivor.isAnswered) {
      survivor.isAnswered = true
      survivor.answeredMs = other.answeredMs
      const parts = [...survivor.parts.values()]
      this.#tell('call.answered', survivor, { leg: other.first.uuid }, (seen) => !parts.includes(seen))
    }
    this.#settleOwner(survivor)
    return survivor
  }

  /** A tenant with a call in both is told which one goes on; one that was in the other alone keeps it as it is. */
  #tellMerged(survivor: Call, other: Call, atMs: number): void {
    const idFor = (tenant: Owner): string | undefined =>
      survivor.parts.get(tenant.uuid)?.id ?? (survivor.owner?.uuid === tenant.uuid ? survivor.id : undefined)
    for (const { tenant, system, seen } of sightsOf(other, this.#find)) {
      const into = system || !tenant ? survivor.id : idFor(tenant)
      // Told to the system and a tenant at once where it is the tenant's alone, and the tenant may know no other name.
      const audience = tenant && survivor.owner && !idFor(tenant) ? { tenant: null, system } : { tenant, system }
      if (audience.tenant || audience.system)
        this.#out.push({
          type: 'call.ended',
          audience,
          body: { call: callView(seen), ...endOf(seen, atMs, undefined), merged_into: into ?? survivor.id },
        })
      if (tenant && audience.tenant === null) survivor.parts.set(tenant.uuid, this.#carried(seen, tenant))
    }
  }

  #carried(seen: Call, tenant: Owner): Call {
    return { ...seen, owner: tenant, legs: new Map(seen.legs), parts: new Map() }
  }

  #unbridge(event: EventLike, facts: ChannelFacts, nowMs: number): void {
    for (const uuid of [facts.uuid, event.get('Bridge-A-Unique-ID'), event.get('Bridge-B-Unique-ID')]) {
      const leg = this.#legs.get(uuid ?? '')
      if (leg) this.#loosen(leg, nowMs)
    }
  }

  #loosen(leg: Leg, nowMs: number): void {
    leg.partner = undefined
    leg.looseSinceMs ??= nowMs
    this.#loose.add(leg)
  }

  /** A leg that lives on without the one its call began with is a call of its own. */
  #splitOff(leg: Leg): void {
    const call = this.#callOf.get(leg.uuid)
    leg.looseSinceMs = undefined
    if (!call || call.legs.size < 2 || leg === call.first || this.#calls.has(leg.uuid)) return
    call.legs.delete(leg.uuid)
    const own = newCall(leg, call.switchName)
    own.legs.set(leg.uuid, leg)
    own.isAnswered = isUp(leg.state)
    own.answeredMs = leg.answeredMs
    own.owner = ownerOf(own, this.#find) ?? call.owner
    this.#callOf.set(leg.uuid, own)
    this.#calls.set(own.id, own)
    this.#roots.set(own.root, own)
    // A tenant whose part of the call goes on alone keeps it under its name.
    const kept = emptyParts(call, this.#find)
    for (const part of kept) if (part.owner) own.parts.set(part.owner.uuid, part)
    this.#tell('call.created', own, { split_from: call.id }, (seen) => !kept.includes(seen))
  }

  /** Rows do not say who is bridged with whom; two legs that share a call_uuid and both have it are (facts 3). */
  #pairUp(found: readonly ChannelFacts[]): void {
    const groups = new Map<string, ChannelFacts[]>()
    for (const facts of found) groups.set(facts.callUuid, [...(groups.get(facts.callUuid) ?? []), facts])
    for (const group of groups.values()) {
      const [a, b] = group.map((facts) => this.#legs.get(facts.uuid))
      if (group.length !== 2 || !a || !b || !isUp(a.state) || !isUp(b.state)) continue
      a.lastPartner = a.partner = b.uuid
      b.lastPartner = b.partner = a.uuid
    }
  }

  #end(facts: ChannelFacts, nowMs: number): void {
    const leg = this.#legs.get(facts.uuid)
    this.#ended.add(facts.uuid, nowMs)
    if (!leg) return
    refresh(leg, facts, nowMs)
    const call = this.#call(leg)
    if (facts.answeredMs !== null)
      for (const seen of [call, ...call.parts.values()]) {
        if (seen !== call && !seen.legs.has(leg.uuid)) continue
        seen.isAnswered = true
        seen.answeredMs = Math.min(seen.answeredMs ?? facts.answeredMs, facts.answeredMs)
      }
    this.#settleOwner(call)
    this.#remove(leg, facts.endedMs ?? facts.atMs, facts.cause, nowMs)
  }

  #remove(leg: Leg, endedMs: number, cause: string | undefined, nowMs: number): void {
    const call = this.#call(leg)
    for (const seen of [call, ...call.parts.values()]) if (seen.legs.has(leg.uuid)) noteCause(seen, leg, cause)
    this.#ended.add(leg.uuid, nowMs)
    this.#legs.delete(leg.uuid)
    this.#callOf.delete(leg.uuid)
    this.#loose.delete(leg)
    const partner = this.#legs.get(leg.partner ?? '')
    if (partner) this.#loosen(partner, nowMs)
    if (call.legs.size === 1) {
      // The last event still shows the leg it is about.
      this.#tell('call.ended', call, (seen) => endOf(seen, endedMs, cause))
      call.legs.delete(leg.uuid)
      this.#forget(call)
      return
    }
    call.legs.delete(leg.uuid)
    if (call.first === leg) call.first = [...call.legs.values()].sort((a, b) => a.createdMs - b.createdMs)[0] ?? leg
    for (const part of emptyParts(call, this.#find))
      if (part.owner) this.#tellTenant('call.ended', part, part.owner, endOf(part, endedMs, cause))
    this.#settleOwner(call, endedMs)
  }

  #forget(call: Call): void {
    this.#calls.delete(call.id)
    if (this.#roots.get(call.root) === call) this.#roots.delete(call.root)
  }

  #rename(old: string | undefined, facts: ChannelFacts): void {
    const leg = this.#legs.get(old ?? '')
    if (!leg || this.#legs.has(facts.uuid)) return
    const call = this.#call(leg)
    const renamed: Leg = { ...leg, uuid: facts.uuid }
    this.#legs.delete(leg.uuid)
    this.#callOf.delete(leg.uuid)
    this.#loose.delete(leg)
    call.legs.delete(leg.uuid)
    this.#legs.set(renamed.uuid, renamed)
    this.#callOf.set(renamed.uuid, call)
    call.legs.set(renamed.uuid, renamed)
    if (call.first === leg) call.first = renamed
    for (const other of call.legs.values()) if (other.partner === leg.uuid) other.partner = renamed.uuid
  }
}
