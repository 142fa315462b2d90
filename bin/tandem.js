#!/usr/bin/env node
// The command line. Builds first when the sources are newer than dist, so that a checkout runs as it is.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
if (existsSync(join(root, 'src'))) {
  const { build, isStale } = await import('../scripts/build.js')
  if (isStale()) await build()
}
await import('../dist/cli.js')
