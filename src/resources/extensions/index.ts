import { boolean, computed, text, uuid } from '../../fields/field.ts'
import { mailAddresses, makeSipPassword } from '../../fields/telephony.ts'
import { ownContext } from '../core/context.ts'
import { type Check, type Domain, resource, type Values } from '../core/define.ts'
import { boxNumberSql } from '../voicemails/box.ts'
import { forgetDirectory, reloadAccessLists, tellLamps } from './directory.ts'
import { type ExtensionFields, extensionFields } from './fields.ts'
import { carryToPhones, linkUser, removeLinks } from './links.ts'
import { createBox, moveBox, removeBoxes, updateBox } from './voicemail.ts'

/** Missed calls are told to mail addresses or to a telephone number, whichever was chosen. */
const reachableContact: Check<ExtensionFields> = (values, { operation, sent }) => {
  const { missed_call_app: app, missed_call_data: data } = values
  const isSent = operation === 'create' || sent?.missed_call_app !== undefined || sent?.missed_call_data !== undefined
  if (!isSent || !app) return []
  const fault = (text: string) => [{ field: 'missed_call_data', label: 'Missed call data', text }]
  if (app === 'email')
    return data && mailAddresses.pattern?.test(data) ? [] : fault('must be an e-mail address to tell missed calls to')
  return data && /^\+?\d+$/.test(data) ? [] : fault('must be a telephone number to tell missed calls to')
}

/** Values that follow from others: FusionPBX never leaves an extension without a password (forms). */
function complete(values: Values<ExtensionFields>, { domain }: { domain: Domain }): Values<ExtensionFields> {
  const { mwi_account: account, extension_language: language } = values
  const [spoken, dialect = 'us', voice = 'callie'] = language?.split('/') ?? []
  return {
    ...values,
    ...(values.password === null ? { password: makeSipPassword() } : {}),
    ...(account && !account.includes('@') ? { mwi_account: `${account}@${domain.name}` } : {}),
    ...(spoken !== undefined && spoken !== language
      ? { extension_language: spoken, extension_dialect: dialect, extension_voice: voice }
      : {}),
  }
}

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
    ['voicemail', 'voicemail_file'],
    ['voicemail', 'keep_local'],
  ],
  checks: [reachableContact],
  complete,
  embeds: {
    voicemail: {
      about: 'Its voicemail box, or null.',
      table: 'v_voicemails',
      from: (row) =>
        `v_voicemails e where e.domain_uuid = ${row}.domain_uuid and e.voicemail_id in (${boxNumberSql(row)}, ${row}.extension)
         order by e.voicemail_id = ${boxNumberSql(row)} desc, e.voicemail_uuid limit 1`,
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
        `v_extension_users l join v_users e on e.user_uuid = l.user_uuid left join v_contacts c on c.contact_uuid = e.contact_uuid and c.domain_uuid = e.domain_uuid
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
    proof: 'directory',
    inside: {
      create: [ownContext('user_context'), createBox, linkUser],
      update: [ownContext('user_context'), moveBox, updateBox, linkUser, carryToPhones],
      remove: [removeBoxes, removeLinks],
    },
    after: {
      create: [reloadAccessLists, forgetDirectory],
      update: [reloadAccessLists, forgetDirectory, tellLamps],
      remove: [forgetDirectory],
    },
  },
})
