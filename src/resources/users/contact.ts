import { randomUUID } from 'node:crypto'
import type { Change, InsideEffect } from '../core/define.ts'
import { contactFields, type UserFields } from './fields.ts'

type Inside = InsideEffect<UserFields>
type Given = Change<UserFields>['given']

/** The sent columns of `v_contacts`; the e-mail lives in a table of its own. */
const sentColumns = (given: Given) =>
  Object.fromEntries(
    contactFields.flatMap((name) =>
      name === 'contact_email' || given[name] === undefined ? [] : [[name, given[name]]],
    ),
  )

/** A contact for a user with a name, linked by the user's contact_uuid (S002-USER-CREATE-FX; facts 11). */
export const createContact: Inside = async (writer, { after, given, domain }) => {
  const contact_uuid = after?.contact_uuid
  if (!contact_uuid) return
  await writer.insert('v_contacts', [
    {
      contact_uuid,
      domain_uuid: domain.uuid,
      contact_type: 'user',
      contact_nickname: after.username,
      ...sentColumns(given),
    },
  ])
  const email_address = given.contact_email ?? after.user_email
  if (email_address)
    await writer.insert('v_contact_emails', [
      { contact_email_uuid: randomUUID(), domain_uuid: domain.uuid, contact_uuid, email_primary: true, email_address },
    ])
}

/** Changes the user's contact as sent, or makes one for a user who had none. */
export const updateContact: Inside = async (writer, change) => {
  const { key, given, after, domain } = change
  if (!contactFields.some((name) => given[name] !== undefined)) return
  const contact_uuid = after?.contact_uuid
  if (!contact_uuid) {
    if (!contactFields.some((name) => given[name])) return
    const made = randomUUID()
    await writer.update('v_users', { user_uuid: key }, { contact_uuid: made })
    return createContact(writer, { ...change, after: { ...after, contact_uuid: made } })
  }
  await writer.update('v_contacts', { contact_uuid, domain_uuid: domain.uuid }, sentColumns(given))
  if (given.contact_email === undefined) return
  const [email] = await writer.select('v_contact_emails', { contact_uuid }, { order: 'insert_date' })
  const email_address = given.contact_email
  if (email)
    await writer.update('v_contact_emails', { contact_email_uuid: email.contact_email_uuid }, { email_address })
  else if (email_address)
    await writer.insert('v_contact_emails', [
      { contact_email_uuid: randomUUID(), domain_uuid: domain.uuid, contact_uuid, email_primary: true, email_address },
    ])
}
