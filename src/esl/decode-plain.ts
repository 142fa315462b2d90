import { EventError } from './errors.ts'
import { EslEvent } from './event.ts'

/**
 * An event in plain form: percent-encoded header lines, a blank line, and a body when an inner Content-Length says so
 * (facts 5). A `%41` that was in the value before it was sent cannot be told from an encoded `A`: JSON is exact.
 */
export function decodePlain(bytes: Buffer): EslEvent {
  const blank = bytes.indexOf('\n\n')
  const headerEnd = blank < 0 ? bytes.length : blank
  const fields: Record<string, string | string[]> = Object.create(null)
  // Latin-1 keeps one character a byte until the percent signs are undone.
  for (const line of bytes.toString('latin1', 0, headerEnd).split('\n')) if (line !== '') addLine(fields, line)
  return new EslEvent(fields, bodyOf(bytes.subarray(Math.min(bytes.length, headerEnd + 2)), fields))
}

function addLine(fields: Record<string, string | string[]>, line: string): void {
  const colon = line.indexOf(':')
  if (colon < 1) throw new EventError('a line of an event has no name')
  const name = textOf(line.slice(0, colon))
  const value = decodePercent(line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1))
  const values = value.startsWith('ARRAY::') ? value.slice(7).split('|:') : [value]
  const before = fields[name]
  const all = before === undefined ? values : [...(typeof before === 'string' ? [before] : before), ...values]
  fields[name] = all.length === 1 ? (all[0] ?? '') : all
}

const textOf = (latin1: string): string =>
  /[\x80-\xff]/.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1

const decodePercent = (latin1: string): string =>
  textOf(latin1.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))))

function bodyOf(rest: Buffer, fields: Readonly<Record<string, string | string[]>>): string | undefined {
  if (rest.length === 0) return undefined
  // An event sent with a body has the length twice; the inner one, which is the last, counts.
  const said = [fields['Content-Length'] ?? []].flat().at(-1)
  if (said === undefined || !/^\d{1,15}$/.test(said) || Number(said) > rest.length)
    throw new EventError('the body of an event is not as long as it says')
  return rest.toString('utf8', 0, Number(said))
}
