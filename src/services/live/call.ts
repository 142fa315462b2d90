import { domainOfLeg, type FindDomain, isUp, type Leg, legView } from './leg.ts'
import { type CallView, type Owner, stamp } from './values.ts'

/** Legs that belong together, from the first one's beginning to the last one's end. */
export interface Call {
  readonly id: string
  /** UUID by which its legs name it: that of the leg which began it, known or not. */
  readonly root: string
  readonly switchName: string
  readonly createdMs: number
  readonly legs: Map<string, Leg>
  /** The leg the call began with; the oldest that is left once that is gone. */
  first: Leg
  owner: Owner | undefined
  answeredMs: number | null
  isAnswered: boolean
  isRinging: boolean
  /** What the first leg said when it ended, and legs that failed before anyone answered. */
  cause: string | undefined
  failure: string | undefined
  /** FusionPBX writes call records of legs that nobody made: that leg's UUID is the record's (facts 7). */
  readonly cdrUuid: string | null
  /** What other tenants than the owner have in it, by their UUID. */
  readonly parts: Map<string, Call>
}

/** A call that begins with this leg; `root` is another where that one's call was begun by a leg nobody told of. */
export const newCall = (first: Leg, switchName: string, root: string = first.uuid): Call => ({
  id: first.uuid,
  root,
  switchName,
  createdMs: first.createdMs,
  legs: new Map(),
  first,
  owner: undefined,
  answeredMs: null,
  isAnswered: false,
  isRinging: false,
  cause: undefined,
  failure: undefined,
  cdrUuid: root !== first.uuid || first.originator === undefined ? root : null,
  parts: new Map(),
})

/** Its tenant: the first leg's, else any other leg's (facts 3). */
export function ownerOf(call: Call, find: FindDomain): Owner | undefined {
  const own = domainOfLeg(call.first, find)
  if (own) return own
  for (const leg of call.legs.values()) {
    const owner = domainOfLeg(leg, find)
    if (owner) return owner
  }
  return undefined
}

const stateOf = (call: Call): CallView['state'] => {
  const legs = [...call.legs.values()]
  if (legs.some((leg) => leg.state === 'held')) return 'held'
  if (call.isAnswered || legs.some((leg) => isUp(leg.state))) return 'answered'
  return call.isRinging ? 'ringing' : 'new'
}

/** A call as listeners see it. */
export const callView = (call: Call): CallView => ({
  id: call.id,
  switch: call.switchName,
  domain_uuid: call.owner?.uuid ?? null,
  domain: call.owner?.name ?? null,
  state: stateOf(call),
  caller_name: call.first.callerName,
  caller_number: call.first.callerNumber,
  destination: call.first.destination,
  created_at: stamp(call.createdMs),
  answered_at: call.answeredMs === null ? null : stamp(call.answeredMs),
  legs: [...call.legs.values()].map(legView),
})

/** Causes of legs that did not fail: others were faster, or the caller gave up. */
const harmless = new Set(['NORMAL_CLEARING', 'LOSE_RACE', 'ORIGINATOR_CANCEL', 'PICKED_OFF', 'NONE'])

/** Remembers why a leg ended. */
export function noteCause(call: Call, leg: Leg, cause: string | undefined): void {
  if (leg === call.first) call.cause = cause ?? call.cause
  else if (!call.isAnswered && cause !== undefined && !harmless.has(cause)) call.failure = cause
}

const wholeSeconds = (fromMs: number, toMs: number): number =>
  Math.max(0, Math.floor(toMs / 1000) - Math.floor(fromMs / 1000))

/**
 * What is said of a call that is over. Seconds are differences of whole seconds, as FreeSWITCH's records have them
 * (facts 7). `failure_cause` tells why nobody answered where the first leg only says NORMAL_CLEARING.
 */
export const endOf = (call: Call, endedMs: number, cause: string | undefined): Record<string, unknown> => ({
  ended_at: stamp(endedMs),
  hangup_cause: call.cause ?? cause ?? null,
  failure_cause: call.isAnswered ? null : (call.failure ?? null),
  duration_seconds: wholeSeconds(call.createdMs, endedMs),
  billed_seconds: call.answeredMs === null ? 0 : wholeSeconds(call.answeredMs, endedMs),
  cdr_uuid: call.cdrUuid,
})
