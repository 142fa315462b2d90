import type { ColumnCatalog } from '../adapters/database/columns.ts'
import type { Database } from '../adapters/database/database.ts'
import type { EffectPort } from '../adapters/effects.ts'
import type { Resource, WriteOptions } from '../resources/core/define.ts'
import type { PageMemory } from './page-memory.ts'

/** What is told of a write once it cannot be taken back. */
export interface CommittedChange {
  /** Name of the resource, as in its path. */
  readonly resource: string
  readonly operation: 'create' | 'update' | 'remove'
  /** UUID of the row. */
  readonly key: string
  /** The tenant whose row it is; null for one of the whole system. */
  readonly domain: { readonly uuid: string; readonly name: string } | null
}

/** What somebody alive says of one row. */
export interface LiveFields {
  readonly fields: Readonly<Record<string, string | null>>
  /** Who could not be asked; they may know more. */
  readonly missing: readonly string[]
}

/** One FusionPBX installation: everything an operation may touch. Handed to operations, never reached for. */
export interface Backend {
  readonly database: Database
  /** Column types of this installation's version. */
  readonly columns: ColumnCatalog
  /** Caches, switch and disk, told after commit. */
  readonly effects: EffectPort
  readonly options: WriteOptions
  /** Told of every committed write. */
  readonly changed?: ((change: CommittedChange) => void) | undefined
  /** Pages read before, or undefined when lists are always read in full (`cache.enabled`). */
  readonly pages: PageMemory | undefined
  /** Tells the `live` fields of a row. Never throws: the row is shown without them too. */
  readonly live: (resource: Resource, key: string) => Promise<LiveFields>
}
