import type { NewRow } from '../rows.ts'
import type { DemoExtension, Tenant } from './tenant.ts'

/** How a leg ended, in the words of the switch and of FusionPBX's importer. */
interface Outcome {
  status: string
  cause: string
  q850: number
  dispositions: readonly string[]
  /** Absent: the importer says nothing about it. */
  missed?: boolean
}

const clearing = { cause: 'NORMAL_CLEARING', q850: 16 }

/** The outcomes that occur. A call left in voicemail or given up in a queue was answered by the switch, yet missed. */
export const outcomes = {
  answered: { ...clearing, status: 'answered', dispositions: ['send_bye', 'recv_bye'], missed: false },
  voicemail: { ...clearing, status: 'voicemail', dispositions: ['recv_bye'], missed: true },
  abandoned: { ...clearing, status: 'missed', dispositions: ['recv_bye'], missed: true },
  missed: { status: 'missed', cause: 'ORIGINATOR_CANCEL', q850: 16, dispositions: ['recv_cancel'], missed: true },
  cancelled: { status: 'cancelled', cause: 'ORIGINATOR_CANCEL', q850: 16, dispositions: ['recv_cancel'] },
  busy: { status: 'busy', cause: 'USER_BUSY', q850: 17, dispositions: ['recv_refuse'] },
  unanswered: { status: 'no_answer', cause: 'NO_ANSWER', q850: 19, dispositions: ['send_refuse'] },
  unallocated: { status: 'failed', cause: 'UNALLOCATED_NUMBER', q850: 1, dispositions: ['recv_refuse'] },
  unreachable: { status: 'failed', cause: 'NORMAL_TEMPORARY_FAILURE', q850: 41, dispositions: ['send_refuse'] },
} as const satisfies Record<string, Outcome>

export type OutcomeName = keyof typeof outcomes

/** One leg of a call, before it is written as a row. */
export interface Leg {
  uuid: string
  side: 'a' | 'b'
  direction: 'inbound' | 'outbound' | 'local'
  outcome: OutcomeName
  /** Seconds since 1970. */
  start: number
  ringSeconds: number
  /** Seconds from answer to end; 0 when nobody answered. */
  talkSeconds: number
  /** The extension the importer finds: the called one, or on a call to outside the calling one. */
  extension?: DemoExtension | undefined
  caller: { name: string; number: string }
  destination: string
  /** What only some calls have. */
  more?: NewRow
}

const stamp = (epoch: number) => new Date(epoch * 1000).toISOString()

/** Where the archive keeps the recording of a call: a folder for each day, as in 2026/Nov/05. */
function recording(tenant: Tenant, leg: Leg): NewRow {
  const [, day, month, year] = new Date(leg.start * 1000).toUTCString().split(/[ ,]+/)
  const path = `/var/lib/freeswitch/recordings/${tenant.domain.name}/archive/${year}/${month}/${day}`
  return { record_path: path, record_name: `${leg.uuid}.wav`, record_length: leg.talkSeconds }
}

/**
 * The row FusionPBX's importer would write: `duration` holds the talk time, an unanswered call was "answered" in 1970,
 * and `context` stays empty.
 */
export function legRow(tenant: Tenant, leg: Leg): NewRow {
  const { random, domain } = tenant
  const outcome: Outcome = outcomes[leg.outcome]
  const answered = leg.talkSeconds > 0
  const answer = answered ? leg.start + leg.ringSeconds : 0
  const end = leg.start + leg.ringSeconds + leg.talkSeconds
  const talkMs = answered ? leg.talkSeconds * 1000 - random.between(0, 499) : 0
  const wideband = leg.direction === 'local' && random.chance(0.6)
  const codec = wideband ? 'G722' : 'PCMU'
  const rate = wideband ? '16000' : '8000'
  const address = leg.direction === 'local' ? `192.0.2.${random.between(10, 60)}` : `203.0.113.${random.between(5, 9)}`
  const recorded = answered && leg.side === 'a' && leg.outcome === 'answered' && random.chance(0.06)
  return {
    xml_cdr_uuid: leg.uuid,
    domain_uuid: domain.uuid,
    extension_uuid: leg.extension?.uuid,
    sip_call_id: random.uuid(),
    domain_name: domain.name,
    direction: leg.direction,
    caller_id_name: leg.caller.name,
    caller_id_number: leg.caller.number,
    destination_number: leg.destination,
    start_epoch: leg.start,
    start_stamp: stamp(leg.start),
    answer_epoch: answer,
    answer_stamp: stamp(answer),
    end_epoch: end,
    end_stamp: stamp(end),
    duration: leg.talkSeconds,
    mduration: talkMs,
    billsec: leg.talkSeconds,
    billmsec: talkMs,
    hold_accum_seconds: answered && random.chance(0.05) ? random.between(5, 60) : 0,
    read_codec: codec,
    read_rate: rate,
    write_codec: codec,
    write_rate: rate,
    remote_media_ip: address,
    network_addr: address,
    leg: leg.side,
    pdd_ms: random.between(20, 2500),
    rtp_audio_in_mos: answered ? random.pick([4.5, 4.5, 4.5, 4.4, 4.3, 4.1, 3.8]) : undefined,
    voicemail_message: leg.outcome === 'voicemail',
    missed_call: outcome.missed,
    waitsec: answered ? leg.ringSeconds : 0,
    status: outcome.status,
    hangup_cause: outcome.cause,
    hangup_cause_q850: outcome.q850,
    sip_hangup_disposition: random.pick(outcome.dispositions),
    insert_date: stamp(end + 2),
    ...(recorded ? recording(tenant, leg) : {}),
    ...leg.more,
  }
}
