import { join } from 'node:path'
import { EslClient } from '../../src/esl/index.ts'
import type { Order, Row, Suite } from '../row.ts'
import { startChild } from '../support/child.ts'
import { median, percentile } from '../support/figures.ts'
import { bareMicros, oursMicros, recordedEvents } from './events.ts'
import { clientLoop, type Loop, RawLoop } from './loops.ts'
import type { PeerCommands } from './peer-process.ts'

/** Commands under way at once. */
const depths = [1, 20] as const
const rounds = 15
const seconds = 0.25
const warmUpSeconds = 1.5

/** What the client may cost over a loop on a bare socket, and the events over a bare JSON.parse. */
const targets = { commands: 0.8, p99: 1.2, events: 0.7 }

const rateName = (depth: number): string => `esl-commands-${depth}:raw`
const p99Name = (depth: number): string => `esl-commands-${depth}-p99:raw`
const eventsName = 'esl-events:json'

const p99 = ({ latenciesMs }: Loop): number => percentile(latenciesMs, 0.99)
const p50 = ({ latenciesMs }: Loop): number => percentile(latenciesMs, 0.5)

interface Round {
  readonly ours: Loop
  readonly raw: Loop
}

/** The client and the bare socket take turns against the same peer, so that both meet the same neighbours. */
async function takeTurns(client: EslClient, raw: RawLoop, depth: number, order: Order): Promise<Round[]> {
  const found: Round[] = []
  order.progress.step(`event socket, ${depth} commands at once`)
  await clientLoop(client, depth, warmUpSeconds)
  await raw.run(depth, warmUpSeconds)
  for (let round = 0; round < rounds; round += 1) {
    const isFirst = round % 2 === 0
    const before = isFirst ? await clientLoop(client, depth, seconds) : undefined
    const bare = await raw.run(depth, seconds)
    found.push({ ours: before ?? (await clientLoop(client, depth, seconds)), raw: bare })
  }
  return found
}

function commandRows(depth: number, measured: readonly Round[]): Row[] {
  const rate = median(measured.map(({ ours, raw }) => ours.perSecond / raw.perSecond))
  const slower = median(measured.map(({ ours, raw }) => p99(ours) / p99(raw)))
  const of = (figure: (loop: Loop) => number, which: keyof Round): number =>
    median(measured.map((round) => figure(round[which])))
  return [
    {
      name: rateName(depth),
      baseline: 'commands/s, bare socket loop',
      ratio: rate,
      target: { wants: `>= ${targets.commands}`, met: rate >= targets.commands },
      figures: {
        'CPU us': of((loop) => loop.cpuMicros, 'ours'),
        'baseline us': of((loop) => loop.cpuMicros, 'raw'),
        'requests/s': of((loop) => loop.perSecond, 'ours'),
        'baseline/s': of((loop) => loop.perSecond, 'raw'),
        'p50 ms': of(p50, 'ours'),
      },
    },
    {
      name: p99Name(depth),
      baseline: 'p99, bare socket loop',
      ratio: 1 / slower,
      target: { wants: `p99 <= ${targets.p99}x`, met: slower <= targets.p99 },
      figures: { 'p99 ms': of(p99, 'ours'), 'baseline p99 ms': of(p99, 'raw') },
    },
  ]
}

async function measureCommands(order: Order): Promise<Row[]> {
  const chosen = depths.filter((depth) => order.chosen.has(rateName(depth)) || order.chosen.has(p99Name(depth)))
  if (chosen.length === 0) return []
  const peer = startChild<PeerCommands>(join(order.built, 'esl', 'peer-process.js'))
  try {
    const port = await peer.call('listen')
    await using client = new EslClient({ host: '127.0.0.1', port, password: 'x' }).start()
    await client.ready()
    const raw = await RawLoop.open(port)
    const rows: Row[] = []
    for (const depth of chosen) rows.push(...commandRows(depth, await takeTurns(client, raw, depth, order)))
    raw.close()
    return rows.filter(({ name }) => order.chosen.has(name))
  } finally {
    await peer.stop()
  }
}

function measureEvents(order: Order): Row[] {
  if (!order.chosen.has(eventsName)) return []
  order.progress.step('event socket, recorded events')
  const recorded = recordedEvents()
  const repeats = 40
  oursMicros(recorded, repeats)
  bareMicros(recorded, repeats)
  const found = Array.from({ length: rounds }, () => ({
    ours: oursMicros(recorded, repeats),
    bare: bareMicros(recorded, repeats),
  }))
  const ratio = median(found.map(({ ours, bare }) => bare / ours))
  const megabytes = recorded.bodyBytes / 1e6
  return [
    {
      name: eventsName,
      baseline: 'bytes/s, bare JSON.parse',
      ratio,
      target: { wants: `>= ${targets.events}`, met: ratio >= targets.events },
      figures: {
        'CPU us': median(found.map(({ ours }) => ours)) / recorded.bodies.length,
        'baseline us': median(found.map(({ bare }) => bare)) / recorded.bodies.length,
        'MB/s': (megabytes / median(found.map(({ ours }) => ours))) * 1e6,
        'baseline MB/s': (megabytes / median(found.map(({ bare }) => bare))) * 1e6,
      },
    },
  ]
}

/** The event-socket client against a bare socket, and its events against a bare JSON.parse. */
export const eslSuite: Suite = {
  rows: [...depths.flatMap((depth) => [rateName(depth), p99Name(depth)]), eventsName],
  async run(order) {
    order.progress.expect(depths.length + 1)
    return [...(await measureCommands(order)), ...measureEvents(order)]
  },
}
