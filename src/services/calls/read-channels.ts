import { setImmediate } from 'node:timers/promises'
import { type Channel, channelOfRow } from './channel.ts'

/** Characters parsed at once: about 250 rows, a few milliseconds, after which other requests have their turn. */
const sliceLength = 256 * 1024

/**
 * Where one row ends and the next begins. A quote inside a value is always written `\"`, so this stands nowhere else,
 * whatever names callers give themselves.
 */
const seam = '"},{"'

/** The rows of one slice; a row that is no JSON is left out, the others stay. */
function rowsOf(slice: string): Record<string, unknown>[] {
  try {
    return JSON.parse(`[${slice}]`)
  } catch {
    if (!slice.includes(seam)) return []
    return slice.split(seam).flatMap((part, index, all) => {
      const row = `${index === 0 ? '' : '{"'}${part}${index === all.length - 1 ? '' : '"}'}`
      return rowsOf(row)
    })
  }
}

/**
 * Reads the answer to `show channels as json`. With no channel `rows` is missing (facts 3). Throws for the texts that
 * are no table: `-ERR SQL disabled, no data available!` and its like. Never reads the text form.
 */
export async function readChannels(text: string, node: string): Promise<Channel[]> {
  const head = /^\s*\{\s*"row_count"\s*:\s*\d+\s*(?:,\s*"rows"\s*:\s*\[)?/.exec(text)
  if (head === null) throw new Error(`show channels answered ${JSON.stringify(text.slice(0, 120))}`)
  const end = text.lastIndexOf(']')
  const channels: Channel[] = []
  let at = head[0].length
  while (at < end) {
    const found = text.indexOf(seam, at + sliceLength)
    const cut = found < 0 ? end : found + 2
    for (const row of rowsOf(text.slice(at, cut))) {
      const channel = channelOfRow(row, node)
      if (channel) channels.push(channel)
    }
    at = cut + 1
    if (at < end) await setImmediate()
  }
  return channels
}
