import { randomUUID } from 'node:crypto'
import type { JournalEntry, RowValues, Writer } from '../adapters/database/writer.ts'
import type { Actor, Resource } from '../resources/core/define.ts'
import { remember } from './remember.ts'

/** Columns whose values never enter an audit row, whichever table they stand in. */
const secretColumns = /password|secret|api_key|^salt$|pin_number|totp|_pin$/

/** The names of all columns that a declaration calls secret. */
const declaredSecrets = (resource: Resource): ReadonlySet<string> =>
  new Set(
    [
      resource.fields,
      ...(resource.children ?? []).map((child) => child.fields),
      ...Object.values(resource.embeds ?? {}).map((embed) => embed.fields),
    ].flatMap((fields) => Object.keys(fields).filter((name) => fields[name]?.secret !== undefined)),
  )

type Mask = (column: string, value: unknown) => unknown

const maskOf = remember((resource: Resource): Mask => {
  const declared = declaredSecrets(resource)
  const known = new Map<string, boolean>()
  const isSecret = (column: string): boolean => {
    const secret = known.get(column) ?? (secretColumns.test(column) || declared.has(column))
    known.set(column, secret)
    return secret
  }
  return (column, value) => (value !== null && value !== '' && isSecret(column) ? '********' : value)
})

/** FusionPBX writes every new value as text, the way its forms sent it. */
const asPosted = (value: unknown): unknown =>
  typeof value === 'boolean' || typeof value === 'number' ? String(value) : (value ?? null)

type Tables = Record<string, Record<string, unknown>[]>

function gather(
  entries: readonly JournalEntry[],
  rowOf: (entry: JournalEntry) => RowValues | null,
  posted: boolean,
  mask: Mask,
): Tables | null {
  const tables: Tables = {}
  for (const entry of entries) {
    const row = rowOf(entry)
    if (row === null) continue
    const shown: Record<string, unknown> = {}
    for (const column of Object.keys(row)) {
      const value = row[column]
      shown[column] = mask(column, posted ? asPosted(value) : (value ?? null))
    }
    const name = entry.table.replace(/^v_/, '')
    const rows = tables[name] ?? []
    tables[name] = rows
    rows.push(shown)
  }
  return Object.keys(tables).length === 0 ? null : tables
}

/** JSON as PHP prints it: four spaces, slashes and everything beyond ASCII escaped. */
const phpJson = (value: unknown): string =>
  JSON.stringify(value, null, 4)
    .replaceAll('/', '\\/')
    .replaceAll(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

/**
 * The audit row of one operation in the shape of FusionPBX's `v_database_transactions` (facts 1): tables without `v_`,
 * old and new rows, type `add` as soon as one row was inserted. Secrets are masked, which FusionPBX does not do.
 * Undefined when nothing was written or this version has no such table.
 */
export function auditRow(
  resource: Resource,
  writer: Writer,
  context: { domainUuid: string | null; key: string; actor: Actor },
): RowValues | undefined {
  const { journal } = writer
  if (journal.length === 0 || writer.columns.columns('v_database_transactions').length === 0) return undefined
  const added = journal.some((entry) => entry.operation === 'insert')
  const removed = journal.some((entry) => entry.operation === 'delete')
  const updated = journal.some((entry) => entry.operation === 'update')
  const mask = maskOf(resource)
  const old = gather(journal, (entry) => entry.before, false, mask)
  return {
    database_transaction_uuid: randomUUID(),
    domain_uuid: context.domainUuid,
    app_name: resource.app.name,
    app_uuid: resource.app.uuid,
    transaction_code: '200',
    transaction_address: context.actor.address,
    transaction_date: new Date().toISOString(),
    transaction_type: added ? 'add' : removed && !updated ? 'delete' : 'update',
    transaction_old: old === null ? null : phpJson(old),
    transaction_new: phpJson(gather(journal, (entry) => entry.after, true, mask)),
    transaction_result: phpJson({ message: 'OK', code: '200', uuid: context.key }),
  }
}
