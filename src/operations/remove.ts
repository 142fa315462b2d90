import { Problem } from '../errors.ts'
import type { Resource } from '../resources/core/define.ts'
import type { Backend } from './backend.ts'
import { entityTag, find } from './get.ts'
import { readSettings } from './settings.ts'
import type { Precondition } from './update.ts'
import { decodeRow, domainOf, lockRow, type Receipt, type WriteContext, write } from './write.ts'

export interface RemoveRequest extends WriteContext {
  readonly key: string
  readonly precondition?: Precondition
}

/** Removes one row, its children and everything the declaration says goes with it. */
export function remove(backend: Backend, resource: Resource, request: RemoveRequest): Promise<Receipt> {
  const { reach, key } = request
  return write(backend, resource, request, async (writer, connection) => {
    const settings = await readSettings(connection, reach.domain?.uuid ?? null, resource.settings ?? [])
    const before = decodeRow(resource, await lockRow(writer, resource, reach, key))
    if (request.precondition) {
      const item = await find(connection, backend, resource, { reach, key, view: request.precondition.view })
      if (!request.precondition.matches(entityTag(item ?? ''))) throw new Problem('PRECONDITION_FAILED')
    }
    await writer.remove(resource.table, { [resource.key]: key })
    for (const child of resource.children ?? []) await writer.remove(child.table, { [resource.key]: key })
    return {
      operation: 'remove',
      key,
      domain: domainOf(reach),
      actor: request.actor,
      before,
      after: null,
      given: {},
      settings,
      options: backend.options,
    }
  })
}
