import type { Channel } from './channel.ts'
import { gatewayXml, registrationsXml } from './contacts.ts'
import type { SwitchCore } from './core.ts'
import { show } from './show.ts'
import { textStatus } from './sofia-text.ts'
import { json, plainDump } from './wire.ts'

/** What the fake itself knows beside the core's state. */
export interface ApiWorld {
  readonly core: SwitchCore
  readonly version: string
  readonly directory: ReadonlyMap<string, { var?: Record<string, string>; param?: Record<string, string> }>
  readonly globals: Map<string, string>
  readonly memcache: Map<string, string>
  /** Profiles that exist. */
  readonly profiles: readonly string[]
  /** Users cached from mod_xml_curl, as USER@DOMAIN. */
  readonly cachedUsers: Set<string>
  /** Answers of phones to `originate`: called with the dial string, gives a failure cause or undefined for an answer. */
  readonly dialled: (dialString: string) => string | undefined
  /** Queues, agents and such for callcenter_config: answered here, by the whole argument text. */
  readonly callcenter: Map<string, string>
}

/** One API command: takes the text behind its name, gives the text FreeSWITCH would print. */
export type Api = (world: ApiWorld, text: string) => string | Promise<string>

const noChannel = '-ERR No such channel!\n'
const noSession = '-ERR Cannot locate session!\n'

function split(text: string): string[] {
  return text.split(' ').filter((word) => word !== '')
}

/** Runs on the channel named by the first word. */
function onChannel(
  usage: string,
  missing: string,
  run: (channel: Channel, rest: string[], world: ApiWorld, text: string) => string,
): Api {
  return (world, text) => {
    const [uuid, ...rest] = split(text)
    if (uuid === undefined) return usage
    const channel = world.core.channels.get(uuid)
    return channel === undefined ? missing : run(channel, rest, world, text.slice(text.indexOf(uuid) + uuid.length + 1))
  }
}

function uuidTransfer(channel: Channel, words: string[], { core }: ApiWorld): string {
  const flag = words[0] === '-bleg' || words[0] === '-both' ? words.shift() : undefined
  const [dest = '', dialplan, context] = words
  const other = channel.peer
  const both = [channel, other].filter((leg) => leg !== undefined)
  const moved = flag === '-both' ? both : flag === '-bleg' ? both.slice(1) : [channel]
  // The leg left behind has nobody to talk to: the dialplan that bridged it is over.
  const left = both.filter((leg) => !moved.includes(leg))
  core.unbridge(channel)
  for (const leg of left) core.hangup(leg)
  for (const leg of moved) core.route(leg, dest, dialplan ?? leg.dialplan, context ?? leg.context)
  return '+OK\n'
}

const uuidBridge: Api = ({ core }, text) => {
  const [one, two] = split(text)
  if (one === undefined || two === undefined) return '-USAGE: <uuid> <other_uuid>\n'
  const [a, b] = [core.channels.get(one), core.channels.get(two)]
  if (a === undefined || b === undefined) return '-ERR Invalid uuid\n'
  const left = [a.peer, b.peer].filter((leg) => leg !== undefined && leg !== a && leg !== b)
  core.bridge(a, b)
  for (const leg of left) if (leg !== undefined) core.hangup(leg)
  Object.assign(a, { state: 'CS_SOFT_EXECUTE', application: 'uuid_bridge', applicationData: b.uuid })
  Object.assign(b, { application: 'uuid_bridge', applicationData: a.uuid })
  core.changed(a)
  core.changed(b)
  return `+OK ${b.uuid}\n`
}

const uuidHold: Api = (world, text) => {
  const words = split(text)
  const verb = words[0] === 'off' || words[0] === 'toggle' ? words.shift() : 'on'
  if (words[0] === undefined) return '-USAGE: [off|toggle] <uuid> [<display>]\n-ERR Operation failed\n'
  const channel = world.core.channels.get(words[0])
  // Facts 2: +OK Success for an unknown call too.
  if (channel !== undefined) {
    const held = channel.callstate === 'HELD'
    const on = verb === 'toggle' ? !held : verb === 'on'
    if (on !== held) world.core.hold(channel, on)
  }
  return '+OK Success\n'
}

function uuidRecord(channel: Channel, words: string[], world: ApiWorld): string {
  const [verb, path = ''] = words
  if (verb === 'start') {
    if (path.startsWith('/proc/')) return '-ERR Cannot record session!\n'
    channel.recordings.add(path)
    world.core.fireChannel('RECORD_START', channel, [['Record-File-Path', path]])
    return '+OK Success\n'
  }
  if (verb !== 'stop') return '+OK Success\n'
  if (path !== 'all' && !channel.recordings.delete(path)) return '-ERR Cannot stop record session!\n'
  world.core.fireChannel('RECORD_STOP', channel, [['Record-File-Path', path]])
  return '+OK Success\n'
}

const originate: Api = (world, text) => {
  const match = /^((?:\{[^}]*\}|<[^>]*>|\[[^\]]*\])*[^ ]+) ([^ ]+)(.*)$/s.exec(text)
  if (match === null) return usages.originate as string
  const [, dial = '', target = '', tail = ''] = match
  const cause = world.dialled(dial)
  // Nobody there: no leg is made at all.
  if (cause === 'USER_NOT_REGISTERED') return `-ERR ${cause}\n`
  const variables = dialVariables(dial)
  const endpoint = dial.replace(/^(\{[^}]*\}|\[[^\]]*\])*/, '')
  const user = /^user\/([^@]+)@(.+)$/.exec(endpoint)
  const [dialplan, context] = split(tail)
  const leg = world.core.create({
    direction: 'outbound',
    ...(variables.origination_uuid === undefined ? {} : { uuid: variables.origination_uuid }),
    user: user?.[1] ?? '',
    domain: user?.[2] ?? '',
    dest: user?.[1] ?? endpoint,
    callerName: variables.origination_caller_id_name ?? '',
    callerNumber: variables.origination_caller_id_number ?? '0000000000',
    // Facts 3: an originated leg's context is `default`.
    context: 'default',
    presenceId: variables.presence_id ?? (user === null ? '' : `${user[1]}@${user[2]}`),
    callUuid: variables.origination_uuid ?? '',
    variables,
  })
  leg.callUuid = leg.uuid
  world.core.progress(leg)
  if (cause !== undefined) {
    world.core.hangup(leg, cause)
    return `-ERR ${cause}\n`
  }
  world.core.answer(leg)
  // After its answer the leg is shown as the caller: its number and the caller ID change places.
  Object.assign(leg, { callerNumber: leg.dest, calleeNumber: leg.callerNumber })
  world.core.fireChannel('CALL_UPDATE', leg)
  if (target.startsWith('&')) {
    const [, application = '', data = ''] = /^&([^(]+)\(?(.*?)\)?$/.exec(target) ?? []
    world.core.execute(leg, application, data)
  } else world.core.route(leg, target, dialplan ?? 'XML', context ?? 'default')
  return `+OK ${leg.uuid}\n`
}

/** Variables of `{a=b,c='d e'}` and `{^^;a=b;c=d}`. */
function dialVariables(dial: string): Record<string, string> {
  const inside = /^\{([^}]*)\}/.exec(dial)?.[1]
  if (inside === undefined) return {}
  const separator = inside.startsWith('^^') ? (inside[2] as string) : ','
  const list = inside.startsWith('^^') ? inside.slice(3) : inside
  const pairs = list.split(separator).map((pair) => {
    const at = pair.indexOf('=')
    return [
      pair.slice(0, at).trim(),
      pair
        .slice(at + 1)
        .replace(/^'(.*)'$/s, '$1')
        .replace(/\\(.)/g, '$1'),
    ] as const
  })
  return Object.fromEntries(pairs)
}

const sofia: Api = (world, text) => {
  const [verb, ...words] = split(text)
  if (verb === undefined) return 'USAGE:\n'
  if (verb === 'profile') return sofiaProfile(world, words)
  if (verb === 'jsonstatus') return `${JSON.stringify(jsonStatus(world), null, '\t').replaceAll('": ', '":\t')}\n`
  if (verb === 'xmlstatus') return xmlStatus(world, words)
  if (verb === 'status') return textStatus(world, words)
  return `Unknown Command [${verb}]\n`
}

function sofiaProfile(world: ApiWorld, [profile, verb, name]: string[]): string {
  if (profile === undefined || verb === undefined) return 'Invalid Args!\n'
  if (verb === 'killgw') {
    if (name === undefined) return '-ERR missing gw name\n'
    return world.core.dropGateway(name) ? '+OK gateway marked for deletion.\n' : '-ERR no such gateway.\n'
  }
  if (!world.profiles.includes(profile)) return `Invalid Profile [${profile}]`
  if (verb === 'rescan') {
    for (const each of world.core.gatewayConfiguration.values()) loadMissing(world, profile, each.name)
    return 'Reload XML [Success]\n+OK scan complete\n'
  }
  if (verb === 'startgw') {
    loadMissing(world, profile, name ?? '')
    return `Reload XML [Success]\n+OK start gateway ${name} complete\n`
  }
  if (verb === 'register' || verb === 'unregister') return sofiaRegister(world, verb, name ?? '')
  if (verb === 'flush_inbound_reg') {
    for (const each of world.core.registrations) {
      const meant = name === undefined || name === each.callId || name === `${each.user}@${each.domain}`
      if (meant) world.core.forget(each, 'flush')
    }
    const what = name === undefined ? '' : ' matching specified call_id'
    return `+OK flushing all registrations${what}\n`
  }
  if (verb === 'check_sync')
    return `+OK syncing all registrations${name === undefined ? '' : ' matching specified call_id'}\n`
  return '-ERR Unknown command!\n'
}

function loadMissing(world: ApiWorld, profile: string, name: string): void {
  const settings = world.core.gatewayConfiguration.get(name)
  if (settings === undefined || world.core.gateways.has(name)) return
  if ((settings.profile ?? 'external') === profile) world.core.loadGateway(settings)
}

function sofiaRegister(world: ApiWorld, verb: string, name: string): string {
  const gateway = world.core.gateways.get(name)
  if (gateway === undefined) return 'Invalid gateway!\n'
  if (gateway.state === 'NOREG') return `-ERR NOREG gateway [${name}] can't be registered!\n`
  if (verb === 'register') {
    world.core.setGatewayState(name, 'TRYING', 'UP')
    world.core.setGatewayState(name, 'REGED')
  } else world.core.setGatewayState(name, 'DOWN', 'UP')
  return '+OK\n'
}

function xmlStatus(world: ApiWorld, words: string[]): string {
  const [what, name, sub, argument] = words
  const { core } = world
  if (what === undefined) return overview(world)
  if (what === 'gateway' && name === undefined) {
    const all = [...core.gateways.values()].map((each) => gatewayXml(each)).join('')
    return `<?xml version="1.0" encoding="ISO-8859-1"?>\n<gateways>\n${all}</gateways>\n`
  }
  if (what === 'gateway') {
    const gateway = core.gateways.get(name as string)
    return gateway === undefined
      ? 'Invalid Gateway!\n'
      : `<?xml version="1.0" encoding="ISO-8859-1"?>\n${gatewayXml(gateway)}`
  }
  if (what !== 'profile' || !world.profiles.includes(name ?? '')) return 'Invalid Profile!\n'
  const list = core.registrations.filter((each) => each.profile === name)
  if (sub === 'reg') {
    const found = list.filter((each) => argument === undefined || each.contact.includes(argument))
    return registrationsXml(found, core.core.switchname)
  }
  if (sub === 'user') {
    const found = list.filter((each) => `${each.user}@${each.domain}`.endsWith(argument ?? ''))
    return registrationsXml(found, core.core.switchname)
  }
  return `<?xml version="1.0" encoding="ISO-8859-1"?>\n<profile>\n  <profile-info>\n    <name>${name}</name>\n    <registrations>${list.length}</registrations>\n  </profile-info>\n</profile>\n`
}

function overview(world: ApiWorld): string {
  const parts = ['<?xml version="1.0" encoding="ISO-8859-1"?>\n<profiles>\n']
  for (const profile of world.profiles) {
    const port = profile === 'external' ? 5080 : 5060
    parts.push(
      `<profile>\n<name>${profile}</name>\n<type>profile</type>\n<data>sip:mod_sofia@127.0.0.1:${port}</data>\n<state>RUNNING (0)</state>\n</profile>\n`,
    )
    for (const gateway of world.core.gateways.values()) {
      if (gateway.profile !== profile) continue
      const retry = gateway.retrySeconds === undefined ? '' : ` (retry: ${gateway.retrySeconds}s)`
      parts.push(
        `<gateway>\n<name>${gateway.name}</name>\n<type>gateway</type>\n<data>sip:${gateway.username}@${gateway.proxy}</data>\n<state>${gateway.state}</state>\n</gateway>\n${retry}\n`,
      )
    }
  }
  return `${parts.join('')}</profiles>\n`
}

function jsonStatus(world: ApiWorld): unknown {
  const gateways = (profile: string) =>
    [...world.core.gateways.values()]
      .filter((each) => each.profile === profile)
      .map((each) => [each.name, { type: 'gateway', data: `sip:${each.username}@${each.proxy}`, state: each.state }])
  const profiles = world.profiles.map((name) => {
    const url = `sip:mod_sofia@127.0.0.1:${name === 'external' ? 5080 : 5060}`
    const own = gateways(name)
    const status = { type: 'profile', state: 'RUNNING', 'in-use': 0, data: url }
    const info = { 'domain-name': 'N/A', dialplan: 'XML', context: 'public', 'rtp-ip': ['127.0.0.1'], url }
    return [name, { status, ...(own.length === 0 ? {} : { gateways: Object.fromEntries(own) }), info }]
  })
  return { profiles: Object.fromEntries(profiles) }
}

const memcache: Api = (world, text) => {
  const [verb, key = '', ...value] = split(text)
  const held = world.memcache.get(key)
  if (verb === 'get') return held ?? '-ERR NOT FOUND\n'
  if (verb === 'delete') return world.memcache.delete(key) ? '+OK\n' : '-ERR NOT FOUND\n'
  if (verb === 'set' || verb === 'add' || verb === 'replace') {
    world.memcache.set(key, value[0] ?? '')
    return '+OK\n'
  }
  if (verb === 'flush') {
    world.memcache.clear()
    return '+OK\n'
  }
  if (verb === 'status') return 'Lib version: 1.1.4\nServers: 1\n  127.0.0.1 (11211)\n'
  return '-ERR\nmemcache <set|replace|add> <key> <value> [expiration [flags]]\nmemcache <get|getflags> <key>\nmemcache <delete> <key>\nmemcache <increment|decrement> <key> [offset [expires [flags]]]\nmemcache <flush>\nmemcache <status> [verbose]\n\n'
}

const xmlFlushCache: Api = (world, text) => {
  const [, user, domain] = split(text)
  if (user === undefined) {
    const count = world.cachedUsers.size
    world.cachedUsers.clear()
    return cleared(count)
  }
  return cleared(world.cachedUsers.delete(`${user}@${domain}`) ? 1 : 0)
}

function cleared(count: number): string {
  return `+OK cleared ${count} ${count === 1 ? 'entry' : 'entries'}\n`
}

function status(world: ApiWorld): string {
  const up = Date.now() - world.core.startedMs
  const parts = [0, Math.floor(up / 86_400_000), Math.floor(up / 3_600_000) % 24, Math.floor(up / 60_000) % 60]
  const [years, days, hours, minutes] = parts
  const seconds = Math.floor(up / 1000) % 60
  const short = world.version.replace(/~.*/, '')
  return (
    `UP ${years} years, ${days} days, ${hours} hours, ${minutes} minutes, ${seconds} seconds, ${up % 1000} milliseconds, 0 microseconds\n` +
    `FreeSWITCH (Version ${short}  64bit) is ready\n${world.core.sessionsSinceStart} session(s) since startup\n` +
    `${world.core.channels.size} session(s) - peak ${world.core.channels.size}, last 5min 0 \n` +
    '0 session(s) per Sec out of max 100, peak 0, last 5min 0 \n2000 session(s) max\nmin idle cpu 0.00/94.50\n' +
    'Current Stack Size/Max 240K/8192K\n'
  )
}

const usages: Readonly<Record<string, string>> = {
  originate:
    '-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]\n',
}

/** Every API the fake knows; anything else is `-ERR x Command not found!`. */
export const apis: Readonly<Record<string, Api>> = {
  show: ({ core }, text) => show(core.tables(), text),
  uuid_exists: ({ core }, text) => String(core.channels.has(text.trim())),
  uuid_getvar: onChannel('-USAGE: <uuid> <var>\n', noChannel, (channel, [name = '']) => {
    const value = channel.variables.get(name)
    return value === undefined ? '_undef_' : typeof value === 'string' ? value : `ARRAY::${value.join('|:')}`
  }),
  uuid_setvar: onChannel('-USAGE: <uuid> <var> [value]\n', noChannel, (channel, [name = ''], _world, rest) => {
    const value = rest.slice(rest.indexOf(name) + name.length + 1)
    if (value === '') channel.variables.delete(name)
    else channel.variables.set(name, value)
    return '+OK\n'
  }),
  uuid_dump: onChannel('-USAGE: <uuid> [format]\n', noChannel, (channel, [format], { core }) => {
    const headers = core.dump(channel)
    return format === 'json'
      ? `{${headers.map(([name, value]) => `${json(name)}:${json(value)}`).join(',')}}`
      : plainDump(headers)
  }),
  uuid_kill: onChannel('-USAGE: <uuid> [cause]\n', noChannel, (channel, [cause], { core }) => {
    core.hangup(channel, cause ?? 'MANAGER_REQUEST')
    return '+OK\n'
  }),
  uuid_transfer: onChannel(
    '-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n',
    noChannel,
    uuidTransfer,
  ),
  uuid_hold: uuidHold,
  uuid_park: onChannel('-USAGE: <uuid>\n', noChannel, (channel, _words, { core }) => {
    core.park(channel)
    return '+OK\n'
  }),
  uuid_bridge: uuidBridge,
  uuid_broadcast: onChannel(
    '-USAGE: <uuid> <path> [aleg|bleg|holdb|both]\n',
    '-ERR invalid uuid\n',
    () => '+OK Message sent\n',
  ),
  uuid_record: onChannel('-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>]\n', noSession, uuidRecord),
  uuid_send_dtmf: onChannel(
    '-USAGE: <uuid> <dtmf_data>\n',
    noSession,
    (channel, [digits]) => `+OK ${channel.uuid} sent DTMF ${digits}.`,
  ),
  uuid_recv_dtmf: onChannel(
    '-USAGE: <uuid> <dtmf_data>\n',
    noSession,
    (channel, [digits]) => `+OK ${channel.uuid} received DTMF ${digits}.`,
  ),
  uuid_audio: onChannel(
    '-USAGE: <uuid> [start [read|write] [mute|level <level>]|stop]\n',
    noChannel,
    (channel, words) => {
      channel.audioBug = words[0] === 'start'
      return '+OK\n'
    },
  ),
  uuid_break: onChannel('-USAGE: <uuid> [all]\n', noChannel, () => '+OK\n'),
  uuid_answer: onChannel('-ERROR\n', '-ERROR\n', (channel, _words, { core }) => {
    core.answer(channel)
    return '+OK\n'
  }),
  uuid_buglist: onChannel('-ERR no reply\n', '', (channel) => {
    const bugs = [...(channel.audioBug ? ['audio'] : []), ...[...channel.recordings].map(() => 'session_record')]
    const bug = (name: string) =>
      ` <media-bug>\n  <function>${name}</function>\n  <target></target>\n  <thread-locked>0</thread-locked>\n </media-bug>\n`
    return `<media-bugs>\n${bugs.map(bug).join('')}</media-bugs>\n`
  }),
  originate,
  sofia,
  sofia_contact: (world, text) => {
    const [, profile = '*', user = ''] = /^(?:(.*)\/)?(.*)$/.exec(text.trim()) ?? []
    const found = world.core.registrations.filter(
      (each) =>
        `${each.user}@${each.domain}` === user && (profile === '*' || profile === '' || profile === each.profile),
    )
    const contacts = found.map((each) => `sofia/${each.profile}/${each.contact.replace(/^.*<(.*)>.*$/, '$1')}`)
    return contacts.length === 0 ? 'error/user_not_registered' : contacts.join(',')
  },
  user_exists: (world, text) => {
    const [, user, domain] = split(text)
    const name = `${user}@${domain}`
    if (!world.directory.has(name)) return 'false'
    world.cachedUsers.add(name)
    return 'true'
  },
  memcache,
  xml_flush_cache: xmlFlushCache,
  user_data: (world, text) => {
    const [user = '', kind = '', name = ''] = split(text)
    const found = world.directory.get(user)
    const value = kind === 'var' ? found?.var?.[name] : found?.param?.[name]
    return value ?? '-ERR no reply\n'
  },
  reloadxml: () => '+OK [Success]\n',
  reloadacl: () => '+OK acl reloaded\n',
  version: (world, text) =>
    text.trim() === 'short'
      ? `${world.version.replace(/~.*/, '')}\n`
      : `FreeSWITCH Version ${world.version} ( 64bit)\n`,
  status: (world) => status(world),
  hostname: ({ core }) => core.core.hostname,
  switchname: ({ core }) => core.core.switchname,
  global_getvar: ({ globals }, text) =>
    text.trim() === ''
      ? [...globals].map(([name, value]) => `${name}=${value}\n`).join('')
      : (globals.get(text.trim()) ?? ''),
  create_uuid: () => crypto.randomUUID(),
  echo: (_world, text) => text,
  strepoch: () => String(Math.floor(Date.now() / 1000)),
  msleep: async (_world, text) => {
    await new Promise((resolve) => setTimeout(resolve, Number(text) || 0))
    return '+OK'
  },
  hupall: (world, text) => {
    const [cause = 'MANAGER_REQUEST', name, value] = split(text)
    const matching = [...world.core.channels.values()].filter(
      (each) => name === undefined || each.variables.get(name) === value,
    )
    for (const channel of matching) world.core.hangup(channel, cause)
    return name === undefined
      ? '+OK hangup all channels with cause MANAGER_REQUEST\n'.replace('MANAGER_REQUEST', cause)
      : `+OK hangup all channels matching [${name}]=[${value}] with cause: ${cause}\n`
  },
  conference: (_world, text) =>
    text.startsWith('json_list')
      ? '[]'
      : text === 'list'
        ? '+OK No active conferences.\n'
        : `-ERR Conference ${split(text)[0]} not found\n`,
  callcenter_config: (world, text) => world.callcenter.get(text) ?? callcenter(split(text)),
  expand: (world, text) => {
    const [name = '', ...rest] = text.split(' ')
    const api = apis[name]
    return api === undefined ? 'INVALID COMMAND!' : api(world, rest.join(' '))
  },
}

function callcenter([what, verb, ...rest]: string[]): string {
  if (what === 'queue' && (verb === 'load' || verb === 'reload'))
    return rest[0] === undefined ? '-ERR Invalid Arg\n' : '+OK\n'
  if (verb === 'get' || verb === 'set') return '-ERR Agent not found!\n'
  return '+OK\n'
}
