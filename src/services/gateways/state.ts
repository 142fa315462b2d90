import type { SwitchPort } from '../../adapters/switch/switch.ts'
import { type LoadedGateway, readSofiaStatus, sofiaStatus } from '../registrations/sofia.ts'

/** What the documents say of a gateway's registration (S002-GW-GET). */
export interface GatewayState {
  /** `running`: loaded; `error`: loaded and failing; `stopped`: not loaded; null: no switch to ask. */
  readonly status: 'running' | 'stopped' | 'error' | null
  /** REGED, UNREGED, NOREG, FAIL_WAIT…, or null where it is not loaded or nobody can tell. */
  readonly state: string | null
  /** Nodes that did not answer. */
  readonly missing: readonly string[]
}

/** States in which calls through it fail (facts 4). */
const failing: readonly string[] = ['FAILED', 'FAIL_WAIT', 'EXPIRED', 'TIMEOUT', 'DOWN']

/** The better first: one node that reached the carrier is what a person wants to know. */
const rank = (gateway: LoadedGateway): number =>
  gateway.state === 'REGED' ? 0 : gateway.state === 'NOREG' ? 1 : failing.includes(gateway.state) ? 3 : 2

/** Asks every node for one gateway; several nodes may have loaded it. Never throws: the row is told without a switch too. */
export async function gatewayState(port: SwitchPort, uuid: string): Promise<GatewayState> {
  const answers = await port.askAll(sofiaStatus)
  const told = answers.flatMap((answer) => {
    const status = 'text' in answer ? readSofiaStatus(answer.text) : undefined
    return status ? [{ node: answer.node, gateway: status.gateways.get(uuid.toLowerCase()) }] : []
  })
  const missing = port.nodes.flatMap(({ name }) => (told.some(({ node }) => node === name) ? [] : [name]))
  if (told.length === 0) return { status: null, state: null, missing }
  const [best] = told.flatMap(({ gateway }) => gateway ?? []).sort((a, b) => rank(a) - rank(b))
  if (!best) return { status: 'stopped', state: null, missing }
  return { status: failing.includes(best.state) ? 'error' : 'running', state: best.state, missing }
}
