import { boolean, computed, text, uuid } from '../../fields/field.ts'
import { resource } from '../core/define.ts'
import { boxNumberSql } from '../voicemails/box.ts'
import { clearLamp, followBoxOnDisk, forgetDirectory, reloadAccessLists } from './directory.ts'
import { extensionFields } from './fields.ts'
import { carryToPhones, linkUser, removeLinks } from './links.ts'
import { createBox, moveBox, removeBox, updateBox } from './voicemail.ts'

/** SIP accounts of a tenant (FusionPBX app/extensions; demands S002-EXT-*, S004-EXT-*; facts 3). */
export const extensions = resource({
  name: 'extensions',
  title: 'Extension',
  about: 'SIP accounts that make and receive calls, with their voicemail box and user.',
  table: 'v_extensions',
  key: 'extension_uuid',
  scope: 'tenant',
  permission: 'extension',
  quota: 'extensions',
  app: { name: 'extensions', uuid: 'e68d9689-2769-e013-28fa-6214bf47fca3' },
  fields: extensionFields,
  sort: ['extension'],
  unique: [{ fields: ['extension', 'number_alias'], within: 'tenant' }],
  settings: [
    ['domain', 'accountcode'],
    ['extension', 'limit_max'],
    ['extension', 'call_timeout'],
    ['extension', 'user_record_default'],
  ],
  complete: (values, { domain }) =>
    values.mwi_account && !values.mwi_account.includes('@')
      ? { ...values, mwi_account: `${values.mwi_account}@${domain.name}` }
      : values,
  embeds: {
    voicemail: {
      about: 'Its voicemail box, or null.',
      table: 'v_voicemails',
      from: (row) =>
        `v_voicemails e where e.domain_uuid = ${row}.domain_uuid and e.voicemail_id = ${boxNumberSql(row)} order by e.voicemail_uuid limit 1`,
      fields: {
        voicemail_uuid: uuid(),
        voicemail_id: text(),
        voicemail_password: text({ secret: 'pin' }),
        voicemail_mail_to: text(),
        voicemail_enabled: boolean(),
        voicemail_description: text(),
      },
    },
    user: {
      about: 'The user it belongs to, or null.',
      table: 'v_users',
      from: (row) =>
        `v_extension_users l join v_users e on e.user_uuid = l.user_uuid left join v_contacts c on c.contact_uuid = e.contact_uuid
         where l.extension_uuid = ${row}.extension_uuid and e.domain_uuid = ${row}.domain_uuid order by l.insert_date, l.extension_user_uuid limit 1`,
      fields: {
        user_uuid: uuid(),
        username: text(),
        full_name: computed(
          text(),
          'text',
          () => `coalesce(nullif(trim(concat_ws(' ', c.contact_name_given, c.contact_name_family)), ''), e.username)`,
        ),
      },
    },
  },
  effects: {
    inside: {
      create: [createBox, linkUser],
      update: [moveBox, updateBox, linkUser, carryToPhones],
      remove: [removeBox, removeLinks],
    },
    after: {
      create: [reloadAccessLists, forgetDirectory, followBoxOnDisk],
      update: [reloadAccessLists, forgetDirectory, followBoxOnDisk],
      remove: [clearLamp, forgetDirectory, followBoxOnDisk],
    },
  },
})
