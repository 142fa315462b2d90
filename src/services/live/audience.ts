import { allows, type Scope } from '../scopes.ts'
import type { Entry } from './entry.ts'

/** Who listens: one tenant, or the whole system. */
export interface Ear {
  /** The tenant; null hears what every tenant hears and what belongs to none. */
  readonly domainUuid: string | null
  readonly scopes: readonly Scope[]
  /** Types asked for; undefined is all. */
  readonly types: ReadonlySet<string> | undefined
}

/** The resource whose `read` scope opens each kind of event; what is not listed is open to whoever may listen at all. */
const resources: Readonly<Record<string, string>> = {
  call: 'active-calls',
  registration: 'registrations',
  gateway: 'gateways',
}

/** Whether a key may hear of this subject: a group of events, or a resource whose configuration changed. */
export const maySee = (scopes: readonly Scope[], subject: string): boolean =>
  subject === 'switch' || allows(scopes, `${resources[subject] ?? subject}:read`)

/** Whether an event belongs to the tenant, or to the system, that listens. The one place where live things are parted. */
export function belongsTo({ audience }: Pick<Entry, 'audience'>, domainUuid: string | null): boolean {
  if (domainUuid === null) return audience.system
  return audience.tenant === 'every' || audience.tenant?.uuid === domainUuid
}

/** Whether a listener is told of an event: its own tenant's, within its key's scopes, among the types it asked for. */
export const hears = (ear: Ear, entry: Entry): boolean =>
  belongsTo(entry, ear.domainUuid) &&
  (ear.types === undefined || ear.types.has(entry.type)) &&
  maySee(ear.scopes, entry.subject)
