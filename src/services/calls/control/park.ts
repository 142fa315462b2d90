import { command } from '../../../esl/index.ts'
import type { CallService, FoundLeg } from '../calls.ts'
import { readLeg } from '../leg.ts'
import { comesTrue, order, refused } from './order.ts'

/** Parks a leg: it waits by itself, and the leg it was bridged to ends. */
export async function park({ port, ledger }: CallService, leg: FoundLeg): Promise<void> {
  const { node, uuid } = leg
  await order(port, leg, command('uuid_park', uuid))
  ledger.touch(node.name, uuid)
  const isParked = await comesTrue(port, async () => (await readLeg(node, uuid))?.get('Channel-State') === 'CS_PARK')
  if (!isParked) throw refused('FreeSWITCH accepted the order, but the call is not parked')
}
