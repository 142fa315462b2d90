import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeEvent, Framer } from '../../src/esl/index.ts'

/** Recorded events: the stream they came in, in reads of 64 KiB, and the text of each event. */
export interface Recorded {
  readonly reads: readonly Buffer[]
  readonly bodies: readonly string[]
  readonly bodyBytes: number
}

interface Step {
  readonly from: string
  readonly text?: string
  readonly base64?: string
}

/** Every JSON event of the captures. */
export function recordedEvents(): Recorded {
  const folder = join(process.cwd(), 'test/fixtures/freeswitch/esl')
  const bodies: Buffer[] = []
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const { steps = [] } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { steps?: Step[] }
    const framer = new Framer()
    for (const step of steps.filter(({ from }) => from === 'server'))
      framer.push(step.base64 === undefined ? Buffer.from(step.text ?? '') : Buffer.from(step.base64, 'base64'))
    for (let frame = framer.next(); frame; frame = framer.next())
      if (frame.type === 'text/event-json') bodies.push(frame.body)
  }
  const stream = Buffer.concat(
    bodies.flatMap((body) => [Buffer.from(`Content-Length: ${body.length}\nContent-Type: text/event-json\n\n`), body]),
  )
  const reads = Array.from({ length: Math.ceil(stream.length / 65536) }, (_, index) =>
    stream.subarray(index * 65536, (index + 1) * 65536),
  )
  return {
    reads,
    bodies: bodies.map((body) => body.toString('utf8')),
    bodyBytes: bodies.reduce((sum, body) => sum + body.length, 0),
  }
}

/** Bytes to frames to events, and a look at each; answers microseconds for the whole recording, over some rounds. */
export function oursMicros({ reads }: Recorded, rounds: number): number {
  return cpuMicros(rounds, () => {
    const framer = new Framer()
    let seen = 0
    for (const read of reads) {
      framer.push(read)
      for (let frame = framer.next(); frame; frame = framer.next()) {
        const event = decodeEvent(frame)
        if (event.get('Unique-ID') !== undefined || event.name !== '') seen += 1
      }
    }
    return seen
  })
}

/** Nothing but JSON.parse, of texts that are decoded already. */
export function bareMicros({ bodies }: Recorded, rounds: number): number {
  return cpuMicros(rounds, () => {
    let seen = 0
    for (const body of bodies) {
      const event = JSON.parse(body)
      if (event['Unique-ID'] !== undefined || event['Event-Name'] !== '') seen += 1
    }
    return seen
  })
}

let sink = 0

function cpuMicros(rounds: number, run: () => number): number {
  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round += 1) sink += run()
  const { user, system } = process.cpuUsage(before)
  if (sink < 0) throw new Error('nothing was measured')
  return (user + system) / rounds
}
