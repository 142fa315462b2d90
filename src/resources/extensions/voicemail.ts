import { randomUUID } from 'node:crypto'
import { makePin } from '../../fields/telephony.ts'
import type { InsideEffect } from '../core/define.ts'
import { boxNumber, boxNumbers, findBox, messageLamp, removeBoxRows } from '../voicemails/box.ts'
import type { ExtensionFields } from './fields.ts'

type Inside = InsideEffect<ExtensionFields>
type Change = Parameters<Inside>[1]

/** What was sent about the box, by the box's own columns. */
const sentAboutBox = (given: Change['given']) => ({
  ...(given.voicemail_enabled === undefined ? {} : { voicemail_enabled: given.voicemail_enabled ?? false }),
  ...(given.voicemail_password === undefined ? {} : { voicemail_password: given.voicemail_password ?? makePin() }),
  ...(given.voicemail_mail_to === undefined ? {} : { voicemail_mail_to: given.voicemail_mail_to }),
  ...(given.voicemail_file === undefined ? {} : { voicemail_file: given.voicemail_file }),
  ...(given.voicemail_local_after_email === undefined
    ? {}
    : { voicemail_local_after_email: given.voicemail_local_after_email ?? false }),
  ...(given.voicemail_transcription_enabled === undefined
    ? {}
    : { voicemail_transcription_enabled: given.voicemail_transcription_enabled }),
})

/** What a box starts with, whatever stood in it before. */
const freshBox = ({ after, given, settings }: Change) => ({
  voicemail_password: makePin(),
  voicemail_mail_to: null,
  voicemail_file: settings.text('voicemail', 'voicemail_file') ?? 'attach',
  voicemail_local_after_email: settings.text('voicemail', 'keep_local') !== 'false',
  voicemail_enabled: true,
  ...sentAboutBox(given),
  voicemail_description: after?.description ?? null,
})

/** The folder of a box, made whenever a box is written or switched on: FusionPBX makes a missing one at every save. */
const tellFolder = (writer: Parameters<Inside>[0], domain: string, box: string): void =>
  writer.tell({ to: 'files', action: 'make-voicemail', domain, box })

/** A box that is made for an extension there already is greets its owner with the tutorial (forms). */
const newBox: Inside = async (writer, change) => {
  const { operation, after, domain } = change
  await writer.insert('v_voicemails', [
    {
      voicemail_uuid: randomUUID(),
      domain_uuid: domain.uuid,
      voicemail_id: boxNumber(after ?? {}),
      ...(operation === 'update' ? { voicemail_tutorial: true } : {}),
      ...freshBox(change),
    },
  ])
  tellFolder(writer, domain.name, boxNumber(after ?? {}))
}

/**
 * A box for a new extension, when one is asked for (S002-EXT-CREATE-FX2). Where it was said that none is wanted a box
 * that is switched off is written, as FusionPBX writes it: without one its page makes a live box at the next save. A box that an earlier extension of this
 * number left behind is taken over with a new PIN and without its mail address, so that its former owner is locked out,
 * and is switched off unless it was asked for.
 */
export const createBox: Inside = async (writer, change) => {
  const isWanted = change.given.voicemail_enabled === true
  const box = await findBox(writer, change.domain.uuid, boxNumber(change.after ?? {}))
  if (box) {
    await writer.update(
      'v_voicemails',
      { voicemail_uuid: box.voicemail_uuid },
      { ...freshBox(change), voicemail_enabled: isWanted },
    )
    if (isWanted) tellFolder(writer, change.domain.name, String(box.voicemail_id))
  } else if (typeof change.given.voicemail_enabled === 'boolean') await newBox(writer, change)
}

/** What FusionPBX's page carries from the box of the old number to one that has the new number already (forms). */
const carried = [
  'voicemail_password',
  'voicemail_mail_to',
  'voicemail_file',
  'voicemail_local_after_email',
  'voicemail_enabled',
  'voicemail_description',
] as const

/**
 * The box follows its extension to a new number, with greetings, so that no message is left behind. Where the new number
 * has a box, the extension takes that one over and whoever had it is locked out.
 */
export const moveBox: Inside = async (writer, { before, after, domain }) => {
  const [from, to] = [boxNumber(before ?? {}), boxNumber(after ?? {})]
  if (from === to) return
  const [box, taken] = [await findBox(writer, domain.uuid, from), await findBox(writer, domain.uuid, to)]
  if (taken) {
    const own = box
      ? Object.fromEntries(carried.map((column) => [column, box[column]]))
      : { voicemail_password: makePin(), voicemail_mail_to: null }
    await writer.update('v_voicemails', { voicemail_uuid: taken.voicemail_uuid }, own)
  } else if (box) {
    await writer.update('v_voicemails', { voicemail_uuid: box.voicemail_uuid }, { voicemail_id: to })
    await writer.update('v_voicemail_greetings', { domain_uuid: domain.uuid, voicemail_id: from }, { voicemail_id: to })
    writer.tell({ to: 'files', action: 'move-voicemail', domain: domain.name, box: from, target: to })
  }
}

/** The box that the extension shows: the one under its alias, else the one from before it got that. */
async function shownBox(writer: Parameters<Inside>[0], { after, domain }: Change) {
  for (const number of boxNumbers(after ?? {})) {
    const box = await findBox(writer, domain.uuid, number)
    if (box) return box
  }
  return undefined
}

/** Changes the box as sent, its description with the extension's; switching it on makes one where there is none. */
export const updateBox: Inside = async (writer, change) => {
  const { given } = change
  const described = given.description === undefined ? {} : { voicemail_description: given.description }
  const values = { ...sentAboutBox(given), ...described }
  if (Object.keys(values).length === 0) return
  const box = await shownBox(writer, change)
  if (box) {
    await writer.update('v_voicemails', { voicemail_uuid: box.voicemail_uuid }, values)
    if (given.voicemail_enabled === true) tellFolder(writer, change.domain.name, String(box.voicemail_id))
  } else if (given.voicemail_enabled === true) await newBox(writer, change)
}

/** Extensions of a tenant that answer to a number: FusionPBX's pages let two of them share one (forms). */
const answerTo = async (writer: Parameters<Inside>[0], domain_uuid: string, number: string) => [
  ...(await writer.select('v_extensions', { domain_uuid, extension: number })),
  ...(await writer.select('v_extensions', { domain_uuid, number_alias: number })),
]

/** The boxes go with the extension, messages and all (S004-EXT-DELETE), unless another extension shares the number. */
export const removeBoxes: Inside = async (writer, { before, domain }) => {
  const domain_uuid = domain.uuid
  for (const voicemail_id of boxNumbers(before ?? {})) {
    if ((await answerTo(writer, domain_uuid, voicemail_id)).length > 0) continue
    for (const { voicemail_uuid } of await writer.remove('v_voicemails', { domain_uuid, voicemail_id }))
      await removeBoxRows(writer, { voicemail_uuid: String(voicemail_uuid), voicemail_id, domain_uuid })
    writer.tell(messageLamp(voicemail_id, domain.name), {
      to: 'files',
      action: 'remove-voicemail',
      domain: domain.name,
      box: voicemail_id,
    })
  }
}
