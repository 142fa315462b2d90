import type { ColumnCatalog } from '../adapters/database/columns.ts'
import type { Database } from '../adapters/database/database.ts'
import type { EffectPort } from '../adapters/effects.ts'
import type { WriteOptions } from '../resources/core/define.ts'
import type { PageMemory } from './page-memory.ts'

/** One FusionPBX installation: everything an operation may touch. Handed to operations, never reached for. */
export interface Backend {
  readonly database: Database
  /** Column types of this installation's version. */
  readonly columns: ColumnCatalog
  /** Caches, switch and disk, told after commit. */
  readonly effects: EffectPort
  readonly options: WriteOptions
  /** Pages read before, or undefined when lists are always read in full (`cache.enabled`). */
  readonly pages: PageMemory | undefined
}
