import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Captured exchanges with a real FreeSWITCH, one file each. */
const folder = join(process.cwd(), 'test/fixtures/freeswitch/esl')

export interface Step {
  readonly from: 'client' | 'server' | 'note'
  readonly bytes: Buffer
}

export interface Capture {
  readonly name: string
  readonly steps: readonly Step[]
}

interface RawStep {
  readonly from: Step['from']
  readonly text?: string
  readonly base64?: string
}

const bytesOf = ({ text, base64 }: RawStep): Buffer =>
  base64 === undefined ? Buffer.from(text ?? '', 'utf8') : Buffer.from(base64, 'base64')

/** What a capture's file says beyond its steps. */
export function captureFile(name: string): Record<string, unknown> & { steps?: RawStep[] } {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
}

export function capture(name: string): Capture {
  if (name === 'big-reply') return bigReply()
  const { steps = [] } = captureFile(name)
  return { name, steps: steps.map((step) => ({ from: step.from, bytes: bytesOf(step) })) }
}

/** The reads of the one reply over a megabyte, cut as they arrived. */
function bigReply(): Capture {
  const all = readFileSync(join(folder, 'big-reply.raw'))
  const { reads, command } = captureFile('big-reply') as unknown as { reads: [number, number][]; command: string }
  let at = 0
  const server = reads.map(([size]): Step => {
    at += size
    return { from: 'server', bytes: all.subarray(at - size, at) }
  })
  return { name: 'big-reply', steps: [{ from: 'client', bytes: Buffer.from(command) }, ...server] }
}

/** Names of all captures. */
export const captureNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -5))
  .sort()

/** What the server sent, as one stream. */
export function serverBytes({ steps }: Capture): Buffer {
  return Buffer.concat(steps.filter(({ from }) => from === 'server').map(({ bytes }) => bytes))
}
