import { randomUUID } from 'node:crypto'
import type { Row } from './show.ts'
import { escapeXml } from './show.ts'

/** One phone's registration, in sofia's list; the core table has the newest of each user (facts 4). */
export interface Registration {
  readonly user: string
  readonly domain: string
  readonly profile: string
  readonly callId: string
  readonly contact: string
  readonly agent: string
  readonly networkIp: string
  readonly networkPort: string
  readonly transport: 'udp' | 'tcp' | 'tls'
  readonly pingStatus: string
  readonly expiresMs: number
}

/** What a test may say of a registration. */
export interface RegistrationOptions extends Partial<Omit<Registration, 'expiresMs'>> {
  user: string
  domain: string
  expiresSeconds?: number
}

export function registration(options: RegistrationOptions): Registration {
  const { expiresSeconds = 3600, ...given } = options
  const port = given.networkPort ?? '6100'
  const transport = given.transport ?? 'udp'
  return {
    profile: 'internal',
    callId: randomUUID(),
    contact: `"" <sip:${given.user}@127.0.0.1:${port};transport=${transport}>`,
    agent: 'TestPhone/2.0',
    networkIp: '127.0.0.1',
    networkPort: port,
    transport,
    pingStatus: 'Reachable',
    // Facts 4: `expires` is the promised time plus 60 s.
    expiresMs: Date.now() + (expiresSeconds + 60) * 1000,
    ...given,
  }
}

/** Its row in the core table (`show registrations`). */
export function registrationRow(each: Registration, switchname: string): Row {
  return {
    reg_user: each.user,
    realm: each.domain,
    token: each.callId,
    url: `sofia/${each.profile}/${each.contact.replace(/^.*<(.*)>.*$/, '$1')}`,
    expires: String(Math.floor(each.expiresMs / 1000)),
    network_ip: each.networkIp,
    network_port: each.networkPort,
    network_proto: each.transport,
    hostname: switchname,
    metadata: '',
  }
}

/** `sofia xmlstatus profile P reg`: only contact and agent are escaped (facts 4). */
export function registrationsXml(list: readonly Registration[], switchname: string): string {
  const body = list.map((each) => registrationXml(each, switchname)).join('')
  return `<?xml version="1.0" encoding="ISO-8859-1"?>\n<profile>\n  <registrations>\n${body}  </registrations>\n</profile>\n`
}

function registrationXml(each: Registration, switchname: string): string {
  const left = Math.floor((each.expiresMs - Date.now()) / 1000)
  const until = new Date(each.expiresMs).toISOString().slice(0, 19).replace('T', ' ')
  const status = `Registered(${each.transport.toUpperCase()})(unknown) exp(${until}) expsecs(${left})`
  const cells: Row = {
    'call-id': each.callId,
    user: `${each.user}@${each.domain}`,
    contact: escapeXml(each.contact),
    agent: escapeXml(each.agent),
    status,
    'ping-status': each.pingStatus,
    'ping-time': '0.00',
    host: switchname,
    'network-ip': each.networkIp,
    'network-port': each.networkPort,
    'sip-auth-user': each.user,
    'sip-auth-realm': each.domain,
    'mwi-account': `${each.user}@${each.domain}`,
  }
  const lines = Object.entries(cells).map(([name, value]) => `        <${name}>${value}</${name}>\n`)
  return `    <registration>\n${lines.join('')}    </registration>\n`
}

/** One gateway as sofia has it loaded. */
export interface Gateway {
  readonly name: string
  readonly profile: string
  realm: string
  username: string
  password: string
  proxy: string
  context: string
  expires: number
  state: string
  status: 'UP' | 'DOWN'
  upSinceMs: number
  callsIn: number
  callsOut: number
  retrySeconds: number | undefined
}

/** `sofia xmlstatus gateway G`, without the XML line. */
export function gatewayXml(gateway: Gateway): string {
  const contact = `<sip:gw+${gateway.name}@127.0.0.1:5080;transport=udp;gw=${gateway.name}>`
  const cells: [string, string][] = [
    ['name', gateway.name],
    ['profile', gateway.profile],
    ['scheme', 'Digest'],
    ['realm', gateway.realm],
    ['username', gateway.username],
    ['password', gateway.password === '' ? 'no' : 'yes'],
    ['from', escapeXml(`<sip:${gateway.username}@${gateway.realm}>`)],
    ['contact', escapeXml(contact)],
    ['exten', gateway.username],
    ['to', `sip:${gateway.username}@${gateway.realm}`],
    ['proxy', `sip:${gateway.proxy}`],
    ['context', gateway.context],
    ['expires', String(gateway.expires)],
    ['freq', String(gateway.expires)],
    ['ping', '0'],
    ['pingfreq', '0'],
    ['pingmin', '0'],
    ['pingcount', '0'],
    ['pingmax', '0'],
    ['pingtime', '0.00'],
    ['pinging', '0'],
    ['state', gateway.state],
    ['status', gateway.status],
    ['uptime-usec', gateway.upSinceMs === 0 ? '0' : String((Date.now() - gateway.upSinceMs) * 1000)],
    ['calls-in', String(gateway.callsIn)],
    ['calls-out', String(gateway.callsOut)],
    ['failed-calls-in', '0'],
    ['failed-calls-out', '0'],
  ]
  if (gateway.retrySeconds !== undefined) cells.push(['retry', `${gateway.retrySeconds}s`])
  const lines = cells.map(([name, value]) => `    <${name}>${value}</${name}>\n`)
  return `  <gateway>\n${lines.join('')}  </gateway>\n`
}
