import { command } from '../../../esl/index.ts'
import type { CallService, FoundLeg } from '../calls.ts'
import { readLeg } from '../leg.ts'
import { comesTrue, order, refused } from './order.ts'

/**
 * Puts a leg on hold or takes it back. FreeSWITCH answers `+OK Success` even for a call that does not exist (facts 2),
 * so the leg's own state has the word.
 */
export async function setHold({ port, ledger }: CallService, leg: FoundLeg, held: boolean): Promise<void> {
  const { node, uuid } = leg
  await order(port, leg, held ? command('uuid_hold', uuid) : command('uuid_hold', 'off', uuid))
  ledger.touch(node.name, uuid)
  const isSo = async (): Promise<boolean> =>
    ((await readLeg(node, uuid))?.get('Channel-Call-State') === 'HELD') === held
  if (!(await comesTrue(port, isSo)))
    throw refused(
      held ? 'The call did not go on hold: its leg is not answered, or has no media' : 'The call is still on hold',
    )
}
