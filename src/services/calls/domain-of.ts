import type { Channel, Dump } from './channel.ts'
import type { KnownDomain, KnownDomains } from './known-domains.ts'

/** The part of `user@domain` behind the last `@`. */
const hostOf = (presenceId: string): string => presenceId.slice(presenceId.lastIndexOf('@') + 1)

/**
 * The tenant a leg shows by itself: the part of its presence id behind `@`, else its context when that is a tenant's
 * (facts 3, "Which domain is a channel in"). Neither number, account code nor address tells: each exists in several.
 */
export function shownDomain(
  leg: Pick<Channel, 'presenceId' | 'context'>,
  domains: KnownDomains,
): KnownDomain | undefined {
  const named = leg.presenceId.includes('@') ? domains.byName(hostOf(leg.presenceId)) : undefined
  return named ?? domains.byName(leg.context)
}

/** The same of a live channel, whose variables can tell too. */
export function dumpedDomain(dump: Dump, domains: KnownDomains): KnownDomain | undefined {
  const text = (name: string): string => dump.get(name) ?? ''
  return (
    shownDomain({ presenceId: text('Channel-Presence-ID'), context: text('Caller-Context') }, domains) ??
    domains.byName(text('variable_domain_name')) ??
    domains.byUuid(text('variable_domain_uuid'))
  )
}
