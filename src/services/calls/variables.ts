import type { SwitchPort } from '../../adapters/switch/switch.ts'
import type { Channel } from './channel.ts'
import { readVariable } from './leg.ts'

/** Variables that `show` has no column for. */
export type VariableName =
  | 'domain_name'
  | 'domain_uuid'
  | 'call_direction'
  | 'other_loopback_leg_uuid'
  | 'cc_member_session_uuid'

/** Set when the leg is made, so that what was read once stands for ever. */
const lasting: readonly VariableName[] = ['other_loopback_leg_uuid', 'cc_member_session_uuid']

/** Milliseconds the others are believed: the dialplan sets them while the call moves through it. */
const believedMs = 15_000
/** Milliseconds until a variable that was not set is asked for again. */
const askedAgainMs = 2000
/** Most variables asked of the switch for one list, a third of a millisecond each; what is left out stays unknown. */
const maxAsked = 200
/** Milliseconds all of them together may take. */
const budgetMs = 300

interface Remembered {
  readonly value: string | undefined
  readonly until: number
}

/** Reads variables of legs in bulk and remembers them, so that a list polled every second asks for each but once. */
export function variableMemory(port: SwitchPort, now: () => number = () => performance.now()) {
  const memory = new Map<string, Remembered>()
  const key = (uuid: string, name: VariableName): string => `${name} ${uuid}`

  const forgetOld = (): void => {
    for (const [id, { until }] of memory) if (until < now()) memory.delete(id)
  }

  const recall = (uuid: string, name: VariableName): string | undefined => memory.get(key(uuid, name))?.value

  return {
    recall,
    /** Asks for what is not known of these legs; answers when all were told or the time is over. Never throws. */
    async fetch(wanted: readonly { leg: Channel; name: VariableName }[]): Promise<void> {
      if (memory.size > 50_000) forgetOld()
      const unknown = wanted.filter(({ leg, name }) => (memory.get(key(leg.uuid, name))?.until ?? 0) < now())
      await Promise.all(
        unknown.slice(0, maxAsked).map(async ({ leg, name }) => {
          const node = port.nodes.find((candidate) => candidate.name === leg.node)
          if (!node) return
          try {
            const value = await readVariable(node, leg.uuid, name, budgetMs)
            const lastsMs = lasting.includes(name) ? 3_600_000 : value === undefined ? askedAgainMs : believedMs
            memory.set(key(leg.uuid, name), { value, until: now() + lastsMs })
          } catch {
            // Out of reach or out of time: unknown for this list.
          }
        }),
      )
    },
  }
}

export type VariableMemory = ReturnType<typeof variableMemory>
