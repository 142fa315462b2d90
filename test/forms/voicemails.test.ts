import { theirs } from '../support/app.ts'
import { type Capture, derive, formsDomain, readCapture, rowOf } from './capture.ts'
import { type Replay, replayForms } from './replay.ts'
import type { Laid } from './world.ts'

const add = readCapture('voicemail-add')
const edit = readCapture('voicemail-edit')
const toggle = readCapture('voicemail-toggle')
const remove = readCapture('voicemail-delete')

const uuidOf = (capture: Capture) => String(rowOf(capture, 'v_voicemails', 'before').voicemail_uuid)
/** The box that gets copies. */
const other: Laid = ['v_voicemails', rowOf(readCapture('extension-edit-no-change'), 'v_voicemails', 'before')]
const option: Laid = ['v_voicemail_options', rowOf(add, 'v_voicemail_options', 'after')]

const captured: Replay[] = [
  { capture: add, title: 'adding a box with an option (S002-VM-CREATE)', verb: 'create' },
  {
    capture: edit,
    title: 'changing a box and adding a forward copy (S002-VM-UPDATE)',
    verb: 'update',
    uuid: uuidOf(edit),
    world: [other, option],
  },
  {
    capture: toggle,
    title: 'disabling a box',
    verb: 'update',
    uuid: uuidOf(toggle),
    variants: ['typed'],
    body: () => ({ voicemail_enabled: 'false' }),
  },
  {
    capture: remove,
    title: 'deleting a box takes messages, options, copies, greetings and recordings with it (S002-VM-DELETE)',
    verb: 'remove',
    uuid: uuidOf(remove),
    variants: ['typed'],
    world: [other],
  },
]

const stored = rowOf(edit, 'v_voicemails', 'before')
const copy = rowOf(edit, 'v_voicemail_destinations', 'after')
const greeting = rowOf(remove, 'v_voicemail_greetings', 'before')
const message = rowOf(remove, 'v_voicemail_messages', 'before')
const folder = (number: string): string =>
  `/var/lib/freeswitch/storage/voicemail/default/${formsDomain.name}/${number}/`
const editing = (title: string, capture: Capture, more: Partial<Replay> = {}): Replay => ({
  capture,
  title,
  verb: 'update',
  uuid: uuidOf(edit),
  variants: ['page'],
  ...more,
  world: [other, option, ...(more.world ?? [])],
})

/** Every optional column of a box, as typed and as stored. */
const options = {
  greeting_id: '2',
  voicemail_alternate_greet_id: '601',
  voicemail_sms_to: '12025550123',
  voicemail_transcription_prompt: 'Names: Alice, Bob',
  voicemail_description: 'every option',
  voicemail_file: 'link',
  alternate_voicemail_destination: '12025550124',
}

const derived: Replay[] = [
  {
    capture: derive(add, 'voicemail-add+all-input', {
      form: {
        ...options,
        voicemail_alternate_greet_id: '6-01',
        alternate_voicemail_destination: '+1 (202) 555-0124',
        alternate_voicemail_enabled: 'true',
        voicemail_tutorial: 'true',
        voicemail_recording_instructions: 'false',
        voicemail_recording_options: 'false',
        voicemail_transcription_enabled: 'true',
        voicemail_transcription_prompt_enabled: 'true',
        voicemail_local_after_email: 'false',
        voicemail_mail_to: 'box@example.com, desk@example.com',
        voicemail_enabled: 'false',
        voicemail_destination: String(other[1].voicemail_uuid),
      },
      rows: [
        {
          table: 'v_voicemails',
          after: {
            ...options,
            alternate_voicemail_enabled: true,
            voicemail_tutorial: true,
            voicemail_recording_instructions: false,
            voicemail_recording_options: false,
            voicemail_transcription_enabled: true,
            voicemail_transcription_prompt_enabled: true,
            voicemail_local_after_email: false,
            voicemail_mail_to: 'box@example.com,desk@example.com',
            voicemail_enabled: false,
          },
        },
      ],
      more: [
        {
          table: 'v_voicemail_destinations',
          op: 'insert',
          after: { ...copy, voicemail_uuid: rowOf(add, 'v_voicemails', 'after').voicemail_uuid },
        },
      ],
    }),
    title: 'a box with every option (S002-VM-CREATE)',
    verb: 'create',
    variants: ['page'],
    world: [other],
  },
  {
    capture: derive(add, 'voicemail-add+bare-number', {
      form: {
        'voicemail_options[0][voicemail_option_param]': '201',
        'voicemail_options[1][voicemail_option_digits]': '2',
        'voicemail_options[1][voicemail_option_param]': 'menu-exec-app:transfer 202 XML forms.example.com',
        'voicemail_options[1][voicemail_option_order]': '20',
        'voicemail_options[1][voicemail_option_description]': 'the other one',
      },
      more: [
        {
          table: 'v_voicemail_options',
          op: 'insert',
          after: {
            ...option[1],
            voicemail_option_uuid: '66666666-0000-4000-8000-000000000007',
            voicemail_option_digits: '2',
            voicemail_option_param: 'transfer 202 XML forms.example.com',
            voicemail_option_order: 20,
            voicemail_option_description: 'the other one',
          },
        },
      ],
    }),
    title: 'an option that names a number transfers to it',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'voicemail-add+any-application', {
      form: { 'voicemail_options[0][voicemail_option_param]': 'menu-exec-app:system reboot' },
      rows: [{ table: 'v_voicemail_options', after: { voicemail_option_param: null } }],
    }),
    title: 'an option that would run any application of the switch is refused',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'voicemail-add+no-pin', {
      form: { voicemail_password: '' },
      refused: 'Required Fields: Password',
    }),
    title: 'a box that is added without a PIN gets one (S002-PWD-VM)',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'voicemail-add+letters', {
      form: { voicemail_id: 'front.desk' },
      refused: 'Required Fields: Voicemail ID',
    }),
    title: 'a box may have the name of an extension that is no number',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'voicemail-add+taken', {}),
    title: 'a box with the number of another is refused (S002-ERR-DUPLICATE)',
    status: 409,
    verb: 'create',
    variants: ['page'],
    world: [['v_voicemails', { ...stored, voicemail_uuid: '66666666-0000-4000-8000-000000000001' }]],
  },
  editing(
    'a box does not lose its PIN',
    derive(edit, 'voicemail-edit+no-pin', { form: { voicemail_password: '' }, refused: 'Required Fields: Password' }),
    {
      world: [['v_voicemails', stored]],
    },
  ),
  editing(
    'a box that is renumbered takes folder and greetings along (S002-VM-UPDATE)',
    derive(edit, 'voicemail-edit+number', {
      form: { voicemail_id: '556' },
      rows: [{ table: 'v_voicemails', after: { voicemail_id: '556' } }],
      files: { created: [folder('556')], removed: [folder('555')] },
    }),
    {
      world: [
        ['v_voicemail_greetings', greeting],
        ['v_voicemail_messages', message],
      ],
    },
  ),
  editing(
    'a box that has no folder gets one',
    derive(edit, 'voicemail-edit+no-folder', {
      files: { created: [folder('555')], removed: [] },
    }),
  ),
  editing(
    'an option and a copy that are left out of their lists are removed, others are added',
    derive(edit, 'voicemail-edit+lists', {
      rows: [
        {
          table: 'v_voicemail_destinations',
          after: {
            voicemail_destination_uuid: '66666666-0000-4000-8000-000000000009',
            voicemail_uuid_copy: '66666666-0000-4000-8000-000000000002',
          },
        },
      ],
      more: [
        { table: 'v_voicemail_options', op: 'delete', before: option[1] },
        {
          table: 'v_voicemail_options',
          op: 'insert',
          after: {
            ...option[1],
            voicemail_option_uuid: '66666666-0000-4000-8000-000000000008',
            voicemail_option_digits: '9',
            voicemail_option_param: 'transfer 202 XML forms.example.com',
            voicemail_option_order: 0,
          },
        },
        { table: 'v_voicemail_destinations', op: 'delete', before: copy },
      ],
    }),
    {
      body: (body) => ({
        ...body,
        voicemail_options: [
          { voicemail_option_digits: '9', voicemail_option_param: '202', voicemail_option_order: '000' },
        ],
        voicemail_destinations: [{ voicemail_uuid_copy: '66666666-0000-4000-8000-000000000002' }],
      }),
      world: [
        ['v_voicemails', { ...other[1], voicemail_uuid: '66666666-0000-4000-8000-000000000002', voicemail_id: '204' }],
      ],
    },
  ),
  {
    capture: derive(toggle, 'voicemail-toggle+on', {
      rows: [
        {
          table: 'v_voicemails',
          before: { voicemail_enabled: false },
          after: { voicemail_enabled: true, update_date: 'now' },
        },
      ],
    }),
    title: 'enabling a box',
    verb: 'update',
    uuid: uuidOf(toggle),
    variants: ['typed'],
    body: () => ({ voicemail_enabled: 'true' }),
  },
  {
    capture: derive(remove, 'voicemail-delete+copies', {
      more: [
        {
          table: 'v_voicemail_destinations',
          op: 'delete',
          before: {
            ...copy,
            voicemail_destination_uuid: '66666666-0000-4000-8000-000000000003',
            voicemail_uuid: other[1].voicemail_uuid,
            voicemail_uuid_copy: uuidOf(remove),
          },
        },
      ],
    }),
    title: 'a box that is deleted gets no copies any more, and what others have stays (S002-VM-DELETE)',
    verb: 'remove',
    uuid: uuidOf(remove),
    variants: ['typed'],
    world: [
      other,
      [
        'v_voicemail_greetings',
        { ...greeting, voicemail_greeting_uuid: '66666666-0000-4000-8000-000000000004', voicemail_id: '203' },
      ],
      [
        'v_voicemail_greetings',
        { ...greeting, voicemail_greeting_uuid: '66666666-0000-4000-8000-000000000005', domain_uuid: theirs.uuid },
      ],
      [
        'v_voicemail_messages',
        {
          ...message,
          voicemail_message_uuid: '66666666-0000-4000-8000-000000000006',
          voicemail_uuid: other[1].voicemail_uuid,
        },
      ],
    ],
  },
]

replayForms('voicemail', [...captured, ...derived])
