import { boolean, computed, integer, text, uuid } from '../../fields/field.ts'
import { dialable, identifier, mailAddresses, mailContent, makePin, note, pin } from '../../fields/telephony.ts'
import { type AfterEffect, type Check, child, type InsideEffect, resource } from '../core/define.ts'
import { runsNothing } from '../extensions/values.ts'
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
  voicemail_mail_to: text({
    ...mailAddresses,
    tidy: (value) => value.replaceAll(' ', ''),
    shown: 'list',
    about: 'Where new messages are mailed to.',
  }),
  voicemail_enabled: boolean({
    shown: 'list',
    default: ({ settings }) => settings.text('voicemail', 'enabled_default') !== 'false',
    filter: true,
    about: 'Takes messages.',
  }),
  voicemail_description: text({ ...note, shown: 'list', about: 'A note for people.' }),
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
  voicemail_alternate_greet_id: text({
    ...dialable,
    tidy: (value) => value.replaceAll(/[ ().-]/g, ''),
    pattern: /^\+?\d+$/,
    says: 'must be a telephone number',
    about: 'Number that the standard greeting says instead.',
  }),
  voicemail_tutorial: boolean({ default: false, about: 'Plays the tutorial at the next log-in.' }),
  voicemail_recording_instructions: boolean({ default: true, about: 'Callers hear how to leave a message.' }),
  voicemail_recording_options: boolean({ default: true, about: 'Callers may listen to and replace their message.' }),
  voicemail_sms_to: text({ ...dialable, about: 'Number that is told of new messages by SMS.' }),
  voicemail_transcription_enabled: boolean({ about: 'Messages are written down.' }),
  voicemail_transcription_prompt_enabled: boolean({ about: 'The transcription is given a prompt.' }),
  voicemail_transcription_prompt: text({ lines: true, max: 4096, about: 'That prompt.' }),
  voicemail_attach_file: text({ choices: ['true', 'false'], about: 'Older switch for attaching the recording.' }),
  voicemail_file: text({
    ...mailContent,
    default: ({ settings }) => settings.text('voicemail', 'voicemail_file') ?? 'attach',
    about: 'What the mail carries.',
  }),
  voicemail_local_after_email: boolean({
    default: ({ settings }) => settings.text('voicemail', 'keep_local') !== 'false',
    about: 'The message stays after it was mailed.',
  }),
  voicemail_local_after_forward: boolean({ about: 'The message stays after it was forwarded.' }),
  alternate_voicemail_destination: text({
    ...dialable,
    tidy: (value) => value.replaceAll(/[ ()+.-]/g, ''),
    pattern: /^[*0-9]+$/,
    says: 'may hold only digits and *',
    about: 'Where callers go instead of the box.',
  }),
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

/** A box without a PIN is open to anybody who calls it. */
const neverWithoutPin: Check<typeof fields> = (_values, { sent }) =>
  sent?.voicemail_password === null
    ? [{ field: 'voicemail_password', label: 'Voicemail password', text: 'is required' }]
    : []

const optionAction = /^(menu-[a-z-]+):(.*)$/s

/**
 * What an option may do: FusionPBX offers the destinations it knows, and the switch would run any application named
 * here, `system` included.
 */
const isDestination = (param: string): boolean => {
  const data = optionAction.exec(param)?.[2] ?? param
  return (
    /^(\d+$|(transfer|bridge|hangup|playback|phrase|say|lua streamfile\.lua)(\s|$))/.test(data) && runsNothing(data)
  )
}

/** The options of FusionPBX's own form: a bare number is an extension, and an action may stand in front (forms). */
const completeOption = (
  values: { voicemail_option_action?: string | null; voicemail_option_param?: string | null },
  domain: string,
) => {
  const param = values.voicemail_option_param ?? ''
  if (/^\d+$/.test(param))
    return { voicemail_option_action: 'menu-exec-app', voicemail_option_param: `transfer ${param} XML ${domain}` }
  const both = optionAction.exec(param)
  return both ? { voicemail_option_action: both[1] ?? null, voicemail_option_param: both[2] ?? null } : {}
}

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
  settings: [
    ['voicemail', 'enabled_default'],
    ['voicemail', 'voicemail_file'],
    ['voicemail', 'keep_local'],
  ],
  checks: [neverWithoutPin],
  complete: (values, { operation }) =>
    operation === 'create' && values.voicemail_password === null
      ? { ...values, voicemail_password: makePin() }
      : values,
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
        voicemail_option_param: text({
          required: true,
          max: 1024,
          accepts: isDestination,
          says: 'must be an extension number or like transfer 101 XML example.com',
          about: 'Its data: `transfer 101 XML example.com`, or `101` for the same.',
        }),
        voicemail_option_order: integer({ min: 0, max: 9999, about: 'Order.' }),
        voicemail_option_description: text({ max: 1024, about: 'A note for people.' }),
      },
      complete: (values, { domain }) => ({ ...values, ...completeOption(values, domain.name) }),
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
      update: [forgetDirectory, moveDirectory, makeDirectory, setLamp],
      remove: [forgetDirectory, setLamp, removeDirectory],
    },
  },
})
