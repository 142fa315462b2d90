// The benchmark table: each row a ratio to a baseline that is named in the row and measured in the same run.
// Usage: npm run bench [-- NAME…] [-- --json]   runs the rows whose name contains a NAME; --list only names them.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildAll } from './build.js'

process.env.NODE_ENV = 'production'
const built = await buildAll('bench', '.ts', 'dist/bench')
const main = built.find((file) => file.endsWith(join('bench', 'main.js')))
await import(pathToFileURL(main).href)
