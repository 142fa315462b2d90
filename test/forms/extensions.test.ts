import { theirs } from '../support/app.ts'
import { type Capture, cacheEvent, derive, formsDomain, readCapture, rowOf } from './capture.ts'
import { type Replay, replayForms } from './replay.ts'
import type { Laid } from './world.ts'

const add = readCapture('extension-add')
const second = readCapture('extension-add-second')
const withoutBox = readCapture('extension-add-no-voicemail')
const duplicate = readCapture('extension-add-duplicate')
const invalid = readCapture('extension-add-invalid')
const edit = readCapture('extension-edit')
const unchanged = readCapture('extension-edit-no-change')
const renumber = readCapture('extension-number-change')
const toggle = readCapture('extension-toggle')
const remove = readCapture('extension-delete')
const removeLinked = readCapture('extension-delete-linked')

const alice: Laid = ['v_users', rowOf(readCapture('user-add'), 'v_users', 'after')]
const uuidOf = (capture: Capture) => String(rowOf(capture, 'v_extensions', 'before').extension_uuid)
const line = rowOf(readCapture('device-add'), 'v_device_lines', 'after')
const ringGroupEntry = rowOf(remove, 'v_ring_group_destinations', 'before')

const captured: Replay[] = [
  {
    capture: add,
    title:
      'adding an extension writes its row and ties it to its user (S002-EXT-CREATE, S002-EXT-CREATE-FX1, S002-EXT-CREATE-FX5)',
    verb: 'create',
    world: [alice],
  },
  {
    capture: second,
    title: 'adding an extension with an alias (S002-EXT-CREATE-DEF, S002-PWD-EXT, S002-EXT-CREATE-FX4)',
    verb: 'create',
  },
  { capture: withoutBox, title: 'adding an extension without a voicemail box', verb: 'create' },
  {
    capture: duplicate,
    title: 'adding a number that exists changes nothing (S002-ERR-DUPLICATE)',
    status: 409,
    verb: 'create',
    world: [['v_extensions', rowOf(edit, 'v_extensions', 'before')]],
  },
  { capture: invalid, title: 'adding an extension without a number is refused', verb: 'create' },
  { capture: edit, title: 'editing an extension and its box (S002-EXT-UPDATE)', verb: 'update', uuid: uuidOf(edit) },
  { capture: unchanged, title: 'saving an extension unchanged', verb: 'update', uuid: uuidOf(unchanged) },
  {
    capture: renumber,
    title: 'renumbering an extension',
    verb: 'update',
    uuid: uuidOf(renumber),
    world: [
      ['v_voicemails', rowOf(edit, 'v_voicemails', 'after')],
      ['v_device_lines', line],
      ['v_ring_group_destinations', { ...ringGroupEntry, destination_number: '201' }],
    ],
  },
  {
    capture: toggle,
    title: 'disabling an extension',
    verb: 'update',
    uuid: uuidOf(toggle),
    variants: ['typed'],
    body: () => ({ enabled: 'false' }),
  },
  {
    capture: remove,
    title: 'deleting an extension takes it out of its ring groups (S002-EXT-DELETE, S004-EXT-DELETE)',
    verb: 'remove',
    uuid: uuidOf(remove),
    variants: ['typed'],
    world: [['v_voicemails', { ...rowOf(edit, 'v_voicemails', 'before'), voicemail_id: '204' }]],
  },
  {
    capture: removeLinked,
    title: 'deleting an extension takes box, user link and follow-me with it (S004-EXT-DELETE)',
    verb: 'remove',
    uuid: uuidOf(removeLinked),
    variants: ['typed'],
  },
]

const box = rowOf(edit, 'v_voicemails', 'before')
const enabledBox = { ...box, voicemail_id: '201' }
const at = (name: string): string => cacheEvent(`directory.${name}`)
const folder = (number: string): string =>
  `/var/lib/freeswitch/storage/voicemail/default/${formsDomain.name}/${number}/`
const makes = (...numbers: string[]) => ({ created: numbers.map(folder), removed: [] })
const domain_uuid = formsDomain.uuid

/** Input of every kind, and what FusionPBX's form makes of it. */
const allInput = derive(add, 'extension-add+all-input', {
  form: {
    extension: '2 05',
    outbound_caller_id_number: '+1 (202) 555-0123',
    emergency_caller_id_name: 'Front Desk',
    emergency_caller_id_number: '12025550100',
    directory_visible: 'true',
    directory_exten_visible: 'true',
    max_registrations: '3',
    limit_max: '2',
    limit_destination: 'error/user_busy',
    toll_allow: 'domestic,international,local',
    call_timeout: '45',
    call_group: 'sales,support',
    call_screen_enabled: 'true',
    user_record: 'inbound',
    hold_music: 'local_stream://forms',
    extension_language: 'fr/ca/june',
    extension_type: 'virtual',
    auth_acl: 'domains',
    cidr: '192.0.2.7, 198.51.100.0/24',
    sip_force_contact: 'NDLB-connectile-dysfunction',
    sip_force_expires: '3600',
    mwi_account: '201',
    sip_bypass_media: 'proxy-media',
    absolute_codec_string: 'PCMU,PCMA',
    force_ping: 'true',
    dial_string: '{presence_id=${dialed_user}@${dialed_domain}}${sofia_contact(*/${dialed_user}@${dialed_domain})}',
    missed_call_app: 'email',
    missed_call_data: 'alice@example.com; bob@example.com',
    voicemail_password: '4711',
    voicemail_mail_to: 'alice@example.com',
    voicemail_file: 'link',
    voicemail_local_after_email: 'false',
  },
  rows: [
    {
      table: 'v_extensions',
      after: {
        extension: '2-05',
        outbound_caller_id_number: '+12025550123',
        emergency_caller_id_name: 'Front Desk',
        emergency_caller_id_number: '12025550100',
        directory_visible: true,
        directory_exten_visible: true,
        max_registrations: '3',
        limit_max: '2',
        limit_destination: 'error/user_busy',
        toll_allow: 'domestic:international:local',
        call_timeout: 45,
        call_group: 'sales,support',
        call_screen_enabled: true,
        user_record: 'inbound',
        hold_music: 'local_stream://forms',
        extension_language: 'fr',
        extension_dialect: 'ca',
        extension_voice: 'june',
        extension_type: 'virtual',
        auth_acl: 'domains',
        cidr: '192.0.2.7/32,198.51.100.0/24',
        sip_force_contact: 'NDLB-connectile-dysfunction',
        sip_force_expires: '3600',
        mwi_account: '201@forms.example.com',
        sip_bypass_media: 'proxy-media',
        absolute_codec_string: 'PCMU,PCMA',
        force_ping: true,
        dial_string: '{presence_id=${dialed_user}@${dialed_domain}}${sofia_contact(*/${dialed_user}@${dialed_domain})}',
        missed_call_app: 'email',
        missed_call_data: 'alice@example.com,bob@example.com',
      },
    },
    {
      table: 'v_voicemails',
      after: {
        voicemail_id: '2-05',
        voicemail_password: '4711',
        voicemail_file: 'link',
        voicemail_local_after_email: false,
      },
    },
  ],
  esl: ['api reloadacl', at('2-06@forms.example.com')],
  files: makes('2-05'),
})

/** A device line and a key that watch an extension, as other people's are beside them. */
const phones: Laid[] = [
  ['v_device_lines', { ...line, password: 'stale' }],
  ['v_device_lines', { ...line, device_line_uuid: '11111111-0000-4000-8000-000000000001', user_id: '202' }],
  [
    'v_device_lines',
    { ...line, device_line_uuid: '11111111-0000-4000-8000-000000000002', server_address: 'other.example.net' },
  ],
  ['v_device_keys', { ...watching('201'), device_key_label: 'BLF 201' }],
  ['v_device_keys', { ...watching('202'), device_key_uuid: '11111111-0000-4000-8000-000000000003' }],
]
function watching(number: string) {
  return { ...rowOf(readCapture('device-add'), 'v_device_keys', 'after', 1), device_key_value: number }
}
const lineGets = (password: string) =>
  ({
    table: 'v_device_lines',
    op: 'update',
    before: { ...line, password: 'stale' },
    after: { ...line, password },
  }) as const
const keyGets = (label: string) =>
  ({
    table: 'v_device_keys',
    op: 'update',
    before: { ...watching('201'), device_key_label: 'BLF 201' },
    after: { ...watching('201'), device_key_label: label },
  }) as const

/** An extension with everything that can hang on it. */
const ownFollowMe = rowOf(removeLinked, 'v_follow_me', 'before')
const aliasBox = { ...box, voicemail_uuid: '22222222-0000-4000-8000-000000000001', voicemail_id: '2202' }
const otherBox = { ...box, voicemail_uuid: '22222222-0000-4000-8000-000000000002', voicemail_id: '203' }
const gone = (table: string, before: Record<string, unknown>) => ({ table, op: 'delete', before }) as const
const removeEverything = derive(removeLinked, 'extension-delete+everything', {
  rows: [{ table: 'v_extensions', before: { number_alias: '2202' } }],
  more: [
    gone('v_voicemails', aliasBox),
    gone('v_voicemail_options', {
      ...rowOf(readCapture('voicemail-add'), 'v_voicemail_options', 'after'),
      voicemail_uuid: aliasBox.voicemail_uuid,
    }),
    gone('v_voicemail_messages', {
      ...rowOf(readCapture('voicemail-delete'), 'v_voicemail_messages', 'before'),
      voicemail_uuid: aliasBox.voicemail_uuid,
    }),
    gone('v_voicemail_destinations', {
      ...rowOf(readCapture('voicemail-edit'), 'v_voicemail_destinations', 'after'),
      voicemail_uuid: aliasBox.voicemail_uuid,
      voicemail_uuid_copy: otherBox.voicemail_uuid,
    }),
    gone('v_voicemail_destinations', {
      ...rowOf(readCapture('voicemail-edit'), 'v_voicemail_destinations', 'after'),
      voicemail_destination_uuid: '22222222-0000-4000-8000-000000000003',
      voicemail_uuid: otherBox.voicemail_uuid,
      voicemail_uuid_copy: aliasBox.voicemail_uuid,
    }),
    gone('v_voicemail_greetings', {
      ...rowOf(readCapture('voicemail-delete'), 'v_voicemail_greetings', 'before'),
      voicemail_id: '2202',
    }),
    gone('v_follow_me_destinations', {
      follow_me_destination_uuid: '22222222-0000-4000-8000-000000000004',
      follow_me_uuid: ownFollowMe.follow_me_uuid,
      domain_uuid,
      follow_me_destination: '12025550199',
    }),
    gone('v_ring_group_destinations', { ...ringGroupEntry, destination_number: '211' }),
    gone('v_ring_group_destinations', {
      ...ringGroupEntry,
      ring_group_destination_uuid: '22222222-0000-4000-8000-000000000005',
      destination_number: '2202',
    }),
    gone('v_extension_settings', {
      extension_setting_uuid: '22222222-0000-4000-8000-000000000006',
      domain_uuid,
      extension_uuid: uuidOf(removeLinked),
      extension_setting_type: 'param',
      extension_setting_name: 'sip-force-user',
      extension_setting_value: '211',
      extension_setting_enabled: true,
    }),
  ],
  esl: [
    'api luarun app.lua voicemail mwi 2202@forms.example.com',
    'api luarun app.lua voicemail mwi 211@forms.example.com',
    at('211@forms.example.com'),
    at('2202@forms.example.com'),
  ],
  files: { created: [], removed: [folder('211'), folder('2202')] },
})
/** Rows of the same shape that are somebody else's. */
const untouched: Laid[] = [
  ['v_voicemails', otherBox],
  [
    'v_ring_group_destinations',
    {
      ...ringGroupEntry,
      ring_group_destination_uuid: '22222222-0000-4000-8000-000000000007',
      destination_number: '203',
    },
  ],
  [
    'v_ring_group_destinations',
    {
      ...ringGroupEntry,
      ring_group_destination_uuid: '22222222-0000-4000-8000-000000000008',
      domain_uuid: theirs.uuid,
      destination_number: '211',
    },
  ],
  ['v_device_lines', { ...line, user_id: '211' }],
]

const existing: Laid = ['v_extensions', rowOf(edit, 'v_extensions', 'before')]
const withAlias = { ...rowOf(toggle, 'v_extensions', 'before'), number_alias: '2203', enabled: false }

const derived: Replay[] = [
  {
    capture: derive(second, 'extension-add+alias', {
      rows: [
        { table: 'v_extensions', after: { number_alias: '2202' } },
        { table: 'v_voicemails', after: { voicemail_id: '2202' } },
      ],
      esl: ['api reloadacl', at('203@forms.example.com'), at('2203@forms.example.com')],
      files: makes('2202'),
    }),
    title: 'the box of an extension with a numeric alias has the alias for its number (S002-EXT-CREATE-FX2)',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: allInput,
    title: 'every input of the extension form is stored in the form FusionPBX gives it (S002-EXT-CREATE-EMG)',
    verb: 'create',
    variants: ['page'],
    world: [alice],
  },
  {
    capture: derive(add, 'extension-add+box', {
      form: { voicemail_enabled: 'true' },
    }),
    title:
      'an extension that asks for a box gets one, with its folder (S002-EXT-CREATE-FX2, S002-EXT-CREATE-FX3, S002-PWD-VM)',
    verb: 'create',
    variants: ['typed'],
    world: [alice],
  },
  {
    capture: derive(add, 'extension-add+text-of-missed-calls', {
      form: { missed_call_app: 'text', missed_call_data: '(202) 555-0123' },
      rows: [{ table: 'v_extensions', after: { missed_call_app: 'text', missed_call_data: '2025550123' } }],
    }),
    title: 'the number that missed calls are told to loses its punctuation',
    verb: 'create',
    variants: ['page'],
    world: [alice],
  },
  {
    capture: derive(add, 'extension-add+nobody-to-tell', {
      form: { missed_call_app: 'email', missed_call_data: 'nobody' },
    }),
    title: 'missed calls that would be told to nobody are refused',
    verb: 'create',
    variants: ['page'],
    world: [alice],
  },
  {
    capture: derive(add, 'extension-add+ipv6', {
      form: { cidr: '2001:db8::7' },
      rows: [{ table: 'v_extensions', after: { cidr: '2001:db8::7/32' } }],
    }),
    title: 'an IPv6 address without a mask is one address',
    verb: 'create',
    variants: ['page'],
    world: [alice],
  },
  {
    capture: derive(add, 'extension-add+no-address', {
      form: { cidr: '192.0.2.300' },
    }),
    title: 'a limit to an address that is none is refused',
    verb: 'create',
    variants: ['page'],
    world: [alice],
  },
  {
    capture: derive(add, 'extension-add+left-box', {
      form: { voicemail_mail_to: '' },
      drop: ['v_voicemails'],
      more: [
        {
          table: 'v_voicemails',
          op: 'update',
          before: { ...enabledBox, voicemail_mail_to: 'former@example.com', voicemail_file: 'link' },
          after: {
            ...enabledBox,
            voicemail_password: '55555555',
            voicemail_mail_to: null,
            voicemail_file: 'attach',
            voicemail_description: 'front desk',
            update_date: 'now',
          },
        },
      ],
      files: makes(),
    }),
    title: 'a box that a former extension left is taken over with a new PIN and without its old mail address',
    verb: 'create',
    variants: ['page'],
    world: [alice],
  },
  {
    capture: derive(withoutBox, 'extension-add-no-voicemail+left-box', {
      drop: ['v_voicemails'],
      more: [
        {
          table: 'v_voicemails',
          op: 'update',
          before: { ...box, voicemail_id: '220', voicemail_mail_to: 'former@example.com' },
          after: {
            ...box,
            voicemail_id: '220',
            voicemail_password: '55555555',
            voicemail_mail_to: null,
            voicemail_enabled: false,
            voicemail_description: null,
            update_date: 'now',
          },
        },
      ],
      files: makes(),
    }),
    title: 'a box that a former extension left is switched off when the new one asks for none',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(second, 'extension-add+taken-alias', {
      form: { number_alias: '201' },
      rows: [{ table: 'v_extensions', after: { number_alias: '201' } }],
    }),
    title: 'an alias that is the number of another extension is refused (S002-ERR-DUPLICATE)',
    status: 409,
    verb: 'create',
    variants: ['page'],
    world: [existing],
  },
  {
    capture: derive(renumber, 'extension-edit+taken-number', { form: { extension: '203' } }),
    title: 'renumbering to a number that is taken is refused (S002-ERR-DUPLICATE)',
    status: 409,
    verb: 'update',
    uuid: uuidOf(renumber),
    variants: ['page'],
    world: [['v_extensions', rowOf(toggle, 'v_extensions', 'before')]],
  },
  {
    capture: derive(renumber, 'extension-edit+box-in-the-way', {
      drop: ['v_voicemails'],
      more: [
        {
          table: 'v_voicemails',
          op: 'update',
          before: {
            ...box,
            voicemail_uuid: '33333333-0000-4000-8000-000000000003',
            voicemail_id: '211',
            voicemail_password: '998877',
            voicemail_mail_to: 'former@example.com',
          },
          after: {
            ...rowOf(edit, 'v_voicemails', 'after'),
            voicemail_uuid: '33333333-0000-4000-8000-000000000003',
            voicemail_id: '211',
            update_date: 'now',
          },
        },
      ],
      files: makes(),
    }),
    title: 'a box that has the new number of an extension becomes its own',
    verb: 'update',
    uuid: uuidOf(renumber),
    body: (_body, variant) => (variant === 'typed' ? { extension: '211' } : _body),
    world: [['v_voicemails', rowOf(edit, 'v_voicemails', 'after')]],
    voicemail: ['default/forms.example.com/211/msg_1.wav', 'default/forms.example.com/201/msg_2.wav'],
  },
  {
    capture: derive(edit, 'extension-edit+password', {
      form: { password: 'NewPass-201-xyz' },
      rows: [{ table: 'v_extensions', after: { password: 'NewPass-201-xyz' } }],
      more: [lineGets('NewPass-201-xyz'), keyGets('Alice B. Archer')],
    }),
    title: 'a new password goes to the lines of the extension, a new name to the keys that watch it',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
    world: phones.slice(1, 3).concat(phones.slice(4)),
  },
  {
    capture: derive(edit, 'extension-edit+no-password', {
      form: { password: '' },
      rows: [{ table: 'v_extensions', after: { password: 'K7wq2Lm9Zx4Tb8Vn3Rc6' } }],
    }),
    title: 'an extension whose password is emptied gets a new one',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
  },
  {
    capture: derive(edit, 'extension-edit+box-off', {
      form: { voicemail_enabled: 'false' },
      rows: [{ table: 'v_voicemails', after: { voicemail_enabled: false } }],
    }),
    title: 'switching the box of an extension off',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
  },
  {
    capture: derive(edit, 'extension-edit+box-on', {
      form: { voicemail_enabled: 'true', voicemail_password: '778899' },
      drop: ['v_voicemails'],
      more: [
        {
          table: 'v_voicemails',
          op: 'insert',
          after: {
            ...rowOf(renumber, 'v_voicemails', 'after'),
            voicemail_id: '201',
            voicemail_password: '778899',
            voicemail_description: 'changed',
          },
        },
      ],
      files: makes('201'),
    }),
    title: 'switching the box of an extension on makes one with a tutorial and a folder',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
  },
  {
    capture: derive(edit, 'extension-edit+no-box', {
      form: { voicemail_enabled: 'false' },
      drop: ['v_voicemails'],
      more: [
        {
          table: 'v_voicemails',
          op: 'insert',
          after: { ...rowOf(renumber, 'v_voicemails', 'after'), voicemail_id: '201', voicemail_enabled: false },
        },
      ],
      files: makes('201'),
    }),
    title: 'an extension that has no box and wants none gets none',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
  },
  {
    capture: derive(edit, 'extension-edit+context', {
      form: { user_context: 'lobby.example.net' },
      rows: [{ table: 'v_extensions', after: { user_context: 'lobby.example.net' } }],
      esl: ['api reloadacl', at('201@lobby.example.net')],
    }),
    title: 'an extension that moves to another context is forgotten in both',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
  },
  {
    capture: derive(edit, 'extension-edit+alias', {
      form: { number_alias: '2201' },
      rows: [{ table: 'v_extensions', after: { number_alias: '2201' } }],
      drop: ['v_voicemails'],
      more: [
        {
          table: 'v_voicemails',
          op: 'insert',
          after: { ...rowOf(renumber, 'v_voicemails', 'after'), voicemail_id: '2201' },
        },
      ],
      esl: ['api reloadacl', at('201@forms.example.com'), at('2201@forms.example.com')],
      files: makes('2201'),
    }),
    title: 'the box follows an extension that gets an alias',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
    world: [['v_voicemails', box]],
  },
  {
    capture: derive(edit, 'extension-edit+user', {
      form: { 'extension_users[0][user_uuid]': String(alice[1].user_uuid) },
      more: [{ table: 'v_extension_users', op: 'insert', after: rowOf(add, 'v_extension_users', 'after') }],
    }),
    title: 'an extension is tied to one user at a time (S002-EXT-CREATE-FX5)',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
    world: [
      alice,
      [
        'v_extension_users',
        {
          ...rowOf(add, 'v_extension_users', 'after'),
          extension_user_uuid: '33333333-0000-4000-8000-000000000001',
          user_uuid: '33333333-0000-4000-8000-000000000002',
        },
      ],
    ],
  },
  {
    capture: derive(toggle, 'extension-toggle+on', {
      rows: [{ table: 'v_extensions', before: withAlias, after: { enabled: true, update_date: 'now' } }],
      esl: [at('203@forms.example.com'), at('2203@forms.example.com')],
    }),
    title: 'enabling an extension forgets it under both its numbers',
    verb: 'update',
    uuid: uuidOf(toggle),
    variants: ['typed'],
    body: () => ({ enabled: 'true' }),
  },
  {
    capture: removeEverything,
    title: 'deleting an extension removes all that hangs on it and nothing of others (S004-EXT-DELETE)',
    verb: 'remove',
    uuid: uuidOf(removeLinked),
    variants: ['typed'],
    world: untouched,
  },
]

replayForms('extension', [...captured, ...derived])
