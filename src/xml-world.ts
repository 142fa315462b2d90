import type { ColumnCatalog } from './adapters/database/columns.ts'
import type { Queryable } from './adapters/database/database.ts'
import { switchFiles } from './adapters/switch-files.ts'
import type { Values } from './config/settings.ts'
import type { XmlWorld } from './services/xml/door.ts'

const assignment = (item: string): [string, string] => {
  const at = item.indexOf('=')
  return [item.slice(0, at), item.slice(at + 1)]
}

/** What the XML door makes its answers from, by the settings. */
export function xmlWorld(
  config: Values,
  database: Queryable,
  columns: ColumnCatalog,
  warn: XmlWorld['warn'],
): XmlWorld {
  const { xml } = config.hooks
  return {
    database,
    columns,
    files: switchFiles(xml.files_root),
    options: {
      cacheableMs: xml.cacheable_ms,
      soundsDir: config.freeswitch.sounds_dir,
      recordingsDir: config.freeswitch.recordings_dir,
      variables: new Map(xml.variables.map(assignment)),
    },
    warn,
  }
}
