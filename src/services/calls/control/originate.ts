import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { requireNode } from '../../../adapters/switch/switch.ts'
import { Problem } from '../../../errors.ts'
import { command, dialVariables } from '../../../esl/index.ts'
import type { Backend } from '../../../operations/backend.ts'
import type { Domain } from '../../../resources/core/define.ts'
import { createWindowCounter } from '../../limits/window-counter.ts'
import type { CallService } from '../calls.ts'
import { legExists } from '../leg.ts'
import { type Caller, findCaller, ownVariables, phonesOf } from './dial.ts'
import { refused } from './order.ts'

/** What one tenant may do with click-to-call. */
export interface OriginateLimits {
  /** Calls that are being set up at once. */
  readonly atOnce: number
  readonly perMinute: number
}

/** A call that is being set up. */
export interface Originated {
  /** UUID of the extension's leg; null when several phones ring, until one answers. */
  readonly uuid: string | null
  readonly node: string
}

/** Milliseconds until a call that rings has a leg, or one that cannot be made has failed. */
const seenMs = 2000
const stepMs = 20
/** Seconds a phone rings. */
const ringSeconds = 30

/** Sets calls up for tenants, within limits. */
export interface Originator {
  /**
   * Rings an extension's phones, and sends it to a destination of its own dialplan when it answers. Answers as soon as
   * a phone rings. Throws CALL_REFUSED with the switch's cause (`USER_NOT_REGISTERED`) and RATE_LIMITED.
   */
  call(backend: Backend, domain: Domain, wanted: { extension: string; destination: string }): Promise<Originated>
  /** Rings an extension's phones and lets it hear a call: `words` is the application on the leg that answers. */
  ring(
    backend: Backend,
    domain: Domain,
    wanted: { extension: string; nodeName: string; application: string; variables: Record<string, string> },
  ): Promise<Originated>
}

/** What the phone that rings shows, and what everybody else is shown when it calls on. */
const callVariables = (caller: Caller, destination: string): Record<string, string> => ({
  origination_caller_id_name: destination,
  origination_caller_id_number: destination,
  effective_caller_id_name: caller.inside.name,
  effective_caller_id_number: caller.inside.number,
  ...(caller.outside.name === '' ? {} : { outbound_caller_id_name: caller.outside.name }),
  ...(caller.outside.number === '' ? {} : { outbound_caller_id_number: caller.outside.number }),
  click_to_call: 'true',
  hangup_after_bridge: 'true',
  ignore_early_media: 'true',
  originate_timeout: String(ringSeconds),
})

/** Why an originate failed, in words: `-ERR USER_NOT_REGISTERED`. */
function causeOf(text: string): Problem {
  const cause = text.replace(/^-ERR\s*/, '').trim()
  return refused(`The extension could not be reached: ${cause.slice(0, 100) || 'no cause given'}`)
}

export function originator(service: CallService, limits: OriginateLimits): Originator {
  const { port, ledger } = service
  const running = new Map<string, number>()
  const rate = createWindowCounter({ limit: limits.perMinute, windowSeconds: 60 })

  /** Takes a place for a tenant, or throws; answers how to give it back. */
  const takePlace = (domain: Domain): (() => void) => {
    const now = running.get(domain.uuid) ?? 0
    if (now >= limits.atOnce)
      throw new Problem('RATE_LIMITED', { message: `At most ${limits.atOnce} calls are set up at once for a domain` })
    if (!rate.take(domain.uuid, Date.now()).allowed)
      throw new Problem('RATE_LIMITED', {
        message: `At most ${limits.perMinute} calls a minute are set up for a domain`,
      })
    running.set(domain.uuid, now + 1)
    return () => {
      const left = (running.get(domain.uuid) ?? 1) - 1
      if (left <= 0) running.delete(domain.uuid)
      else running.set(domain.uuid, left)
    }
  }

  /** Starts the job and waits until something can be said of it. */
  const start = async (
    domain: Domain,
    caller: Caller,
    wanted: { nodeName?: string; variables: Record<string, string>; words: readonly string[] },
  ): Promise<Originated> => {
    const phones = await phonesOf(port, caller, domain)
    const node = port.nodes.find(({ name }) => name === wanted.nodeName) ?? phones.node
    // A UUID given to a dial string with several phones is for the first alone, and the others would not ring.
    const uuid = phones.count > 1 ? null : randomUUID()
    const variables = dialVariables({
      ...ownVariables(caller, domain),
      ...wanted.variables,
      ...(uuid === null ? {} : { origination_uuid: uuid }),
    })
    const giveBack = takePlace(domain)
    let result: { text: string } | { error: unknown } | undefined
    const line = command('originate', `${variables}user/${caller.extension}@${domain.name}`, ...wanted.words)
    node
      .background(line, (ringSeconds + 10) * 1000)
      .then(
        (text) => {
          const made = /^\+OK\s+([0-9a-f-]{36})/.exec(text)?.[1]
          if (made) ledger.touch(node.name, made)
          result = { text }
        },
        (error: unknown) => {
          result = { error }
        },
      )
      .finally(giveBack)
    for (const until = performance.now() + seenMs; performance.now() < until && !result; await setTimeout(stepMs))
      if (uuid !== null && (await legExists(node, uuid).catch(() => false))) break
    if (result && 'error' in result) throw result.error
    if (result && !result.text.startsWith('+OK')) throw causeOf(result.text)
    if (uuid !== null) ledger.touch(node.name, uuid)
    return { uuid: uuid ?? /[0-9a-f-]{36}/.exec(result?.text ?? '')?.[0] ?? null, node: node.name }
  }

  return {
    async call(backend, domain, { extension, destination }) {
      requireNode(port)
      const caller = await findCaller(backend, domain, extension)
      const variables = callVariables(caller, destination)
      return start(domain, caller, { variables, words: [destination, 'XML', caller.context] })
    },
    async ring(backend, domain, { extension, nodeName, application, variables }) {
      const caller = await findCaller(backend, domain, extension)
      return start(domain, caller, { nodeName, variables, words: [application] })
    },
  }
}
