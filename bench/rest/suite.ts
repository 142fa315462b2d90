import type { Row, Suite } from '../row.ts'
import { median, percentile } from '../support/figures.ts'
import type { Progress } from '../support/progress.ts'
import { type Case, cases } from './cases.ts'
import { extensionsPerTenant, tenantCount } from './data.ts'
import {
  bareStretch,
  type Prepared,
  prepare,
  type Stretch,
  serverStretch,
  sqlMicros,
  steadyStretches,
} from './measure.ts'
import { type Bench, startBench } from './processes.ts'

/** Requests under way at once. */
const widths = [8, 64] as const
const rounds = 3
/** Lengths of the parts of a round; those of the warm-up before the first. */
const seconds = { server: 1.2, sql: 0.8, bare: 0.5, warmUp: 0.4 }

const steady = { perSecond: 300, seconds: 6 }
const mostSteadyMs = 25
const mostMegabytes = 200
const megabyte = 2 ** 20

const sqlName = (case_: Case, width: number): string => `${case_.name}-${width}:sql`
const httpName = (case_: Case, width: number): string => `${case_.name}-${width}:http`
const steadyName = (case_: Case): string => `${case_.name}-steady:http`
const isSteady = (case_: Case): boolean => case_.name === 'list-warm' || case_.name === 'list-cold'
const memoryName = 'memory:http'

const rowsOf = (case_: Case): string[] => [
  ...widths.flatMap((width) => [sqlName(case_, width), httpName(case_, width)]),
  ...(isSteady(case_) ? [steadyName(case_)] : []),
]

const target = (wants: string, met: boolean): Row['target'] => ({ wants, met })

interface Run {
  readonly bench: Bench
  readonly chosen: ReadonlySet<string>
  readonly progress: Progress
}

/** Rounds of one case at one width: server, SQL and HTTP take turns, so that all meet the same neighbours. */
async function measureWidth({ bench, chosen, progress }: Run, prepared: Prepared, width: number): Promise<Row[]> {
  const { case: case_ } = prepared
  const [sql, http] = [sqlName(case_, width), httpName(case_, width)]
  const server: Stretch[] = []
  const sqlCosts: number[] = []
  const httpCosts: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    progress.step(`${case_.about}, ${width} at once: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`)
    const lengthOf = (part: number): number => (round === 0 ? seconds.warmUp : part)
    const stretch = await serverStretch(bench, prepared, width, lengthOf(seconds.server))
    const sqlCost = chosen.has(sql) ? await sqlMicros(bench, prepared, width, lengthOf(seconds.sql)) : 0
    const httpCost = chosen.has(http)
      ? (await bareStretch(bench, prepared, width, lengthOf(seconds.bare))).cpuMicros
      : 0
    if (round === 0) continue
    server.push(stretch)
    sqlCosts.push(sqlCost)
    httpCosts.push(httpCost)
  }
  const cpu = median(server.map((stretch) => stretch.cpuMicros))
  const latencies = server.flatMap((stretch) => stretch.latenciesMs)
  const row = (name: string, baseline: string, baselineMicros: number, least: number | undefined): Row => ({
    name,
    baseline,
    ratio: baselineMicros / cpu,
    target: least === undefined ? undefined : target(`>= ${least}`, baselineMicros / cpu >= least),
    figures: {
      'CPU us': cpu,
      'baseline us': baselineMicros,
      'requests/s': median(server.map((stretch) => stretch.perSecond)),
      'p50 ms': percentile(latencies, 0.5),
      'p99 ms': percentile(latencies, 0.99),
      statements: prepared.statements,
    },
  })
  return [
    row(sql, 'same SQL, bare pg', median(sqlCosts), case_.least),
    row(http, 'same bytes, node:http', median(httpCosts), undefined),
  ].filter(({ name }) => chosen.has(name))
}

/** How long requests take that come at a pace the server can well keep up with. */
async function measureSteady({ bench, progress }: Run, prepared: Prepared): Promise<Row> {
  progress.step(`${prepared.case.about}, ${steady.perSecond} a second for ${steady.seconds} s`)
  const { server, bare } = await steadyStretches(bench, prepared, steady)
  const p99 = percentile(server.latenciesMs, 0.99)
  const bareP99 = percentile(bare.latenciesMs, 0.99)
  return {
    name: steadyName(prepared.case),
    baseline: `p99 of node:http at ${steady.perSecond}/s`,
    ratio: bareP99 / p99,
    target: target(`p99 <= ${mostSteadyMs} ms`, p99 <= mostSteadyMs),
    figures: {
      'CPU us': server.cpuMicros,
      'baseline us': bare.cpuMicros,
      'requests/s': server.perSecond,
      'p50 ms': percentile(server.latenciesMs, 0.5),
      'p99 ms': p99,
      'baseline p99 ms': bareP99,
    },
  }
}

/** What the server with page memory holds at the end of its load, node:http for comparison. */
async function measureMemory({ bench, progress }: Run): Promise<Row> {
  progress.step('memory of the server under load')
  const case_ = cases.find(({ name }) => name === 'list-warm') as Case
  const prepared = await prepare(bench, case_)
  await serverStretch(bench, prepared, 64, seconds.server)
  await bareStretch(bench, prepared, 64, seconds.bare)
  const [ours, bare] = [await prepared.server.call('usage'), await bench.bare.call('usage')]
  return {
    name: memoryName,
    baseline: 'memory of node:http',
    ratio: bare.rssBytes / ours.rssBytes,
    target: target(`< ${mostMegabytes} MB`, ours.rssBytes < mostMegabytes * megabyte),
    figures: { 'RSS MB': ours.rssBytes / megabyte, 'baseline MB': bare.rssBytes / megabyte },
  }
}

/** The REST surface: 10,000 extensions in 100 tenants, requests spread over all of them. */
export const restSuite: Suite = {
  rows: [...cases.flatMap(rowsOf), memoryName],
  async run(chosen, progress) {
    const needed = cases.filter((case_) => rowsOf(case_).some((name) => chosen.has(name)))
    const widthsOf = (case_: Case) =>
      widths.filter((width) => chosen.has(sqlName(case_, width)) || chosen.has(httpName(case_, width)))
    progress.expect(2 + needed.reduce((sum, case_) => sum + 1 + widthsOf(case_).length * (rounds + 1), 0))
    progress.step(`making ${tenantCount} tenants with ${extensionsPerTenant} extensions each`)
    const bench = await startBench()
    const run = { bench, chosen, progress }
    const rows: Row[] = []
    try {
      for (const case_ of needed) {
        progress.step(`${case_.about}: recording its statements`)
        const prepared = await prepare(bench, case_)
        for (const width of widthsOf(case_)) rows.push(...(await measureWidth(run, prepared, width)))
        if (chosen.has(steadyName(case_))) rows.push(await measureSteady(run, prepared))
      }
      if (chosen.has(memoryName)) rows.push(await measureMemory(run))
    } finally {
      await bench.stop()
    }
    return rows
  },
}
