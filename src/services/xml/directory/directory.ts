import { parseUuid } from '../../../fields/uuid.ts'
import { domainNameOf, type XmlAnswerer, type XmlRequest, type XmlWorld } from '../door.ts'
import { domainList, groupList, nameList, networkList } from './lists.ts'
import { reverseAuth } from './reverse-auth.ts'
import { userDocument } from './user.ts'
import { type FoundUser, userRow, userStatement } from './user-row.ts'

/** What FreeSWITCH may want of the directory. */
type Wish = 'domains' | 'groups' | 'reverse-auth' | 'network' | 'names' | 'nothing' | 'user'

/** Which of them a request is, in FusionPBX's order of looking; every other action is a look-up of a user. */
function wishOf(request: XmlRequest): Wish {
  const caller = request.get('Event-Calling-Function')
  const action = request.get('action')
  if (request.get('purpose') === 'gateways') return 'domains'
  // Lamps are lit by FusionPBX's own voicemail, so that the switch is to count nothing.
  if (action === 'message-count') return 'nothing'
  if (action === 'group_call') return 'groups'
  if (action === 'reverse-auth-lookup') return 'reverse-auth'
  if (caller === 'switch_xml_locate_domain') return 'domains'
  if (caller === 'switch_load_network_lists' || request.get('purpose') === 'network-list') return 'network'
  if (caller === 'populate_database' && request.get('Event-Calling-File') === 'mod_directory.c') return 'names'
  return 'user'
}

/**
 * The key and the field `domain` say the same: mod_xml_curl does not encode the key, so that one with `&` ends there
 * and its rest is a field of its own (facts freeswitch-esl 8). Nobody gets past one tenant by naming two.
 */
function namesOneDomain(request: XmlRequest): boolean {
  const name = request.get('domain')
  if (name === undefined || request.tagName !== 'domain' || request.keyName !== 'name' || request.keyValue === '')
    return true
  return name === request.keyValue || name.startsWith(`${request.keyValue}&`)
}

/** `*97` is what a phone dials to hear its own messages, and never a user. */
const isNobody = (user: string | undefined): boolean => user === undefined || user === '*97'

function userLookup({ database, columns, options }: XmlWorld): XmlAnswerer {
  const byName = userStatement(columns, 'domain_name')
  const byUuid = userStatement(columns, 'domain_uuid')
  return async (request) => {
    const user = request.get('user')
    const name = domainNameOf(request)
    const uuid = parseUuid(request.get('domain_uuid') ?? '')
    if (user === undefined || isNobody(user) || (name ?? uuid) === undefined) return undefined
    // The name decides: the UUID beside it may be that of the caller's tenant, who calls a user of another.
    const [found] = await database.query<FoundUser>(name === undefined ? byUuid : byName, [name ?? uuid, user])
    return found && userDocument(userRow(found), options.cacheableMs)
  }
}

/** Section directory: users, domains, groups (facts freeswitch-esl 8, fusionpbx-behaviour 3). */
export function directoryAnswers(world: XmlWorld): XmlAnswerer {
  const answerers: Readonly<Record<Wish, XmlAnswerer>> = {
    domains: domainList(world),
    groups: groupList(world),
    'reverse-auth': reverseAuth(world),
    network: networkList(world),
    names: nameList(world),
    nothing: async () => undefined,
    user: userLookup(world),
  }
  return async (request) => (namesOneDomain(request) ? answerers[wishOf(request)](request) : undefined)
}
