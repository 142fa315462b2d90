import { command } from '../../../esl/index.ts'
import type { CallService, FoundLeg } from '../calls.ts'
import { comesTrue, order, refused } from './order.ts'

/** Names of what listens to or changes a leg's audio: `session_record`, `audio`. */
export async function audioBugs({ node, uuid }: FoundLeg): Promise<string[]> {
  const text = await node.api(command('uuid_buglist', uuid))
  return [...text.matchAll(/<function>([^<]*)<\/function>/g)].map((match) => match[1] ?? '')
}

/** Silences what the party at this leg says, or lets it be heard again. The leg must have audio: looked up afterwards. */
export async function setMute(service: CallService, leg: FoundLeg, muted: boolean): Promise<void> {
  const words = muted ? ['start', 'read', 'mute', '1'] : ['stop']
  await order(service.port, leg, command('uuid_audio', leg.uuid, ...words))
  const isSo = async (): Promise<boolean> => (await audioBugs(leg)).includes('audio') === muted
  if (!(await comesTrue(service.port, isSo)))
    throw refused(muted ? 'The leg has no audio to mute' : 'The leg is still muted')
}
