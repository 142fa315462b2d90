import { type Fault, Problem } from '../errors.ts'
import type { Spelling } from '../fields/kind.ts'
import type { Resource } from '../resources/core/define.ts'
import type { Backend } from './backend.ts'
import { writeChildren } from './children.ts'
import { entityTag, find } from './get.ts'
import { readInput } from './input.ts'
import { checkReferences, referringParts } from './references.ts'
import { readSettings } from './settings.ts'
import { checkClaims, claimsOf, lockClaims } from './unique.ts'
import type { View } from './view.ts'
import {
  decodeRow,
  domainOf,
  lockRow,
  type Receipt,
  refuseFaults,
  seal,
  storedPart,
  type WriteContext,
  write,
} from './write.ts'

/** The state a caller believes it is changing: the entity tag of the answer it has, in the view it read. */
export interface Precondition {
  readonly view: View
  readonly matches: (entityTag: string) => boolean
}

export interface UpdateRequest extends WriteContext {
  readonly key: string
  readonly body: unknown
  readonly spelling: Spelling
  readonly strict: boolean
  readonly precondition?: Precondition
}

/** NULL means false (facts 0.2), so writing one over the other changes nothing. */
const isSame = (before: unknown, after: unknown): boolean =>
  before === after || (typeof (before ?? after) === 'boolean' && (before ?? false) === (after ?? false))

/** True for a stored text that its field cannot read, such as a number's that holds letters, when it is to be emptied. */
const isUnreadable = (stored: unknown, read: unknown, sent: unknown): boolean =>
  sent === null && read === null && stored !== null && stored !== ''

/** Changes what was sent and nothing else. */
export async function update(backend: Backend, resource: Resource, request: UpdateRequest): Promise<Receipt> {
  const faults: Fault[] = []
  const { reach, key, body, spelling, strict } = request
  const input = readInput(resource, body, { operation: 'update', spelling, strict }, faults)
  const domain = domainOf(reach)
  const settings = await readSettings(backend.database, reach.domain?.uuid ?? null, resource.settings ?? [])
  const given = resource.complete ? resource.complete(input.values, { domain, operation: 'update' }) : input.values
  const sent = faults.length > 0 ? {} : storedPart(resource, await seal(resource.fields, given))

  return write(backend, resource, request, async (writer, connection) => {
    const row = await lockRow(writer, resource, reach, key)
    const before = decodeRow(resource, row)
    if (request.precondition) {
      const item = await find(connection, backend, resource, { reach, key, view: request.precondition.view })
      if (!request.precondition.matches(entityTag(item ?? ''))) throw new Problem('PRECONDITION_FAILED')
    }
    const after = { ...before, ...sent }
    refuseFaults(resource, { ...after, ...given }, { operation: 'update', settings, sent: given }, faults)
    const changed = Object.fromEntries(
      Object.entries(after).filter(
        ([name, value]) => !isSame(before[name], value) || isUnreadable(row[name], before[name], sent[name]),
      ),
    )
    await checkReferences(connection, domain.uuid, referringParts(resource, given, input))
    const claims = claimsOf(resource, changed, settings)
    lockClaims(connection, resource, claims, reach)
    await checkClaims(connection, resource, claims, reach, key)

    await writer.update(resource.table, { [resource.key]: key }, changed)
    const facts = { given, parent: after, domain, settings }
    for (const child of resource.children ?? []) {
      const list = input.children.get(child.table)
      if (!list) continue
      const existing = await writer.select(child.table, { [resource.key]: key }, { lock: true })
      await writeChildren(writer, resource, child, list, { key, domain, facts }, existing)
    }
    const { actor } = request
    return {
      operation: 'update',
      key,
      domain,
      actor,
      before,
      after,
      given,
      settings,
      options: backend.options,
    }
  })
}
