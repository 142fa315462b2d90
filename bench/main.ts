import { cpus } from 'node:os'
import { restSuite } from './rest/suite.ts'
import type { Row, Suite } from './row.ts'
import { progressLine } from './support/progress.ts'
import { table } from './support/table.ts'

const suites: readonly Suite[] = [restSuite]

const words = process.argv.slice(2)
const names = words.filter((word) => !word.startsWith('--'))
const json = words.includes('--json')
const isChosen = (row: string): boolean => names.length === 0 || names.some((name) => row.includes(name))

const explanation = `ratio: the baseline's cost divided by ours, so 1 is as cheap as the baseline and 0.5 costs twice as much.
Costs are CPU time of the measured process for one request, unless the row says otherwise. Ratios are the median over
rounds in which the server and its baselines take turns.`

const known = suites.flatMap((suite) => suite.rows)
if (words.includes('--list')) {
  console.log(known.join('\n'))
} else if (!known.some(isChosen)) {
  console.error(`No row's name contains ${names.join(' or ')}. There are:\n${known.join('\n')}`)
  process.exitCode = 1
} else {
  const progress = progressLine()
  const began = performance.now()
  const rows: Row[] = []
  try {
    for (const suite of suites) {
      const chosen = new Set(suite.rows.filter(isChosen))
      if (chosen.size > 0) rows.push(...(await suite.run(chosen, progress)))
    }
  } finally {
    progress.done()
  }
  const seconds = Math.round((performance.now() - began) / 1000)
  const [cpu] = cpus()
  const machine = { node: process.version, cores: cpus().length, cpu: cpu?.model ?? 'unknown' }
  if (json) console.log(JSON.stringify({ machine, seconds, rows }, null, 2))
  else {
    const missed = rows.filter((row) => row.target?.met === false).length
    const wanted = rows.filter((row) => row.target !== undefined).length
    console.log(`\n${table(rows)}\n\n${explanation}`)
    console.log(
      `${wanted - missed} of ${wanted} targets met, ${seconds} s, ${machine.cores} cores, Node ${machine.node}`,
    )
  }
}
