import { parseUuid } from '../../fields/uuid.ts'
import { isOn, type TextRow } from './columns.ts'
import { domainNameOf, type XmlAnswerer, type XmlWorld } from './door.ts'
import { folderOf } from './globals.ts'
import { element, inert, inertBut, xmlDocument } from './write.ts'

type ActionRow = TextRow<'uuid' | 'function' | 'data'>

/** One of FusionPBX's scripts plays recordings that are kept in the database: a phrase may call it. */
const allowed = ['lua streamfile'] as const

const actionElement = ({ function: name, data }: ActionRow): string =>
  element('action', { function: inert(name), data: inertBut(data, allowed) })

function macro(uuid: string, actions: readonly ActionRow[]): string {
  const match = element('match', {}, actions.map(actionElement).join(''))
  return element('macro', { name: uuid }, element('input', { pattern: '(.*)' }, match))
}

/** Section languages: a tenant's own phrase, by its UUID. All others are in the files of the switch. */
export function languageAnswers({ database, columns, options }: XmlWorld): XmlAnswerer {
  const statement = `select d.domain_uuid::text as domain, p.phrase_uuid::text as uuid,
      coalesce(a.phrase_detail_function, '') as function, coalesce(a.phrase_detail_data, '') as data
    from v_domains d left join (v_phrases p join v_phrase_details a on a.phrase_uuid = p.phrase_uuid)
      on a.domain_uuid = d.domain_uuid and p.phrase_uuid = $2::uuid and p.phrase_language = $3
     and ${isOn(columns, 'v_phrases', 'p', 'phrase_enabled')}
    where d.domain_name = $1 order by a.phrase_detail_order, a.ctid`
  const soundsDir = folderOf(options.soundsDir, 'sounds_dir')
  return async (request) => {
    const uuid = parseUuid(request.get('macro_name'))
    const domain = domainNameOf(request)
    const language = request.get('lang') ?? ''
    if (uuid === undefined || domain === undefined) return undefined
    const rows = await database.query<ActionRow>(statement, [domain, uuid, language])
    if (rows.length === 0) return undefined
    const actions = rows.filter((row) => row.uuid !== null)
    const macros = element('macros', {}, actions.length === 0 ? '' : macro(uuid, actions))
    const attributes = {
      name: inert(language),
      'say-module': inert(language),
      'sound-prefix': `${soundsDir}/${inert(language)}/us/callie`,
      'tts-engine': 'cepstral',
      'tts-voice': 'callie',
    }
    return xmlDocument('languages', element('language', attributes, element('phrases', {}, macros)))
  }
}
