import type { Queryable } from '../../adapters/database/database.ts'
import { connectionFailed, requireNode, type SwitchNode, type SwitchPort } from '../../adapters/switch/switch.ts'
import { Problem } from '../../errors.ts'
import type { Reach } from '../../operations/scope.ts'
import type { Actor } from '../../resources/core/define.ts'
import { isWithin } from '../live-scope.ts'
import { recordLiveAction } from './audit.ts'
import type { Dump } from './channel.ts'
import { dumpedDomain } from './domain-of.ts'
import { type KnownDomain, type KnownDomains, knownDomains } from './known-domains.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { readLeg } from './leg.ts'
import { type LiveCall, makePicture, type Picture, tiesOf } from './picture.ts'
import { withRecentLegs } from './recent.ts'
import { type ChannelSource, shownChannels } from './source.ts'
import { variableMemory } from './variables.ts'

/** Calls in progress, and the nodes whose calls are not among them. */
export interface CallList {
  readonly calls: readonly LiveCall[]
  readonly missing: readonly string[]
}

/** A leg that was found alive, and its tenant. */
export interface FoundLeg {
  readonly node: SwitchNode
  readonly uuid: string
  readonly dump: Dump
  readonly domain: KnownDomain | null
}

/** Live calls of all nodes. Everything throws ESL_NOT_AVAILABLE or ESL_CONNECTION_FAILED when no node answers. */
export interface CallService {
  readonly port: SwitchPort
  readonly ledger: Ledger
  /** The calls a caller may see, each once, oldest first. */
  list(reach: Reach): Promise<CallList>
  /**
   * The leg of this UUID, if it is alive and the caller may touch it; NOT_FOUND otherwise, in the same words. Asks the
   * leg itself and not a list: UUIDs are no secret, and lists lag (facts 3).
   */
  find(reach: Reach, uuid: string): Promise<FoundLeg>
  domains(): Promise<KnownDomains>
  /** Writes down who is about to do what to a leg. */
  record(actor: Actor, action: string, leg: FoundLeg, detail?: Readonly<Record<string, string>>): Promise<void>
  /** The same of something that is no leg yet, for a tenant. */
  recordFor(actor: Actor, domainUuid: string, action: string, detail: Readonly<Record<string, string>>): Promise<void>
}

interface Taken {
  readonly picture: Picture
  readonly missing: readonly string[]
}

export const noSuchCall = (): Problem => new Problem('NOT_FOUND', { message: 'Call not found' })

const notHere = Symbol('no such leg on this node')

/** Finds the node on which a leg lives, and its dump: the first that has it answers, whatever the others do. */
async function locate(port: SwitchPort, uuid: string): Promise<{ node: SwitchNode; dump: Dump } | undefined> {
  const asked = port.nodes.map(async (node) => {
    const dump = await readLeg(node, uuid)
    if (!dump) throw notHere
    return { node, dump }
  })
  try {
    return await Promise.any(asked)
  } catch (error) {
    const failure = (error as AggregateError).errors.find((cause) => cause !== notHere)
    // It may be on the node that is out of reach, so that nobody can say it is not there.
    if (failure !== undefined) throw connectionFailed(port, failure)
    return undefined
  }
}

/** Legs of the same call, whose tenant is this one's when it tells none itself. */
const kinOf = (dump: Dump): string[] => {
  const names = ['Channel-Call-UUID', 'Other-Leg-Unique-ID', 'variable_originating_leg_uuid', 'variable_bridge_uuid']
  const own = dump.get('Unique-ID')
  return [...new Set(names.map((name) => dump.get(name) ?? ''))].filter((uuid) => uuid !== '' && uuid !== own)
}

async function domainOfLeg(node: SwitchNode, dump: Dump, domains: KnownDomains): Promise<KnownDomain | null> {
  const own = dumpedDomain(dump, domains)
  if (own) return own
  for (const uuid of kinOf(dump)) {
    const other = /^[0-9a-f-]{36}$/.test(uuid) ? await readLeg(node, uuid) : undefined
    const theirs = other && dumpedDomain(other, domains)
    if (theirs) return theirs
  }
  return null
}

/** Makes the service. `source` is where lists come from: the switch's own, unless a model stands in its place. */
export function callService(
  port: SwitchPort,
  database: Queryable,
  source: ChannelSource = withRecentLegs(port, shownChannels(port)),
): CallService {
  const domains = knownDomains(database)
  const ledger = createLedger(port)
  const memory = variableMemory(port)
  let running: { taken: Promise<Taken>; sinceMs: number } | undefined

  const take = async (): Promise<Taken> => {
    const [snapshot, known] = await Promise.all([source.read(), domains()])
    if (snapshot.missing.length === port.nodes.length) throw connectionFailed(port)
    const ties = await tiesOf(snapshot.channels, memory)
    const channels = await ledger.correct(snapshot.channels, ties)
    return { picture: await makePicture(channels, known, memory, ties), missing: snapshot.missing }
  }

  /** Readers at the same time share one picture, unless something was done to a call since it was begun. */
  const taken = (): Promise<Taken> => {
    if (running && running.sinceMs >= ledger.lastTouch()) return running.taken
    const mine = { taken: take(), sinceMs: performance.now() }
    running = mine
    const done = (): void => {
      if (running === mine) running = undefined
    }
    mine.taken.then(done, done)
    return mine.taken
  }

  return {
    port,
    ledger,
    domains,
    record: (actor, action, leg, detail = {}) =>
      recordLiveAction(database, {
        domainUuid: leg.domain?.uuid ?? null,
        action,
        callUuid: leg.uuid,
        detail,
        actor,
      }),
    recordFor: (actor, domainUuid, action, detail) =>
      recordLiveAction(database, { domainUuid, action, callUuid: null, detail, actor }),
    async list(reach) {
      requireNode(port)
      const { picture, missing } = await taken()
      const calls = reach.domain === null ? picture.all : (picture.byDomain.get(reach.domain.name.toLowerCase()) ?? [])
      return { calls: calls.filter((call) => isWithin(reach, call.domain?.name ?? null)), missing }
    },
    async find(reach, uuid) {
      requireNode(port)
      const [found, known] = await Promise.all([locate(port, uuid), domains()])
      if (!found) throw noSuchCall()
      const domain = await domainOfLeg(found.node, found.dump, known)
      if (!isWithin(reach, domain?.name ?? null)) throw noSuchCall()
      return { ...found, uuid, domain }
    },
  }
}
