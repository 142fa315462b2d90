import { boolean, computed, integer, text, uuid } from '../../fields/field.ts'
import { dialable, identifier, mailAddresses, makePin, pin } from '../../fields/telephony.ts'
import { type AfterEffect, child, type InsideEffect, resource } from '../core/define.ts'
import { messageLamp, removeBoxRows } from './box.ts'

const fields = {
  voicemail_id: text({
    ...dialable,
    label: 'Voicemail ID',
    required: true,
    shown: 'list',
    filter: true,
    about: 'Number of the box, usually that of an extension.',
    example: '101',
  }),
  voicemail_password: text({
    ...pin,
    label: 'Voicemail password',
    secret: 'pin',
    default: makePin,
    about: 'PIN; six digits are made when none is sent.',
    example: '123456',
  }),
  voicemail_mail_to: text({ ...mailAddresses, shown: 'list', about: 'Where new messages are mailed to.' }),
  voicemail_enabled: boolean({ shown: 'list', default: true, filter: true, about: 'Takes messages.' }),
  voicemail_description: text({ shown: 'list', lines: true, max: 4096, about: 'A note for people.' }),
  new_message_count: computed(
    integer({ shown: 'list', counted: true, about: 'Messages nobody has heard yet.' }),
    'numeric',
    (row) =>
      `(select count(*) from v_voicemail_messages m where m.voicemail_uuid = ${row}.voicemail_uuid and coalesce(m.message_status, '') = '')`,
  ),
  saved_message_count: computed(
    integer({ counted: true, about: 'Messages that were heard or saved.' }),
    'numeric',
    (row) =>
      `(select count(*) from v_voicemail_messages m where m.voicemail_uuid = ${row}.voicemail_uuid and coalesce(m.message_status, '') <> '')`,
  ),
  greeting_id: integer({ min: -1, max: 999, about: 'Greeting that is played.' }),
  voicemail_alternate_greet_id: text({ ...dialable, about: 'Number that the standard greeting says instead.' }),
  voicemail_tutorial: boolean({ default: false, about: 'Plays the tutorial at the next log-in.' }),
  voicemail_recording_instructions: boolean({ default: true, about: 'Callers hear how to leave a message.' }),
  voicemail_recording_options: boolean({ default: true, about: 'Callers may listen to and replace their message.' }),
  voicemail_sms_to: text({ ...dialable, about: 'Number that is told of new messages by SMS.' }),
  voicemail_transcription_enabled: boolean({ about: 'Messages are written down.' }),
  voicemail_transcription_prompt_enabled: boolean({ about: 'The transcription is given a prompt.' }),
  voicemail_transcription_prompt: text({ lines: true, max: 4096, about: 'That prompt.' }),
  voicemail_attach_file: text({ choices: ['true', 'false'], about: 'Older switch for attaching the recording.' }),
  voicemail_file: text({ choices: ['attach', 'link', 'none'], default: 'attach', about: 'What the mail carries.' }),
  voicemail_local_after_email: boolean({ default: true, about: 'The message stays after it was mailed.' }),
  voicemail_local_after_forward: boolean({ about: 'The message stays after it was forwarded.' }),
  alternate_voicemail_destination: text({ ...dialable, about: 'Where callers go instead of the box.' }),
  alternate_voicemail_enabled: boolean({ default: false, about: 'Callers go to the alternate destination.' }),
}

type Inside = InsideEffect<typeof fields>
type After = AfterEffect<typeof fields>

const removeBoxContents: Inside = (writer, { key, before, domain }) =>
  removeBoxRows(writer, { voicemail_uuid: key, voicemail_id: before?.voicemail_id ?? '', domain_uuid: domain.uuid })

/** Greetings are kept by the box's number, so they follow it. */
const carryGreetings: Inside = async (writer, { before, after, domain }) => {
  if (before?.voicemail_id && after?.voicemail_id && before.voicemail_id !== after.voicemail_id)
    await writer.update(
      'v_voicemail_greetings',
      { domain_uuid: domain.uuid, voicemail_id: before.voicemail_id },
      { voicemail_id: after.voicemail_id },
    )
}

const box = (row: { voicemail_id?: string | null } | null): string => row?.voicemail_id ?? ''

/** Both numbers a directory entry may have been built for: it holds the PIN and mail address (facts 3). */
const forgetDirectory: After = ({ before, after, domain }) =>
  [...new Set([box(before), box(after)])].flatMap((id) =>
    id === '' ? [] : [{ to: 'cache', key: `directory:${id}@${domain.name}` } as const],
  )

const makeDirectory: After = ({ after, domain }) => [
  { to: 'files', action: 'make-voicemail', domain: domain.name, box: box(after) },
]
const moveDirectory: After = ({ before, after, domain }) =>
  box(before) === box(after)
    ? []
    : [{ to: 'files', action: 'move-voicemail', domain: domain.name, box: box(before), target: box(after) }]
const removeDirectory: After = ({ before, domain }) => [
  { to: 'files', action: 'remove-voicemail', domain: domain.name, box: box(before) },
]
/** A lamp shows what the box says, on or off, so it is set anew when that may have changed. */
const setLamp: After = ({ operation, before, after, domain }) =>
  operation === 'remove' || before?.voicemail_enabled !== after?.voicemail_enabled
    ? [messageLamp(box(before), domain.name)]
    : []

const optionAction = /^(menu-[a-z-]+):(.*)$/s

/** Voicemail boxes (FusionPBX app/voicemails; demands S002-VM-*, S004-VM-*; facts 8). */
export const voicemails = resource({
  name: 'voicemails',
  title: 'Voicemail',
  about: 'Voicemail boxes with their options, forward copies and message counts.',
  table: 'v_voicemails',
  key: 'voicemail_uuid',
  scope: 'tenant',
  permission: 'voicemail',
  app: { name: 'voicemails', uuid: 'b523c2d2-64cd-46f1-9520-ca4b4098e044' },
  fields,
  sort: ['voicemail_id'],
  unique: [{ fields: ['voicemail_id'], within: 'tenant' }],
  children: [
    child({
      table: 'v_voicemail_options',
      key: 'voicemail_option_uuid',
      names: ['voicemail_options', 'options'],
      about: 'What callers may press while the greeting plays.',
      identity: ['voicemail_option_digits', 'voicemail_option_order'],
      sort: ['voicemail_option_order'],
      max: 100,
      fields: {
        voicemail_option_digits: text({ ...dialable, required: true, about: 'Keys pressed.' }),
        voicemail_option_action: text({ ...identifier, default: 'menu-exec-app', about: 'Action of the menu.' }),
        voicemail_option_param: text({ required: true, max: 1024, about: 'Its data: `transfer 101 XML example.com`.' }),
        voicemail_option_order: integer({ min: 0, max: 9999, about: 'Order.' }),
        voicemail_option_description: text({ max: 1024, about: 'A note for people.' }),
      },
      // FusionPBX's own form sends both in one text, `menu-exec-app:transfer 101 XML example.com`.
      complete(values) {
        const both = optionAction.exec(values.voicemail_option_param ?? '')
        return both
          ? { ...values, voicemail_option_action: both[1] ?? null, voicemail_option_param: both[2] ?? null }
          : values
      },
    }),
    child({
      table: 'v_voicemail_destinations',
      key: 'voicemail_destination_uuid',
      names: ['voicemail_destinations'],
      about: 'Boxes that get a copy of every message.',
      identity: ['voicemail_uuid_copy'],
      sort: [],
      max: 100,
      fields: {
        voicemail_uuid_copy: uuid({
          required: true,
          references: { table: 'v_voicemails', key: 'voicemail_uuid' },
          about: 'The other box.',
        }),
      },
    }),
  ],
  effects: {
    inside: { update: [carryGreetings], remove: [removeBoxContents] },
    after: {
      create: [forgetDirectory, makeDirectory],
      update: [forgetDirectory, moveDirectory, setLamp],
      remove: [forgetDirectory, setLamp, removeDirectory],
    },
  },
})
