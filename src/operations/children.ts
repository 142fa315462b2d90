import { randomUUID } from 'node:crypto'
import type { Row } from '../adapters/database/database.ts'
import type { RowValues, Writer } from '../adapters/database/writer.ts'
import { type Fault, invalid } from '../errors.ts'
import type { DefaultFacts, Fields, Values } from '../fields/field.ts'
import type { Child, Domain, Resource } from '../resources/core/define.ts'
import { withDefaults } from './defaults.ts'
import { type ChildInput, type ChildList, labelOf } from './input.ts'

/** The parent a child row belongs to. */
interface Parent {
  readonly key: string
  readonly domain: Domain
  readonly facts: DefaultFacts
}

const identityOf = (child: Child, values: RowValues): string =>
  JSON.stringify(child.identity.map((name) => String(values[name] ?? '')))

/** A new child row with its defaults, or the faults of what it lacks. */
function newRow(
  resource: Resource,
  child: Child,
  item: ChildInput,
  parent: Parent,
  path: string,
  faults: Fault[],
): RowValues {
  const defaulted = withDefaults(child.fields, item.values, parent.facts)
  const values = child.complete ? child.complete(defaulted, { domain: parent.domain, operation: 'create' }) : defaulted
  for (const [name, field] of Object.entries(child.fields))
    if (field.required && (values[name] ?? null) === null)
      faults.push({ field: `${path}.${name}`, label: labelOf(name, field), text: 'is required' })
  return {
    [child.key]: item.key ?? randomUUID(),
    domain_uuid: parent.domain.uuid,
    [resource.key]: parent.key,
    ...stored(child.fields, values),
  }
}

const stored = (fields: Fields, values: Values<Fields>): RowValues =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) =>
      field.role === 'column' && values[name] !== undefined ? [[name, values[name]]] : [],
    ),
  )

/**
 * Makes the stored child rows equal to a list that was sent: rows are told apart by their key, else by their identity
 * (a line's number), so a row sent again keeps its UUID and what was not sent; rows not in the list are removed.
 */
export async function writeChildren(
  writer: Writer,
  resource: Resource,
  child: Child,
  list: ChildList,
  parent: Parent,
  existing: readonly Row[],
): Promise<void> {
  const faults: Fault[] = []
  const left = new Map(existing.map((row) => [String(row[child.key]), row]))
  const inserts: RowValues[] = []
  const updates: { key: string; values: RowValues }[] = []
  const seen = new Set<string>()
  for (const [index, item] of list.items.entries()) {
    if (item.key !== undefined && seen.has(item.key))
      faults.push({
        field: `${list.name}[${index}].${child.key}`,
        label: labelOf(child.key, undefined),
        text: 'stands in the list twice',
      })
    if (item.key !== undefined) seen.add(item.key)
    const wanted = identityOf(child, withDefaults(child.fields, item.values, parent.facts))
    const row =
      item.key !== undefined
        ? left.get(item.key)
        : [...left.values()].find((candidate) => identityOf(child, candidate) === wanted)
    if (row) {
      const key = String(row[child.key])
      left.delete(key)
      const { domain } = parent
      const values = child.complete ? child.complete(item.values, { domain, operation: 'update' }) : item.values
      updates.push({ key, values: stored(child.fields, values) })
    } else inserts.push(newRow(resource, child, item, parent, `${list.name}[${index}]`, faults))
  }
  if (faults.length > 0) throw invalid(faults)
  for (const key of left.keys()) await writer.remove(child.table, { [child.key]: key })
  for (const { key, values } of updates) await writer.update(child.table, { [child.key]: key }, values)
  await writer.insert(child.table, inserts)
}
