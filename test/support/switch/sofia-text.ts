import type { ApiWorld } from './api.ts'
import type { Gateway, Registration } from './contacts.ts'

const rule = `${'='.repeat(97)}\n`

/** `sofia status …`: the forms for people, as the captures show them. */
export function textStatus({ core, profiles }: ApiWorld, words: readonly string[]): string {
  const [what, name, sub, argument] = words
  const gateways = [...core.gateways.values()]
  if (what === undefined) return overview(profiles, gateways)
  if (what === 'gateway' && name === undefined) return gatewayTable(gateways)
  if (what === 'gateway') {
    const gateway = core.gateways.get(name as string)
    return gateway === undefined ? 'Invalid Gateway!\n' : gatewayText(gateway)
  }
  if (what !== 'profile' || !profiles.includes(name ?? '')) return 'Invalid Profile!\n'
  const own = core.registrations.filter((each) => each.profile === name)
  if (sub === 'reg')
    return list(
      own.filter((each) => argument === undefined || each.contact.includes(argument)),
      core.core.switchname,
    )
  if (sub === 'user')
    return list(
      own.filter((each) => `${each.user}@${each.domain}`.endsWith(argument ?? '')),
      core.core.switchname,
    )
  return `${rule}Name             \t${name}\nREGISTRATIONS    \t${own.length}\n`
}

function overview(profiles: readonly string[], gateways: readonly Gateway[]): string {
  const lines = profiles.flatMap((profile) => [
    `${profile.padStart(25)}\tprofile\t${`sip:mod_sofia@127.0.0.1:${profile === 'external' ? 5080 : 5060}`.padStart(42)}\tRUNNING (0)\n`,
    ...gateways
      .filter((each) => each.profile === profile)
      .map(
        (each) =>
          `${`${profile}::${each.name}`.padStart(25)}\tgateway\t${addressOf(each).padStart(42)}\t${each.state}${retry(each)}\n`,
      ),
  ])
  const head = `${'Name'.padStart(25)}\t   Type\t${'Data'.padStart(42)}\tState\n`
  return `${head}${rule}${lines.join('')}${rule}${profiles.length} profiles 0 aliases\n`
}

const addressOf = (gateway: Gateway): string => `sip:${gateway.username}@${gateway.proxy}`
const retry = (gateway: Gateway): string =>
  gateway.retrySeconds === undefined ? '' : ` (retry: ${gateway.retrySeconds}s)`

function gatewayTable(gateways: readonly Gateway[]): string {
  const head = `${'Profile::Gateway-Name'.padStart(25)}\t${'Data    '.padStart(32)}\tState\tPing Time\tIB Calls(F/T)\tOB Calls(F/T)\n`
  const lines = gateways.map(
    (each) =>
      `${each.profile}::${each.name}\t${addressOf(each).padStart(32)}\t${each.state}\t  0.00\t0/${each.callsIn}\t0/${each.callsOut}${retry(each)}\n`,
  )
  return `${head}${rule}${lines.join('')}${rule}${gateways.length} gateways: Inbound(Failed/Total): 0/0,Outbound(Failed/Total):0/0\n`
}

function gatewayText(gateway: Gateway): string {
  const cells = [
    ['Name', gateway.name],
    ['Profile', gateway.profile],
    ['Scheme', 'Digest'],
    ['Realm', gateway.realm],
    ['Username', gateway.username],
    ['Password', gateway.password === '' ? 'no' : 'yes'],
    ['State', gateway.state],
    ['Status', gateway.status],
  ] as const
  return `${rule}${cells.map(([name, value]) => `${name.padEnd(8)}\t${value}\n`).join('')}${rule}`
}

function list(registrations: readonly Registration[], switchname: string): string {
  const entries = registrations.map((each) => {
    const until = new Date(each.expiresMs).toISOString().slice(0, 19).replace('T', ' ')
    const left = Math.floor((each.expiresMs - Date.now()) / 1000)
    const cells = [
      ['Call-ID:    ', each.callId],
      ['User:       ', `${each.user}@${each.domain}`],
      ['Contact:    ', each.contact],
      ['Agent:      ', each.agent],
      ['Status:     ', `Registered(${each.transport.toUpperCase()})(unknown) EXP(${until}) EXPSECS(${left})`],
      ['Ping-Status:', each.pingStatus],
      ['Ping-Time:', '0.00'],
      ['Host:       ', switchname],
      ['IP:         ', each.networkIp],
      ['Port:       ', each.networkPort],
      ['Auth-User:  ', each.user],
      ['Auth-Realm: ', each.domain],
      ['MWI-Account:', `${each.user}@${each.domain}`],
    ]
    return `${cells.map(([name, value]) => `${name}\t${value}\n`).join('')}\n`
  })
  return `\nRegistrations:\n${rule}${entries.join('')}Total items returned: ${registrations.length}\n${rule}`
}
