import type { Channel, Dump } from './channel.ts'
import type { KnownDomain, KnownDomains } from './known-domains.ts'

/** The part of `user@domain` behind the last `@`. */
const hostOf = (presenceId: string): string => presenceId.slice(presenceId.lastIndexOf('@') + 1)

/**
 * The tenant a leg shows by itself (facts 3, "Which domain is a channel in"): of a leg that FreeSWITCH made, the part of
 * its presence id behind `@`, else its context when that is a tenant's. Of a leg that came in the context it began in, which
 * the directory chose and which it keeps though somebody transfers it into another tenant's; else the present one, which
 * the dialled number chose. Its presence id says nothing: where a profile manages presence, as both of FusionPBX's do, FreeSWITCH takes
 * the presence id of whoever calls from the From header, where anybody may claim any tenant.
 */
export function shownDomain(
  leg: Pick<Channel, 'direction' | 'presenceId' | 'context' | 'initialContext'>,
  domains: KnownDomains,
): KnownDomain | undefined {
  const isTold = (leg.direction !== 'inbound' || leg.context === '') && leg.presenceId.includes('@')
  const named = isTold ? domains.byName(hostOf(leg.presenceId)) : undefined
  const began = leg.direction === 'inbound' ? domains.byName(leg.initialContext) : undefined
  return named ?? began ?? domains.byName(leg.context)
}

/** The same of a live channel, whose variables can tell too. */
export function dumpedDomain(dump: Dump, domains: KnownDomains): KnownDomain | undefined {
  const text = (name: string): string => dump.get(name) ?? ''
  return (
    shownDomain(
      {
        direction: text('Call-Direction'),
        presenceId: text('Channel-Presence-ID'),
        context: text('Caller-Context'),
        // Set by the directory, so only a phone that logged in has it.
        initialContext: text('variable_user_context'),
      },
      domains,
    ) ??
    domains.byName(text('variable_domain_name')) ??
    domains.byUuid(text('variable_domain_uuid'))
  )
}
