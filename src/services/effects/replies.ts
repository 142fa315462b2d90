import type { Stage } from '../../adapters/effects.ts'

/** What a reply to a command of ours means, by the words FreeSWITCH really uses (facts, "Replies of API commands"). */
export function stageOf(command: readonly string[], reply: string): Stage {
  const text = reply.trim()
  // A gateway that is not loaded needs no unloading; killing one that was loaded answers +OK.
  if (command.includes('killgw') && text === '-ERR no such gateway.') return 'done'
  const isRefusal = text
    .split('\n')
    .some((line) => /^(-ERR|-ERROR|-USAGE|USAGE:|Invalid |Unknown Command|INVALID COMMAND)/.test(line))
  return isRefusal ? 'failed' : 'sent'
}

/** The switch's words as a receipt keeps them: one line, no control characters, bounded. */
export const wordsOf = (reply: string): string =>
  reply
    .trim()
    .replaceAll(/[\u0000-\u001f\u007f]+/g, ' ')
    .slice(0, 500)
