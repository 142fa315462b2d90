import { randomUUID } from 'node:crypto'
import { makePin } from '../../fields/telephony.ts'
import type { InsideEffect } from '../core/define.ts'
import { boxNumber, findBox, removeBoxRows } from '../voicemails/box.ts'
import type { ExtensionFields } from './fields.ts'

type Inside = InsideEffect<ExtensionFields>

/** What was sent about the box, by the box's own columns. */
const sentAboutBox = (given: Parameters<Inside>[1]['given']) => ({
  ...(given.voicemail_enabled === undefined ? {} : { voicemail_enabled: given.voicemail_enabled ?? false }),
  ...(given.voicemail_password === undefined ? {} : { voicemail_password: given.voicemail_password ?? makePin() }),
  ...(given.voicemail_mail_to === undefined ? {} : { voicemail_mail_to: given.voicemail_mail_to }),
})

const newBox: Inside = async (writer, { after, given, domain }) => {
  await writer.insert('v_voicemails', [
    {
      voicemail_uuid: randomUUID(),
      domain_uuid: domain.uuid,
      voicemail_id: boxNumber(after ?? {}),
      voicemail_password: given.voicemail_password ?? makePin(),
      voicemail_mail_to: given.voicemail_mail_to,
      voicemail_file: 'attach',
      voicemail_local_after_email: true,
      voicemail_enabled: true,
      voicemail_description: after?.description,
    },
  ])
}

/**
 * A box for a new extension, when one is asked for (S002-EXT-CREATE-FX2). A box that an earlier extension of this
 * number left behind is taken over with a new PIN, so that its former owner is locked out.
 */
export const createBox: Inside = async (writer, change) => {
  if (change.given.voicemail_enabled !== true) return
  const box = await findBox(writer, change.domain.uuid, boxNumber(change.after ?? {}))
  if (!box) return newBox(writer, change)
  await writer.update(
    'v_voicemails',
    { voicemail_uuid: box.voicemail_uuid },
    { voicemail_password: makePin(), ...sentAboutBox(change.given), voicemail_description: change.after?.description },
  )
}

/** The box follows its extension to a new number, with greetings, so that no message is left behind. */
export const moveBox: Inside = async (writer, { before, after, domain }) => {
  const [from, to] = [boxNumber(before ?? {}), boxNumber(after ?? {})]
  if (from === to) return
  const box = await findBox(writer, domain.uuid, from)
  if (!box || (await findBox(writer, domain.uuid, to))) return
  await writer.update('v_voicemails', { voicemail_uuid: box.voicemail_uuid }, { voicemail_id: to })
  await writer.update('v_voicemail_greetings', { domain_uuid: domain.uuid, voicemail_id: from }, { voicemail_id: to })
}

/** Changes the box as sent; switching it on makes one where there is none. */
export const updateBox: Inside = async (writer, change) => {
  const { before, after, given, domain } = change
  const described = before?.description === after?.description ? {} : { voicemail_description: after?.description }
  const values = { ...sentAboutBox(given), ...described }
  if (Object.keys(values).length === 0) return
  const box = await findBox(writer, domain.uuid, boxNumber(after ?? {}))
  if (box) await writer.update('v_voicemails', { voicemail_uuid: box.voicemail_uuid }, values)
  else if (given.voicemail_enabled === true) await newBox(writer, change)
}

/** The box goes with the extension, messages and all (S004-EXT-DELETE). */
export const removeBox: Inside = async (writer, { before, domain }) => {
  const rows = await writer.remove('v_voicemails', { domain_uuid: domain.uuid, voicemail_id: boxNumber(before ?? {}) })
  for (const row of rows)
    await removeBoxRows(writer, {
      voicemail_uuid: String(row.voicemail_uuid),
      voicemail_id: String(row.voicemail_id),
      domain_uuid: domain.uuid,
    })
}
