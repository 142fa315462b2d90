import type { LeftMessage } from './calls.ts'
import type { Part, Tenant } from './tenant.ts'

/** Seconds of greeting before the caller is recorded. */
const greetingSeconds = 4
const messagesPerBoxMax = 5

/** The last messages of each box: what came latest is new, the rest was heard and kept. */
export function voicemailMessageRows(tenant: Tenant, messages: readonly LeftMessage[]): Part {
  const rows = tenant.extensions.flatMap((extension) => {
    const own = messages.filter((message) => message.extension === extension).slice(-messagesPerBoxMax)
    const unheard = Math.ceil(own.length / 2)
    return own.map(({ at, seconds, caller }, position) => {
      const isNew = position >= own.length - unheard
      return {
        domain_uuid: tenant.domain.uuid,
        voicemail_message_uuid: tenant.random.uuid(),
        voicemail_uuid: extension.voicemailUuid,
        created_epoch: at + greetingSeconds,
        read_epoch: isNew ? undefined : at + tenant.random.between(600, 7200),
        caller_id_name: caller.name,
        caller_id_number: caller.number,
        message_length: Math.max(1, seconds - greetingSeconds),
        // Nothing is new, `saved` is heard: FusionPBX knows no other word.
        message_status: isNew ? undefined : 'saved',
      }
    })
  })
  return [['v_voicemail_messages', rows]]
}
