import type { SwitchNode, SwitchPort } from '../../../adapters/switch/switch.ts'
import { connectionFailed } from '../../../adapters/switch/switch.ts'
import { invalidField } from '../../../errors.ts'
import { command, dialName } from '../../../esl/index.ts'
import type { Backend } from '../../../operations/backend.ts'
import type { Domain } from '../../../resources/core/define.ts'

/** An extension that a call can be made from. */
export interface Caller {
  readonly extension: string
  readonly uuid: string
  readonly context: string
  readonly accountcode: string
  readonly tollAllow: string
  /** What other extensions are shown. */
  readonly inside: { readonly name: string; readonly number: string }
  /** What the outside is shown. */
  readonly outside: { readonly name: string; readonly number: string }
}

/** What of a tenant's data may stand in a dial string as a word. */
const word = /^[A-Za-z0-9*#+._-]{1,64}$/
const hostWord = /^[A-Za-z0-9._-]{1,253}$/

type Row = Record<
  | 'uuid'
  | 'extension'
  | 'context'
  | 'accountcode'
  | 'toll_allow'
  | 'effective_name'
  | 'effective_number'
  | 'outbound_name'
  | 'outbound_number',
  string | null
>

/** A number as caller ID: what is no number is left out, so that the switch shows its own. */
const numberOf = (text: string | null, fallback: string): string => {
  const digits = (text ?? '').replaceAll(/[\s().-]/g, '')
  return /^[0-9+*#]{1,32}$/.test(digits) ? digits : fallback
}

/** The enabled extension of this tenant with this number, or a fault about `extension`. */
export async function findCaller({ database }: Backend, domain: Domain, extension: string): Promise<Caller> {
  const rows = await database.query<Row>(
    `select extension_uuid::text as uuid, extension, user_context as context, accountcode, toll_allow,
        effective_caller_id_name as effective_name, effective_caller_id_number as effective_number,
        outbound_caller_id_name as outbound_name, outbound_caller_id_number as outbound_number
       from v_extensions where domain_uuid = $1 and (extension = $2 or number_alias = $2) and enabled::text = 'true'
      order by (extension = $2) desc limit 1`,
    [domain.uuid, extension],
  )
  const [row] = rows
  if (!row?.extension || !word.test(row.extension) || !hostWord.test(domain.name))
    throw invalidField('extension', 'Extension', 'is no extension of this domain that can call')
  const own = row.extension
  return {
    extension: own,
    uuid: row.uuid ?? '',
    // A context of another tenant in the row must not lead there: FusionPBX's is the domain's name.
    context: domain.name,
    accountcode: word.test(row.accountcode ?? '') ? (row.accountcode ?? '') : '',
    tollAllow: /^[A-Za-z0-9_,-]{1,128}$/.test(row.toll_allow ?? '') ? (row.toll_allow ?? '') : '',
    inside: { name: dialName(row.effective_name ?? '') || own, number: numberOf(row.effective_number, own) },
    outside: { name: dialName(row.outbound_name ?? ''), number: numberOf(row.outbound_number, '') },
  }
}

/** Variables that every leg we make carries: whose it is, from its first moment (facts 3: an originate tells none by itself). */
export const ownVariables = (caller: Caller, domain: Domain): Record<string, string> => ({
  domain_name: domain.name,
  domain_uuid: domain.uuid,
  extension_uuid: caller.uuid,
  presence_id: `${caller.extension}@${domain.name}`,
  user_context: caller.context,
  ...(caller.accountcode === '' ? {} : { accountcode: caller.accountcode }),
  ...(caller.tollAllow === '' ? {} : { toll_allow: caller.tollAllow }),
})

/** Where an extension's phones are: the node that knows them, and how many. */
export async function phonesOf(
  port: SwitchPort,
  caller: Caller,
  domain: Domain,
): Promise<{ node: SwitchNode; count: number }> {
  const answers = await port.askAll(command('sofia_contact', `*/${caller.extension}@${domain.name}`))
  const told = answers.flatMap((answer) => ('text' in answer ? [answer] : []))
  const here = told.find(({ text }) => text.startsWith('sofia/')) ?? told[0]
  const node = port.nodes.find(({ name }) => name === here?.node)
  if (!here || !node) throw connectionFailed(port)
  return { node, count: here.text.startsWith('sofia/') ? here.text.split(',sofia/').length : 0 }
}
