import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { computed, text } from '../../fields/field.ts'
import { type Check, type InsideEffect, resource } from '../core/define.ts'
import { createContact, updateContact } from './contact.ts'
import { type UserFields, userFields } from './fields.ts'
import { refuseHigherUser, refuseSuperadmin, setGroups } from './groups.ts'
import { passwordFaults, passwordSettings } from './password.ts'
import { createSettings, updateSettings } from './settings.ts'

/** Only a password that was sent is judged; what is stored is a hash. */
const strongPassword: Check<UserFields> = (values, { operation, sent, settings }) => {
  const password = operation === 'create' ? values.password : sent?.password
  return password ? passwordFaults(password, settings) : []
}

/** FusionPBX queues a mail to the address of a user whose password was set; off unless the operator wants it (contract). */
const queuePasswordMail: InsideEffect<UserFields> = async (writer, { after, domain, options }) => {
  if (!options.mailUserCreated || !after?.user_email) return
  await writer.insert('v_email_queue', [
    {
      email_queue_uuid: randomUUID(),
      domain_uuid: domain.uuid,
      hostname: hostname(),
      email_date: new Date().toISOString(),
      email_to: after.user_email,
      email_subject: 'Password Changed',
      email_body: `<p>The password of your account on ${domain.name} was set. If you did not expect this, please contact your administrator.</p>`,
      email_status: 'waiting',
    },
  ])
}

/** What belongs to a user. The contact stays, as FusionPBX leaves it: it may be in use as one. */
const removeBelongings: InsideEffect<UserFields> = async (writer, { key }) => {
  for (const table of ['v_user_settings', 'v_user_groups', 'v_extension_users'])
    await writer.remove(table, { user_uuid: key })
}

/** Log-in accounts (FusionPBX core/users; demands S002-USER-*, S004-USER-*; facts 11). */
export const users = resource({
  name: 'users',
  title: 'User',
  about: "Accounts that log in to FusionPBX's pages, with their groups and contact.",
  table: 'v_users',
  key: 'user_uuid',
  scope: 'tenant',
  permission: 'user',
  quota: 'users',
  app: { name: 'users', uuid: '112124b3-95c2-5352-7e9d-d14c0b88f207' },
  fields: userFields,
  sort: ['username'],
  unique: [{ fields: ['username'], within: 'tenant', ignoreCase: true, widenedBy: ['users', 'unique'] }],
  settings: [['users', 'unique'], ...passwordSettings],
  checks: [strongPassword],
  embeds: {
    groups: {
      about: 'Groups the user is in.',
      table: 'v_groups',
      many: true,
      from: (row) =>
        `v_user_groups m left join v_groups e on e.group_uuid = m.group_uuid and (e.domain_uuid = ${row}.domain_uuid or e.domain_uuid is null)
         where m.user_uuid = ${row}.user_uuid order by m.group_name`,
      fields: { group_name: computed(text(), 'text', () => 'm.group_name'), group_description: text() },
    },
  },
  effects: {
    inside: {
      create: [createSettings, setGroups, createContact, queuePasswordMail],
      update: [refuseHigherUser, updateSettings, setGroups, updateContact],
      remove: [refuseSuperadmin, refuseHigherUser, removeBelongings],
    },
  },
})
