import { Problem } from '../../errors.ts'
import type { Command, EslEvent } from '../../esl/index.ts'
import { parseSwitchUrl } from './address.ts'
import { openNode } from './node.ts'

/** What is known of one FreeSWITCH. */
export interface NodeStatus {
  /** `HOST:PORT` of its event socket; never the password. */
  readonly name: string
  /** `up`: both connections stand and its version is served. `refused`: it said no, or is too old. */
  readonly state: 'up' | 'down' | 'connecting' | 'refused'
  /** Its switch name, which its rows and cache keys carry; null until it was read. */
  readonly hostname: string | null
  readonly version: string | null
  /** When it came into this state, ISO 8601. */
  readonly since: string
  /** Why it is not up, in a sentence. */
  readonly reason: string | null
}

/** One FreeSWITCH. Its methods reject with an EslError when it is not in reach. */
export interface SwitchNode {
  readonly name: string
  status(): NodeStatus
  /** A quick read or write, on a connection that carries nothing slow. Answers the switch's text, `-ERR` included. */
  api(command: Command, timeoutMs?: number): Promise<string>
  /** As `api`, for answers of megabytes: `read` gets the bytes as they came, to use until its promise has settled. */
  apiBytes<T>(command: Command, read: (bytes: Buffer) => Promise<T>, timeoutMs?: number): Promise<T>
  /** What blocks (originate, rescan, reloadxml): a background job. Answers the job's text. */
  background(command: Command, timeoutMs?: number): Promise<string>
  /** A `sendevent`; answers `+OK` and the event's UUID, which says nothing about who heard it. */
  send(event: Command): Promise<string>
}

/** What one node answered, or why it did not. */
export type NodeAnswer =
  | { readonly node: string; readonly text: string }
  | { readonly node: string; readonly error: Error }

/** All FreeSWITCHes of the installation. */
export interface SwitchPort {
  /** Empty when none is configured. */
  readonly nodes: readonly SwitchNode[]
  status(): readonly NodeStatus[]
  /** Asks every node at once and waits for each at most `timeoutMs`. Never throws. */
  askAll(command: Command, timeoutMs?: number): Promise<readonly NodeAnswer[]>
  onEvent(listener: (event: EslEvent, node: SwitchNode) => void): () => void
  /** So many events of a node were dropped, because listeners were too slow: what was built from events needs a look. */
  onEventsLost(listener: (count: number, node: SwitchNode) => void): () => void
  onState(listener: (status: NodeStatus, node: SwitchNode) => void): () => void
  close(): Promise<void>
}

/** The two lines a port writes to the log. */
export interface SwitchLogger {
  info(facts: object, line: string): void
  warn(facts: object, line: string): void
}

export interface SwitchOptions {
  /** `esl://:PASSWORD@HOST:PORT`, one for each FreeSWITCH. */
  readonly urls: readonly string[]
  /** Names of events subscribed to on every node, besides those the port itself needs. */
  readonly events: readonly string[]
  /** Subclasses of CUSTOM events, likewise. */
  readonly custom: readonly string[]
  readonly logger: SwitchLogger
}

/** Milliseconds a node has to answer a question that all are asked; a node that is down costs no more. */
export const askTimeoutMs = 1000

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

async function ask(node: SwitchNode, command: Command, timeoutMs: number): Promise<NodeAnswer> {
  try {
    return { node: node.name, text: await node.api(command, timeoutMs) }
  } catch (error) {
    return { node: node.name, error: asError(error) }
  }
}

/** Connects to every FreeSWITCH and returns at once; connections that fail are tried again for ever. */
export function openSwitch(options: SwitchOptions): SwitchPort {
  const nodes = options.urls.map((url) => openNode(parseSwitchUrl(url), options))
  return {
    nodes,
    status: () => nodes.map((node) => node.status()),
    askAll: (command, timeoutMs = askTimeoutMs) => Promise.all(nodes.map((node) => ask(node, command, timeoutMs))),
    onEvent: (listener) => together(nodes.map((node) => node.onEvent((event) => listener(event, node)))),
    onEventsLost: (listener) => together(nodes.map((node) => node.onEventsLost((count) => listener(count, node)))),
    onState: (listener) => together(nodes.map((node) => node.onState((status) => listener(status, node)))),
    close: async () => {
      await Promise.all(nodes.map((node) => node.close()))
    },
  }
}

const together = (ends: readonly (() => void)[]) => (): void => {
  for (const end of ends) end()
}

/** `10.0.0.5:8021 does not answer (Connection refused)`: a sentence about each node that is not up. */
const nodeSentences = (port: SwitchPort): string =>
  port
    .status()
    .filter((status) => status.state !== 'up')
    .map((status) => `${status.name}: ${status.reason ?? status.state}`)
    .join('; ')

/** The 503 of a question that no node answered (S004-ERR-ESL_CONNECTION_FAILED). */
export const connectionFailed = (port: SwitchPort, cause?: unknown): Problem =>
  new Problem('ESL_CONNECTION_FAILED', {
    message: `Cannot connect to FreeSWITCH (${nodeSentences(port) || port.nodes.map((node) => node.name).join(', ')})`,
    ...(cause === undefined ? {} : { cause }),
  })

/**
 * Throws unless some node may answer: ESL_NOT_AVAILABLE when none is configured, ESL_CONNECTION_FAILED when every one
 * is down or refused, naming them (S004-ERR-ESL_*).
 */
export function requireNode(port: SwitchPort): void {
  if (port.nodes.length === 0) throw new Problem('ESL_NOT_AVAILABLE')
  if (port.status().every((status) => status.state === 'down' || status.state === 'refused'))
    throw connectionFailed(port)
}
