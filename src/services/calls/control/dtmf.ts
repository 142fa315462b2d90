import { command } from '../../../esl/index.ts'
import type { CallService, FoundLeg } from '../calls.ts'
import { order } from './order.ts'

/** Sends tones to the party at a leg. That they were heard cannot be known. */
export async function sendDtmf({ port }: CallService, leg: FoundLeg, digits: string): Promise<void> {
  await order(port, leg, command('uuid_send_dtmf', leg.uuid, digits))
}
