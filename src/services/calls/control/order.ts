import { setTimeout } from 'node:timers/promises'
import { connectionFailed, type SwitchPort } from '../../../adapters/switch/switch.ts'
import { Problem } from '../../../errors.ts'
import { type Command, EslError } from '../../../esl/index.ts'
import { type FoundLeg, noSuchCall } from '../calls.ts'

/** What the switch says of a call that ended meanwhile (facts 2). */
const gone = /^-ERR (?:No such channel|Invalid uuid|Cannot locate session)|^-ERROR$/i

/** Milliseconds until a word of the switch must have come true. */
const provenMs = 1000
const stepMs = 15

/** A refusal in the switch's own words, without the mark in front. */
export const refused = (sentence: string): Problem => new Problem('CALL_REFUSED', { message: sentence })

/** Runs something that asks a node; a node that fell out of reach is a 503. */
export async function inReach<T>(port: SwitchPort, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof EslError ? connectionFailed(port, error) : error
  }
}

/** Gives a leg an order. Throws NOT_FOUND when it is gone, and CALL_REFUSED with the switch's words unless it says `+OK`. */
export async function order(port: SwitchPort, leg: Pick<FoundLeg, 'node'>, command: Command): Promise<string> {
  const text = (await inReach(port, leg.node.api(command))).trim()
  if (gone.test(text)) throw noSuchCall()
  if (!text.startsWith('+OK')) throw refused(`FreeSWITCH refused: ${text.replace(/^-[A-Z]+:?\s*/, '').slice(0, 200)}`)
  return text
}

/** Asks until the answer is true or the time is over; answers whether it came true. */
export async function comesTrue(
  port: SwitchPort,
  ask: () => Promise<boolean>,
  withinMs: number = provenMs,
): Promise<boolean> {
  const until = performance.now() + withinMs
  for (;;) {
    if (await inReach(port, ask())) return true
    if (performance.now() >= until) return false
    await setTimeout(stepMs)
  }
}
