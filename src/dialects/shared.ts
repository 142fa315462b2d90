import { type Fault, Problem } from '../errors.ts'
import type { Spelling } from '../fields/kind.ts'
import type { Parameter, Route } from '../http/route.ts'
import { type Resource, type Verb, verbs } from '../resources/core/define.ts'

/** Reads the special filters of a resource into SQL-free choices. */
export function readChoices(
  resource: Resource,
  query: Readonly<Record<string, unknown>>,
  faults: Fault[],
): Record<string, string> {
  const chosen: Record<string, string> = {}
  for (const [name, filter] of Object.entries(resource.filters ?? {})) {
    const sent = query[name]
    if (sent === undefined || sent === '') continue
    if (typeof sent === 'string' && Object.hasOwn(filter.choices, sent)) chosen[name] = sent
    else faults.push({ field: name, label: name, text: `must be one of ${Object.keys(filter.choices).join(', ')}` })
  }
  return chosen
}

/** The rows' own path segments: `voicemails/messages` lies below one voicemail. */
export const pathParts = (resource: Resource): { parent: string | undefined; name: string } => {
  if (!resource.under) return { parent: undefined, name: resource.name }
  return { parent: resource.under.resource, name: resource.name.slice(resource.under.resource.length + 1) }
}

/** What can be done to a resource. */
export const verbsOf = (resource: Resource): readonly Verb[] => resource.operations ?? verbs

/** The scope a verb needs: read or write of the resource, or of the one it belongs to. */
export const scopeOf = (resource: Resource, verb: Verb) =>
  `${resource.name.split('/')[0] ?? resource.name}:${verb === 'list' || verb === 'get' ? 'read' : 'write'}` as const

/**
 * What a verb needs besides: rows of the whole system are written with `system:write`, and read with `system:read` unless
 * they are open (S004-SIP-LIST).
 */
export const systemOf = (resource: Resource, verb: Verb): Pick<Route, 'systemWide'> => {
  const isRead = verb === 'list' || verb === 'get'
  return { systemWide: resource.scope === 'global' && !(isRead && resource.open) }
}

/**
 * The resource whose path looks like that of a row, and is none: `access-controls/nodes` (S004-SIPSET-LIST). What a row
 * could take and this one cannot is the wrong method.
 */
export const literalBelow = (
  resource: Resource,
  resources: readonly Resource[],
  segment: string | undefined,
): Resource | undefined => resources.find(({ name, under }) => !under && name === `${resource.name}/${segment}`)

/** The methods of a resource's collection, by those of its verbs. */
export const collectionMethods = (resource: Resource): string[] =>
  verbsOf(resource).flatMap((verb) => (verb === 'list' ? ['GET', 'HEAD'] : verb === 'create' ? ['POST'] : []))

/** The filters of a list, for its reference. */
export const filterParameters = (resource: Resource, spelling: Spelling): Parameter[] => [
  ...Object.entries(resource.fields).flatMap(([name, field]): Parameter[] =>
    field.filter
      ? [{ name, in: 'query', description: `Only rows with this ${name}.`, schema: field.kind.schema(spelling) }]
      : [],
  ),
  ...Object.entries(resource.filters ?? {}).map(
    ([name, filter]): Parameter => ({
      name,
      in: 'query',
      description: filter.about,
      schema: { type: 'string', enum: Object.keys(filter.choices) },
    }),
  ),
]

/** The sentence about a fault, with the name that the dialect uses for the field. */
export const sentence = (fault: Fault, subject: string): string =>
  fault.whole ? fault.text : `${subject} ${fault.text}`

/** A path that nobody knows (C-34). */
export const unknownResource = (): Problem => new Problem('NOT_FOUND', { message: 'Resource not found' })

/** A path that is known, but not with this method (C-34). */
export const wrongMethod = (allowed: readonly string[]): Problem =>
  new Problem('METHOD_NOT_ALLOWED', { details: { allow: [...new Set(allowed)].sort() } })

/** Tells, outside the body as well, which nodes an answer knows nothing of. */
export const missingHeader = (missing: readonly string[]): Record<string, string> =>
  missing.length === 0 ? {} : { 'x-tandem-missing-nodes': missing.join(', ') }
