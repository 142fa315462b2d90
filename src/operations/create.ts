import { randomUUID } from 'node:crypto'
import type { Fault } from '../errors.ts'
import type { Spelling } from '../fields/kind.ts'
import type { Resource } from '../resources/core/define.ts'
import type { Backend } from './backend.ts'
import { writeChildren } from './children.ts'
import { withDefaults } from './defaults.ts'
import { readInput } from './input.ts'
import { checkQuota } from './quota.ts'
import { checkReferences, referringParts } from './references.ts'
import { readSettings } from './settings.ts'
import { checkClaims, claimsOf, lockClaims } from './unique.ts'
import { decodeRow, domainOf, type Receipt, refuseFaults, seal, storedPart, type WriteContext, write } from './write.ts'

export interface CreateRequest extends WriteContext {
  readonly body: unknown
  readonly spelling: Spelling
  /** Refuse fields the resource does not have. */
  readonly strict: boolean
}

/** Creates one row with everything that belongs to it, or nothing at all. */
export async function create(backend: Backend, resource: Resource, request: CreateRequest): Promise<Receipt> {
  const faults: Fault[] = []
  const { reach, body, spelling, strict } = request
  const input = readInput(resource, body, { operation: 'create', spelling, strict }, faults)
  const domain = domainOf(reach)
  const settingNames = [...(resource.settings ?? []), ...(resource.quota ? [['limit', resource.quota] as const] : [])]
  const settings = await readSettings(backend.database, reach.domain?.uuid ?? null, settingNames)
  const facts = { given: input.values, domain, settings }
  const defaulted = withDefaults(resource.fields, input.values, facts)
  const values = resource.complete ? resource.complete(defaulted, { domain, operation: 'create' }) : defaulted
  refuseFaults(resource, values, { operation: 'create', settings }, faults)
  const row = storedPart(resource, await seal(resource.fields, values))
  const key = input.key ?? randomUUID()

  return write(backend, resource, request, async (writer, connection) => {
    await checkReferences(connection, domain.uuid, referringParts(resource, values, input))
    await checkQuota(connection, resource, settings, reach)
    const claims = claimsOf(resource, values, settings)
    lockClaims(connection, resource, claims, reach)
    await checkClaims(connection, resource, claims, reach, key)
    const owner = resource.scope === 'global' ? {} : { domain_uuid: reach.domain?.uuid ?? null }
    await writer.insert(resource.table, [{ [resource.key]: key, ...owner, ...row }])
    for (const child of resource.children ?? []) {
      const list = input.children.get(child.table)
      if (list)
        await writeChildren(writer, resource, child, list, { key, domain, facts: { ...facts, parent: values } }, [])
    }
    const after = decodeRow(resource, row)
    return {
      operation: 'create',
      key,
      domain,
      actor: request.actor,
      before: null,
      after,
      given: values,
      settings,
      options: backend.options,
    }
  })
}
