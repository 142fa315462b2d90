import type { SwitchPort } from '../../adapters/switch/switch.ts'
import { type Channel, channelOfDump } from './channel.ts'
import { readLeg } from './leg.ts'

/** Milliseconds that `show` may lag behind what we did: 1.2 s was the worst seen (facts 1). */
const lagMs = 3000

/** Most legs looked at again for one list. */
const maxTouched = 500

/**
 * What we did to calls a moment ago. `show` learns of it up to a second later, so a list reads these legs anew, one by
 * one: gone is gone, and a new leg is there at once.
 */
export interface Ledger {
  /** We did something to these legs of a node. */
  touch(node: string, ...uuids: readonly string[]): void
  /** When something was last done, on the clock of `performance.now()`. */
  lastTouch(): number
  /** The legs as they are now. */
  correct(channels: readonly Channel[]): Promise<readonly Channel[]>
}

export function createLedger(port: SwitchPort, now: () => number = () => performance.now()): Ledger {
  const touched = new Map<string, { node: string; until: number }>()
  let last = 0

  const due = (): [string, string][] => {
    for (const [uuid, { until }] of touched) if (until < now()) touched.delete(uuid)
    return [...touched].slice(-maxTouched).map(([uuid, { node }]) => [uuid, node])
  }

  return {
    touch(node, ...uuids) {
      last = now()
      for (const uuid of uuids) {
        touched.delete(uuid)
        touched.set(uuid, { node, until: last + lagMs })
      }
    },
    lastTouch: () => last,
    async correct(channels) {
      const asked = due()
      if (asked.length === 0) return channels
      const shown = new Map(channels.map((channel) => [channel.uuid, channel]))
      const found = await Promise.all(
        asked.map(async ([uuid, name]) => {
          const node = port.nodes.find((candidate) => candidate.name === name)
          const known = shown.get(uuid)
          if (!node) return known
          // What cannot be asked now stays as it was shown.
          const dump = await readLeg(node, uuid).catch(() => 'unknown' as const)
          if (dump === 'unknown') return known
          if (!dump) return undefined
          const fresh = channelOfDump(dump, name)
          return known ? { ...fresh, initialContext: known.initialContext } : fresh
        }),
      )
      const again = new Set(asked.map(([uuid]) => uuid))
      return [
        ...channels.filter((channel) => !again.has(channel.uuid)),
        ...found.flatMap((channel) => (channel ? [channel] : [])),
      ]
    },
  }
}
