// Every test: types, then node:test on built files against one PostgreSQL cluster. Last line: `N passed, N failed`.
// Usage: npm test [-- PART…]   runs only files whose path contains a PART; --faults runs the long property and fault runs,
// --switch the scenarios against the real FreeSWITCH that TANDEM_SWITCH_URL names (docs/switch-tests.md).
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildAll, buildOne } from './build.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const faults = process.argv.includes('--faults')
const realSwitch = process.argv.includes('--switch')
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const report = join(root, 'reports', 'tests.jsonl')
// A folder of its own for each run, so that two runs in one checkout do not build over each other.
const outdir = `dist/test-${process.pid}`
process.on('exit', () => rmSync(join(root, outdir), { recursive: true, force: true }))

const run = (command, args, env = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    })
    child.on('error', (error) => {
      console.error(String(error))
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })

const finish = (passed, failed, skipped) => {
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  process.exit(failed > 0 ? 1 : 0)
}

if (realSwitch && !process.env.TANDEM_SWITCH_URL) {
  console.log('TANDEM_SWITCH_URL is not set: these scenarios need a real FreeSWITCH (docs/switch-tests.md)')
  finish(0, 1, 0)
}
rmSync(report, { force: true })
const types =
  parts.length > 0
    ? Promise.resolve(0)
    : run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'])
const suffix = realSwitch ? '.switch.ts' : faults ? '.faults.ts' : '.test.ts'
const files = (await buildAll('test', suffix, outdir)).filter(
  (file) => parts.length === 0 || parts.some((part) => file.includes(part)),
)
const support = await buildOne('test/support/start-cluster.ts', `${outdir}/start-cluster.js`)
if ((await types) !== 0) {
  console.log('the types do not check')
  finish(0, 1, 0)
}
if (files.length === 0) {
  console.log('no test file matches')
  finish(0, 1, 0)
}
const { startTestCluster } = await import(pathToFileURL(support).href)
const cluster = await startTestCluster()
let code = 1
try {
  const args = [
    '--enable-source-maps',
    '--test',
    // There is one real switch, and one port where it asks.
    `--test-concurrency=${realSwitch ? 1 : 2}`,
    '--test-timeout=180000',
    '--test-reporter=./scripts/reporter.js',
    '--test-reporter-destination=stdout',
  ]
  code = await run(process.execPath, [...args, ...files.map((file) => relative(root, file))], {
    TANDEM_TEST_CLUSTER: cluster.folder,
  })
} finally {
  await cluster.stop()
}
const lines = existsSync(report)
  ? readFileSync(report, 'utf8')
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  : []
const count = (status) => lines.filter((line) => line.status === status).length
// A file that died before its tests could report leaves only the runner's exit code to tell of it.
const failed = Math.max(count('failed'), code === 0 ? 0 : 1)
finish(count('passed'), failed, count('skipped'))
