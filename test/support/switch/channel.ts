import { randomUUID } from 'node:crypto'

/** What a test may say of a channel; everything has a likely default. */
export interface ChannelOptions {
  uuid?: string
  /** Extension whose phone this is; "" for a carrier or a loopback leg. */
  user?: string
  domain?: string
  direction?: 'inbound' | 'outbound'
  /** Dialled number. */
  dest?: string
  name?: string
  profile?: string
  callerName?: string
  callerNumber?: string
  calleeName?: string
  calleeNumber?: string
  context?: string
  dialplan?: string
  presenceId?: string
  accountcode?: string
  application?: string
  applicationData?: string
  networkAddress?: string
  /** Channel whose call this leg belongs to: `call_uuid` is its uuid. */
  callUuid?: string
  /** More channel variables, without the prefix `variable_`. */
  variables?: Record<string, string | readonly string[]>
  /** Milliseconds since the epoch; now unless said. */
  createdMs?: number
}

type CallState = 'DOWN' | 'RINGING' | 'EARLY' | 'ACTIVE' | 'HELD' | 'UNHELD' | 'RING_WAIT' | 'HANGUP'

/** One leg, as the core knows it. Change it through FakeSwitch, which also fires the events. */
export class Channel {
  readonly uuid: string
  readonly user: string
  readonly domain: string
  readonly direction: 'inbound' | 'outbound'
  readonly profile: string
  name: string
  dest: string
  callerName: string
  callerNumber: string
  calleeName: string
  calleeNumber: string
  calleeDirection = ''
  sentCalleeName = ''
  sentCalleeNumber = ''
  context: string
  dialplan: string
  presenceId: string
  accountcode: string
  application: string
  applicationData: string
  networkAddress: string
  state = 'CS_INIT'
  callstate: CallState = 'DOWN'
  answerState: 'ringing' | 'early' | 'answered' | 'hangup' = 'ringing'
  /** The `call_uuid` column: empty on a caller until its first bridge. */
  callUuid: string
  peer: Channel | undefined
  /** The leg this one was called by, also before the bridge. */
  originator: Channel | undefined
  readonly variables: Map<string, string | readonly string[]>
  readonly createdUs: number
  progressUs = 0
  answeredUs = 0
  bridgedUs = 0
  hangupUs = 0
  hangupCause = ''
  readonly recordings = new Set<string>()
  /** uuid_audio has put its bug on the leg. */
  audioBug = false
  readonly initial: Readonly<Record<string, string>>

  constructor(options: ChannelOptions, nowUs: number) {
    this.uuid = options.uuid ?? randomUUID()
    this.user = options.user ?? ''
    this.domain = options.domain ?? ''
    this.direction = options.direction ?? 'inbound'
    this.profile = options.profile ?? (this.user === '' ? 'external' : 'internal')
    this.dest = options.dest ?? (this.direction === 'outbound' ? this.user : '')
    this.callerName = options.callerName ?? `Ext ${this.user}`
    this.callerNumber = options.callerNumber ?? this.user
    this.calleeName = options.calleeName ?? (this.direction === 'outbound' ? this.dest : '')
    this.calleeNumber = options.calleeNumber ?? (this.direction === 'outbound' ? this.dest : '')
    this.context = options.context ?? (this.domain === '' ? 'public' : this.domain)
    this.dialplan = options.dialplan ?? 'XML'
    this.presenceId = options.presenceId ?? (this.user === '' ? '' : `${this.user}@${this.domain}`)
    this.accountcode = options.accountcode ?? (this.direction === 'inbound' && this.user !== '' ? this.domain : '')
    this.application = options.application ?? ''
    this.applicationData = options.applicationData ?? ''
    this.networkAddress = options.networkAddress ?? '127.0.0.1'
    this.name = options.name ?? this.#defaultName()
    this.callUuid = options.callUuid ?? ''
    this.createdUs = options.createdMs === undefined ? nowUs : options.createdMs * 1000
    this.variables = new Map(Object.entries({ ...this.#defaultVariables(), ...options.variables }))
    this.initial = {
      initial_cid_name: this.callerName,
      initial_cid_num: this.callerNumber,
      initial_ip_addr: this.networkAddress,
      initial_dest: this.dest,
      initial_dialplan: this.dialplan,
      initial_context: this.context,
    }
  }

  #defaultName(): string {
    if (this.user === '') return `sofia/${this.profile}/${this.direction === 'inbound' ? this.callerNumber : this.dest}`
    return `sofia/${this.profile}/${this.user}@${this.direction === 'inbound' ? this.domain : '127.0.0.1:6402'}`
  }

  #defaultVariables(): Record<string, string> {
    const values: Record<string, string> = { direction: this.direction, uuid: this.uuid, channel_name: this.name }
    if (this.domain !== '') values.domain_name = this.domain
    if (this.presenceId !== '') values.presence_id = this.presenceId
    if (this.accountcode !== '') values.accountcode = this.accountcode
    if (this.user !== '' && this.direction === 'inbound') {
      values.user_name = this.user
      values.user_context = this.domain
    }
    return values
  }

  /** `Channel-Call-UUID` of events: never empty. */
  get eventCallUuid(): string {
    return this.callUuid === '' ? this.uuid : this.callUuid
  }

  get codec(): boolean {
    return this.direction === 'inbound' || this.answeredUs > 0
  }

  /** Its row in the core's channel table: the 38 columns of `show channels`, in their order (facts 3). */
  row(switchname: string): Record<string, string> {
    const codec = this.codec ? ['PCMU', '8000', '64000'] : ['', '', '']
    return {
      uuid: this.uuid,
      direction: this.direction,
      created: localTime(this.createdUs),
      created_epoch: String(Math.floor(this.createdUs / 1e6)),
      name: this.name,
      state: this.state,
      cid_name: this.callerName,
      cid_num: this.callerNumber,
      ip_addr: this.networkAddress,
      dest: this.dest,
      application: this.application,
      application_data: this.applicationData,
      dialplan: this.dialplan,
      context: this.context,
      read_codec: codec[0] as string,
      read_rate: codec[1] as string,
      read_bit_rate: codec[2] as string,
      write_codec: codec[0] as string,
      write_rate: codec[1] as string,
      write_bit_rate: codec[2] as string,
      secure: '',
      hostname: switchname,
      presence_id: this.presenceId,
      presence_data: '',
      accountcode: this.accountcode,
      callstate: this.callstate,
      callee_name: this.calleeName,
      callee_num: this.calleeNumber,
      callee_direction: this.calleeDirection,
      call_uuid: this.callUuid,
      sent_callee_name: this.sentCalleeName,
      sent_callee_num: this.sentCalleeNumber,
      ...this.initial,
    }
  }
}

/** Time as the core writes it into its tables: local, without zone (the fake's zone is UTC). */
export function localTime(us: number): string {
  return new Date(us / 1000).toISOString().slice(0, 19).replace('T', ' ')
}
