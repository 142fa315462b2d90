import { setTimeout } from 'node:timers/promises'
import { invalidField } from '../../../errors.ts'
import { command } from '../../../esl/index.ts'
import type { Reach } from '../../../operations/scope.ts'
import type { CallService, FoundLeg } from '../calls.ts'
import { type Dump, isChannelUuid } from '../channel.ts'
import { legExists, readLeg } from '../leg.ts'
import { comesTrue, order, refused } from './order.ts'

/** Which leg goes to the new destination: the one named, the one bridged to it, or both. */
export type TransferLeg = 'this' | 'other' | 'both'

/** Milliseconds after which a destination that nobody has shows: the dialplan finds nothing and the call ends. */
const settledMs = 150

const options = { this: [], other: ['-bleg'], both: ['-both'] } as const satisfies Record<
  TransferLeg,
  readonly string[]
>

/** A transfer gives the leg a new caller profile at once, with the destination in it. */
const hasMoved = (before: Dump, now: Dump | undefined, destination: string): boolean =>
  now === undefined ||
  now.get('Caller-Destination-Number') === destination ||
  ['Caller-Profile-Index', 'Caller-Profile-Created-Time'].some((name) => now.get(name) !== before.get(name))

/** The dialplan of the tenant whose call it is: a leg's own context may be `default` or `public` (facts 3). */
function contextOf(reach: Reach, leg: FoundLeg): string {
  const context = leg.domain?.name ?? reach.domain?.name
  if (context === undefined || !/^[A-Za-z0-9._-]{1,253}$/.test(context))
    throw invalidField(
      'call_uuid',
      'Call UUID',
      'is of a call that belongs to no tenant, so no dialplan has the destination',
    )
  return context
}

/** The leg bridged to this one, which the caller has to own as well. */
export async function partnerOf(service: CallService, reach: Reach, leg: FoundLeg): Promise<FoundLeg> {
  const uuid = leg.dump.get('Other-Leg-Unique-ID') ?? ''
  if (!isChannelUuid(uuid)) throw refused('The call has no other leg')
  return service.find(reach, uuid)
}

/**
 * Sends a leg to a destination of its tenant's dialplan (S004-CALLS-TRANSFER). FreeSWITCH says `+OK` for a destination
 * that does not exist as well, and hangs up; so the leg is looked at before and after. Throws CALL_REFUSED when it did
 * not move or ended by moving.
 */
export async function transfer(
  service: CallService,
  reach: Reach,
  leg: FoundLeg,
  to: { destination: string; leg: TransferLeg },
): Promise<void> {
  const { port, ledger } = service
  const { node, uuid } = leg
  const partner = to.leg === 'this' ? undefined : await partnerOf(service, reach, leg)
  const { uuid: moved, dump: before } = to.leg === 'other' && partner ? partner : leg
  await order(
    port,
    leg,
    command('uuid_transfer', uuid, ...options[to.leg], to.destination, 'XML', contextOf(reach, leg)),
  )
  ledger.touch(node.name, uuid)
  ledger.touch(node.name, moved)
  const isMoved = await comesTrue(port, async () => hasMoved(before, await readLeg(node, moved), to.destination))
  if (!isMoved) throw refused('FreeSWITCH accepted the transfer, but the call did not move')
  await setTimeout(settledMs)
  ledger.touch(node.name, moved)
  const isThere = await comesTrue(port, () => legExists(node, moved), 0)
  if (!isThere) throw refused(`The call ended at ${to.destination}: nothing there took it`)
}
