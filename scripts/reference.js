// Writes the pages of docs/ that follow from the code.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildOne } from './build.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const generator = await buildOne('src/cli/reference.ts', 'dist/reference.js')
const { generatedPages } = await import(pathToFileURL(generator).href)
for (const [page, text] of Object.entries(generatedPages())) writeFileSync(join(root, page), text)
