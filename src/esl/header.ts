import { FramingError } from './errors.ts'

const newline = 10
const colon = 58
const blank = 32

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1')

const contentType = bytesOf('Content-Type')
const contentLength = bytesOf('Content-Length')
const replyText = bytesOf('Reply-Text')
/** With digits behind it, the whole header of nearly every answer. */
const apiHeader = bytesOf('Content-Type: api/response\nContent-Length: ')

/** Types that come again and again: comparing bytes costs less than making the same text once more. */
const knownTypes = ['api/response', 'command/reply', 'text/event-json', 'text/event-plain', 'log/data'].map(
  (text) => [text, bytesOf(text)] as const,
)

/** What a frame's header says of the frame itself. */
export interface Header {
  type: string
  /** Bytes of the body; undefined when the header announces none. */
  contentLength: number | undefined
}

/**
 * Reads the header that stands from `start` to `end`, without its blank line, into `header`. Throws FramingError when it
 * is none, and when it says twice what a header says once: then two frames have run together.
 */
export function readHeader(header: Header, bytes: Buffer, start: number, end: number): void {
  if (readApiHeader(header, bytes, start, end)) return
  let hasText = false
  for (let line = start; line < end; ) {
    const nameEnd = nameEndOf(bytes, line, end)
    const value = bytes[nameEnd + 1] === blank ? nameEnd + 2 : nameEnd + 1
    const lineEnd = lineEndOf(bytes, nameEnd + 1, end)
    if (isSame(bytes, line, nameEnd, contentType)) {
      if (header.type !== '') throw twice('Content-Type')
      header.type = typeOf(bytes, value, lineEnd)
    } else if (isSame(bytes, line, nameEnd, contentLength)) {
      if (header.contentLength !== undefined) throw twice('Content-Length')
      header.contentLength = lengthOf(bytes, value, lineEnd)
    } else if (isSame(bytes, line, nameEnd, replyText)) {
      if (hasText) throw twice('Reply-Text')
      hasText = true
    }
    line = lineEnd + 1
  }
  if (header.type === '') throw new FramingError('a frame does not say what it is (no Content-Type)')
}

/** The same for the commonest header alone: false, and nothing read, for every other. */
function readApiHeader(header: Header, bytes: Buffer, start: number, end: number): boolean {
  const digits = start + apiHeader.length
  if (end <= digits || end > digits + 10 || !isSame(bytes, start, digits, apiHeader)) return false
  let length = 0
  for (let at = digits; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - 48
    if (digit < 0 || digit > 9) return false
    length = length * 10 + digit
  }
  header.type = 'api/response'
  header.contentLength = length
  return true
}

/** Names and values in turn, of a header that was read. */
export function headerLines(bytes: Buffer, start: number, end: number): string[] {
  const found: string[] = []
  for (const line of bytes.toString('utf8', start, end).split('\n')) {
    const nameEnd = line.indexOf(':')
    found.push(line.slice(0, nameEnd), line.slice(line[nameEnd + 1] === ' ' ? nameEnd + 2 : nameEnd + 1))
  }
  return found
}

function nameEndOf(bytes: Buffer, line: number, end: number): number {
  let at = line
  while (at < end && bytes[at] !== colon && bytes[at] !== newline) at += 1
  if (at === line || at === end || bytes[at] === newline) throw new FramingError('a header line has no name')
  return at
}

function lineEndOf(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] !== newline) at += 1
  return at
}

function isSame(bytes: Buffer, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false
  for (let index = 0; index < text.length; index += 1) if (bytes[start + index] !== text[index]) return false
  return true
}

function typeOf(bytes: Buffer, start: number, end: number): string {
  for (const [text, known] of knownTypes) if (isSame(bytes, start, end, known)) return text
  return bytes.toString('utf8', start, end)
}

function lengthOf(bytes: Buffer, start: number, end: number): number {
  let length = 0
  for (let at = start; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - 48
    if (digit < 0 || digit > 9) throw new FramingError('Content-Length is not a number')
    length = length * 10 + digit
  }
  if (start === end || end - start > 15) throw new FramingError('Content-Length is not a number')
  return length
}

const twice = (name: string): FramingError => new FramingError(`a header says ${name} twice`)
