import type { ColumnCatalog } from '../../src/adapters/database/columns.ts'
import { formsUser, type JsonRow, type RowChange } from './capture.ts'
import type { Difference } from './fidelity.ts'

/** What became of one row in the end, however often it was written. */
interface Net {
  readonly table: string
  readonly key: string
  readonly before: JsonRow | undefined
  readonly after: JsonRow | undefined
}

export interface Compared {
  readonly columns: ColumnCatalog
  /** Primary key by table. */
  readonly keys: ReadonlyMap<string, string>
  /** Every text of the request: a value among them was chosen by the caller and has to be equal. */
  readonly sent: ReadonlySet<string>
  /** Keys of rows that either side added. */
  readonly added?: ReadonlySet<string>
}

function netOf(changes: readonly RowChange[], keys: Compared['keys']): Net[] {
  const nets = new Map<string, Net>()
  for (const { table, before, after } of changes) {
    const key = String((after ?? before)?.[keys.get(table) ?? ''])
    const known = nets.get(`${table} ${key}`)
    nets.set(`${table} ${key}`, { table, key, before: known ? known.before : before, after })
  }
  return [...nets.values()]
}

/** A value as text, so that it reads alike whatever type its column has in this version. */
const textOf = (value: unknown, type: string | undefined): string | null => {
  if (value === null || value === undefined || value === '') return null
  if (typeof value === 'boolean' && type === 'numeric') return value ? '1' : '0'
  return String(value)
}

const isDate = (column: string): boolean => column.endsWith('_date') && column !== 'add_date'
const isUser = (column: string): boolean => column === 'insert_user' || column === 'update_user'

/** The kind of a value that nobody chose, or the value itself. */
function shapeOf(table: string, column: string, value: string, sent: ReadonlySet<string>): string {
  if (sent.has(value)) return value
  if (/password$/.test(column)) {
    if (/^\$2y\$10\$[./A-Za-z0-9]{53}$/.test(value)) return 'a bcrypt hash'
    if (/^\d+$/.test(value)) return `${value.length} digits`
    return /^[0-9a-f]+$/.test(value) ? `${value.length} hexadecimal digits` : `${value.length} characters`
  }
  if (column === 'add_date' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.000000\+0000$/.test(value)) return 'now, in words'
  if (table === 'v_email_queue' && column === 'hostname') return 'a host name'
  if (table === 'v_email_queue' && column === 'email_body') return value.includes('<html>') ? 'a page' : 'a paragraph'
  return value
}

const secondsAgo = (stamp: string): number => (Date.now() - Date.parse(stamp)) / 1000

function say(
  { columns, sent, added }: Compared,
  table: string,
  column: string,
  row: JsonRow,
  before: JsonRow | undefined,
  isOurs: boolean,
): string {
  const type = columns.type(table, column)
  const value = textOf(row[column], type)
  if (before && value === textOf(before[column], type)) return 'as before'
  if (value === null) return 'NULL'
  if (isDate(column)) return !isOurs || Math.abs(secondsAgo(value)) < 60 ? 'now' : 'another time'
  if (added?.has(value)) return 'a new row'
  if (isUser(column)) return value === formsUser ? 'the user who is logged in' : value
  return shapeOf(table, column, value, sent)
}

/** Columns of one row that the two leave behind differently. */
function compareColumns(
  context: Compared,
  theirs: Net,
  ours: { before: JsonRow | undefined; after: JsonRow },
  uuids: ReadonlyMap<string, string>,
): Difference[] {
  const { table } = theirs
  return context.columns.columns(table).flatMap((column) => {
    const type = context.columns.type(table, column)
    const [a, b] = [textOf(theirs.after?.[column], type), textOf(ours.after[column], type)]
    if (a === b || (a !== null && uuids.get(a) === b)) return []
    const fusionpbx = say(context, table, column, theirs.after ?? {}, theirs.before, false)
    const tandem = say(context, table, column, ours.after, ours.before, true)
    return fusionpbx === tandem ? [] : [{ what: `${table}.${column}`, fusionpbx, tandem }]
  })
}

const isUuid = (value: unknown): boolean =>
  typeof value === 'string' && /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(value)

/** How many columns two new rows share; UUIDs do not count, because both were made on the spot. */
const likeness = ({ columns }: Compared, table: string, a: JsonRow, b: JsonRow): number =>
  columns.columns(table).filter((column) => {
    const type = columns.type(table, column)
    return !isUuid(a[column]) && textOf(a[column], type) === textOf(b[column], type)
  }).length

/** New rows of both, in pairs; a row alone has no partner. */
function pairInserts(context: Compared, theirs: readonly Net[], ours: readonly Net[]) {
  const left = [...ours]
  const pairs = theirs.map((net) => {
    const candidates = left.filter((candidate) => candidate.table === net.table)
    const score = (candidate: Net) => likeness(context, net.table, net.after ?? {}, candidate.after ?? {})
    const best = candidates.sort((a, b) => score(b) - score(a))[0]
    if (best) left.splice(left.indexOf(best), 1)
    return [net, best] as const
  })
  return { pairs, left }
}

const isInsert = (net: Net): boolean => net.before === undefined && net.after !== undefined

/** Compares two lists of row changes by what they leave behind, column by column. */
export function compareRows(
  known: Omit<Compared, 'added'>,
  captured: readonly RowChange[],
  recorded: readonly RowChange[],
): { differences: Difference[]; uuids: ReadonlyMap<string, string> } {
  const theirs = netOf(
    captured.filter(({ table }) => known.columns.columns(table).length > 0),
    known.keys,
  )
  const ours = netOf(recorded, known.keys)
  const added = new Set([...theirs, ...ours].filter(isInsert).map((net) => net.key))
  const context: Compared = { ...known, added }
  const { pairs, left } = pairInserts(context, theirs.filter(isInsert), ours.filter(isInsert))
  const uuids = new Map(pairs.flatMap(([net, partner]) => (partner ? [[net.key, partner.key] as const] : [])))
  // A reference from one new row to another agrees when the rows are partners; the contact of a user, say.
  const differences = pairs.flatMap(([net, partner]) =>
    partner?.after
      ? compareColumns(context, net, { before: undefined, after: partner.after }, uuids)
      : [{ what: net.table, fusionpbx: 'row added', tandem: 'no row' }],
  )
  differences.push(...left.map((net) => ({ what: net.table, fusionpbx: 'no row', tandem: 'row added' })))

  const changedOurs = new Map(ours.filter((net) => !isInsert(net)).map((net) => [`${net.table} ${net.key}`, net]))
  for (const net of theirs.filter((candidate) => !isInsert(candidate))) {
    const partner = changedOurs.get(`${net.table} ${net.key}`)
    changedOurs.delete(`${net.table} ${net.key}`)
    if (!net.after && partner && !partner.after) continue
    if (!net.after) differences.push({ what: net.table, fusionpbx: 'row removed', tandem: 'row kept' })
    else if (partner && !partner.after)
      differences.push({ what: net.table, fusionpbx: 'row kept', tandem: 'row removed' })
    else {
      const after = partner?.after ?? net.before ?? {}
      differences.push(...compareColumns(context, net, { before: net.before, after }, uuids))
    }
  }
  for (const net of changedOurs.values()) {
    if (!net.after) differences.push({ what: net.table, fusionpbx: 'row kept', tandem: 'row removed' })
    else
      differences.push(
        ...compareColumns(context, { ...net, after: net.before }, { before: net.before, after: net.after }, uuids),
      )
  }
  return { differences, uuids }
}
