import type { Audience } from './changes.ts'

/** One numbered event, in bytes. */
export interface Entry {
  /** Counts all events of this process, whoever they are for. */
  readonly number: number
  readonly type: string
  readonly audience: Audience
  /** What a scope is needed for: the group of the type, or the resource whose configuration changed. */
  readonly subject: string
  readonly atMs: number
  /** A frame of an event stream (WHATWG HTML, server-sent events): `id`, `event`, `data` and a blank line. */
  readonly frame: Buffer
  /** Where the JSON text of `data` begins in the frame; it ends two bytes before the frame does. */
  readonly jsonStart: number
}

/**
 * Writes an event in bytes, once, however many listeners there are. JSON.stringify escapes CR and LF, so whatever text
 * callers chose, `data` is one line and the frame ends where we end it.
 */
export function frameOf(id: string, type: string, json: string): Pick<Entry, 'frame' | 'jsonStart'> {
  const head = `id: ${id}\nevent: ${type}\ndata: `
  return { frame: Buffer.from(`${head}${json}\n\n`), jsonStart: Buffer.byteLength(head) }
}

/** The JSON text alone, which is what a WebSocket carries. Shares the frame's memory. */
export const jsonOf = ({ frame, jsonStart }: Pick<Entry, 'frame' | 'jsonStart'>): Buffer =>
  frame.subarray(jsonStart, frame.length - 2)
