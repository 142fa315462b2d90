import { loadavg } from 'node:os'
import { callSuite } from './calls/suite.ts'
import { eslSuite } from './esl/suite.ts'
import { eventsSuite } from './events/suite.ts'
import { restSuite } from './rest/suite.ts'
import type { Row, Suite } from './row.ts'
import { busyShare, machine } from './support/machine.ts'
import { progressLine } from './support/progress.ts'
import { table } from './support/table.ts'
import { xmlSuite } from './xml/suite.ts'

const suites: readonly Suite[] = [restSuite, eslSuite, xmlSuite, callSuite, eventsSuite]

const explanation = `ratio: the baseline's cost divided by ours, so 1 is as cheap as the baseline and 0.5 costs twice as much.
Costs are CPU time of the measured process for one request, unless the row says otherwise. Ratios are the median over
rounds in which the server and its baselines take turns.`

/** Share of the machine that others may use before latencies say more of them than of us. */
const quiet = 0.15

async function measure(chosen: (row: string) => boolean, built: string): Promise<Row[]> {
  const progress = progressLine()
  const rows: Row[] = []
  try {
    for (const suite of suites) {
      const names = new Set(suite.rows.filter(chosen))
      if (names.size > 0) rows.push(...(await suite.run({ chosen: names, progress, built })))
    }
  } finally {
    progress.done()
  }
  return rows
}

/** Runs what the words of the command line ask for; `built` is the folder of the built benchmarks. Answers the exit code. */
export async function runBenchmarks(words: readonly string[], built: string): Promise<number> {
  const names = words.filter((word) => !word.startsWith('--'))
  const isChosen = (row: string): boolean => names.length === 0 || names.some((name) => row.includes(name))
  const known = suites.flatMap((suite) => suite.rows)
  if (words.includes('--list')) {
    console.log(known.join('\n'))
    return 0
  }
  if (!known.some(isChosen)) {
    console.error(`No row's name contains ${names.join(' or ')}. There are:\n${known.join('\n')}`)
    return 1
  }
  const busy = await busyShare(500)
  const began = performance.now()
  const rows = await measure(isChosen, built)
  const seconds = Math.round((performance.now() - began) / 1000)
  if (words.includes('--json')) {
    console.log(
      JSON.stringify({ machine: { ...machine(), busyBefore: busy, load: loadavg()[0] }, seconds, rows }, null, 2),
    )
    return 0
  }
  const targets = rows.flatMap((row) => row.target ?? [])
  console.log(`\n${table(rows)}\n\n${explanation}`)
  console.log(`${targets.filter(({ met }) => met).length} of ${targets.length} targets met, ${seconds} s.`)
  const { cores, cpu, node } = machine()
  const others = `${Math.round(busy * 100)} % busy before the run`
  console.log(`${cores} cores, ${cpu}, Node ${node}; the machine was ${others}.`)
  if (busy > quiet)
    console.log(
      'Others were using it: ratios are good to a sixth or so; times and latencies are worse than they would be alone.',
    )
  return 0
}
