import type { Channel } from './channel.ts'

/** A leg that exists only inside FreeSWITCH, to run a call through the dialplan once more. */
export const isLoopback = (leg: Pick<Channel, 'name'>): boolean => leg.name.startsWith('loopback/')

/** `loopback/9196-b` is the other half of `loopback/9196-a`. */
export const loopbackHalf = (leg: Pick<Channel, 'name'>): { base: string; half: string } | undefined => {
  const match = /^(loopback\/.*)-([ab])$/s.exec(leg.name)
  return match ? { base: match[1] ?? '', half: match[2] ?? '' } : undefined
}

/** Ties between legs that no column of `show` tells: UUID of the one by UUID of the other. */
export type Ties = ReadonlyMap<string, string>

/**
 * Puts legs into calls: two legs are of one call when the one names the other's UUID as `call_uuid` (a ringing leg does
 * so before the bridge), or when they are tied (halves of a loopback, a queue's caller and the agent who is rung).
 */
export function groupLegs(legs: readonly Channel[], ties: Ties): Channel[][] {
  const parents = new Map<string, string>()
  const rootOf = (uuid: string): string => {
    let at = uuid
    for (let parent = parents.get(at); parent !== undefined && parent !== at; parent = parents.get(at)) {
      // Halving the path keeps long chains of transfers cheap.
      parents.set(at, parents.get(parent) ?? parent)
      at = parent
    }
    return at
  }
  const join = (one: string, other: string): void => {
    const [a, b] = [rootOf(one), rootOf(other)]
    if (a !== b) parents.set(a, b)
  }
  for (const leg of legs) {
    if (leg.callUuid !== '') join(leg.uuid, leg.callUuid)
    const tied = ties.get(leg.uuid)
    if (tied !== undefined) join(leg.uuid, tied)
  }
  const groups = new Map<string, Channel[]>()
  for (const leg of legs) {
    const root = rootOf(leg.uuid)
    const group = groups.get(root)
    if (group) group.push(leg)
    else groups.set(root, [leg])
  }
  return [...groups.values()]
}

/**
 * The leg that stands for a call: the one the others name as theirs, before one that came in, before the oldest; a
 * loopback only where there is nothing else.
 */
export function firstLeg(legs: readonly Channel[]): Channel {
  const [only] = legs
  if (only === undefined) throw new RangeError('a call has a leg')
  if (legs.length === 1) return only
  const named = new Set(legs.flatMap((leg) => (leg.callUuid !== leg.uuid ? [leg.callUuid] : [])))
  const rank = (leg: Channel): number =>
    (isLoopback(leg) ? 4 : 0) + (named.has(leg.uuid) ? 0 : 2) + (leg.direction === 'inbound' ? 0 : 1)
  return legs.reduce((best, leg) => {
    const by = rank(leg) - rank(best) || leg.createdEpoch - best.createdEpoch || (leg.uuid < best.uuid ? -1 : 1)
    return by < 0 ? leg : best
  })
}
