import { invalid, type Problem } from '../errors.ts'

/** Deepest nesting of arrays and objects in a request; the deepest document of the specs has three. */
const maxDepth = 32

const notJson = (text: string): Problem => invalid([{ field: 'body', label: 'Request body', text }])

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Finds what JSON.parse lets pass in a text that it accepts: a name that stands twice in one object, of which a reader
 * could take either value.
 */
function refuseRepeatedNames(text: string): void {
  const stack: (Set<string> | null)[] = []
  let expectsName = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at)
    if (character === 0x22) {
      const start = at
      for (at += 1; text.charCodeAt(at) !== 0x22; at += 1) if (text.charCodeAt(at) === 0x5c) at += 1
      if (!expectsName) continue
      const name: string = JSON.parse(text.slice(start, at + 1))
      const names = stack.at(-1)
      if (names?.has(name)) throw notJson(`holds the name ${JSON.stringify(name.slice(0, 64))} twice`)
      names?.add(name)
      expectsName = false
    } else if (character === 0x7b || character === 0x5b) {
      stack.push(character === 0x7b ? new Set() : null)
      expectsName = character === 0x7b
    } else if (character === 0x7d || character === 0x5d) {
      stack.pop()
      expectsName = false
    } else if (character === 0x2c) expectsName = stack.at(-1) instanceof Set
  }
}

/** True when brackets nest deeper than allowed, whatever stands between them: JSON.parse of such a text is not tried. */
function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at)
    if (character === 0x22) {
      for (at += 1; at < text.length && text.charCodeAt(at) !== 0x22; at += 1) if (text.charCodeAt(at) === 0x5c) at += 1
    } else if (character === 0x7b || character === 0x5b) {
      depth += 1
      if (depth > maxDepth) return true
    } else if (character === 0x7d || character === 0x5d) depth -= 1
  }
  return false
}

/** Reads a request body; an empty one is undefined. Faults are VALIDATION_ERRORs about `body`. */
export function readJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    throw notJson('must be UTF-8')
  }
  if (text.trim() === '') return undefined
  if (isTooDeep(text)) throw notJson(`is nested deeper than ${maxDepth} levels`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw notJson('is not valid JSON')
  }
  refuseRepeatedNames(text)
  return value
}
