import { type TextRow, textList } from '../columns.ts'
import type { SwitchFiles, XmlAnswerer, XmlWorld } from '../door.ts'
import { folderOf } from '../globals.ts'
import { element, inert, param } from '../write.ts'
import { configuration } from './document.ts'

const names = [
  'music_on_hold_uuid',
  'music_on_hold_name',
  'music_on_hold_path',
  'music_on_hold_rate',
  'music_on_hold_shuffle',
  'music_on_hold_timer_name',
  'music_on_hold_chime_list',
  'music_on_hold_chime_freq',
  'music_on_hold_chime_max',
] as const

type StreamRow = TextRow<(typeof names)[number] | 'domain_name'>

/** Rate of a stream that says none. */
const standardRate = '48000'

/**
 * The sounds between the music: those of the switch with their folder. They stand one behind the other without the
 * comma that the switch parts them by, as FusionPBX writes them.
 */
async function chimes(list: string, rate: string, sounds: string, files: SwitchFiles): Promise<string> {
  const found = await Promise.all(
    list.split(',').map(async (name) => {
      const [folder, file] = name.split('/')
      const isStock = folder && file && (await files.exists(`${sounds}/en/us/callie/${folder}/${rate}/${file}`))
      return isStock ? `${sounds}/en/us/callie/${name}` : name
    }),
  )
  return found.join('')
}

async function streamElement(row: StreamRow, { files, options }: XmlWorld): Promise<string> {
  const sounds = folderOf(options.soundsDir, 'sounds_dir')
  const rate = row.music_on_hold_rate || standardRate
  const name = [row.domain_name, row.music_on_hold_name, row.music_on_hold_rate].filter(Boolean).join('/')
  return element(
    'directory',
    {
      name: inert(name),
      uuid: row.music_on_hold_uuid,
      path: inert(row.music_on_hold_path.replaceAll('$${sounds_dir}', sounds)),
    },
    param('rate', rate) +
      param('shuffle', inert(row.music_on_hold_shuffle)) +
      param('channels', '1') +
      param('interval', '20') +
      param('timer-name', inert(row.music_on_hold_timer_name || 'soft')) +
      param('chime-list', inert(await chimes(row.music_on_hold_chime_list, rate, sounds, files))) +
      param('chime-freq', inert(row.music_on_hold_chime_freq)) +
      param('chime-max', inert(row.music_on_hold_chime_max)),
  )
}

/** Streams of music on hold, everyone's and the tenants' own. */
export function localStream(world: XmlWorld): XmlAnswerer {
  const statement = `select coalesce(d.domain_name, '') as domain_name, ${textList(world.columns, 'v_music_on_hold', 's', names)}
    from v_music_on_hold s left join v_domains d on d.domain_uuid = s.domain_uuid order by s.music_on_hold_name, s.ctid`
  return async () => {
    const rows = await world.database.query<StreamRow>(statement, [])
    const streams = await Promise.all(rows.map((row) => streamElement(row, world)))
    return configuration('local_stream', 'stream files from local dir', streams.join(''))
  }
}
