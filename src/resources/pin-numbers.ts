import { boolean, text } from '../fields/field.ts'
import { note, pin, sipWord } from '../fields/telephony.ts'
import { resource } from './core/define.ts'

/** PINs that outbound routes may ask for (FusionPBX app/pin_numbers). */
export const pinNumbers = resource({
  name: 'pin-numbers',
  title: 'PIN number',
  about: 'PINs that callers dial to use an outbound route.',
  table: 'v_pin_numbers',
  key: 'pin_number_uuid',
  scope: 'tenant',
  permission: 'pin_number',
  app: { name: 'pin_numbers', uuid: '4b88ccfb-cb98-40e1-a5e5-33389e14a388' },
  fields: {
    pin_number: text({
      ...pin,
      label: 'PIN number',
      required: true,
      shown: 'list',
      secret: 'pin',
      about: 'Digits that are dialled.',
      example: '4711',
    }),
    accountcode: text({ ...sipWord, shown: 'list', filter: true, about: 'Account that the calls are billed to.' }),
    enabled: boolean({ shown: 'list', default: true, filter: true, about: 'The PIN is accepted.' }),
    description: text({ ...note, shown: 'list', about: 'A note for people.' }),
  },
  sort: ['description'],
  unique: [{ fields: ['pin_number'], within: 'tenant' }],
})
