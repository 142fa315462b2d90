import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../root.ts'

/** Reads a data file of this folder. They stay files of the package, because a bundle would parse them at every start. */
export function readData<T>(name: string): T {
  return JSON.parse(readFileSync(join(packageRoot, 'src/adapters/fusionpbx/data', name), 'utf8'))
}
