import type { Fault } from '../fault.ts'
import type { Given } from '../setting.ts'
import type { SettingKey } from '../settings.ts'

/** What one source says about one setting. */
export interface Entry {
  readonly given: Given
  /** Where it came from, precise enough to go and change it. */
  readonly source: string
}

/** Everything one source says: settings it gives, and faults of the source itself. */
export interface Layer {
  readonly entries: ReadonlyMap<SettingKey, Entry>
  readonly faults: readonly Fault[]
}
