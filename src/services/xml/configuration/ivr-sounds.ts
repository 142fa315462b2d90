import type { Queryable } from '../../../adapters/database/database.ts'
import { saysYes } from '../columns.ts'
import type { SwitchFiles, XmlOptions } from '../door.ts'
import { folderOf } from '../globals.ts'
import type { MenuRow } from './ivr-rows.ts'

/** Sounds of one menu as the switch is to play them. */
export interface MenuSounds {
  readonly greetLong: string
  readonly greetShort: string
  readonly invalid: string
  readonly exit: string
}

/** Where a menu's sounds may be. */
export interface SoundPlaces {
  readonly files: SwitchFiles
  readonly options: XmlOptions
  readonly database: Queryable
}

/** A recording is known by its file, or where the files are out of reach by its row. */
async function isRecording(
  name: string,
  path: string,
  row: MenuRow,
  { database, files }: SoundPlaces,
): Promise<boolean> {
  if (await files.exists(path)) return true
  if (name === '') return false
  const found = await database.query(
    'select from v_recordings where domain_uuid = $1 and recording_filename = $2 limit 1',
    [row.domain_uuid, name],
  )
  return found.length > 0
}

/** A sound of a menu: the tenant's recording of that name, else one of the switch's where `stock` says so. */
async function soundOf(stored: string, row: MenuRow, places: SoundPlaces, stock: boolean): Promise<string> {
  const { files, options } = places
  const name = row.storage_type === 'http_cache' ? `${storagePath(row)}/${stored}` : stored
  if (name.startsWith('/') && (await files.exists(name))) return name
  const path = `${folderOf(options.recordingsDir, 'recordings_dir')}/${row.domain_name}/${name}`
  if (await isRecording(name, path, row, places)) return path
  const sounds = folderOf(options.soundsDir, 'sounds_dir')
  if (stock && (await files.exists(`${sounds}/en/us/callie/8000/${name}`)))
    return `${sounds}/\${default_language}/\${default_dialect}/\${default_voice}/${name}`
  return name
}

const storagePath = (row: MenuRow): string =>
  row.storage_path.replaceAll('${domain_name}', row.domain_name).replaceAll('${domain_uuid}', row.domain_uuid)

/** The four sounds of a menu; the short greeting is the long one where there is none. */
export async function menuSounds(row: MenuRow, places: SoundPlaces): Promise<MenuSounds> {
  const greetLong = await soundOf(row.ivr_menu_greet_long, row, places, false)
  const hasShort = row.ivr_menu_greet_short.length > 1
  return {
    greetLong,
    greetShort: hasShort ? await soundOf(row.ivr_menu_greet_short, row, places, false) : greetLong,
    invalid: await soundOf(row.ivr_menu_invalid_sound, row, places, true),
    exit: row.ivr_menu_exit_sound === '' ? '' : await soundOf(row.ivr_menu_exit_sound, row, places, true),
  }
}

/** True for a menu whose callers may dial extensions. */
export const dialsDirectly = (row: MenuRow): boolean => saysYes(row.ivr_menu_direct_dial)
