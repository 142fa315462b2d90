import type { Channel } from './channel.ts'
import type { Headers } from './wire.ts'

/** What every event of one FreeSWITCH process begins with. */
export interface Core {
  readonly uuid: string
  readonly hostname: string
  readonly switchname: string
}

const callingPlaces: Readonly<Record<string, readonly [string, string, string]>> = {
  CHANNEL_CREATE: ['switch_core_state_machine.c', 'switch_core_session_run', '626'],
  CHANNEL_CALLSTATE: ['switch_channel.c', 'switch_channel_perform_set_callstate', '302'],
  CHANNEL_BRIDGE: ['switch_ivr_bridge.c', 'switch_ivr_multi_threaded_bridge', '1689'],
  CHANNEL_HANGUP_COMPLETE: ['switch_core_state_machine.c', 'switch_core_session_reporting_state', '943'],
  CHANNEL_DESTROY: ['switch_core_session.c', 'switch_core_session_perform_destroy', '1588'],
  BACKGROUND_JOB: ['mod_event_socket.c', 'api_exec', '1580'],
  HEARTBEAT: ['switch_core.c', 'send_heartbeat', '95'],
  SHUTDOWN: ['switch_core.c', 'switch_core_destroy', '3033'],
  'sofia::gateway_state': ['sofia_reg.c', 'sofia_reg_fire_custom_gateway_state_event', '156'],
}

/** The headers from Core-UUID to Event-Sequence, as in the captures. */
export function coreHeaders(core: Core, name: string, nowUs: number, sequence: number): Headers {
  const date = new Date(nowUs / 1000)
  const [file, place, line] = callingPlaces[name] ?? ['switch_channel.c', 'switch_channel_perform_set', '1']
  return [
    ['Core-UUID', core.uuid],
    ['FreeSWITCH-Hostname', core.hostname],
    ['FreeSWITCH-Switchname', core.switchname],
    ['FreeSWITCH-IPv4', '192.0.2.2'],
    ['FreeSWITCH-IPv6', 'fd00::2'],
    ['Event-Date-Local', date.toISOString().slice(0, 19).replace('T', ' ')],
    ['Event-Date-GMT', date.toUTCString()],
    ['Event-Date-Timestamp', String(nowUs)],
    ['Event-Calling-File', file],
    ['Event-Calling-Function', place],
    ['Event-Calling-Line-Number', line],
    ['Event-Sequence', String(sequence)],
  ]
}

const stateNumbers: Readonly<Record<string, string>> = {
  CS_NEW: '0',
  CS_INIT: '2',
  CS_ROUTING: '3',
  CS_SOFT_EXECUTE: '4',
  CS_EXECUTE: '4',
  CS_EXCHANGE_MEDIA: '5',
  CS_PARK: '6',
  CS_CONSUME_MEDIA: '7',
  CS_HANGUP: '10',
  CS_REPORTING: '11',
}

/** The headers of a channel, its caller profile, and the other leg if it has one; variables unless `bare`. */
export function channelHeaders(channel: Channel, bare: boolean): Headers {
  const other = channel.peer ?? channel.originator
  const headers: Headers = [
    ['Channel-State', channel.state],
    ['Channel-Call-State', channel.callstate],
    ['Channel-State-Number', stateNumbers[channel.state] ?? '0'],
    ['Channel-Name', channel.name],
    ['Unique-ID', channel.uuid],
    ['Call-Direction', channel.direction],
    ['Presence-Call-Direction', channel.direction],
    ['Channel-HIT-Dialplan', String(channel.direction === 'inbound')],
  ]
  if (channel.presenceId !== '') headers.push(['Channel-Presence-ID', channel.presenceId])
  headers.push(['Channel-Call-UUID', channel.eventCallUuid], ['Answer-State', channel.answerState])
  if (channel.hangupCause !== '') headers.push(['Hangup-Cause', channel.hangupCause])
  if (channel.codec) headers.push(...codecHeaders)
  headers.push(...profileHeaders('Caller', channel))
  if (other !== undefined) {
    headers.push(['Other-Type', other === channel.originator ? 'originator' : 'originatee'])
    headers.push(...profileHeaders('Other-Leg', other))
  }
  return bare ? headers : [...headers, ...variableHeaders(channel)]
}

const codecHeaders: Headers = ['Read', 'Write'].flatMap((way) => [
  [`Channel-${way}-Codec-Name`, 'PCMU'],
  [`Channel-${way}-Codec-Rate`, '8000'],
  [`Channel-${way}-Codec-Bit-Rate`, '64000'],
])

function profileHeaders(prefix: 'Caller' | 'Other-Leg', channel: Channel): Headers {
  const created = String(channel.createdUs)
  const pairs: [string, string][] = [
    ['Direction', channel.direction],
    ['Logical-Direction', channel.direction],
    ['Username', channel.originator?.user ?? channel.user],
    ['Dialplan', channel.dialplan],
    ['Caller-ID-Name', channel.callerName],
    ['Caller-ID-Number', channel.callerNumber],
    ['Orig-Caller-ID-Name', channel.initial.initial_cid_name ?? ''],
    ['Orig-Caller-ID-Number', channel.initial.initial_cid_num ?? ''],
    ['Callee-ID-Name', channel.calleeName],
    ['Callee-ID-Number', channel.calleeNumber],
    ['Network-Addr', channel.networkAddress],
    ['ANI', channel.callerNumber],
    ['Destination-Number', channel.dest],
    ['Unique-ID', channel.uuid],
    ['Source', channel.name.startsWith('loopback/') ? 'mod_loopback' : 'mod_sofia'],
    ['Context', channel.context],
    ['Channel-Name', channel.name],
    ['Profile-Index', prefix === 'Caller' ? '1' : ''],
    ['Profile-Created-Time', created],
    ['Channel-Created-Time', created],
    ['Channel-Answered-Time', String(channel.answeredUs)],
    ['Channel-Progress-Time', String(channel.progressUs)],
    ['Channel-Progress-Media-Time', '0'],
    ['Channel-Hangup-Time', String(channel.hangupUs)],
    ['Channel-Transfer-Time', '0'],
    ['Channel-Resurrect-Time', '0'],
    ['Channel-Bridged-Time', String(channel.bridgedUs)],
    ['Channel-Last-Hold', '0'],
    ['Channel-Hold-Accum', '0'],
    ['Screen-Bit', 'true'],
    ['Privacy-Hide-Name', 'false'],
    ['Privacy-Hide-Number', 'false'],
  ]
  // FreeSWITCH leaves out what is not set; it never sends an empty profile header.
  return pairs.filter(([, value]) => value !== '').map(([name, value]) => [`${prefix}-${name}`, value])
}

function variableHeaders(channel: Channel): Headers {
  return [...channel.variables].map(([name, value]) => [`variable_${name}`, value])
}

/** The variables a channel has when it is over, which its HANGUP_COMPLETE carries. */
export function endVariables(channel: Channel): Record<string, string> {
  const seconds = (us: number) => String(Math.floor(us / 1e6))
  const billUs = channel.answeredUs === 0 ? 0 : channel.hangupUs - channel.answeredUs
  return {
    hangup_cause: channel.hangupCause,
    start_epoch: seconds(channel.createdUs),
    start_uepoch: String(channel.createdUs),
    answer_epoch: seconds(channel.answeredUs),
    answer_uepoch: String(channel.answeredUs),
    bridge_epoch: seconds(channel.bridgedUs),
    bridge_uepoch: String(channel.bridgedUs),
    end_epoch: seconds(channel.hangupUs),
    end_uepoch: String(channel.hangupUs),
    duration: String(Math.floor(channel.hangupUs / 1e6) - Math.floor(channel.createdUs / 1e6)),
    billsec: billUs === 0 ? '0' : String(Math.floor(channel.hangupUs / 1e6) - Math.floor(channel.answeredUs / 1e6)),
    billmsec: String(Math.floor(billUs / 1000)),
  }
}
