import type { ShownRow } from './scan-rows.ts'

/** One leg of a call as FreeSWITCH tells of it, from `show channels as json`, `uuid_dump` or events. */
export interface Channel {
  readonly uuid: string
  /** Name of the node it lives on. */
  readonly node: string
  /** FreeSWITCH's view of the leg: what a phone or carrier sends in is inbound. */
  readonly direction: string
  readonly createdEpoch: number
  /** `sofia/internal/1201@example.test`, `loopback/9196-a`. */
  readonly name: string
  /** `CS_EXECUTE` and the like. */
  readonly state: string
  /** RINGING, EARLY, ACTIVE, HELD. */
  readonly callState: string
  readonly callerName: string
  readonly callerNumber: string
  readonly destination: string
  readonly application: string
  readonly applicationData: string
  readonly context: string
  /** Context it came in by; `public` for a carrier's. */
  readonly initialContext: string
  readonly presenceId: string
  /** UUID of the call's first leg; empty while it is in no call with another. */
  readonly callUuid: string
}

/** Text of a value that FreeSWITCH sent: a repeated header is an array, whose first entry counts. */
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : Array.isArray(value) && typeof value[0] === 'string' ? value[0] : ''

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** True for text that is a channel's UUID, of any version (facts 6.2). */
export const isChannelUuid = (text: string): boolean => uuidShape.test(text)

/**
 * A row of `show channels as json`; undefined for what has no UUID. Written out by column because a list has thousands:
 * all rows have one shape, so that each of these is a load from a known place.
 */
export function channelOfRow(row: ShownRow, node: string): Channel | undefined {
  const uuid = textOf(row.uuid)
  if (!isChannelUuid(uuid)) return undefined
  return {
    uuid,
    node,
    direction: textOf(row.direction),
    createdEpoch: Number.parseInt(textOf(row.created_epoch), 10) || 0,
    name: textOf(row.name),
    state: textOf(row.state),
    callState: textOf(row.callstate),
    // A row that FreeSWITCH has just made has only the initial ones.
    callerName: textOf(row.cid_name) || textOf(row.initial_cid_name),
    callerNumber: textOf(row.cid_num) || textOf(row.initial_cid_num),
    destination: textOf(row.dest) || textOf(row.initial_dest),
    application: textOf(row.application),
    applicationData: textOf(row.application_data),
    context: textOf(row.context),
    initialContext: textOf(row.initial_context),
    presenceId: textOf(row.presence_id),
    callUuid: textOf(row.call_uuid),
  }
}

/** The headers and variables of one channel, as `uuid_dump UUID json` tells them. Names come from callers too, so it is a Map. */
export type Dump = ReadonlyMap<string, string>

/** Reads `uuid_dump UUID json`; undefined for `-ERR No such channel!` and anything else that is no dump. */
export function readDump(text: string): Dump | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const dump = new Map(Object.entries(JSON.parse(text)).map(([name, value]) => [name, textOf(value)]))
    return isChannelUuid(dump.get('Unique-ID') ?? '') ? dump : undefined
  } catch {
    return undefined
  }
}

/** A dump, or an event of the channel, as the row that `show` will have once it caught up. */
export function channelOfDump(dump: { get(name: string): string | undefined }, node: string): Channel {
  const text = (name: string): string => dump.get(name) ?? ''
  return {
    uuid: text('Unique-ID'),
    node,
    direction: text('Call-Direction'),
    // Microseconds.
    createdEpoch: Math.trunc(Number(text('Caller-Channel-Created-Time')) / 1e6) || 0,
    name: text('Channel-Name'),
    state: text('Channel-State'),
    callState: text('Channel-Call-State'),
    callerName: text('Caller-Caller-ID-Name'),
    callerNumber: text('Caller-Caller-ID-Number'),
    destination: text('Caller-Destination-Number'),
    application: text('variable_current_application'),
    applicationData: text('variable_current_application_data'),
    context: text('Caller-Context'),
    initialContext: text('Caller-Context'),
    presenceId: text('Channel-Presence-ID'),
    callUuid: text('Channel-Call-UUID'),
  }
}
