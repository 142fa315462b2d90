import { boolean, text } from '../fields/field.ts'
import { identifier, note } from '../fields/telephony.ts'
import { type AfterEffect, child, resource } from './core/define.ts'

/** A rule's expression and what takes its place may hold anything but line breaks: they are the switch's to read. */
const expression = { max: 1024 } as const

const fields = {
  number_translation_name: text({
    ...identifier,
    label: 'Number translation name',
    required: true,
    shown: 'list',
    filter: true,
    about: 'Name by which the dialplan refers to the rules.',
    example: 'ZZ',
  }),
  number_translation_enabled: boolean({ shown: 'list', default: true, filter: true, about: 'The switch loads it.' }),
  number_translation_description: text({ ...note, shown: 'list', about: 'A note for people.' }),
}

const details = child({
  table: 'v_number_translation_details',
  key: 'number_translation_detail_uuid',
  names: ['number_translation_details', 'details'],
  about: 'Rules; the first that fits a number rewrites it.',
  identity: ['number_translation_detail_regex'],
  sort: ['number_translation_detail_order'],
  max: 1000,
  fields: {
    number_translation_detail_regex: text({
      ...expression,
      label: 'Expression',
      required: true,
      about: 'Regular expression that a number has to match.',
      example: '^1(\\d{10})$',
    }),
    number_translation_detail_replace: text({
      ...expression,
      about: 'What the number becomes; $1 is the first group.',
      example: '+1$1',
    }),
    number_translation_detail_order: text({
      pattern: /^\d{1,3}$/,
      says: 'must be a number of up to three digits',
      max: 3,
      // Rules are sorted by it as text, where 10 would come before 5.
      tidy: (digits) => (/^\d{1,2}$/.test(digits) ? digits.padStart(3, '0') : digits),
      default: '000',
      about: 'Place among the rules: 000 comes first.',
      example: '010',
    }),
  },
})

/**
 * mod_translate reads its rules anew whenever the switch has read its XML, and where it is not loaded nothing happens.
 * FusionPBX's page leaves this to the operator, so that a saved rule does nothing until then (facts 9).
 */
const reload: AfterEffect<typeof fields> = () => [
  { to: 'cache', key: 'configuration:translate.conf' },
  { to: 'switch', command: ['reloadxml'] },
]

/** Rules that rewrite numbers (FusionPBX app/number_translations; demands S004-NUMTR-*; facts 9). */
export const numberTranslations = resource({
  name: 'number-translations',
  title: 'Number translation',
  about: 'Rules by which the dialplan rewrites numbers.',
  table: 'v_number_translations',
  key: 'number_translation_uuid',
  scope: 'global',
  open: true,
  permission: 'number_translation',
  app: { name: 'number_translations', uuid: '6ad54de6-4909-11e7-a919-92ebcb67fe33' },
  fields,
  sort: ['number_translation_name'],
  unique: [{ fields: ['number_translation_name'], within: 'everywhere' }],
  children: [details],
  effects: { after: { create: [reload], update: [reload], remove: [reload] } },
})
