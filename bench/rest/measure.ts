import type { Case } from './cases.ts'
import type { Load } from './load-process.ts'
import type { Bench, ServerUnderTest } from './processes.ts'
import { type FullAnswer, rawRequest, send, withFreshNumber } from './requests.ts'

/** One measured stretch of requests. */
export interface Stretch {
  /** CPU time of the measured process for one request. */
  readonly cpuMicros: number
  /** Memory of the measured process at its end. */
  readonly rssBytes: number
  readonly perSecond: number
  readonly latenciesMs: readonly number[]
}

/** A case that is ready to be measured: its answers are known, the server's statements are on tape. */
export interface Prepared {
  readonly case: Case
  readonly server: ServerUnderTest
  /** The requests as bytes. */
  readonly raw: readonly string[]
  readonly answers: readonly FullAnswer[]
  /** Per request. */
  readonly statements: number
  /** What is replayed for one request: transactions, or single statements outside of any. */
  readonly units: number
}

/** Something that answers requests and can be asked what it has used. */
interface Target {
  readonly port: number
  usage(): Promise<{ cpuMicros: number; rssBytes: number }>
}

const serverTarget = (server: ServerUnderTest): Target => ({ port: server.port, usage: () => server.call('usage') })
const bareTarget = (bench: Bench): Target => ({ port: bench.barePort, usage: () => bench.bare.call('usage') })

/** Runs some load on connections that are opened before and closed after what is measured. */
async function underLoad(
  bench: Bench,
  target: Target,
  connections: number,
  work: () => Promise<Load[]>,
): Promise<Stretch> {
  await bench.load.call('open', target.port, connections)
  const before = await target.usage()
  const loads = await work()
  const after = await target.usage()
  await bench.load.call('close')
  const latenciesMs = loads.flatMap((part) => part.latenciesMs)
  return {
    cpuMicros: (after.cpuMicros - before.cpuMicros) / latenciesMs.length,
    rssBytes: after.rssBytes,
    perSecond: latenciesMs.length / loads.reduce((sum, part) => sum + part.seconds, 0),
    latenciesMs,
  }
}

/** The server under load from connections that never rest. */
export async function serverStretch(
  bench: Bench,
  { case: case_, server, raw }: Pick<Prepared, 'case' | 'server' | 'raw'>,
  connections: number,
  seconds: number,
): Promise<Stretch> {
  const stretch = await underLoad(bench, serverTarget(server), connections, async () => {
    if (!case_.stale) return [await bench.load.call('closedLoop', raw, { seconds })]
    // Every page is asked for once between two changes.
    const loads: Load[] = []
    for (let past = 0; past < seconds; past += loads.at(-1)?.seconds ?? seconds) {
      await bench.data.touchEveryTenant()
      loads.push(await bench.load.call('closedLoop', raw, { seconds: 10, count: raw.length }))
    }
    return loads
  })
  if (case_.makesRows) await bench.data.removeCreated()
  return stretch
}

/** Seconds of load whose statements are kept: long enough for what the server asks only once a second to be in it. */
const tapeSeconds = 2

/** Learns the right answers of a case, and records what the server asks of the database under its load. */
export async function prepare(bench: Bench, case_: Case): Promise<Prepared> {
  const server = await bench.server(case_.pageMemory)
  const requests = case_.requests(bench.data)
  const answers: FullAnswer[] = []
  for (const [n, request] of requests.entries()) {
    const { body } = request
    const answer = await send(
      server.port,
      body === undefined ? request : { ...request, body: withFreshNumber(body, n) },
    )
    if (!case_.isRight(answer))
      throw new Error(`${case_.name}: not the answer that was expected, but ${answer.status} ${answer.body}`)
    answers.push(answer)
  }
  if (case_.makesRows) await bench.data.removeCreated()

  const raw = requests.map(rawRequest)
  await server.call('record')
  const { latenciesMs } = await serverStretch(bench, { case: case_, server, raw }, 8, tapeSeconds)
  const { statements, units } = await server.call('endRecord')
  return {
    case: case_,
    server,
    raw,
    answers,
    statements: statements / latenciesMs.length,
    units: units / latenciesMs.length,
  }
}

/** CPU time of the same SQL with the bare driver in the server's process, for one request. */
export async function sqlMicros(
  bench: Bench,
  { case: case_, server, units: unitsPerRequest }: Prepared,
  callers: number,
  seconds: number,
): Promise<number> {
  const { units, cpuMicros } = await server.call('replay', callers, { seconds, again: !case_.makesRows })
  if (case_.makesRows) await bench.data.removeCreated()
  return (cpuMicros / units) * unitsPerRequest
}

/** CPU time of the same bytes from node:http alone, for one request. The bare server must know the answers. */
export async function httpMicros(
  bench: Bench,
  { raw }: Prepared,
  connections: number,
  seconds: number,
): Promise<number> {
  const stretch = await underLoad(bench, bareTarget(bench), connections, async () => [
    await bench.load.call('closedLoop', raw, { seconds }),
  ])
  return stretch.cpuMicros
}

/** Requests at a steady pace on 64 connections, to the server and then to node:http alone. */
export async function steadyStretches(
  bench: Bench,
  { raw, server }: Prepared,
  pace: { perSecond: number; seconds: { server: number; bare: number } },
): Promise<{ server: Stretch; bare: Stretch }> {
  const { perSecond, seconds } = pace
  const at = (target: Target, length: number) =>
    underLoad(bench, target, 64, async () => [await bench.load.call('openLoop', raw, { perSecond, seconds: length })])
  return {
    server: await at(serverTarget(server), seconds.server),
    bare: await at(bareTarget(bench), seconds.bare),
  }
}
