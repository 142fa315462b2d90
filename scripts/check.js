// Everything that must hold before a change lands: lint and format, types, documents that follow from code, links.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildOne } from './build.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const faults = []
const run = (name, file, args) => {
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', file), ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) faults.push(name)
}

run('lint and format', '@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.'])
run('types', 'typescript/bin/tsc', ['-p', '.'])

/** Every relative link of every page points at something that is there. */
const pages = (folder) =>
  readdirSync(folder).flatMap((name) => {
    if (['node_modules', 'dist', '.git', '.tandem', 'reports', 'fixtures'].includes(name)) return []
    const path = join(folder, name)
    return statSync(path).isDirectory() ? pages(path) : name.endsWith('.md') ? [path] : []
  })
for (const page of pages(root)) {
  for (const [, target] of readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g))
    if (!existsSync(join(dirname(page), target)))
      faults.push(`${relative(root, page)} links to ${target}, which is not there`)
}

/** Pages that are generated say the same as the code. */
const generator = await buildOne('src/cli/reference.ts', 'dist/reference.js')
const { generatedPages } = await import(pathToFileURL(generator).href)
for (const [page, text] of Object.entries(generatedPages())) {
  const path = join(root, page)
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) faults.push(`${page} is stale: run npm run reference`)
}

for (const fault of faults) console.error(`not in order: ${fault}`)
console.log(faults.length === 0 ? 'all in order' : `${faults.length} not in order`)
process.exit(faults.length === 0 ? 0 : 1)
