import type { EventLike, LegState } from './values.ts'

/** What one event or one row of `show channels` says of a channel; undefined is "not said". */
export interface ChannelFacts {
  readonly uuid: string
  /** UUID of the channel whose call this one belongs to; its own when it began a call (facts 3). */
  readonly callUuid: string
  /** The leg that made this one, if one did. */
  readonly originator: string | undefined
  /** A leg it belongs with though nobody made it for that one: the other half of a loopback, a queue's caller. */
  readonly tie: string | undefined
  readonly direction: 'inbound' | 'outbound'
  /** `sofia/internal/1201@example.test`, `loopback/9196-a`. */
  readonly name: string
  readonly state: LegState | 'ended' | undefined
  readonly answered: boolean
  readonly callerName: string
  readonly callerNumber: string
  readonly destination: string
  readonly context: string
  /** Where it began, or as near to that as is known. */
  readonly initialContext: string
  readonly presenceId: string
  readonly domainName: string | undefined
  readonly domainUuid: string | undefined
  /** Grows with every transfer (facts 7); a row does not say it. */
  readonly profileIndex: number | undefined
  /** It has been through the dialplan. */
  readonly isRouted: boolean
  readonly createdMs: number
  readonly answeredMs: number | null
  readonly endedMs: number | null
  readonly cause: string | undefined
  readonly switchName: string
  /** When the event was made, or now for a row. */
  readonly atMs: number
}

const states: Readonly<Record<string, LegState | 'ended'>> = {
  DOWN: 'new',
  RINGING: 'ringing',
  EARLY: 'early',
  ACTIVE: 'active',
  HELD: 'held',
  UNHELD: 'active',
  HANGUP: 'ended',
}

/** Names and numbers are the caller's to choose: no longer than FreeSWITCH itself shows them. */
const maxLetters = 256
const short = (text: string | undefined): string => (text ?? '').slice(0, maxLetters)

/** Microseconds of FreeSWITCH as milliseconds; 0 is "not yet". */
const micros = (text: string | undefined): number | null => {
  const value = Number(text)
  return Number.isFinite(value) && value > 0 ? Math.floor(value / 1000) : null
}

/** Events after which a leg is over, whatever its other headers say. */
const endings = new Set(['CHANNEL_HANGUP', 'CHANNEL_HANGUP_COMPLETE', 'CHANNEL_DESTROY'])

/** Events that say so in their name where the call state has not followed yet (order: facts 5). */
const named: Readonly<Record<string, LegState>> = {
  CHANNEL_PROGRESS: 'ringing',
  CHANNEL_PROGRESS_MEDIA: 'early',
  CHANNEL_ANSWER: 'active',
  CHANNEL_HOLD: 'held',
  CHANNEL_UNHOLD: 'active',
}

function stateOf(event: EventLike): LegState | 'ended' | undefined {
  if (endings.has(event.name) || event.get('Answer-State') === 'hangup') return 'ended'
  return named[event.name] ?? states[event.get('Channel-Call-State') ?? '']
}

const directionOf = (text: string | undefined): 'inbound' | 'outbound' => (text === 'outbound' ? 'outbound' : 'inbound')

/** The channel an event speaks of, or undefined when it speaks of none. */
export function channelOfEvent(event: EventLike, nowMs: number): ChannelFacts | undefined {
  const uuid = short(event.get('Unique-ID'))
  if (uuid === '') return undefined
  const text = (header: string): string => short(event.get(header))
  const atMs = micros(event.get('Event-Date-Timestamp')) ?? nowMs
  const answeredMs = micros(event.get('Caller-Channel-Answered-Time'))
  return {
    uuid,
    callUuid: event.get('Channel-Call-UUID') || uuid,
    originator:
      event.get('variable_originating_leg_uuid') ||
      (event.get('Other-Type') === 'originator' ? event.get('Other-Leg-Unique-ID') : undefined),
    tie: event.get('variable_other_loopback_leg_uuid') || event.get('variable_cc_member_session_uuid') || undefined,
    direction: directionOf(event.get('Call-Direction')),
    name: text('Channel-Name'),
    state: stateOf(event),
    answered: event.get('Answer-State') === 'answered' || answeredMs !== null,
    callerName: text('Caller-Caller-ID-Name'),
    callerNumber: text('Caller-Caller-ID-Number'),
    destination: text('Caller-Destination-Number'),
    context: text('Caller-Context'),
    initialContext: text('variable_user_context') || text('Caller-Context'),
    presenceId: text('Channel-Presence-ID'),
    domainName: event.get('variable_domain_name') || undefined,
    domainUuid: event.get('variable_domain_uuid') || undefined,
    profileIndex: Number(event.get('Caller-Profile-Index')) || undefined,
    isRouted: event.get('Channel-HIT-Dialplan') === 'true',
    createdMs: micros(event.get('Caller-Channel-Created-Time')) ?? atMs,
    answeredMs,
    endedMs: micros(event.get('Caller-Channel-Hangup-Time')),
    cause: event.get('Hangup-Cause') || event.get('variable_hangup_cause'),
    switchName: text('FreeSWITCH-Switchname'),
    atMs,
  }
}

/** The channel a row of `show channels as json` speaks of, or undefined when it is no such row. */
export function channelOfRow(row: Readonly<Record<string, string>>, nowMs: number): ChannelFacts | undefined {
  const { uuid } = row
  if (!uuid) return undefined
  const state = states[row.callstate ?? '']
  const createdMs = (Number(row.created_epoch) || 0) * 1000 || nowMs
  const answered = state === 'active' || state === 'held'
  return {
    uuid,
    callUuid: row.call_uuid || uuid,
    originator: row.call_uuid && row.call_uuid !== uuid ? row.call_uuid : undefined,
    tie: undefined,
    direction: directionOf(row.direction),
    name: short(row.name),
    state,
    answered,
    callerName: short(row.cid_name || row.initial_cid_name),
    callerNumber: short(row.cid_num || row.initial_cid_num),
    destination: short(row.dest || row.initial_dest),
    context: short(row.context),
    initialContext: short(row.initial_context || row.context),
    presenceId: short(row.presence_id),
    domainName: undefined,
    domainUuid: undefined,
    profileIndex: undefined,
    isRouted: true,
    createdMs,
    answeredMs: null,
    endedMs: null,
    cause: undefined,
    switchName: row.hostname ?? '',
    atMs: nowMs,
  }
}

const halfOf = (name: string): [base: string, half: string] | undefined => {
  const match = /^(loopback\/.*)-([ab])$/s.exec(name)
  return match ? [match[1] ?? '', match[2] ?? ''] : undefined
}

/**
 * Ties the halves of loopbacks in rows, which no column does: `loopback/9196-b` belongs with the `loopback/9196-a` of
 * the same second, where there is just one.
 */
export function tieLoopbacks(rows: readonly ChannelFacts[]): ChannelFacts[] {
  const keyOf = (base: string, facts: ChannelFacts): string => `${facts.createdMs} ${base}`
  const firsts = new Map<string, string | undefined>()
  for (const facts of rows) {
    const [base, half] = halfOf(facts.name) ?? []
    if (base === undefined || half !== 'a') continue
    const key = keyOf(base, facts)
    firsts.set(key, firsts.has(key) ? undefined : facts.uuid)
  }
  return rows.map((facts) => {
    const [base, half] = halfOf(facts.name) ?? []
    return base !== undefined && half === 'b' ? { ...facts, tie: firsts.get(keyOf(base, facts)) } : facts
  })
}
