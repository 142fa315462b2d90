import type { SwitchNode, SwitchPort } from '../../adapters/switch/switch.ts'
import { askTimeoutMs } from '../../adapters/switch/switch.ts'
import { command } from '../../esl/index.ts'
import type { Channel } from './channel.ts'
import { freshChannels } from './fresh-channels.ts'
import { readChannels } from './read-channels.ts'

/** All legs at one moment, and the nodes that did not tell theirs. */
export interface Snapshot {
  readonly channels: readonly Channel[]
  /** Names of nodes whose legs are missing here. */
  readonly missing: readonly string[]
}

/**
 * Where the legs come from. Today every reading asks the switch; a model kept from events can stand here instead, and
 * everything behind it (grouping, tenants, the ledger of our own doings) stays.
 */
export interface ChannelSource {
  read(): Promise<Snapshot>
}

const listChannels = command('show', 'channels', 'as', 'json')

/**
 * Asks every node for its channels. Readers at the same time share one list of each node: a list costs the switch 33
 * microseconds a channel, and more connections would not make it faster (limits, "What follows").
 */
export function shownChannels(port: SwitchPort): ChannelSource {
  const fresh = freshChannels(port)
  const running = new Map<string, Promise<Channel[]>>()
  const ofNode = (node: SwitchNode): Promise<Channel[]> => {
    const shared = running.get(node.name)
    if (shared) return shared
    const reading = node
      .apiBytes(listChannels, (bytes) => readChannels(bytes, node.name), askTimeoutMs)
      .finally(() => running.delete(node.name))
    running.set(node.name, reading)
    return reading
  }
  return {
    async read() {
      const answers = await Promise.allSettled(port.nodes.map(ofNode))
      return {
        channels: answers.flatMap((answer, index) =>
          answer.status === 'fulfilled' ? fresh.correct(port.nodes[index]?.name ?? '', answer.value) : [],
        ),
        missing: port.nodes.flatMap((node, index) => (answers[index]?.status === 'rejected' ? [node.name] : [])),
      }
    },
  }
}
