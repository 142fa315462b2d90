import { parseUuid } from '../../../fields/uuid.ts'
import { domainNameOf, type XmlAnswerer, type XmlWorld } from '../door.ts'
import { folderOf } from '../globals.ts'
import { element, inert } from '../write.ts'
import { configuration } from './document.ts'
import { type MenuRow, menuStatement, type OptionRow, optionStatement } from './ivr-rows.ts'
import { dialsDirectly, type MenuSounds, menuSounds } from './ivr-sounds.ts'

/** Digits that may be dialled directly where no setting says how many. */
const standardDigits = { least: '2', most: '11' } as const

/** Parts of a match, and variables of the caller's channel: what an option may have filled in. */
const filledIn = /\$([123])|\$\{(accountcode|uuid|caller_id_name|caller_id_number)\}/g

/** An option's action without `$`, but for what may be filled in; names in bare braces are meant as variables too. */
function optionParam(text: string): string {
  const marked = text.replace(filledIn, (_whole, group, name) => (group ? `{group.${group}}` : `{${name}}`))
  return inert(marked)
    .replace(/\{group\.([123])\}/g, '$$$1')
    .replace(/\{(accountcode|uuid|caller_id_name|caller_id_number)\}/g, '$${$1}')
}

const entry = (action: string, digits: string, param: string, description: string): string =>
  element('entry', { action, digits, param, description })

/** Entries that let callers dial extensions; the digits of options are not dialled (captured pair ivr-main). */
function directDial(row: MenuRow, options: readonly OptionRow[], soundsDir: string): string {
  const least = row.digits_min || standardDigits.least
  const taken = options
    .map(({ digits }) => digits)
    .filter((digits) => /^\d+$/.test(digits) && digits.length >= Number(least))
  const others = taken.length === 0 ? '' : `(?!^(${taken.join('|')})$)`
  const digits = `/^(${others}\\d{${least},${row.digits_max || standardDigits.most}})$/`
  const sound = `${soundsDir}/\${default_language}/\${default_dialect}/\${default_voice}/ivr/ivr-`
  const domain = inert(row.domain_name)
  const dial = (param: string, description: string): string => entry('menu-exec-app', digits, param, description)
  return (
    dial(
      `set \${cond(\${user_exists id $1 ${domain}} == true ? user_exists=true : user_exists=false)}`,
      'direct dial',
    ) +
    dial(
      `playback \${cond(\${user_exists} == true ? ${sound}call_being_transferred.wav : ${sound}that_was_an_invalid_entry.wav)}`,
      'play sound',
    ) +
    dial(`transfer \${cond(\${user_exists} == true ? $1 XML ${domain})}`, 'direct dial transfer')
  )
}

const attributesOf = (row: MenuRow, sounds: MenuSounds): Record<string, string> => ({
  name: row.ivr_menu_uuid,
  description: inert(row.ivr_menu_name),
  'greet-long': inert(sounds.greetLong),
  'greet-short': inert(sounds.greetShort),
  // Only a folder of the switch's may have variables in it, for the language of the call.
  'invalid-sound': sounds.invalid,
  'exit-sound': sounds.exit,
  pin: inert(row.ivr_menu_pin_number),
  'confirm-macro': inert(row.ivr_menu_confirm_macro),
  'confirm-key': inert(row.ivr_menu_confirm_key),
  'tts-engine': inert(row.ivr_menu_tts_engine),
  'tts-voice': inert(row.ivr_menu_tts_voice),
  'confirm-attempts': inert(row.ivr_menu_confirm_attempts),
  timeout: inert(row.ivr_menu_timeout),
  'inter-digit-timeout': inert(row.ivr_menu_inter_digit_timeout),
  'max-failures': inert(row.ivr_menu_max_failures),
  'max-timeouts': inert(row.ivr_menu_max_timeouts),
  'digit-len': inert(row.ivr_menu_digit_len),
  ivr_menu_exit_app: inert(row.ivr_menu_exit_app),
  ivr_menu_exit_data: inert(row.ivr_menu_exit_data),
})

const optionElement = ({ digits, action, param, description }: OptionRow): string =>
  entry(inert(action), digits, optionParam(param), inert(description))

/** The menu that a call comes to, with those below it (facts 7, IVR). Without a tenant there is none, as in FusionPBX. */
export function ivr(world: XmlWorld): XmlAnswerer {
  const { database, columns, options } = world
  const menus = menuStatement(columns)
  const menuOptions = optionStatement(columns)
  const soundsDir = folderOf(options.soundsDir, 'sounds_dir')
  return async (request) => {
    const name = request.get('Menu-Name')
    if (name === undefined) return undefined
    const uuid = domainNameOf(request) === undefined ? undefined : parseUuid(name)
    const rows = uuid === undefined ? [] : await database.query<MenuRow>(menus, [uuid])
    const optionRows =
      rows.length === 0 ? [] : await database.query<OptionRow>(menuOptions, [rows.map((row) => row.ivr_menu_uuid)])
    const made = await Promise.all(
      rows.map(async (row) => {
        const own = optionRows.filter(({ menu }) => menu === row.ivr_menu_uuid)
        const direct = dialsDirectly(row) ? directDial(row, own, soundsDir) : ''
        return element(
          'menu',
          attributesOf(row, await menuSounds(row, world)),
          own.map(optionElement).join('') + direct,
        )
      }),
    )
    return configuration('ivr', 'IVR Menus', element('menus', {}, made.join('')))
  }
}
