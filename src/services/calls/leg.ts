import type { SwitchNode } from '../../adapters/switch/switch.ts'
import { command } from '../../esl/index.ts'
import { type Dump, readDump } from './channel.ts'

/** Milliseconds one leg has to be told. */
const legTimeoutMs = 1000

/** The leg as it is this moment, past every table that lags; undefined when there is none. Rejects out of reach. */
export async function readLeg(node: SwitchNode, uuid: string): Promise<Dump | undefined> {
  return readDump(await node.api(command('uuid_dump', uuid, 'json'), legTimeoutMs))
}

/** A variable of a live leg; undefined when it is not set or the leg is gone. Rejects out of reach. */
export async function readVariable(
  node: SwitchNode,
  uuid: string,
  name: string,
  timeoutMs: number = legTimeoutMs,
): Promise<string | undefined> {
  const text = await node.api(command('uuid_getvar', uuid, name), timeoutMs)
  return text === '' || text === '_undef_' || text.startsWith('-ERR') || text.startsWith('-USAGE') ? undefined : text
}

/** Whether the leg is there: true within a millisecond of its end. Rejects out of reach. */
export async function legExists(node: SwitchNode, uuid: string): Promise<boolean> {
  return (await node.api(command('uuid_exists', uuid), legTimeoutMs)).trim() === 'true'
}
