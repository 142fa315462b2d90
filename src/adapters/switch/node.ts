import { type Command, command, EslClient, EslError, type EslEvent } from '../../esl/index.ts'
import type { SwitchAddress } from './address.ts'
import type { NodeStatus, SwitchNode, SwitchOptions } from './switch.ts'
import { versionFault, versionIn } from './version.ts'

/** Milliseconds an ordinary command may take; those that take longer go to the background. */
const commandTimeoutMs = 5000
/** Milliseconds a background job may take: a phone rings for half a minute, a big configuration loads for seconds. */
const backgroundTimeoutMs = 65_000

/**
 * Every node needs these: the results of background jobs, a sign of life every 20 s, and what `show` will tell of legs up
 * to a second later.
 */
const ownEvents = [
  'BACKGROUND_JOB',
  'HEARTBEAT',
  'CHANNEL_CREATE',
  'CHANNEL_CALLSTATE',
  'CHANNEL_BRIDGE',
  'CHANNEL_DESTROY',
] as const

/** A node as the port sees it. */
export interface OpenNode extends SwitchNode {
  onEvent(listener: (event: EslEvent) => void): () => void
  onEventsLost(listener: (count: number) => void): () => void
  onState(listener: (status: NodeStatus) => void): () => void
  close(): Promise<void>
}

interface Found {
  readonly hostname: string | null
  readonly version: string | null
  /** Why it is not served. */
  readonly fault?: string | undefined
}

const unread: Found = { hostname: null, version: null }

/** The outcome of `work`, or a TIMEOUT after `timeoutMs`; `work` itself goes on, so that its connection stays in step. */
async function within<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new EslError('TIMEOUT', `${what} took longer than ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A Set that tells its members, and stops telling them on request. */
function listeners<T>() {
  const all = new Set<(value: T) => void>()
  return {
    add(listener: (value: T) => void): () => void {
      all.add(listener)
      return () => all.delete(listener)
    },
    tell(value: T): void {
      for (const listener of all) listener(value)
    },
  }
}

/**
 * Opens two connections to one FreeSWITCH: one for quick commands, one for events and background jobs. An `api` holds
 * its connection and every event behind it for as long as it runs (facts, "Blocking and ordering"), so what is slow
 * goes as a job of the second, and questions never wait behind events.
 */
export function openNode(address: SwitchAddress, options: SwitchOptions): OpenNode {
  const { name, ...target } = address
  const quick = new EslClient({ ...target, commandTimeoutMs })
  const events = new EslClient({ ...target, commandTimeoutMs })
  const states = listeners<NodeStatus>()
  const heard = listeners<EslEvent>()
  let found: Found = unread
  let isKnown = false
  let introduction = Promise.resolve()
  let status: NodeStatus = {
    name,
    state: 'connecting',
    hostname: null,
    version: null,
    since: new Date().toISOString(),
    reason: null,
  }

  const stateNow = (): Pick<NodeStatus, 'state' | 'reason'> => {
    if (found.fault !== undefined) return { state: 'refused', reason: found.fault }
    const worst = [quick, events].find((client) => client.state !== 'ready')
    if (worst === undefined)
      return isKnown ? { state: 'up', reason: null } : { state: 'connecting', reason: 'its version is being read' }
    const reason = worst.lastError?.message ?? null
    if (worst.state === 'refused') return { state: 'refused', reason }
    // A node that was down is down until it is up; that it tries again is no news.
    const isFirst = worst.lastError === undefined && (worst.state === 'connecting' || worst.state === 'authenticating')
    return isFirst || worst.state === 'idle' ? { state: 'connecting', reason: null } : { state: 'down', reason }
  }

  const settle = (): void => {
    const { state, reason } = stateNow()
    const next = { hostname: found.hostname, version: found.version, state, reason }
    const isSame = next.state === status.state && next.hostname === status.hostname && next.version === status.version
    const since = next.state === status.state ? status.since : new Date().toISOString()
    const before = status
    status = { name, ...next, since }
    if (isSame) return
    if (before.state !== state) {
      const facts = { node: name, state, hostname: next.hostname, version: next.version, reason }
      if (state === 'up') options.logger.info(facts, 'switch connected')
      else if (state !== 'connecting') options.logger.warn(facts, 'switch not in reach')
    }
    states.tell(status)
  }

  /** Name and version, read anew on every connection: what restarted may be another FreeSWITCH. */
  const introduce = async (): Promise<void> => {
    try {
      const [hostname, version] = await Promise.all([
        quick.api(command('switchname')),
        quick.api(command('version', 'short')),
      ])
      const read = versionIn(version)
      found = { hostname: hostname.trim() || null, version: read, fault: versionFault(read) }
      isKnown = true
    } catch {
      // The connection broke meanwhile; its next state brings us back here.
    }
    settle()
  }

  quick.onState((state) => {
    if (state === 'ready') introduction = introduce()
    else {
      isKnown = false
      found = { ...found, fault: undefined }
    }
    settle()
  })
  events.onState(settle)
  events.onEvent((event) => {
    if (found.fault === undefined) heard.tell(event)
  })
  // Kept by the client and restored on every new connection.
  events.subscribe([...ownEvents, ...options.events], options.custom).catch(() => {})
  quick.start()
  events.start()

  /** Waits for a first connection that is under way; a node that is known to be down fails at once. */
  const readyFor = async (client: EslClient): Promise<void> => {
    if (client.state === 'waiting' || client.state === 'closed' || client.state === 'refused')
      throw client.lastError ?? new EslError('DISCONNECTED', `${name} is not connected`)
    if (client.state !== 'ready') await client.ready()
    if (client === quick) await introduction
    if (found.fault !== undefined) throw new EslError('CLOSED', found.fault)
  }

  return {
    name,
    status: () => status,
    // A question that lasts too long is given up here; only one without any answer costs the connection.
    api: (line: Command, timeoutMs = commandTimeoutMs) =>
      within(
        readyFor(quick).then(() => quick.api(line, { timeoutMs: Math.max(timeoutMs, commandTimeoutMs) })),
        timeoutMs,
        name,
      ),
    apiBytes: (line, read, timeoutMs = commandTimeoutMs) =>
      within(
        readyFor(quick).then(() => quick.apiBytes(line, read, { timeoutMs: Math.max(timeoutMs, commandTimeoutMs) })),
        timeoutMs,
        name,
      ),
    async background(line: Command, timeoutMs = backgroundTimeoutMs) {
      await within(readyFor(events), commandTimeoutMs, name)
      return events.bgapi(line, { timeoutMs })
    },
    async send(event: Command) {
      await within(readyFor(quick), commandTimeoutMs, name)
      return quick.send(event)
    },
    onEvent: heard.add,
    onEventsLost: (listener) => events.onEventsLost(listener),
    onState: states.add,
    async close() {
      await Promise.all([quick.close(), events.close()])
    },
  }
}
