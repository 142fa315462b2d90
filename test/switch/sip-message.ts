import { createHash, randomBytes } from 'node:crypto'

/** A SIP message (RFC 3261), enough of it for a test phone on UDP: first line, headers in order, body. */
export interface SipMessage {
  readonly first: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

const shortNames: Readonly<Record<string, string>> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
}

/** Reads one datagram. */
export function parseSip(text: string): SipMessage {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end < 0 ? text.length : end).split('\r\n')
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    return [shortNames[name] ?? name, line.slice(colon + 1).trim()] as const
  })
  return { first, headers, body: end < 0 ? '' : text.slice(end + 4) }
}

/** The first header of that name, "" when there is none. */
export function headerOf(message: SipMessage, name: string): string {
  return message.headers.find(([each]) => each === name)?.[1] ?? ''
}

/** Every header of that name as lines, for copying into an answer. */
export function headerLines(message: SipMessage, ...names: string[]): string[] {
  return message.headers.filter(([name]) => names.includes(name)).map(([name, value]) => `${name}: ${value}`)
}

/** Status of a response; 0 for a request. */
export function statusOf(message: SipMessage): number {
  return message.first.startsWith('SIP/2.0 ') ? Number(message.first.slice(8, 11)) : 0
}

/** Method of a request, or of the request a response answers. */
export function methodOf(message: SipMessage): string {
  return statusOf(message) === 0
    ? (message.first.split(' ', 1)[0] ?? '')
    : (headerOf(message, 'cseq').split(' ')[1] ?? '')
}

/** The text of a message with its Content-Length. */
export function writeSip(first: string, headers: readonly string[], body = ''): string {
  return [first, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/** The answer to a digest challenge (RFC 2617, MD5, with and without qop). */
export function digest(challenge: string, method: string, uri: string, user: string, password: string): string {
  const field = (name: string) => new RegExp(`${name}="?([^",]+)"?`, 'i').exec(challenge)?.[1] ?? ''
  const realm = field('realm')
  const nonce = field('nonce')
  const first = md5(`${user}:${realm}:${password}`)
  const second = md5(`${method}:${uri}`)
  const base = `Digest username="${user}",realm="${realm}",nonce="${nonce}",uri="${uri}",algorithm=MD5`
  if (field('qop') === '') return `${base},response="${md5(`${first}:${nonce}:${second}`)}"`
  const own = randomBytes(8).toString('hex')
  const response = md5(`${first}:${nonce}:00000001:${own}:auth:${second}`)
  return `${base},response="${response}",qop=auth,cnonce="${own}",nc=00000001`
}

/** A short name nobody else has. */
export function token(): string {
  return randomBytes(8).toString('hex')
}

/** A session description: one PCMU stream that is never sent. */
export function sdp(port: number): string {
  return `v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n`
}
