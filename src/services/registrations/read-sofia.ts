import type { Registration } from './registration.ts'

/** The lines of one registration, always in this order (captures registrations-*). */
const elements = [
  'call-id',
  'user',
  'contact',
  'agent',
  'status',
  'ping-status',
  'ping-time',
  'host',
  'network-ip',
  'network-port',
  'sip-auth-user',
  'sip-auth-realm',
  'mwi-account',
] as const

type Element = (typeof elements)[number]

/** Most registrations read of one profile; what is beyond is counted, not shown. */
const maxRegistrations = 100_000

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

/** What sofia escapes, undone: five names and numbers. */
const unescaped = (text: string): string =>
  text.replace(/&(?:(lt|gt|quot|apos|amp)|#(\d{1,7})|#x([0-9a-f]{1,6}));/gi, (whole, name, decimal, hex) => {
    if (name) return entities[name.toLowerCase()] ?? whole
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })

/** Only these two are escaped; the others are as the phone sent them (facts 4). */
const isEscaped = (element: Element): boolean => element === 'contact' || element === 'agent'

function makeRegistration(values: ReadonlyMap<Element, string>, node: string, profile: string): Registration {
  const value = (element: Element): string => {
    const text = values.get(element) ?? ''
    return isEscaped(element) ? unescaped(text) : text
  }
  const address = value('user')
  const at = address.lastIndexOf('@')
  const status = value('status')
  const seconds = /expsecs\((-?\d{1,9})\)/i.exec(status)
  return {
    node,
    profile,
    callId: value('call-id'),
    user: at < 0 ? address : address.slice(0, at),
    domain: at < 0 ? '' : address.slice(at + 1),
    realm: value('sip-auth-realm'),
    contact: value('contact'),
    agent: value('agent'),
    status: /^[A-Za-z]+/.exec(status)?.[0] ?? status,
    transport: /^[A-Za-z]+\(([A-Za-z-]+)\)/.exec(status)?.[1] ?? '',
    expiresInSeconds: seconds ? Number(seconds[1]) : null,
    pingStatus: value('ping-status'),
    pingTime: value('ping-time'),
    networkIp: value('network-ip'),
    networkPort: value('network-port'),
  }
}

/** What `sofia xmlstatus profile P reg` listed. */
export interface ReadRegistrations {
  readonly registrations: readonly Registration[]
  /** Entries that did not have the lines of a registration in their order, and were left out. */
  readonly broken: number
}

/**
 * Reads `sofia xmlstatus profile P reg` line by line. It is no XML: Call-ID, user and realm are not escaped and may
 * hold tags, so that an XML reader would fail or see entries that are not there. But no SIP header holds a line break,
 * each element has its line, and the lines have an order: a value is whatever stands between the line's own tags.
 * Answers undefined for a text that is no such list (`Invalid Profile!`).
 */
export function readRegistrations(text: string, node: string, profile: string): ReadRegistrations | undefined {
  if (!/^\s*<\?xml[^>]*>\s*<profile>\s/.test(text)) return undefined
  const lines = text.split('\n')
  const registrations: Registration[] = []
  let broken = 0
  for (let at = 0; at < lines.length && registrations.length < maxRegistrations; at += 1) {
    if (lines[at] !== '    <registration>') continue
    const values = new Map<Element, string>()
    for (const element of elements) {
      const line = lines[at + 1] ?? ''
      const [head, tail] = [`        <${element}>`, `</${element}>`]
      if (!line.startsWith(head) || !line.endsWith(tail) || line.length < head.length + tail.length) break
      values.set(element, line.slice(head.length, line.length - tail.length))
      at += 1
    }
    if (values.size === elements.length && lines[at + 1] === '    </registration>')
      registrations.push(makeRegistration(values, node, profile))
    else broken += 1
  }
  return { registrations, broken }
}
