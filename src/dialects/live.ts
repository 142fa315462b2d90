import { type Fault, invalid, Problem } from '../errors.ts'
import type { JsonSchema } from '../fields/json-schema.ts'
import type { Answer, Parameter, Route } from '../http/route.ts'
import type { CallService } from '../services/calls/calls.ts'
import type { Originator } from '../services/calls/control/originate.ts'
import type { RegistrationService } from '../services/registrations/registrations.ts'
import { missingHeader, wrongMethod } from './shared.ts'
import { envelope } from './v1/shared.ts'

/** Services of what is alive, for the dialects that show it. */
export interface LiveServices {
  readonly calls: CallService
  readonly registrations: RegistrationService
  readonly originator: Originator
  /** Folder of recordings as the switch sees it; "" asks the switch. */
  readonly recordingsDir: string
}

/** The tenant, as both v1 documents demand it. */
export const domainHeader: Parameter = {
  name: 'X-Domain',
  in: 'header',
  required: true,
  description: 'The tenant: name or UUID.',
  schema: { type: 'string' },
}

const text: JsonSchema = { type: 'string' }

/** A list of live things in the envelope; nodes that did not answer are named behind it. */
export function liveList(rows: readonly object[], missing: readonly string[]): Answer {
  const extra = missing.length === 0 ? '' : `,"missing_nodes":${JSON.stringify(missing)}`
  return { status: 200, body: envelope(JSON.stringify(rows), extra), headers: missingHeader(missing) }
}

/** Schema of such a list. */
export const liveListSchema = (properties: Record<string, JsonSchema>): JsonSchema => ({
  type: 'object',
  required: ['success', 'data'],
  properties: {
    success: { type: 'boolean', const: true },
    data: { type: 'array', items: { type: 'object', required: Object.keys(properties), properties } },
    missing_nodes: {
      type: 'array',
      items: text,
      description: 'FreeSWITCH nodes that did not answer, when there are any: what they know is missing here.',
    },
  },
})

/** A body as an object; anything else is one without members, whose required fields are then missing. */
export const bodyOf = (body: unknown): Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {}

/** Reads the members of a body one by one and gathers what is wrong with them. */
export function bodyReader(body: unknown) {
  const members = bodyOf(body)
  const faults: Fault[] = []
  const asked = new Set<string>()
  const refuse = (field: string, label: string, text: string): string => {
    faults.push({ field, label, text })
    return ''
  }
  return {
    /** A required text of this form; "" when it is at fault. */
    text(field: string, label: string, pattern: RegExp, says: string): string {
      asked.add(field)
      const value = Object.hasOwn(members, field) ? members[field] : undefined
      if (value === undefined || value === null || value === '') return refuse(field, label, 'is required')
      return typeof value === 'string' && pattern.test(value) ? value : refuse(field, label, says)
    },
    /** The same where nothing may be sent. */
    optional(field: string, label: string, pattern: RegExp, says: string): string | undefined {
      asked.add(field)
      const value = Object.hasOwn(members, field) ? members[field] : undefined
      if (value === undefined || value === null) return undefined
      return typeof value === 'string' && pattern.test(value) ? value : refuse(field, label, says)
    },
    /** Throws what was found; `strict` refuses members that nobody asked for. */
    end(strict: boolean): void {
      if (strict)
        for (const name of Object.keys(members))
          if (!asked.has(name)) faults.push({ field: name, label: name, text: 'is not a field of this request' })
      if (faults.length > 0) throw invalid(faults)
    },
  }
}

/** UUID of a call, in any case. */
export const callUuidForm = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
/** What can be dialled over the API: digits, `+`, `*`, `#` (S004-CALLS-TRANSFER, C-31). */
export const destinationForm = /^[0-9+*#]{1,50}$/
export const destinationSays = 'may hold only digits and + * #, 50 at most'

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '')

/**
 * Why a path beside these routes has no answer: their path with another method is a 405, an unknown action of something
 * known is NOT_IMPLEMENTED (C-34). Undefined when it has nothing to do with them.
 */
export function explainFurther(routes: readonly Route[], path: string): Problem | undefined {
  const parts = partsOf(path)
  // `/api/v1` and the name behind it.
  const near = routes.filter((route) => partsOf(route.url)[2] === parts[2])
  if (near.length === 0) return undefined
  const here = near.filter((route) => {
    const segments = partsOf(route.url)
    return (
      segments.length === parts.length &&
      segments.every((segment, index) => segment.startsWith(':') || segment === parts[index])
    )
  })
  if (here.length === 0) return new Problem('NOT_IMPLEMENTED')
  return wrongMethod(here.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))
}
