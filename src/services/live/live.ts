import type { SwitchNode, SwitchPort } from '../../adapters/switch/switch.ts'
import type { CommittedChange } from '../../operations/backend.ts'
import { type Ear, maySee } from './audience.ts'
import type { Change } from './changes.ts'
import { type Entry, frameOf } from './entry.ts'
import { Hub } from './hub.ts'
import type { OwnerBook } from './owners.ts'
import { type Difference, Synchroniser, type SyncState } from './synchroniser.ts'
import { type CallView, type GatewayView, type RegistrationView, stamp } from './values.ts'

/** What is counted of live state; /metrics shows it. */
export interface LiveMeters {
  difference(node: string, kind: Difference, count: number): void
  event(type: string): void
  state(node: string, state: SyncState): void
}

export interface LiveOptions {
  readonly switch: SwitchPort
  readonly owners: OwnerBook
  readonly logger: { info(facts: object, line: string): void; warn(facts: object, line: string): void }
  readonly meters: LiveMeters
  /** Milliseconds between two looks at the switch's own tables. */
  readonly checkEveryMs: number
  /** How long, and how many bytes of, past events are kept for streams that resume. */
  readonly keptMs: number
  readonly keptBytes: number
}

/** The live state of all switches, and the stream of its changes. */
export interface Live {
  readonly hub: Hub
  /** Calls of a tenant, or with null of everyone, oldest first. */
  calls(domainUuid: string | null): readonly CallView[]
  registrations(domainUuid: string | null): readonly RegistrationView[]
  gateways(domainUuid: string | null): readonly GatewayView[]
  /** How far each node's model is: only `live` and `checking` are whole. */
  nodes(): readonly { readonly node: string; readonly state: SyncState }[]
  /** Tells listeners of a committed write. */
  configurationChanged(change: CommittedChange): void
  /** A snapshot as an event: the state just after all that was published. */
  snapshot(ear: Ear): Pick<Entry, 'frame' | 'jsonStart'>
  /** Compares with the switches now. */
  check(): Promise<void>
  close(): Promise<void>
}

/** Most events kept, whatever their size. */
const maxEntries = 500_000
const tickMs = 1000

/** Keeps models of all nodes of a port, and a hub that tells of their changes. */
export function openLive(options: LiveOptions): Live {
  const { switch: port, owners, logger, meters } = options
  const hub = new Hub({ maxAgeMs: options.keptMs, maxEntries, maxBytes: options.keptBytes })
  const publish = (changes: readonly Change[]): void => {
    for (const { type } of changes) meters.event(type)
    hub.publish(changes)
  }
  const nodes = new Map(port.nodes.map((node) => [node.name, synchroniserOf(node, { ...options, publish })] as const))
  const all = (): Synchroniser[] => [...nodes.values()]

  const stopEvents = port.onEvent((event, node) => nodes.get(node.name)?.event(event))
  const stopLosses = port.onEventsLost((count, node) => {
    logger.warn({ node: node.name, count }, 'events of a switch were lost: its state is read anew')
    nodes.get(node.name)?.lost()
  })
  // Events wait in the models until it is known whose they are; before that every call would be nobody's.
  let isOwnersKnown = false
  const stopStates = port.onState((status, node) => {
    if (isOwnersKnown) nodes.get(node.name)?.status(status)
  })

  /** Whose things are whose is read again; what had nobody may have somebody now. */
  const refreshOwners = async (): Promise<void> => {
    try {
      if (await owners.refresh(Date.now())) for (const node of all()) publish(node.model.reconsider())
      if (isOwnersKnown) return
      isOwnersKnown = true
      for (const node of port.nodes) nodes.get(node.name)?.status(node.status())
    } catch (error) {
      logger.warn({ err: error }, 'whose live things are whose could not be read')
    }
  }
  const timer = setInterval(() => {
    void refreshOwners()
    for (const node of all()) node.tick()
    hub.trim()
  }, tickMs)
  timer.unref()
  void refreshOwners()

  const live: Live = {
    hub,
    calls: (domainUuid) => all().flatMap(({ model }) => model.calls.views(domainUuid)),
    registrations: (domainUuid) => all().flatMap(({ model }) => model.registrations.views(domainUuid)),
    gateways: (domainUuid) => all().flatMap(({ model }) => model.gateways.views(domainUuid)),
    nodes: () => [...nodes].map(([node, { state }]) => ({ node, state })),
    configurationChanged({ resource, operation, key, domain }) {
      if (resource === 'domains' || resource === 'gateways') owners.expire()
      publish([
        {
          type: 'configuration.changed',
          audience: { tenant: domain, system: true },
          body: { resource, operation, key, domain_uuid: domain?.uuid ?? null, domain: domain?.name ?? null },
        },
      ])
    },
    snapshot: (ear) => snapshotOf(live, ear),
    async check() {
      await Promise.all(all().map((node) => node.check()))
    },
    async close() {
      clearInterval(timer)
      stopEvents()
      stopLosses()
      stopStates()
      hub.endAll('server_stopping')
    },
  }
  return live
}

interface NodeOptions extends LiveOptions {
  readonly publish: (changes: readonly Change[]) => void
}

function synchroniserOf(node: SwitchNode, options: NodeOptions): Synchroniser {
  const { logger, meters, publish } = options
  let wasUp = false
  return new Synchroniser({
    node,
    owners: options.owners,
    checkEveryMs: options.checkEveryMs,
    listener: {
      changes: publish,
      state(state) {
        meters.state(node.name, state)
        if (state === 'live' && !wasUp) publish(switchChange('switch.up', node))
        if (state === 'unsynced' && wasUp) publish(switchChange('switch.down', node))
        if (state === 'live' || state === 'unsynced') wasUp = state === 'live'
      },
      differences(kind, count) {
        meters.difference(node.name, kind, count)
        logger.warn({ node: node.name, kind, count }, 'live state differed from the switch and was put right')
      },
      failed: (error, what) => logger.warn({ node: node.name, err: error }, `${what} failed`),
    },
  })
}

/** A node is back, with its model whole, or gone. Tenants are told that it happened, the system also to which. */
function switchChange(type: 'switch.up' | 'switch.down', node: SwitchNode): Change[] {
  const { name, hostname, version, reason } = node.status()
  return [
    { type, audience: { tenant: 'every', system: false }, body: { switch: hostname } },
    {
      type,
      audience: { tenant: null, system: true },
      body: { switch: hostname, node: name, version, reason },
    },
  ]
}

const wants = (ear: Ear, group: string): boolean =>
  maySee(ear.scopes, group) && (ear.types === undefined || [...ear.types].some((type) => type.startsWith(`${group}.`)))

function snapshotOf(live: Live, ear: Ear): Pick<Entry, 'frame' | 'jsonStart'> {
  const { domainUuid } = ear
  const id = live.hub.id(live.hub.last)
  const body = {
    id,
    type: 'snapshot',
    at: stamp(Date.now()),
    is_complete: live.nodes().every(({ state }) => state === 'live' || state === 'checking'),
    ...(domainUuid === null ? { nodes: live.nodes() } : {}),
    ...(wants(ear, 'call') ? { calls: live.calls(domainUuid) } : {}),
    ...(wants(ear, 'registration') ? { registrations: live.registrations(domainUuid) } : {}),
    ...(wants(ear, 'gateway') ? { gateways: live.gateways(domainUuid) } : {}),
  }
  return frameOf(id, 'snapshot', JSON.stringify(body))
}
