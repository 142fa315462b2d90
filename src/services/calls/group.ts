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
  for (const { uuid, callUuid } of legs) {
    if (callUuid !== '' && callUuid !== uuid) join(uuid, callUuid)
    const tied = ties.size === 0 ? undefined : ties.get(uuid)
    if (tied !== undefined) join(uuid, tied)
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

/** Order of legs and calls: by second, and within it by UUID, so that lists keep their order. */
export const isOlder = (a: Channel, b: Channel): boolean =>
  a.createdEpoch < b.createdEpoch || (a.createdEpoch === b.createdEpoch && a.uuid < b.uuid)

/**
 * The leg that stands for a call: the one the others name as theirs, before one that came in, before the oldest; a
 * loopback only where there is nothing else.
 */
export function firstLeg(legs: readonly Channel[]): Channel {
  const [only] = legs
  if (only === undefined) throw new RangeError('a call has a leg')
  if (legs.length === 1) return only
  const isNamed = (uuid: string): boolean => legs.some((leg) => leg.callUuid === uuid && leg.uuid !== uuid)
  const rank = (leg: Channel): number =>
    (isLoopback(leg) ? 4 : 0) + (isNamed(leg.uuid) ? 0 : 2) + (leg.direction === 'inbound' ? 0 : 1)
  let [best, bestRank] = [only, rank(only)]
  for (const leg of legs) {
    const own = rank(leg)
    if (own < bestRank || (own === bestRank && isOlder(leg, best))) [best, bestRank] = [leg, own]
  }
  return best
}
