import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Effect } from './effects.ts'

/** A cache key as a file name: FusionPBX writes `:` as `.`, its Lua side also `/` and `\` as `_` (facts 0.4). */
export const cacheFileName = (key: string): string => key.replaceAll(':', '.').replaceAll(/[/\\]/g, '_')

/** A name of one folder or file that cannot leave its parent. */
const isPlainName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !/[/\\\u0000]/.test(name)

/** Deletes a key from FusionPBX's file cache in a folder of this host; a key that is not there is no error. */
export async function dropCacheKey(folder: string, effect: Extract<Effect, { to: 'cache' }>): Promise<void> {
  const name = cacheFileName(effect.key)
  if (!isPlainName(name)) throw new Error('the cache key is no file name')
  if (!effect.perHost) return rm(join(folder, name), { force: true })
  // Each switch keeps its own copy with its host name in front; on this disk they may be several.
  for (const file of await readdir(folder)) if (file.endsWith(`.${name}`)) await rm(join(folder, file), { force: true })
}

/** Makes, moves or removes a voicemail box's folder under `root`; done before is done. */
export async function changeFolder(root: string, effect: Extract<Effect, { to: 'files' }>): Promise<void> {
  const target = effect.action === 'move-voicemail' ? effect.target : effect.box
  const names = [effect.domain, effect.box, target]
  if (!names.every(isPlainName)) throw new Error('the voicemail box is no folder name')
  const parent = join(root, 'default', effect.domain)
  const box = join(parent, effect.box)
  if (effect.action === 'make-voicemail') await mkdir(box, { recursive: true, mode: 0o770 })
  else if (effect.action === 'remove-voicemail') await rm(box, { recursive: true, force: true })
  else if (!existsSync(join(parent, target))) await rename(box, join(parent, target)).catch(ignoreMissing)
}

/** A box that never had a folder has nothing to move. */
const ignoreMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error
}
