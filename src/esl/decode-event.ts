import { decodePlain } from './decode-plain.ts'
import { EventError } from './errors.ts'
import { EslEvent } from './event.ts'
import type { Frame } from './frame.ts'

/** True for the frames that carry an event. */
export function isEvent(frame: Frame): boolean {
  return frame.type.startsWith('text/event-')
}

/**
 * The event of a `text/event-json` or `text/event-plain` frame. Bytes that are not UTF-8 become U+FFFD. Throws
 * EventError when the body is no event; the frames after it are not concerned.
 */
export function decodeEvent(frame: Frame): EslEvent {
  if (frame.type === 'text/event-json') return decodeJson(frame.text)
  if (frame.type === 'text/event-plain') return decodePlain(frame.body)
  throw new EventError(`no event can be read from ${frame.type}`)
}

/** The same, or undefined when the body is no event. */
export function readEvent(frame: Frame): EslEvent | undefined {
  try {
    return decodeEvent(frame)
  } catch (error) {
    if (error instanceof EventError) return undefined
    throw error
  }
}

function decodeJson(text: string): EslEvent {
  const fields = parsed(text)
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new EventError('the JSON of an event is not an object')
  const body: unknown = Object.hasOwn(fields, '_body') ? (fields as { _body: unknown })._body : undefined
  return new EslEvent(fields as Record<string, unknown>, typeof body === 'string' ? body : undefined, text)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new EventError('the body of an event is not JSON', { cause })
  }
}
