import { setImmediate } from 'node:timers/promises'
import { type Channel, channelOfRow } from './channel.ts'
import { rowScanner, type ShownRow } from './scan-rows.ts'

/** Rows read at once: a few milliseconds, after which other requests have their turn. */
const rowsAtOnce = 1000

/**
 * Where one row ends and the next begins. A quote inside a value is always written `\"`, so this stands nowhere else,
 * whatever names callers give themselves.
 */
const seam = Buffer.from('"},{"')

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const row = JSON.parse(text)
    return typeof row === 'object' && row !== null ? row : undefined
  } catch {
    return undefined
  }
}

/** End of the row that begins at `at`: behind its brace. */
function rowEnd(bytes: Buffer, at: number, end: number): number {
  const found = bytes.indexOf(seam, at)
  return found < 0 || found > end ? end : found + 2
}

/** The rows between two places, one by one; a row that is no JSON is left out, the others stay. */
function* rowsOf(bytes: Buffer, start: number, end: number): Generator<ShownRow | undefined> {
  const whole = (at: number, to: number) => parse(bytes.toString('utf8', at, to))
  const first = whole(start, rowEnd(bytes, start, end))
  const scanner = rowScanner(Object.keys(first ?? {}))
  for (let at = start; at < end; ) {
    const scanned = first && scanner.scan(bytes, at)
    // What ends elsewhere than a row does was not a row of these columns.
    if (scanned && scanned.end <= end && bytes[scanned.end - 1] === 0x7d) {
      yield scanned.row
      at = scanned.end + 1
    } else {
      const to = rowEnd(bytes, at, end)
      yield whole(at, to)
      at = to + 1
    }
  }
}

/**
 * Reads the answer to `show channels as json`. Bytes that are no UTF-8 are replaced. With no channel `rows` is missing
 * (facts 3). Throws for what is no table: `-ERR SQL disabled, no data available!` and its like. Never reads the text
 * form.
 */
export async function readChannels(bytes: Buffer, node: string): Promise<Channel[]> {
  const start = bytes.toString('latin1', 0, 200)
  const head = /^\s*\{\s*"row_count"\s*:\s*\d+\s*(?:,\s*"rows"\s*:\s*\[)?/.exec(start)
  if (head === null) throw new Error(`show channels answered ${JSON.stringify(start.slice(0, 120))}`)
  const channels: Channel[] = []
  let count = 0
  for (const row of rowsOf(bytes, head[0].length, bytes.lastIndexOf(']'))) {
    const channel = row && channelOfRow(row, node)
    if (channel) channels.push(channel)
    count += 1
    if (count % rowsAtOnce === 0) await setImmediate()
  }
  return channels
}
