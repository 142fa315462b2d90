import { setTimeout } from 'node:timers/promises'
import type { SwitchPort } from '../../adapters/switch/switch.ts'
import { type Channel, channelOfDump } from './channel.ts'
import { groupLegs, type Ties } from './group.ts'
import { readLeg } from './leg.ts'

/** Milliseconds that `show` may lag behind what we did: 1.2 s was the worst seen (facts 1). */
const lagMs = 3000

/** Most legs looked at again for one list. */
const maxTouched = 500

/** Milliseconds that the other legs of a call that we ended may need to end as well. */
const settleMs = 300
const settleStepMs = 20

/**
 * What we did to calls a moment ago. `show` learns of it up to a second later, so a list reads these legs and the
 * others of their calls anew, one by one: gone is gone, and a new leg is there at once.
 */
export interface Ledger {
  /** We did something to a leg of this node. */
  touch(node: string, uuid: string, what?: 'changed' | 'ended'): void
  /** When something was last done, on the clock of `performance.now()`. */
  lastTouch(): number
  /** The legs as they are now; `ties` are those between legs that no column tells. */
  correct(channels: readonly Channel[], ties: Ties): Promise<readonly Channel[]>
}

interface Touched {
  readonly node: string
  readonly what: 'changed' | 'ended'
  readonly atMs: number
}

/** A leg as it is now, with what only lists tell; undefined when it is gone. What cannot be asked stays as it was shown. */
async function readAnew(port: SwitchPort, uuid: string, nodeName: string, shown: Channel | undefined) {
  const node = port.nodes.find((candidate) => candidate.name === nodeName)
  if (!node) return shown
  try {
    const dump = await readLeg(node, uuid)
    if (!dump) return undefined
    const fresh = channelOfDump(dump, nodeName)
    if (!shown) return fresh
    return { ...fresh, initialContext: shown.initialContext, application: fresh.application || shown.application }
  } catch {
    return shown
  }
}

export function createLedger(port: SwitchPort, now: () => number = () => performance.now()): Ledger {
  const touched = new Map<string, Touched>()
  let last = 0

  /** Legs to look at: those we touched, and everything `show` has in one call with them. */
  const suspects = (channels: readonly Channel[], ties: Ties): Map<string, Touched> => {
    const found = new Map([...touched].slice(-maxTouched))
    for (const group of groupLegs(channels, ties)) {
      const cause = group.map((leg) => touched.get(leg.uuid) ?? touched.get(leg.callUuid)).find((entry) => entry)
      if (cause) for (const leg of group) found.set(leg.uuid, touched.get(leg.uuid) ?? { ...cause, node: leg.node })
    }
    return found
  }

  const readAll = (asked: Map<string, Touched>, shown: ReadonlyMap<string, Channel>) =>
    Promise.all([...asked].map(([uuid, { node }]) => readAnew(port, uuid, node, shown.get(uuid))))

  return {
    touch(node, uuid, what = 'changed') {
      last = now()
      touched.delete(uuid)
      touched.set(uuid, { node, what, atMs: last })
      // Oldest first; where nobody asks for lists, nobody clears it.
      const [oldest] = touched.size > maxTouched ? touched.keys() : []
      if (oldest !== undefined) touched.delete(oldest)
    },
    lastTouch: () => last,
    async correct(channels, ties) {
      for (const [uuid, { atMs }] of touched) if (atMs + lagMs < now()) touched.delete(uuid)
      if (touched.size === 0) return channels
      const shown = new Map(channels.map((channel) => [channel.uuid, channel]))
      const asked = suspects(channels, ties)
      let found = await readAll(asked, shown)
      // A call that we ended ends leg by leg, within milliseconds.
      const ending = [...asked.values()].filter((entry) => entry.what === 'ended')
      const until = Math.max(0, ...ending.map((entry) => entry.atMs)) + settleMs
      const isEnding = (leg: Channel | undefined): boolean => leg !== undefined && asked.get(leg.uuid)?.what === 'ended'
      while (now() < until && found.some(isEnding)) {
        await setTimeout(settleStepMs)
        found = await readAll(asked, shown)
      }
      return [
        ...channels.filter((channel) => !asked.has(channel.uuid)),
        ...found.flatMap((channel) => (channel ? [channel] : [])),
      ]
    },
  }
}
