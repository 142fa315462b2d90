import type { ColumnCatalog } from '../../adapters/database/columns.ts'
import { isOn, type TextRow } from './columns.ts'
import { hostnamesOf, type XmlAnswerer, type XmlRequest, type XmlWorld } from './door.ts'
import { fragmentReader } from './fragment.ts'
import { element, inert, xmlDocument } from './write.ts'

type PartRow = TextRow<'uuid' | 'xml'>
type ModeRow = { mode: string | null; field: string | null }

/** Contexts that calls from outside come to (facts 0.5). */
const isPublic = (context: string): boolean =>
  context === 'public' || context.startsWith('public@') || context.endsWith('.public')

/** How public calls are looked up, and by which number. FusionPBX reads both without asking whether they are enabled. */
const modeStatement = (): string => {
  const setting = (category: string, subcategory: string): string =>
    `(select default_setting_value from v_default_settings s where s.default_setting_category = '${category}'
       and s.default_setting_subcategory = '${subcategory}' order by s.ctid limit 1)`
  return `select ${setting('destinations', 'dialplan_mode')} as mode, ${setting('dialplan', 'destination')} as field`
}

const parts = (columns: ColumnCatalog, condition: string): string =>
  `select p.dialplan_uuid::text as uuid, coalesce(p.dialplan_xml, '') as xml from v_dialplans p
   where ${condition} and (p.hostname = any($1::text[]) or p.hostname is null)
     and ${isOn(columns, 'v_dialplans', 'p', 'dialplan_enabled')} order by p.dialplan_order, p.ctid`

/** Ways in which the parts of a destination's number may have been dialled. */
const spellings = [
  ['prefix', 'area', 'number'],
  ['trunk', 'area', 'number'],
  ['prefix', 'number'],
  ['plus', 'prefix', 'number'],
  ['plus', 'prefix', 'area', 'number'],
  ['area', 'number'],
  ['number'],
] as const

function numberParts(columns: ColumnCatalog): Readonly<Record<(typeof spellings)[number][number], string>> {
  const column = (name: string): string =>
    columns.type('v_destinations', name) === undefined ? "''" : `coalesce(n.${name}, '')`
  return {
    plus: "'+'",
    prefix: column('destination_prefix'),
    trunk: column('destination_trunk_prefix'),
    area: column('destination_area_code'),
    number: column('destination_number'),
  }
}

const statements = (columns: ColumnCatalog) => {
  const part = numberParts(columns)
  const dialled = spellings.map((words) => `${words.map((word) => part[word]).join(' || ')} = $2`).join(' or ')
  return {
    mode: modeStatement(),
    /** One number: the routes of its destinations, and what everyone's public calls go through. */
    single: parts(
      columns,
      `(p.dialplan_uuid in (select n.dialplan_uuid from v_destinations n where $2 <> '' and (${dialled}))
        or (p.dialplan_context like '%public%' and p.domain_uuid is null))`,
    ),
    whole: parts(columns, 'p.dialplan_context = $2'),
    /** A tenant's own, and what is everyone's. */
    tenant: parts(columns, `p.dialplan_context in ($2, '\${domain_name}', 'global')`),
  }
}

/** The number that was dialled, by the field that a setting names; that of the channel unless it says otherwise. */
function dialledNumber(request: XmlRequest, field: string): string {
  const bare = field.replace(/^\$\{(.*)\}$/, '$1')
  const other = bare === 'sip_to_user' || bare === 'sip_req_user' ? request.get(`variable_${bare}`) : undefined
  if (other === undefined) return request.get('Caller-Destination-Number') ?? ''
  try {
    return decodeURIComponent(other)
  } catch {
    return other
  }
}

/**
 * Section dialplan: the context a call is in (facts 0.5, 5). Each text is passed on as FusionPBX stores it; one that
 * cannot be read is left out and told to the log, so that a tenant's mistake stays his own.
 */
export function dialplanAnswers({ database, columns, warn }: XmlWorld): XmlAnswerer {
  const sql = statements(columns)
  const readFragment = fragmentReader()
  const fragmentOf = (row: PartRow): string => {
    const fragment = readFragment(row.xml)
    if ('xml' in fragment) return fragment.xml
    warn({ dialplan: row.uuid, fault: fragment.fault }, 'a dialplan is no XML and was left out')
    return ''
  }

  async function rowsOf(context: string, request: XmlRequest): Promise<PartRow[]> {
    const hosts = hostnamesOf(request)
    if (!isPublic(context))
      return database.query<PartRow>(context.includes('@') ? sql.whole : sql.tenant, [hosts, context])
    const [setting] = await database.query<ModeRow>(sql.mode, [])
    if (setting?.mode !== 'single') return database.query<PartRow>(sql.whole, [hosts, context])
    return database.query<PartRow>(sql.single, [hosts, dialledNumber(request, setting.field ?? '')])
  }

  return async (request) => {
    const context = request.get('Hunt-Context') ?? request.get('Caller-Context') ?? 'public'
    const rows = await rowsOf(context, request)
    if (rows.length === 0) return undefined
    const body = element('context', { name: inert(context) }, rows.map(fragmentOf).join(''))
    return xmlDocument('dialplan', body, { description: '' })
  }
}
