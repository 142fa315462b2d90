import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

function findRoot(from: string): string {
  const file = join(from, 'package.json')
  if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'tandem') return from
  const parent = dirname(from)
  if (parent === from) throw new Error('tandem: the package folder was not found above this file')
  return findRoot(parent)
}

/** Folder of the installed package: the same from sources, from `dist` and from test bundles. */
export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)))

/** Version of Tandem as its package states it. */
export const packageVersion: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version
