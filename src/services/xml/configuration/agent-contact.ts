import { saysYes, type TextRow } from '../columns.ts'
import { inertBut } from '../write.ts'

/** What of an agent decides how he is called. */
export type AgentRow = TextRow<
  'agent_contact' | 'agent_call_timeout' | 'agent_record' | 'domain_name' | 'domain_uuid' | 'extension_uuid'
>

/** Variables of the caller's channel, which the agent's leg is told. */
const allowed = ['caller_destination}', 'strftime', 'uuid}', 'record_ext}'] as const

const destination = 'sip_h_caller_destination=${caller_destination}'

/** Whoever is called over a gateway confirms by a key, so that no mailbox answers for him. */
const confirmation = (row: AgentRow): string =>
  `group_confirm_file=ivr/ivr-accept_reject_voicemail.wav,group_confirm_key=1,group_confirm_read_timeout=2000,leg_timeout=${row.agent_call_timeout}`

const recording = (row: AgentRow, recordingsDir: string): string =>
  saysYes(row.agent_record)
    ? `,execute_on_pre_bridge='record_session ${recordingsDir}/${row.domain_name}/archive/\${strftime(%Y)}/\${strftime(%b)}/\${strftime(%d)}/\${uuid}.\${record_ext}'`
    : ''

const tenant = (row: AgentRow): string => `domain_name=${row.domain_name},domain_uuid=${row.domain_uuid}`

/** Variables for a contact that has none of its own. */
function freshVariables(row: AgentRow, recordingsDir: string): string {
  const timeout = `call_timeout=${row.agent_call_timeout}`
  return row.agent_contact.includes('sofia/gateway')
    ? `${confirmation(row)},${timeout},${tenant(row)},${destination}`
    : `${timeout},${tenant(row)},extension_uuid=${row.extension_uuid},${destination}${recording(row, recordingsDir)}`
}

/** What is added to the variables a contact has; a timeout of its own stays, and names no tenant (captured pair). */
function addedVariables(row: AgentRow): string {
  const hasTimeout = row.agent_contact.includes('call_timeout')
  const timeout = `call_timeout=${row.agent_call_timeout}`
  if (row.agent_contact.includes('sofia/gateway'))
    return `${confirmation(row)},${tenant(row)},${destination}${hasTimeout ? '' : `,${timeout}`}`
  return `${hasTimeout ? '' : `${tenant(row)},`}${destination},${timeout}`
}

/** The dial string of an agent, with what the queue tells his leg (facts 7, call centre). */
export function agentContact(row: AgentRow, recordingsDir: string): string {
  const { agent_contact: contact } = row
  const end = contact.indexOf('}')
  const made =
    end < 0
      ? `{${freshVariables(row, recordingsDir)}}${contact}`
      : `${contact.slice(0, end)},${addedVariables(row)}${contact.slice(end)}`
  return inertBut(made, allowed)
}
