/**
 * Bytes of the event socket, as FreeSWITCH writes them (facts/freeswitch-esl.md sections 1 and 5). Header and body of a
 * frame are two sends, so a frame is a list of chunks here.
 */

/** Header values in the order they are sent; a list stands for a header with several values. */
export type Headers = [name: string, value: string | readonly string[]][]

/** An event before it is spelled for one connection. */
export interface FakeEvent {
  readonly headers: Headers
  readonly body?: string | undefined
}

/**
 * Text whose non-ASCII characters are sent as single Latin-1 bytes, which are not valid UTF-8: what a phone with an old
 * character set puts into a caller name. Stands as lone surrogates until `bytes` writes it.
 */
export function latin1(text: string): string {
  return text.replace(/[\u0080-\u00ff]/g, (character) => String.fromCharCode(0xdc00 + character.charCodeAt(0)))
}

/** The bytes of a text: UTF-8, and raw bytes for what `latin1` marked. */
export function bytes(text: string): Buffer {
  if (!/[\udc80-\udcff]/.test(text)) return Buffer.from(text, 'utf8')
  const parts = text.split(/((?<![\ud800-\udbff])[\udc80-\udcff])/)
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 1 ? Buffer.from([part.charCodeAt(0) & 0xff]) : Buffer.from(part, 'utf8'),
    ),
  )
}

/** JSON without blanks, as FreeSWITCH prints it, with marked Latin-1 bytes left for `bytes` to write raw. */
export function json(value: unknown): string {
  return JSON.stringify(value).replace(/\\udc([89a-f][0-9a-f])/g, (_all, hex: string) =>
    String.fromCharCode(0xdc00 + Number.parseInt(hex, 16)),
  )
}

/** A `command/reply`: no body; the text is cut at 511 bytes (facts 1). */
export function commandReply(text: string, extra = ''): Buffer[] {
  const cut = bytes(text).subarray(0, 511)
  return [Buffer.concat([Buffer.from('Content-Type: command/reply\nReply-Text: '), cut, Buffer.from(`\n${extra}\n`)])]
}

/** An `api/response`: header and body in two sends; a body of no bytes is never sent (the API then "gave no reply"). */
export function apiResponse(text: string): Buffer[] {
  const body = bytes(text === '' ? '-ERR no reply\n' : text)
  return [Buffer.from(`Content-Type: api/response\nContent-Length: ${body.length}\n\n`), body]
}

/** The last words before the connection ends. */
export function disconnectNotice(
  text = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n',
): Buffer[] {
  return [Buffer.from(`Content-Type: text/disconnect-notice\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`)]
}

/** One event in the connection's format. */
export function eventFrame(event: FakeEvent, format: 'plain' | 'json'): Buffer[] {
  const body = bytes(format === 'json' ? jsonEvent(event) : plainEvent(event))
  return [Buffer.from(`Content-Length: ${body.length}\nContent-Type: text/event-${format}\n\n`), body]
}

/** JSON with keys in header order and with duplicates kept, which JSON.stringify of an object cannot write. */
function jsonEvent(event: FakeEvent): string {
  const pairs = event.headers.map(([name, value]) => `${json(name)}:${json(value)}`)
  if (event.body !== undefined) {
    pairs.push(`"Content-Length":"${bytes(event.body).length}"`, `"_body":${json(event.body)}`)
  }
  return `{${pairs.join(',')}}`
}

function plainEvent(event: FakeEvent): string {
  const lines = event.headers.map(([name, value]) => `${name}: ${urlEncode(plainValue(value))}\n`).join('')
  if (event.body === undefined) return `${lines}\n`
  return `${lines}Content-Length: ${bytes(event.body).length}\n\n${event.body}`
}

function plainValue(value: string | readonly string[]): string {
  if (typeof value === 'string') return value
  return value.length === 1 ? (value[0] as string) : `ARRAY::${value.join('|:')}`
}

/** FreeSWITCH's own percent-encoding: what already looks encoded (`%41`) is left as it is (facts 5). */
export function urlEncode(text: string): string {
  let out = ''
  const all = bytes(text)
  for (let at = 0; at < all.length; at++) {
    const byte = all[at] as number
    const character = String.fromCharCode(byte)
    const encoded = byte === 0x25 && /^[0-9A-F]{2}$/.test(all.toString('latin1', at + 1, at + 3))
    const safe = byte >= 0x20 && byte <= 0x7e && !' "#%&+:;<=>?@[\\]^`{|}'.includes(character)
    out += safe || encoded ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return out
}

/** `uuid_dump` without a format: the header lines of an event, percent-encoded. */
export function plainDump(headers: Headers): string {
  return `${headers.map(([name, value]) => `${name}: ${urlEncode(plainValue(value))}\n`).join('')}\n`
}
