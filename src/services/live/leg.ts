import type { ChannelFacts } from './channel.ts'
import { type LegState, type LegView, type Owner, stamp } from './values.ts'

/** Answers the tenant of a domain's name or UUID, or undefined when there is none of that name. */
export type FindDomain = (nameOrUuid: string) => Owner | undefined

/** One channel of the switch while it is up. */
export interface Leg {
  readonly uuid: string
  readonly originator: string | undefined
  readonly direction: 'inbound' | 'outbound'
  readonly createdMs: number
  state: LegState
  answeredMs: number | null
  callerName: string
  callerNumber: string
  destination: string
  context: string
  readonly initialContext: string
  presenceId: string
  domainName: string | undefined
  domainUuid: string | undefined
  /** How often it was transferred; undefined while only a row told of it. */
  profileIndex: number | undefined
  /** It has been through the dialplan. */
  isRouted: boolean
  partner: string | undefined
  /** It was in a bridge that ended: what it does next tells whether it lives on alone. */
  looseSinceMs: number | undefined
  /** Whom it was bridged with last, also when that is over. */
  lastPartner: string | undefined
  /** When an event last spoke of it, by our own clock. */
  heardMs: number
}

/** A leg made of the first thing said of it. */
export const newLeg = (facts: ChannelFacts, nowMs: number): Leg => ({
  uuid: facts.uuid,
  originator: facts.originator,
  direction: facts.direction,
  createdMs: facts.createdMs,
  state: facts.state === undefined || facts.state === 'ended' ? 'new' : facts.state,
  answeredMs: facts.answered ? facts.answeredMs : null,
  callerName: facts.callerName,
  callerNumber: facts.callerNumber,
  destination: facts.destination,
  context: facts.context,
  initialContext: facts.initialContext,
  presenceId: facts.presenceId,
  domainName: facts.domainName,
  domainUuid: facts.domainUuid,
  profileIndex: facts.profileIndex,
  isRouted: facts.isRouted,
  partner: undefined,
  looseSinceMs: undefined,
  lastPartner: undefined,
  heardMs: nowMs,
})

/** True once somebody picked it up. */
export const isUp = (state: LegState): boolean => state === 'active' || state === 'held'

const ranks: Readonly<Record<LegState, number>> = { new: 0, ringing: 1, early: 2, active: 3, held: 3 }

/** Where a leg may go from here: never back, but from hold to talk and again. Late events change nothing. */
export const follows = (from: LegState, to: LegState): boolean => ranks[to] >= ranks[from] && from !== to

/** Takes over what may change in a leg's life. */
export function refresh(leg: Leg, facts: ChannelFacts, nowMs: number): void {
  leg.callerName = facts.callerName || leg.callerName
  leg.callerNumber = facts.callerNumber || leg.callerNumber
  leg.destination = facts.destination || leg.destination
  leg.context = facts.context || leg.context
  leg.presenceId = facts.presenceId || leg.presenceId
  leg.domainName = facts.domainName ?? leg.domainName
  leg.domainUuid = facts.domainUuid ?? leg.domainUuid
  leg.answeredMs = facts.answeredMs ?? leg.answeredMs
  leg.isRouted ||= facts.isRouted
  leg.profileIndex = facts.profileIndex ?? leg.profileIndex
  leg.heardMs = nowMs
}

/**
 * The tenant of one leg by the facts' rule (facts 3, "which domain"): of a leg that FreeSWITCH made, the part of
 * presence_id behind the @; else the context where it names a domain, else the variables. Names nobody has are passed
 * over. A leg that came in may carry a presence id made of its caller's From header, which claims what it likes;
 * its tenant is that of the context it began in, which it keeps though it is transferred into another tenant's.
 */
export function domainOfLeg(leg: Leg, find: FindDomain): Owner | undefined {
  const isInbound = leg.direction === 'inbound'
  const at = leg.presenceId.lastIndexOf('@')
  const first = isInbound ? leg.initialContext : at < 0 ? '' : leg.presenceId.slice(at + 1)
  const candidates = [first, leg.context, leg.domainName, leg.domainUuid]
  for (const candidate of candidates) {
    const owner = candidate ? find(candidate) : undefined
    if (owner) return owner
  }
  return undefined
}

/** A leg as listeners see it. */
export const legView = (leg: Leg): LegView => ({
  uuid: leg.uuid,
  direction: leg.direction,
  state: leg.state,
  caller_name: leg.callerName,
  caller_number: leg.callerNumber,
  destination: leg.destination,
  presence_id: leg.presenceId,
  created_at: stamp(leg.createdMs),
  answered_at: leg.answeredMs === null ? null : stamp(leg.answeredMs),
  bridged_to: leg.partner ?? null,
})
