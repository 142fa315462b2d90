import type { SwitchPort } from '../../adapters/switch/switch.ts'
import type { EslEvent } from '../../esl/index.ts'
import { type Channel, channelOfDump, isChannelUuid } from './channel.ts'
import type { ChannelSource, Snapshot } from './source.ts'

/** Milliseconds that `show` may lag behind events: 1.2 s was the worst seen (facts 1). */
const lagMs = 1500

/** Most legs remembered; a switch that makes more within the lag is told of by `show` alone. */
const maxLegs = 20_000

/** A leg as its last event told of it; undefined once it is over. */
interface Heard {
  readonly leg: Channel | undefined
  readonly node: string
  readonly atMs: number
}

const ends: readonly string[] = ['CHANNEL_HANGUP', 'CHANNEL_HANGUP_COMPLETE', 'CHANNEL_DESTROY']

/** Hung up is over, although the leg may stay for as long as its record is being posted. */
const isOver = (event: EslEvent): boolean => ends.includes(event.name) || event.get('Channel-Call-State') === 'HANGUP'

/**
 * A source whose lists are as fresh as events: legs of the last second and a half that `show` does not have yet are
 * added as their events told of them, and those that are over are taken away. Nothing is asked for it, and nothing
 * older is believed: what events missed, `show` tells a moment later.
 */
export function withRecentLegs(
  port: SwitchPort,
  source: ChannelSource,
  now: () => number = () => performance.now(),
): ChannelSource {
  const heard = new Map<string, Heard>()
  const forgetOld = (): void => {
    // Told in order of time, so that the first that is young ends it.
    for (const [uuid, { atMs }] of heard) {
      if (atMs + lagMs >= now() && heard.size <= maxLegs) break
      heard.delete(uuid)
    }
  }
  port.onEvent((event, node) => {
    const uuid = event.name.startsWith('CHANNEL_') ? (event.get('Unique-ID') ?? '') : ''
    if (!isChannelUuid(uuid)) return
    const leg = isOver(event) ? undefined : channelOfDump(event, node.name)
    heard.delete(uuid)
    heard.set(uuid, { leg, node: node.name, atMs: now() })
    forgetOld()
  })
  port.onState((status) => {
    // A switch that went away took its legs along.
    if (status.state !== 'up') for (const [uuid, { node }] of heard) if (node === status.name) heard.delete(uuid)
  })
  return {
    async read(): Promise<Snapshot> {
      const { channels, missing } = await source.read()
      forgetOld()
      if (heard.size === 0) return { channels, missing }
      const shown = new Set(channels.map((channel) => channel.uuid))
      const isThere = ({ uuid }: Channel): boolean => heard.get(uuid)?.leg !== undefined || !heard.has(uuid)
      const added = [...heard].flatMap(([uuid, { leg, node }]) =>
        leg && !shown.has(uuid) && !missing.includes(node) ? [leg] : [],
      )
      return { channels: [...channels.filter(isThere), ...added], missing }
    },
  }
}
