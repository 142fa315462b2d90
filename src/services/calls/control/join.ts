import { setTimeout } from 'node:timers/promises'
import { command } from '../../../esl/index.ts'
import type { Reach } from '../../../operations/scope.ts'
import type { CallService, FoundLeg } from '../calls.ts'
import { legExists, readLeg } from '../leg.ts'
import { comesTrue, inReach, order, refused } from './order.ts'
import { partnerOf } from './transfer.ts'

/** Milliseconds the transferring party's legs have to end by themselves. */
const leaveMs = 300

const phoneOf = ({ dump }: FoundLeg): string => (dump.get('Channel-Presence-ID') ?? '').toLowerCase()

/** Of a call's two legs, the transferring party's and the other's. */
function sides(legs: readonly [FoundLeg, FoundLeg], phone: string): { near: FoundLeg; far: FoundLeg } | undefined {
  const [one, other] = legs
  if (phoneOf(one) === phone) return { near: one, far: other }
  return phoneOf(other) === phone ? { near: other, far: one } : undefined
}

/**
 * Completes an attended transfer: one phone has two calls, and the parties at their far ends are joined; the phone's own
 * legs end. Throws CALL_REFUSED when no phone is in both calls.
 */
export async function join(service: CallService, reach: Reach, one: FoundLeg, other: FoundLeg): Promise<void> {
  const { port, ledger } = service
  if (one.node !== other.node) throw refused('The two calls are on different FreeSWITCHes')
  const first = [one, await partnerOf(service, reach, one)] as const
  const second = [other, await partnerOf(service, reach, other)] as const
  const phone = first.map(phoneOf).find((name) => name !== '' && second.some((leg) => phoneOf(leg) === name))
  const held = phone === undefined ? undefined : sides(first, phone)
  const asked = phone === undefined ? undefined : sides(second, phone)
  if (!held || !asked || held.far.uuid === asked.far.uuid)
    throw refused('No phone has both calls, so there is nobody to transfer')
  const { far } = held
  await order(port, far, command('uuid_bridge', far.uuid, asked.far.uuid))
  for (const leg of [...first, ...second]) ledger.touch(leg.node.name, leg.uuid)
  const areJoined = await comesTrue(
    port,
    async () => (await readLeg(far.node, far.uuid))?.get('Other-Leg-Unique-ID') === asked.far.uuid,
  )
  if (!areJoined) throw refused('FreeSWITCH accepted the transfer, but the two parties are not connected')
  await leave(service, [held.near, asked.near])
}

/** What is left of the phone's legs would go on in the dialplan, to its voicemail for one. */
async function leave({ port, ledger }: CallService, legs: readonly FoundLeg[]): Promise<void> {
  await setTimeout(leaveMs)
  for (const { node, uuid } of legs) {
    if (await inReach(port, legExists(node, uuid)))
      await inReach(port, node.api(command('uuid_kill', uuid, 'ATTENDED_TRANSFER')))
    ledger.touch(node.name, uuid)
  }
}
