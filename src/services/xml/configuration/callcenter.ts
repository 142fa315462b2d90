import type { ColumnCatalog } from '../../../adapters/database/columns.ts'
import { isOn, type TextRow, textList, textOf } from '../columns.ts'
import { hostnamesOf, type XmlAnswerer, type XmlWorld } from '../door.ts'
import { folderOf, type Globals, globalsReader } from '../globals.ts'
import { ringbackOf } from '../ringback.ts'
import { element, inert, inertBut, param } from '../write.ts'
import { type AgentRow, agentContact } from './agent-contact.ts'
import { configuration } from './document.ts'

/** Parameters of a queue that are its columns. */
const queueColumns = [
  'queue_time_base_score',
  'queue_max_wait_time',
  'queue_max_wait_time_with_no_agent',
  'queue_max_wait_time_with_no_agent_time_reached',
  'queue_tier_rules_apply',
  'queue_tier_rule_wait_second',
  'queue_tier_rule_wait_multiply_level',
  'queue_tier_rule_no_agent_no_wait',
  'queue_discard_abandoned_after',
  'queue_abandoned_resume_allowed',
  'queue_announce_sound',
  'queue_announce_frequency',
] as const

const queueNames = [
  'queue_name',
  'queue_extension',
  'queue_strategy',
  'queue_moh_sound',
  'queue_record_template',
] as const

type QueueRow = TextRow<(typeof queueColumns)[number] | (typeof queueNames)[number] | 'domain_name'>

/** Variables of a channel that a record template may hold. */
const ofChannels = [
  'strftime',
  'uuid}',
  'record_ext}',
  'caller_id_number}',
  'caller_destination}',
  'sip_from_user}',
  'sip_to_user}',
  'sip_req_user}',
] as const

/** Attributes of an agent that are its columns, behind the first four. */
const agentColumns = [
  'agent_no_answer_delay_time',
  'agent_max_no_answer',
  'agent_wrap_up_time',
  'agent_reject_delay_time',
  'agent_busy_delay_time',
] as const

type FullAgentRow = AgentRow &
  TextRow<(typeof agentColumns)[number] | 'uuid' | 'agent_name' | 'agent_type' | 'agent_status'>

const statements = (columns: ColumnCatalog) => ({
  queues: `select d.domain_name, ${textList(columns, 'v_call_center_queues', 'q', [...queueNames, ...queueColumns])}
    from v_call_center_queues q join v_domains d on d.domain_uuid = q.domain_uuid order by q.ctid`,
  agents: `select d.domain_name, d.domain_uuid::text, a.call_center_agent_uuid::text as uuid,
    ${textList(columns, 'v_call_center_agents', 'a', ['agent_name', 'agent_type', 'agent_status', 'agent_contact', 'agent_call_timeout', 'agent_record', ...agentColumns])},
    coalesce((select e.extension_uuid::text from v_extensions e where e.domain_uuid = a.domain_uuid
      and e.extension = split_part(split_part(a.agent_contact, '/', 2), '@', 1) limit 1), '') as extension_uuid
    from v_call_center_agents a join v_domains d on d.domain_uuid = a.domain_uuid order by a.ctid`,
  // A tier that joins the queue of one tenant and the agent of another is nobody's.
  tiers: `select d.domain_name, t.call_center_agent_uuid::text as agent, ${textOf(columns, 'v_call_center_queues', 'q', 'queue_extension')} as queue,
    ${textOf(columns, 'v_call_center_tiers', 't', 'tier_level')} as level, ${textOf(columns, 'v_call_center_tiers', 't', 'tier_position')} as position
    from v_call_center_tiers t join v_domains d on d.domain_uuid = t.domain_uuid
    join v_call_center_queues q on q.call_center_queue_uuid = t.call_center_queue_uuid and q.domain_uuid = t.domain_uuid
    order by t.ctid`,
  login: `select default_setting_value as login from v_default_settings s
    where ${isOn(columns, 'v_default_settings', 's', 'default_setting_enabled')} and default_setting_category = 'call_center'
      and default_setting_subcategory = 'queue_login' and default_setting_name = 'text' limit 1`,
})

const parameterName = (column: string): string => column.replace('queue_', '').replaceAll('_', '-')

function queueElement(row: QueueRow, globals: Globals): string {
  const label = row.queue_name.replaceAll(' ', '-')
  return element(
    'queue',
    { name: inert(`${row.queue_extension}@${row.domain_name}`), label: inert(`${label}@${row.domain_name}`) },
    param('strategy', inert(row.queue_strategy)) +
      param('moh-sound', inert(ringbackOf(row.queue_moh_sound, globals))) +
      param('record-template', inertBut(row.queue_record_template, ofChannels)) +
      queueColumns.map((column) => param(parameterName(column), inert(row[column]))).join(''),
  )
}

const agentElement = (row: FullAgentRow, recordingsDir: string): string =>
  element('agent', {
    name: row.uuid,
    label: inert(`${row.agent_name}@${row.domain_name}`),
    type: inert(row.agent_type),
    contact: agentContact(row, recordingsDir),
    status: inert(row.agent_status),
    ...Object.fromEntries(
      agentColumns.map((column) => [column.replace('agent_', '').replaceAll('_', '-'), inert(row[column])]),
    ),
  })

const tierElement = ({ domain_name, agent, queue, level, position }: TextRow): string =>
  element('tier', {
    agent: agent as string,
    queue: inert(`${queue}@${domain_name}`),
    domain_name: inert(domain_name as string),
    level: level as string,
    position: position as string,
  })

function settingsElement(globals: Globals, hostname: string): string {
  const source = globals.get('dsn_callcenter') || globals.get('dsn') || ''
  return element(
    'settings',
    {},
    (source === '' ? '' : param('odbc-dsn', inert(source))) + param('cc-instance-id', inert(hostname)),
  )
}

/** Queues, agents and tiers of every tenant (facts 7, call centre). Agents who log in to queues have no tiers here. */
export function callcenter(world: XmlWorld): XmlAnswerer {
  const { database, columns, options } = world
  const sql = statements(columns)
  const readGlobals = globalsReader(world)
  const recordingsDir = folderOf(options.recordingsDir, 'recordings_dir')
  return async (request) => {
    const [globals, queues, agents, tiers, [setting]] = await Promise.all([
      readGlobals(request),
      database.query<QueueRow>(sql.queues, []),
      database.query<FullAgentRow>(sql.agents, []),
      database.query<TextRow>(sql.tiers, []),
      database.query<{ login: string | null }>(sql.login, []),
    ])
    return configuration(
      'callcenter',
      'Call Center',
      settingsElement(globals, hostnamesOf(request)[0] ?? '') +
        element('queues', {}, queues.map((row) => queueElement(row, globals)).join('')) +
        element('agents', {}, agents.map((row) => agentElement(row, recordingsDir)).join('')) +
        (setting?.login === 'dynamic' ? '' : element('tiers', {}, tiers.map(tierElement).join(''))),
    )
  }
}
