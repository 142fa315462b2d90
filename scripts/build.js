// Bundles the sources into dist. Exports build() for bin/tandem.js and the other scripts.
// Usage: npm run build   also writes the types of what other packages import; npm start does without.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  splitting: true,
  sourcemap: true,
  logLevel: 'warning',
  absWorkingDir: root,
}

const newest = (path) => {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

/** True when dist is missing or older than any source. */
export function isStale() {
  const built = join(root, 'dist', 'cli.js')
  if (!existsSync(built)) return true
  return newest(join(root, 'src')) > statSync(built).mtimeMs
}

/** Builds the program into dist. */
export async function build() {
  const { build } = await import('esbuild')
  await build({ ...common, entryPoints: { cli: 'src/cli/main.ts' }, outdir: 'dist' })
}

/** Builds what other packages import, `tandem/esl`: one file without our other code, and its types. */
export async function buildLibraries() {
  await buildOne('src/esl/index.ts', 'dist/esl.js')
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'scripts/esl-types.json'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('the types of the libraries could not be written')
}

/** Builds one file and answers its path. */
export async function buildOne(source, outfile) {
  const { build } = await import('esbuild')
  await build({ ...common, splitting: false, entryPoints: [source], outfile })
  return join(root, outfile)
}

/** Builds every file of a folder that ends in the given suffix, sharing what they share, and answers the built paths. */
export async function buildAll(folder, suffix, outdir) {
  const { build } = await import('esbuild')
  const walk = (path) =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      if (entry.name === 'fixtures') return []
      const inner = join(path, entry.name)
      return entry.isDirectory() ? walk(inner) : inner.endsWith(suffix) ? [inner] : []
    })
  const sources = walk(join(root, folder)).sort()
  rmSync(join(root, outdir), { recursive: true, force: true })
  await build({ ...common, entryPoints: sources, outbase: join(root, folder), outdir, entryNames: '[dir]/[name]' })
  return sources.map((source) =>
    join(root, outdir, source.slice(join(root, folder).length + 1).replace(/\.ts$/, '.js')),
  )
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (!process.argv.includes('--libraries')) await build()
  await buildLibraries()
}
