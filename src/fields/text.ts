import type { JsonSchema } from './json-schema.ts'
import { accepted, isNothing, type Kind, type Parsed, refused, type Spelling } from './kind.ts'

export interface TextLimits {
  /** Most characters (UTF-16 units). */
  max?: number
  min?: number
  /** The whole value must match; `says` explains it. Linear-time patterns only. */
  pattern?: RegExp
  says?: string
  /** A check that no pattern can state; `says` explains it too. */
  accepts?: (text: string) => boolean
  /** Line breaks and tabs are allowed. */
  lines?: boolean
  /** Applied to the trimmed text before the checks: letter case, separators. */
  tidy?: (text: string) => string
  choices?: readonly string[]
  format?: string
}

const control = /[\u0000-\u001f\u007f-\u009f]/
const controlButLines = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/

/**
 * The text of a JSON value, or undefined. Clients of the text spelling send numbers where samples show quoted digits.
 */
function textOf(value: unknown, spelling: Spelling): string | undefined {
  if (typeof value === 'string') return value
  // Beyond 2^53 JSON has already changed the number, and its text would be another than the one that was meant.
  if (spelling === 'text' && typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER)
    return String(value)
  return undefined
}

function faultOf(text: string, limits: TextLimits): string | undefined {
  if (!text.isWellFormed()) return 'must be valid Unicode text'
  if ((limits.lines ? controlButLines : control).test(text)) return 'must not contain control characters'
  if (text.length > (limits.max ?? 1024)) return `must be at most ${limits.max ?? 1024} characters long`
  if (limits.min !== undefined && text.length < limits.min) return `must be at least ${limits.min} characters long`
  if (limits.choices && !limits.choices.includes(text)) return `must be one of ${limits.choices.join(', ')}`
  if (limits.pattern && !limits.pattern.test(text)) return limits.says ?? 'has an invalid format'
  if (limits.accepts && !limits.accepts(text)) return limits.says ?? 'is not valid'
  return undefined
}

/** Text, trimmed as FusionPBX trims it (facts 1). */
export function textKind(limits: TextLimits = {}): Kind<string> {
  return {
    name: 'text',
    parse(value, spelling): Parsed<string> {
      if (isNothing(value)) return accepted<string>(null)
      const raw = textOf(value, spelling)
      if (raw === undefined) return refused('must be text')
      const text = limits.tidy ? limits.tidy(raw.trim()) : raw.trim()
      if (text === '') return accepted<string>(null)
      const fault = faultOf(text, limits)
      return fault === undefined ? accepted(text) : refused(fault)
    },
    encode: (value) => value,
    decode: (raw) => (raw === '' ? null : String(raw)),
    spell(expression, type, { spelling, nullable }) {
      const text = type === 'text' ? expression : `(${expression})::text`
      return spelling === 'text' && !nullable ? `coalesce(${text}, '')` : `nullif(${text}, '')`
    },
    schema(spelling): JsonSchema {
      return {
        type: spelling === 'plain' ? ['string', 'null'] : 'string',
        ...(limits.choices ? { enum: spelling === 'plain' ? [...limits.choices, null] : limits.choices } : {}),
        ...(limits.pattern && !limits.choices ? { pattern: limits.pattern.source } : {}),
        ...(limits.format ? { format: limits.format } : {}),
        ...(limits.min === undefined ? {} : { minLength: limits.min }),
        maxLength: limits.max ?? 1024,
      }
    },
  }
}
