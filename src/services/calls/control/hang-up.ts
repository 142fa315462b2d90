import { command } from '../../../esl/index.ts'
import type { CallService, FoundLeg } from '../calls.ts'
import { legExists } from '../leg.ts'
import { comesTrue, order, refused } from './order.ts'

/** Ends a call by its leg, and answers when the leg is gone: `+OK` alone is only a promise (S004-CALLS-HANGUP). */
export async function hangUp({ port, ledger }: CallService, leg: FoundLeg): Promise<void> {
  await order(port, leg, command('uuid_kill', leg.uuid, 'NORMAL_CLEARING'))
  ledger.touch(leg.node.name, leg.uuid, 'ended')
  const isGone = await comesTrue(port, async () => !(await legExists(leg.node, leg.uuid)))
  if (!isGone) throw refused('FreeSWITCH accepted the hang-up, but the call is still there')
  // Lists taken meanwhile may have seen it alive.
  ledger.touch(leg.node.name, leg.uuid, 'ended')
}
