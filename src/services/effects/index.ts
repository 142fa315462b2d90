import type { ColumnCatalog } from '../../adapters/database/columns.ts'
import type { Database } from '../../adapters/database/database.ts'
import type { SwitchPort } from '../../adapters/switch/switch.ts'
import { resources } from '../../resources/registry.ts'
import { carrier } from './carry.ts'
import { type Outbox, type OutboxOptions, outbox } from './outbox.ts'

/** What effects touch. */
export interface EffectParts {
  readonly database: Database
  readonly columns: ColumnCatalog
  readonly switch: SwitchPort
  readonly logger: OutboxOptions['logger']
}

/** The settings `freeswitch.*`: what is told, and which folders are in reach. */
export interface EffectSettings {
  readonly cache_dir: string
  readonly cache_method: 'file' | 'memcache'
  readonly voicemail_dir: string
  readonly clear_cache_on_update: boolean
  readonly auto_regenerate_xml: boolean
}

/** The outbox of one application. */
export function effectsOf(freeswitch: EffectSettings, parts: EffectParts): Outbox {
  return outbox({
    ...parts,
    resources,
    carrier: carrier({
      ...parts,
      cacheDir: freeswitch.cache_dir,
      cacheMethod: freeswitch.cache_method,
      voicemailDir: freeswitch.voicemail_dir,
      clearCache: freeswitch.clear_cache_on_update,
      tellSwitch: freeswitch.auto_regenerate_xml,
    }),
  })
}
