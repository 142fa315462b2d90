import type { Queryable } from '../../adapters/database/database.ts'
import { connectionFailed, requireNode, type SwitchNode, type SwitchPort } from '../../adapters/switch/switch.ts'
import { command } from '../../esl/index.ts'
import type { Reach } from '../../operations/scope.ts'
import { isWithin } from '../live-scope.ts'
import { enabledProfiles, isProfileName } from './profiles.ts'
import { readRegistrations } from './read-sofia.ts'
import type { Registration } from './registration.ts'
import { readSofiaStatus, sofiaStatus } from './sofia.ts'

/** Milliseconds a node has for one profile's list: 300 phones take it five. */
const listTimeoutMs = 1000

/** Registered phones, and the nodes whose phones are not among them. */
export interface RegistrationList {
  readonly registrations: readonly Registration[]
  readonly missing: readonly string[]
}

/** Registrations of all nodes. Throws ESL_NOT_AVAILABLE or ESL_CONNECTION_FAILED when no node answers. */
export interface RegistrationService {
  readonly port: SwitchPort
  /** Phones a caller may see, by user and contact (S004-REG-LIST, S002-DASH-REG). */
  list(reach: Reach): Promise<RegistrationList>
  /** Something was done to a phone: whoever asks from now on is not told what was read before. */
  forget(): void
}

/** Profiles of one node: those FusionPBX enabled, and those that run there. A node without one says `Invalid Profile!`. */
async function profilesOn(node: SwitchNode, enabled: readonly string[]): Promise<string[]> {
  const running = readSofiaStatus(await node.api(sofiaStatus, listTimeoutMs))?.profiles ?? []
  return [...new Set([...enabled, ...running.filter(isProfileName)])]
}

async function phonesOn(node: SwitchNode, enabled: readonly string[]): Promise<readonly Registration[]> {
  const lists = await Promise.all(
    (await profilesOn(node, enabled)).map(async (profile) => {
      const text = await node.api(command('sofia', 'xmlstatus', 'profile', profile, 'reg'), listTimeoutMs)
      return readRegistrations(text, node.name, profile)?.registrations ?? []
    }),
  )
  return lists.flat()
}

/** Nodes that share sofia's database tell the same phones. */
function once(phones: readonly Registration[]): Registration[] {
  const known = new Map<string, Registration>()
  for (const phone of phones) {
    const key = JSON.stringify([phone.profile, phone.user, phone.domain, phone.callId, phone.contact])
    if (!known.has(key)) known.set(key, phone)
  }
  return [...known.values()]
}

const byUser = (a: Registration, b: Registration): number =>
  a.domain.localeCompare(b.domain) ||
  a.user.localeCompare(b.user, 'en', { numeric: true }) ||
  (a.contact < b.contact ? -1 : 1)

/** Makes the service. Readers at the same time share one question to each node. */
export function registrationService(port: SwitchPort, database: Queryable): RegistrationService {
  let running: Promise<RegistrationList> | undefined
  const read = async (): Promise<RegistrationList> => {
    const enabled = await enabledProfiles(database)
    const answers = await Promise.allSettled(port.nodes.map((node) => phonesOn(node, enabled)))
    const missing = port.nodes.flatMap((node, index) => (answers[index]?.status === 'rejected' ? [node.name] : []))
    if (missing.length === port.nodes.length) throw connectionFailed(port)
    const phones = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    return { registrations: once(phones).sort(byUser), missing }
  }
  return {
    port,
    forget() {
      running = undefined
    },
    async list(reach) {
      requireNode(port)
      const shared = running ?? read()
      running = shared
      const done = (): void => {
        if (running === shared) running = undefined
      }
      shared.then(done, done)
      const { registrations, missing } = await shared
      return { registrations: registrations.filter((phone) => isWithin(reach, phone.domain)), missing }
    },
  }
}
