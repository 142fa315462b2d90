import type { Channel } from './channel.ts'
import { isLoopback } from './group.ts'

/** How a tenant sees a call: FusionPBX's variable `call_direction`, which no column of `show` has. */
export type CallDirection = 'local' | 'inbound' | 'outbound'

const words: readonly string[] = ['local', 'inbound', 'outbound']

/** The variable's value where it is one of the three words. */
export const directionWord = (value: string | undefined): CallDirection | undefined =>
  value !== undefined && words.includes(value) ? (value as CallDirection) : undefined

/** A leg to somewhere outside: FreeSWITCH made it, and no user of ours is at its end. */
export const isToOutside = (leg: Channel): boolean =>
  leg.direction === 'outbound' && leg.presenceId === '' && !isLoopback(leg)

/**
 * Somebody outside called: the leg came in by the public context, or no user is at its end. A presence id alone says
 * nothing: FreeSWITCH makes one of a carrier's From header where the profile manages presence.
 */
const isFromOutside = (leg: Channel): boolean =>
  leg.direction === 'inbound' && (leg.presenceId === '' || leg.initialContext === 'public') && !isLoopback(leg)

/** True while columns alone may mislead: a user's forwarded call has a leg to the outside too, and is `local`. */
export const needsVariable = (first: Channel, legs: readonly Channel[]): boolean =>
  first.direction === 'outbound' || legs.some(isToOutside) || first.applicationData.includes('sofia/gateway/')

/** The direction as the columns show it. `acrossTenants`: the other side of the call is another tenant of ours. */
export function shownDirection(first: Channel, legs: readonly Channel[], acrossTenants: boolean): CallDirection {
  if (isFromOutside(first)) return 'inbound'
  if (acrossTenants) return first.direction === 'inbound' ? 'outbound' : 'inbound'
  return legs.some(isToOutside) || first.applicationData.includes('sofia/gateway/') ? 'outbound' : 'local'
}
