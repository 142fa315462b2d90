import { randomUUID } from 'node:crypto'
import type { Row, Transaction } from '../adapters/database/database.ts'
import { type Writer, writerOn } from '../adapters/database/writer.ts'
import type { Delivery, Effect } from '../adapters/effects.ts'
import { type Fault, invalid, Problem } from '../errors.ts'
import type { Fields, Values } from '../fields/field.ts'
import type { Actor, Change, Resource } from '../resources/core/define.ts'
import { auditRow } from './audit.ts'
import type { Backend } from './backend.ts'
import { remember } from './remember.ts'
import type { Reach } from './scope.ts'
import { keyInUse } from './unique.ts'

/** What every write needs to know about its caller. */
export interface WriteContext {
  readonly reach: Reach
  readonly actor: Actor
}

/** What a write says when it is done: the row, and how far word of it has got (contract, `X-Tandem-Receipt`). */
export interface Receipt extends Delivery {
  readonly id: string
  readonly key: string
}

/** Values of a row as the driver gave it, in our own types. */
export function decodeRow(resource: Resource, row: Row): Values<Fields> {
  const values: Record<string, unknown> = {}
  for (const name of resource.stored) {
    const raw = row[name]
    if (raw === undefined) continue
    values[name] = raw === null ? null : resource.fields[name]?.kind.decode(raw)
  }
  return values
}

/** The part of the values that stands in the resource's own table. */
export const storedPart = (resource: Resource, values: Values<Fields>): Record<string, unknown> =>
  Object.fromEntries(resource.stored.filter((name) => values[name] !== undefined).map((name) => [name, values[name]]))

const sealedFields = remember((fields: Fields) =>
  Object.entries(fields).flatMap(([name, field]) => (field.seal ? [[name, field.seal] as const] : [])),
)

/** The values as they are stored: passwords hashed. Slow on purpose, so it runs before a transaction holds locks. */
export async function seal(fields: Fields, values: Values<Fields>): Promise<Values<Fields>> {
  const sealing = sealedFields(fields)
  if (sealing.length === 0) return values
  const sealed = { ...values }
  for (const [name, seal] of sealing) {
    const value = values[name]
    if (value !== undefined && value !== null) sealed[name] = await seal(value)
  }
  return sealed
}

/** Runs the rules that concern several fields and throws every fault found, those of single fields first. */
export function refuseFaults(
  resource: Resource,
  values: Values<Fields>,
  context: Parameters<NonNullable<Resource['checks']>[number]>[1],
  faults: readonly Fault[],
): void {
  const all = [...faults, ...(resource.checks ?? []).flatMap((check) => check(values, context))]
  if (all.length > 0) throw invalid(all)
}

const uniqueViolation = (error: unknown): string | undefined => {
  const { code, table } = error as { code?: string; table?: string }
  return code === '23505' ? (table ?? '') : undefined
}

/** The name of the key whose value was already taken, by the table that refused it. */
const takenKey = (resource: Resource, table: string): string =>
  (resource.children ?? []).find((child) => child.table === table)?.key ?? resource.key

/** PostgreSQL's words for "two transactions got in each other's way": nothing was written, and a second try may go well. */
const clashes = new Set(['40001', '40P01'])
const maxAttempts = 3

async function withRetries<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      const { code } = error as { code?: string }
      if (attempt === maxAttempts || code === undefined || !clashes.has(code)) throw error
    }
  }
}

const insertReceipt = `insert into tandem.receipts (receipt_uuid, domain_uuid, resource, operation, key, effects, cache, switch)
  values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8)`

/**
 * The frame of every write: `work` changes rows inside one transaction and answers the change; its effects inside the
 * transaction run next, then the audit row and the receipt are written, and only after commit do caches and switch hear
 * of it (facts 1; demand S002-FS-*).
 */
export async function write(
  backend: Backend,
  resource: Resource,
  context: WriteContext,
  work: (writer: Writer, connection: Transaction) => Promise<Change<Fields>>,
): Promise<Receipt> {
  const id = randomUUID()
  let effects: readonly Effect[] = []
  let key = ''
  let operation: Change<Fields>['operation'] = 'update'
  try {
    await withRetries(() =>
      backend.database.transaction(async (connection) => {
        const writer = writerOn(connection, backend.columns)
        const change = await work(writer, connection)
        key = change.key
        operation = change.operation
        for (const effect of resource.effects?.inside?.[change.operation] ?? []) await effect(writer, change)
        effects = [
          ...writer.told,
          ...(resource.effects?.after?.[change.operation] ?? []).flatMap((effect) => effect(change)),
        ]
        const domainUuid = context.reach.domain?.uuid ?? null
        const audit = auditRow(resource, writer, { domainUuid, key, actor: context.actor })
        if (audit) await writer.insert('v_database_transactions', [audit])
        const expected = backend.effects.expect(effects)
        connection.send(insertReceipt, [
          id,
          domainUuid,
          resource.name,
          change.operation,
          key,
          JSON.stringify(effects),
          expected.cache,
          expected.switch,
        ])
      }),
    )
  } catch (error) {
    const table = uniqueViolation(error)
    if (table !== undefined) throw keyInUse(resource, takenKey(resource, table))
    throw error
  }
  const domain = resource.scope === 'global' ? null : context.reach.domain
  backend.changed?.({ resource: resource.name, operation, key, domain })
  const delivery = await backend.effects.deliver({ id, key, proof: resource.effects?.proof, effects })
  return { id, key, ...delivery }
}

/** The row to be changed, locked until the transaction ends; another tenant's row does not exist. */
export async function lockRow(writer: Writer, resource: Resource, reach: Reach, key: string): Promise<Row> {
  const where =
    resource.scope === 'global'
      ? { [resource.key]: key }
      : { [resource.key]: key, domain_uuid: reach.domain?.uuid ?? null }
  const [row] = await writer.select(resource.table, where, { lock: true })
  if (!row) throw new Problem('NOT_FOUND', { message: `${resource.title} not found` })
  return row
}

/** The domain that effects speak of; rows of the whole system have none. */
export const domainOf = (reach: Reach): Change<Fields>['domain'] => reach.domain ?? { uuid: '', name: '', zone: 'UTC' }
