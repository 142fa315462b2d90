import type { Row, Suite } from '../row.ts'
import { median, percentile } from '../support/figures.ts'
import type { Progress } from '../support/progress.ts'
import { type Case, caseOf, cases } from './cases.ts'
import { extensionsPerTenant, tenantCount } from './data.ts'
import {
  httpMicros,
  type Prepared,
  prepare,
  type Stretch,
  serverStretch,
  sqlMicros,
  steadyStretches,
} from './measure.ts'
import { type Bench, startBench } from './processes.ts'
import { rawRequest } from './requests.ts'

/** Requests under way at once. */
const widths = [8, 64] as const
const rounds = 3
/** How long each part of a round lasts. */
const seconds = { server: 1, sql: 0.5, http: 0.3, memory: 1.2 }
/** The first round warms up and is not counted; writes run more code, which takes longer to become fast. */
const warmUpSeconds = (case_: Case): number => (case_.makesRows ? 2 : 0.8)

const steady = { perSecond: 300, seconds: { server: 2, bare: 1 } }
const mostSteadyMs = 25
const mostMegabytes = 200
const megabyte = 2 ** 20

/** What a case is compared with; the sum of the first two is what no server of this kind could do without. */
const baselines = {
  sql: 'same SQL, bare pg',
  http: 'same bytes, node:http',
  both: 'the two together',
  page: 'SQL of the whole page, bare pg',
} as const
type Baseline = keyof typeof baselines

const baselinesOf = (case_: Case): Baseline[] => ['sql', 'http', 'both', ...(case_.wholePage ? ['page' as const] : [])]
const nameOf = (case_: Case, width: number, baseline: Baseline): string => `${case_.name}-${width}:${baseline}`
const steadyName = (case_: Case): string => `${case_.name}-steady:http`
const memoryName = 'memory:http'

const rowsOf = (case_: Case): string[] => [
  ...widths.flatMap((width) => baselinesOf(case_).map((baseline) => nameOf(case_, width, baseline))),
  ...(case_.steady ? [steadyName(case_)] : []),
]

interface Run {
  readonly bench: Bench
  readonly chosen: ReadonlySet<string>
  readonly progress: Progress
  /** Prepares a case the first time it is asked for. */
  prepared(case_: Case): Promise<Prepared>
}

/** Rounds of one case at one width: the server and its baselines take turns, so that all meet the same neighbours. */
async function measureWidth(run: Run, case_: Case, width: number): Promise<Row[]> {
  const { bench, chosen, progress } = run
  const wanted = baselinesOf(case_).filter((baseline) => chosen.has(nameOf(case_, width, baseline)))
  if (wanted.length === 0) return []
  const prepared = await run.prepared(case_)
  const wholePage = case_.wholePage && wanted.includes('page') ? await run.prepared(caseOf(case_.wholePage)) : undefined
  await bench.bare.call('answerWith', prepared.answers)
  const stretches: Stretch[] = []
  const costs: Record<Baseline, number>[] = []
  for (let round = 0; round <= rounds; round += 1) {
    progress.step(`${case_.about}, ${width} at once: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`)
    const stretch = await serverStretch(bench, prepared, width, round === 0 ? warmUpSeconds(case_) : seconds.server)
    const sql = await sqlMicros(bench, prepared, width, seconds.sql)
    const http = await httpMicros(bench, prepared, width, seconds.http)
    const page = wholePage ? await sqlMicros(bench, wholePage, width, seconds.sql) : Number.NaN
    if (round === 0) continue
    stretches.push(stretch)
    costs.push({ sql, http, both: sql + http, page })
  }
  const latencies = stretches.flatMap((stretch) => stretch.latenciesMs)
  return wanted.map((baseline) => {
    const ratio = median(costs.map((cost, round) => cost[baseline] / (stretches[round]?.cpuMicros ?? Number.NaN)))
    const { least } = case_
    return {
      name: nameOf(case_, width, baseline),
      baseline: baselines[baseline],
      ratio,
      target:
        least === undefined || !['sql', 'page'].includes(baseline)
          ? undefined
          : { wants: `>= ${least}`, met: ratio >= least },
      figures: {
        'CPU us': median(stretches.map((stretch) => stretch.cpuMicros)),
        'baseline us': median(costs.map((cost) => cost[baseline])),
        'requests/s': median(stretches.map((stretch) => stretch.perSecond)),
        'p50 ms': percentile(latencies, 0.5),
        'p99 ms': percentile(latencies, 0.99),
        'RSS MB': Math.max(...stretches.map((stretch) => stretch.rssBytes)) / megabyte,
        statements: prepared.statements,
      },
    }
  })
}

/** How long requests take that come at a pace the server can well keep up with. */
async function measureSteady(run: Run, case_: Case): Promise<Row[]> {
  const { bench, chosen, progress } = run
  if (!chosen.has(steadyName(case_))) return []
  const prepared = await run.prepared(case_)
  await bench.bare.call('answerWith', prepared.answers)
  const server: Stretch[] = []
  const bare: Stretch[] = []
  for (let round = 1; round <= rounds; round += 1) {
    progress.step(`${case_.about}, ${steady.perSecond} a second: round ${round} of ${rounds}`)
    const stretches = await steadyStretches(bench, prepared, steady)
    server.push(stretches.server)
    bare.push(stretches.bare)
  }
  const p99 = (stretches: readonly Stretch[]): number =>
    median(stretches.map((stretch) => percentile(stretch.latenciesMs, 0.99)))
  return [
    {
      name: steadyName(case_),
      baseline: `p99 of node:http at ${steady.perSecond}/s`,
      ratio: p99(bare) / p99(server),
      target: { wants: `p99 <= ${mostSteadyMs} ms`, met: p99(server) <= mostSteadyMs },
      figures: {
        'CPU us': median(server.map((stretch) => stretch.cpuMicros)),
        'requests/s': median(server.map((stretch) => stretch.perSecond)),
        'p50 ms': median(server.map((stretch) => percentile(stretch.latenciesMs, 0.5))),
        'p99 ms': p99(server),
        'baseline p99 ms': p99(bare),
        'RSS MB': Math.max(...server.map((stretch) => stretch.rssBytes)) / megabyte,
      },
    },
  ]
}

/** What a server holds that has listed, read and created: a new one, because replaying leaves traces in a process. */
async function measureMemory({ bench, chosen, progress }: Run): Promise<Row[]> {
  if (!chosen.has(memoryName)) return []
  progress.step('memory of a new server under load, 64 at once')
  const server = await bench.freshServer()
  const sizes: number[] = []
  for (const name of ['list-warm', 'list-stale', 'get', 'create']) {
    const case_ = caseOf(name)
    const raw = case_.requests(bench.data).map(rawRequest)
    sizes.push((await serverStretch(bench, { case: case_, server, raw }, 64, seconds.memory)).rssBytes)
  }
  const most = Math.max(...sizes)
  return [
    {
      name: memoryName,
      baseline: 'memory of node:http when idle',
      ratio: bench.bareRssBytes / most,
      target: { wants: `< ${mostMegabytes} MB`, met: most < mostMegabytes * megabyte },
      figures: { 'RSS MB': most / megabyte, 'baseline MB': bench.bareRssBytes / megabyte },
    },
  ]
}

function expectedSteps(chosen: ReadonlySet<string>): number {
  const names = [...chosen]
  const widthsMeasured = new Set(names.filter((name) => /-\d+:/.test(name)).map((name) => name.split(':')[0])).size
  const steadyMeasured = names.filter((name) => name.includes('-steady:')).length
  const prepared = new Set(names.map((name) => name.replace(/-(\d+|steady):.*/, ''))).size
  return 2 + prepared + widthsMeasured * (rounds + 1) + steadyMeasured * rounds
}

/** The REST surface: 10,000 extensions in 100 tenants, requests spread over all of them. */
export const restSuite: Suite = {
  rows: [...cases.flatMap(rowsOf), memoryName],
  async run({ chosen, progress, built }) {
    progress.expect(expectedSteps(chosen))
    progress.step(`making ${tenantCount} tenants with ${extensionsPerTenant} extensions each`)
    const bench = await startBench(built)
    const known = new Map<string, Promise<Prepared>>()
    const run: Run = {
      bench,
      chosen,
      progress,
      prepared(case_) {
        const found = known.get(case_.name)
        if (found) return found
        progress.step(`${case_.about}: recording its statements`)
        // A server has one tape; only the cases of one that keeps pages replace each other's.
        const made = prepare(bench, case_)
        for (const [name] of known) if (caseOf(name).pageMemory === case_.pageMemory) known.delete(name)
        known.set(case_.name, made)
        return made
      },
    }
    try {
      const rows: Row[] = []
      for (const case_ of cases) {
        for (const width of widths) rows.push(...(await measureWidth(run, case_, width)))
        rows.push(...(await measureSteady(run, case_)))
      }
      rows.push(...(await measureMemory(run)))
      return rows
    } finally {
      await bench.stop()
    }
  },
}
