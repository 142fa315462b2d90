import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Delivery, Effect, EffectPort, Stage } from './effects.ts'

export interface LocalEffectsOptions {
  /** FusionPBX's file cache on this host, or "" where it is out of reach. */
  readonly cacheDir: string
  /** Voicemail storage on this host, or "". */
  readonly voicemailDir: string
  /** `freeswitch.clear_cache_on_update`. */
  readonly clearCache: boolean
  /** `freeswitch.auto_regenerate_xml`: the switch is told to load what changed. */
  readonly tellSwitch: boolean
  readonly onError: (effect: Effect, error: unknown) => void
}

/** A cache key as a file name: FusionPBX writes `:` as `.`, its Lua side also `/` and `\` as `_` (facts 0.4). */
export const cacheFileName = (key: string): string => key.replaceAll(':', '.').replaceAll(/[/\\]/g, '_')

/** A name of one folder or file that cannot leave its parent. */
const isPlainName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !/[/\\\u0000]/.test(name)

async function dropCacheKey(folder: string, effect: Extract<Effect, { to: 'cache' }>): Promise<void> {
  const name = cacheFileName(effect.key)
  if (!isPlainName(name)) throw new Error('the cache key is no file name')
  if (!effect.perHost) return rm(join(folder, name), { force: true })
  // Each switch keeps its own copy with its host name in front; on this disk they may be several.
  for (const file of await readdir(folder)) if (file.endsWith(`.${name}`)) await rm(join(folder, file), { force: true })
}

async function changeFolder(root: string, effect: Extract<Effect, { to: 'files' }>): Promise<void> {
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

/** Carries out what can be done on this host's disk. No switch is in reach here, so its stage is never more than `none`. */
export function localEffects(options: LocalEffectsOptions): EffectPort {
  const cacheStage = (effects: readonly Effect[], reached: Stage): Stage => {
    if (!effects.some((effect) => effect.to === 'cache')) return 'none'
    if (!options.clearCache) return 'skipped'
    return options.cacheDir === '' ? 'none' : reached
  }
  const switchStage = (effects: readonly Effect[]): Stage =>
    !options.tellSwitch && effects.some((effect) => effect.to === 'switch') ? 'skipped' : 'none'
  const attempt = async (effect: Effect, work: Promise<void>): Promise<boolean> => {
    try {
      await work
      return true
    } catch (error) {
      options.onError(effect, error)
      return false
    }
  }
  return {
    expect: (effects): Delivery => ({ cache: cacheStage(effects, 'pending'), switch: switchStage(effects) }),
    async deliver(effects): Promise<Delivery> {
      let dropped = true
      for (const effect of effects) {
        if (effect.to === 'cache' && options.cacheDir !== '' && options.clearCache)
          dropped = (await attempt(effect, dropCacheKey(options.cacheDir, effect))) && dropped
        if (effect.to === 'files' && options.voicemailDir !== '')
          await attempt(effect, changeFolder(options.voicemailDir, effect))
      }
      return { cache: cacheStage(effects, dropped ? 'done' : 'failed'), switch: switchStage(effects) }
    },
  }
}
