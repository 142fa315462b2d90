import { json } from './wire.ts'

/** A row of a core table: every value is text (facts 3). */
export type Row = Record<string, string>

const callColumns = `uuid direction created created_epoch name state cid_name cid_num ip_addr dest presence_id
  presence_data accountcode callstate callee_name callee_num callee_direction call_uuid hostname sent_callee_name
  sent_callee_num`.split(/\s+/)
const bridgedColumns = callColumns.filter((name) => name !== 'call_uuid' && name !== 'hostname')

/** What the core keeps of the channels at one moment: rows, and which leg is bridged to which (a to b, since when). */
export interface Tables {
  readonly channels: readonly Row[]
  readonly bridges: readonly (readonly [a: string, b: string, epoch: string])[]
  readonly registrations: readonly Row[]
}

/** Text of `show ARGUMENTS` (facts 3): text, json and count forms of channels, calls and registrations. */
export function show(tables: Tables, argumentsText: string): string {
  const words = argumentsText.split(' ').filter((word) => word !== '')
  const as = words.indexOf('as')
  const format = as < 0 ? 'delim' : (words[as + 1] ?? '')
  if (format !== 'delim' && format !== 'json' && format !== 'xml') return `-ERR Cannot find format ${format}\n`
  const rows = rowsOf(tables, words[0] ?? '')
  if (rows === undefined) return usage
  const like = words[1] === 'like' ? words[2] : undefined
  const found =
    like === undefined ? rows : rows.filter((row) => Object.values(row).some((value) => value.includes(like)))
  if (words[1] === 'count') return count(found.length, format)
  return format === 'json' ? jsonTable(found) : format === 'xml' ? xmlTable(found) : textTable(found)
}

function rowsOf(tables: Tables, table: string): readonly Row[] | undefined {
  if (table === 'channels') return byTime(tables.channels, 'created_epoch')
  if (table === 'registrations') return tables.registrations
  if (table === 'calls') return callRows(tables, false, false)
  if (table === 'bridged_calls') return callRows(tables, true, false)
  if (table === 'detailed_calls') return callRows(tables, false, true)
  if (table === 'detailed_bridged_calls') return callRows(tables, true, true)
  return undefined
}

/** The join of channels and bridges: bridged pairs, and unless `bridgedOnly` every channel that is in no bridge. */
function callRows(tables: Tables, bridgedOnly: boolean, detailed: boolean): readonly Row[] {
  const inBridge = new Set(tables.bridges.flat())
  const rows: Row[] = []
  for (const row of tables.channels) {
    const bridge = tables.bridges.find(([a]) => a === row.uuid)
    const b = tables.channels.find((each) => each.uuid === bridge?.[1])
    if (bridge === undefined ? bridgedOnly || inBridge.has(row.uuid ?? '') : b === undefined) continue
    rows.push(joined(row, b, bridge?.[2] ?? '', detailed))
  }
  return byTime(rows, 'call_created_epoch')
}

function joined(a: Row, b: Row | undefined, since: string, detailed: boolean): Row {
  const all = Object.keys(a).filter((name) => !name.startsWith('initial_'))
  const row: Row = {}
  for (const name of detailed ? all : callColumns) row[name] = a[name] ?? ''
  for (const name of detailed ? all : bridgedColumns) row[`b_${name}`] = b?.[name] ?? ''
  row.call_created_epoch = since
  return row
}

function byTime(rows: readonly Row[], column: string): Row[] {
  return [...rows].sort((one, other) => Number(one[column]) - Number(other[column]))
}

function count(number: number, format: string): string {
  if (format === 'json') return `{"row_count":${number},"rows":[]}`
  return format === 'xml' ? `<result row_count="${number}"></result>\n` : `\n${number} total.\n`
}

function jsonTable(rows: readonly Row[]): string {
  return rows.length === 0 ? '{"row_count": 0}\n' : `{"row_count":${rows.length},"rows":${json(rows)}}`
}

function textTable(rows: readonly Row[]): string {
  const head = rows[0] === undefined ? '' : `${Object.keys(rows[0]).join(',')}\n`
  return `${head}${rows.map((row) => `${Object.values(row).join(',')}\n`).join('')}\n${rows.length} total.\n`
}

function xmlTable(rows: readonly Row[]): string {
  const cells = (row: Row) => Object.entries(row).map(([name, value]) => `    <${name}>${escapeXml(value)}</${name}>\n`)
  if (rows.length === 0) return '<result row_count="0"/>\n'
  const body = rows.map((row, index) => `  <row row_id="${index + 1}">\n${cells(row).join('')}  </row>\n`)
  return `<result row_count="${rows.length}">\n${body.join('')}</result>\n`
}

/** What sofia and the core escape where they escape at all. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] as string)
}

const usage = `-USAGE: codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like <match string>]|calls|detailed_calls|bridged_calls|detailed_bridged_calls|aliases|complete|chat|management|modules|nat_map|say|interfaces|interface_types|tasks|limits|status\n`
