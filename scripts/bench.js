// The benchmark table: each row a ratio to a baseline that is named in the row and measured in the same run.
// Usage: npm run bench [-- NAME…] [-- --json]   runs the rows whose name contains a NAME; --list only names them.
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildAll } from './build.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// A folder of its own for each run, so that two runs in one checkout do not build over each other.
const outdir = `dist/bench-${process.pid}`
process.on('exit', () => rmSync(join(root, outdir), { recursive: true, force: true }))
process.env.NODE_ENV = 'production'

await buildAll('bench', '.ts', outdir)
const { runBenchmarks } = await import(pathToFileURL(join(root, outdir, 'main.js')).href)
process.exitCode = await runBenchmarks(process.argv.slice(2), join(root, outdir))
