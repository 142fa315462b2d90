import type { SwitchPort } from '../../adapters/switch/switch.ts'
import { type Channel, channelOfDump } from './channel.ts'

/** How long the switch's tables may lag behind its events: 1.2 s at worst was seen (facts 1), so twice that and more. */
const lagMs = 3000

/** What events told in the last seconds, which `show` does not know yet. */
export interface FreshChannels {
  /** Rows of a node with what its events know better: legs that just began are in, legs that ended are out. */
  correct(node: string, shown: readonly Channel[]): Channel[]
}

/** What is empty in one is taken from the other: events of a change of state, and rows just made, do not tell everything. */
const filled = (channel: Channel, other: Channel): Channel => ({
  ...channel,
  callerName: channel.callerName || other.callerName,
  callerNumber: channel.callerNumber || other.callerNumber,
  destination: channel.destination || other.destination,
  context: channel.context || other.context,
  presenceId: channel.presenceId || other.presenceId,
  callUuid: channel.callUuid || other.callUuid,
  createdEpoch: channel.createdEpoch || other.createdEpoch,
})

/** A leg that has begun a moment ago, of which the switch itself does not know yet whom it calls, is no call to show. */
const isKnown = ({ state, destination }: Channel): boolean =>
  destination !== '' || (state !== 'CS_NEW' && state !== 'CS_INIT')

/** Listens for beginnings and ends of channels on every node of a port. */
export function freshChannels(port: SwitchPort): FreshChannels {
  const begun = new Map<string, { channel: Channel; atMs: number }>()
  const ended = new Map<string, number>()
  // Maps keep the order of insertion: the oldest entries are the first.
  const trim = (nowMs: number): void => {
    for (const [uuid, { atMs }] of begun) {
      if (nowMs - atMs <= lagMs) break
      begun.delete(uuid)
    }
    for (const [uuid, atMs] of ended) {
      if (nowMs - atMs <= lagMs) break
      ended.delete(uuid)
    }
  }
  port.onEvent((event, node) => {
    const uuid = event.get('Unique-ID') ?? ''
    const nowMs = Date.now()
    if (event.name === 'CHANNEL_HANGUP_COMPLETE' || event.name === 'CHANNEL_DESTROY') {
      begun.delete(uuid)
      if (!ended.has(uuid)) ended.set(uuid, nowMs)
    } else if (event.name === 'CHANNEL_CREATE' || begun.has(uuid)) {
      const before = begun.get(uuid)
      const said = channelOfDump({ get: (name: string) => event.get(name) } as ReadonlyMap<string, string>, node.name)
      // Its first context is the one it came in by.
      const channel = before
        ? { ...filled(said, before.channel), initialContext: before.channel.initialContext || said.context }
        : { ...said, initialContext: said.context }
      begun.set(uuid, { channel, atMs: before?.atMs ?? nowMs })
    }
    trim(nowMs)
  })
  // What a node told before it was lost is over; what it has now, it tells when it is asked.
  port.onState((_status, node) => {
    for (const [uuid, { channel }] of begun) if (channel.node === node.name) begun.delete(uuid)
  })
  return {
    correct(node, shown) {
      trim(Date.now())
      const rows = shown.filter(({ uuid }) => !ended.has(uuid))
      const known = new Set(rows.map(({ uuid }) => uuid))
      for (const { channel } of begun.values()) {
        if (channel.node === node && !known.has(channel.uuid)) rows.push(channel)
      }
      return rows
        .map((row) => {
          const fresh = begun.get(row.uuid)
          return fresh ? filled(row, fresh.channel) : row
        })
        .filter(isKnown)
    },
  }
}
