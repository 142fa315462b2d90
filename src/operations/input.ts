import { type Fault, invalid } from '../errors.ts'
import type { Field, Fields, Values } from '../fields/field.ts'
import type { Spelling } from '../fields/kind.ts'
import { parseUuid } from '../fields/uuid.ts'
import type { Child, Resource } from '../resources/core/define.ts'
import { remember } from './remember.ts'

/** A decoded JSON object. */
export type Body = Readonly<Record<string, unknown>>

/** What a body said, in our own types. */
export interface Input {
  /** UUID the caller chose for a new row. */
  readonly key: string | undefined
  readonly values: Values<Fields>
  /** Lists of child rows that were sent, by the child's table. */
  readonly children: ReadonlyMap<string, ChildList>
}

/** Child rows and the name they were sent under, which faults speak of. */
export interface ChildList {
  readonly name: string
  readonly items: readonly ChildInput[]
}

export interface ChildInput {
  readonly key: string | undefined
  readonly values: Values<Fields>
}

export interface InputRules {
  readonly operation: 'create' | 'update'
  readonly spelling: Spelling
  /** Unknown fields are faults; the v1 documents ignore them. */
  readonly strict: boolean
}

const isObject = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The name of a field for people: its label, or the field's words. */
export const labelOf = (name: string, field: Field | undefined): string =>
  field?.label ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ')

const isWritable = (field: Field, operation: InputRules['operation']): boolean =>
  field.role !== 'computed' && field.writable !== 'never' && !(field.writable === 'create' && operation === 'update')

const fieldsFor = (operation: InputRules['operation']) =>
  remember((fields: Fields) => Object.entries(fields).filter(([, field]) => isWritable(field, operation)))
/** The fields that each operation reads. */
const readable = { create: fieldsFor('create'), update: fieldsFor('update') }

function readFields(fields: Fields, body: Body, path: string, rules: InputRules, faults: Fault[]): Values<Fields> {
  const values: Record<string, unknown> = {}
  for (const [name, field] of readable[rules.operation](fields)) {
    const sent = body[name]
    if (sent === undefined && !(field.required && rules.operation === 'create')) continue
    const fault = (text: string, whole = false) =>
      faults.push({ field: `${path}${name}`, label: labelOf(name, field), text, ...(whole ? { whole } : {}) })
    const parsed = sent === undefined ? undefined : field.kind.parse(sent, rules.spelling)
    if (parsed && !parsed.ok) {
      fault(parsed.text, parsed.whole)
      continue
    }
    // A required field may be left out of an update, but never emptied.
    const value = parsed?.value
    if (field.required && (value === null || (value === undefined && rules.operation === 'create')))
      fault('is required')
    else if (value !== undefined) values[name] = value
  }
  return values
}

function readKey(key: string, body: Body, path: string, faults: Fault[]): string | undefined {
  const sent = body[key]
  if (sent === undefined || sent === null || sent === '') return undefined
  const uuid = parseUuid(sent)
  if (uuid === undefined)
    faults.push({ field: `${path}${key}`, label: labelOf(key, undefined), text: 'must be a UUID' })
  return uuid
}

function refuseUnknown(body: Body, known: ReadonlySet<string>, path: string, faults: Fault[]): void {
  for (const name of Object.keys(body))
    if (!known.has(name))
      faults.push({
        field: `${path}${name}`,
        label: labelOf(name, undefined),
        text: 'is not a field that can be written',
      })
}

const writableNames = (fields: Fields, rules: InputRules): string[] =>
  readable[rules.operation](fields).map(([name]) => name)

function readChildren(child: Child, sent: unknown, name: string, rules: InputRules, faults: Fault[]): ChildInput[] {
  if (sent === null) return []
  if (!Array.isArray(sent)) {
    faults.push({ field: name, label: labelOf(name, undefined), text: 'must be an array' })
    return []
  }
  if (sent.length > child.max) {
    faults.push({ field: name, label: labelOf(name, undefined), text: `must hold at most ${child.max} entries` })
    return []
  }
  return sent.map((item, index) => {
    const path = `${name}[${index}].`
    if (!isObject(item)) {
      faults.push({ field: `${name}[${index}]`, label: labelOf(name, undefined), text: 'must hold objects' })
      return { key: undefined, values: {} }
    }
    // Whether a child row is new shows only when it is matched with what is stored, so nothing is demanded here.
    const itemRules = { ...rules, operation: 'update' as const }
    if (rules.strict) refuseUnknown(item, new Set([child.key, ...writableNames(child.fields, itemRules)]), path, faults)
    return {
      key: readKey(child.key, item, path, faults),
      values: readFields(child.fields, item, path, itemRules, faults),
    }
  })
}

/**
 * Reads a request body against a declaration and reports every fault at once (S004-ERR-LIST). Absent fields stay absent,
 * so that a partial update touches only what was sent.
 */
export function readInput(resource: Resource, body: unknown, rules: InputRules, faults: Fault[]): Input {
  if (!isObject(body)) throw invalid([{ field: 'body', label: 'Request body', text: 'must be a JSON object' }])
  const values = readFields(resource.fields, body, '', rules, faults)
  const children = new Map<string, ChildList>()
  const known = rules.strict ? new Set([resource.key, ...writableNames(resource.fields, rules)]) : undefined
  for (const child of resource.children ?? []) {
    // The last name is the one documented for requests; the first is that of answers, sent back with a row as it was read.
    const name = child.names.findLast((candidate) => body[candidate] !== undefined)
    if (name !== undefined)
      children.set(child.table, { name, items: readChildren(child, body[name], name, rules, faults) })
    for (const candidate of child.names) known?.add(candidate)
  }
  if (known) refuseUnknown(body, known, '', faults)
  return { key: rules.operation === 'create' ? readKey(resource.key, body, '', faults) : undefined, values, children }
}

const filterFields = remember((resource: Resource) =>
  Object.entries(resource.fields).filter(([, field]) => field.filter),
)

/** Reads a list's filters from query parameters; faults name the parameter. */
export function readFilters(resource: Resource, query: Body, faults: Fault[]): Values<Fields> {
  const filters: Record<string, unknown> = {}
  for (const [name, field] of filterFields(resource)) {
    const sent = query[name]
    if (sent === undefined) continue
    // Everything in a query string is text, whatever the dialect's JSON looks like.
    const parsed = field.kind.parse(sent, 'text')
    if (parsed.ok) filters[name] = parsed.value
    else
      faults.push({
        field: name,
        label: labelOf(name, field),
        text: parsed.text,
        ...(parsed.whole ? { whole: true } : {}),
      })
  }
  return filters
}
