import { type Capture, derive, formsGroups, type JsonRow, readCapture, rowOf } from './capture.ts'
import { type Replay, replayForms } from './replay.ts'
import type { Laid } from './world.ts'

const add = readCapture('user-add')
const withKey = readCapture('user-add-api-key')
const weak = readCapture('user-add-weak-password')
const edit = readCapture('user-edit')
const toggle = readCapture('user-toggle')
const remove = readCapture('user-delete')

const uuidOf = (capture: Capture) => String(rowOf(capture, 'v_users', 'before').user_uuid)

const captured: Replay[] = [
  {
    capture: add,
    title: 'adding a user writes hash, settings, group and contact (S002-USER-CREATE, S002-USER-CREATE-FX)',
    verb: 'create',
  },
  {
    capture: withKey,
    title: 'adding a user without a mail address',
    verb: 'create',
  },
  {
    capture: weak,
    title: 'adding a user with a password that breaks the rules is refused',
    verb: 'create',
  },
  {
    capture: edit,
    title: 'changing address and time zone of a user and adding a group (S002-USER-UPDATE, S002-USER-GROUPS)',
    verb: 'update',
    uuid: uuidOf(edit),
    body: (body) => ({ ...body, groups: ['user', 'admin'] }),
  },
  {
    capture: toggle,
    title: 'disabling a user',
    verb: 'update',
    uuid: uuidOf(toggle),
    variants: ['typed'],
    body: () => ({ user_enabled: 'false' }),
  },
  {
    capture: remove,
    title: 'deleting a user (S002-USER-DELETE)',
    verb: 'remove',
    uuid: uuidOf(remove),
    variants: ['typed'],
    world: [
      ['v_contacts', rowOf(add, 'v_contacts', 'after')],
      ['v_contact_emails', rowOf(add, 'v_contact_emails', 'after')],
      ['v_extension_users', rowOf(readCapture('extension-add'), 'v_extension_users', 'after')],
    ],
  },
]

const adminGroup = rowOf(edit, 'v_user_groups', 'after')
const language = rowOf(edit, 'v_user_settings', 'before')
const user = rowOf(edit, 'v_users', 'before')
/** An account from before FusionPBX hashed with bcrypt. */
const oldHash = { password: '5f4dcc3b5aa765d61d8327deb882cf99', salt: 'e1f2' }
const mail = rowOf(add, 'v_email_queue', 'after')

/** The form that edits a user, with what it rewrites as it was. */
const quietEdit = (name: string, form: Record<string, string>, after: JsonRow = {}, more: Capture['rows'] = []) =>
  derive(edit, name, {
    form: { user_email: 'alice@example.com', user_time_zone: 'America/New_York', ...form },
    without: ['group_uuid_name', 'action'],
    drop: ['v_user_groups'],
    rows: [
      { table: 'v_users', after: { user_email: 'alice@example.com', ...after } },
      { table: 'v_user_settings', index: 1, after: { user_setting_value: 'America/New_York' } },
      { table: 'v_user_settings', index: 3, before: { user_setting_value: 'America/New_York' } },
    ],
    more,
  })

const newPassword = quietEdit(
  'user-edit+password',
  { password: 'NewSecret456x' },
  { password: String(rowOf(remove, 'v_users', 'before').password) },
  [{ table: 'v_email_queue', op: 'insert', after: mail }],
)
/** FusionPBX means to empty the salt, and its database class does not write a NULL (facts 1). */
const withOldHash: Capture = {
  ...newPassword,
  rows: newPassword.rows.map((row) =>
    row.table === 'v_users'
      ? { ...row, before: { ...row.before, ...oldHash }, after: { ...row.after, salt: oldHash.salt } }
      : row,
  ),
}
const spoken = quietEdit('user-edit+no-language', { user_language: '' })
const withoutLanguage: Capture = {
  ...spoken,
  rows: [
    { table: 'v_user_settings', op: 'delete', before: language },
    ...spoken.rows.filter((row) => row.before?.user_setting_uuid !== language.user_setting_uuid),
  ],
}

const group = (name: keyof typeof formsGroups) => `${formsGroups[name]}|${name}`
const inSuperadmin = { group_name: 'superadmin', group_uuid: formsGroups.superadmin }
const taken: Laid = ['v_users', { ...user, user_uuid: '44444444-0000-4000-8000-000000000001' }]

const derived: Replay[] = [
  {
    capture: derive(add, 'user-add+no-group', { without: ['group_uuid_name'], refused: 'Required Fields: Group' }),
    title: 'a user may be added without a group (S002-USER-CREATE)',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'user-add+no-names', {
      form: { contact_name_given: '', contact_name_family: '', contact_organization: '' },
      rows: [
        {
          table: 'v_contacts',
          after: { contact_name_given: null, contact_name_family: null, contact_organization: null },
        },
      ],
    }),
    title: 'a user without a name has no contact (S002-USER-CREATE-FX)',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'user-add+disabled', {
      form: { user_enabled: 'false', user_language: '', user_status: 'On Break', api_key: 'k'.repeat(32) },
      drop: ['v_user_settings'],
      rows: [{ table: 'v_users', after: { user_enabled: false, user_status: 'On Break', api_key: 'k'.repeat(32) } }],
      more: [{ table: 'v_user_settings', op: 'insert', after: rowOf(add, 'v_user_settings', 'after', 1) }],
    }),
    title: 'a user is added disabled, with a status, an API key and no language (S002-USER-CREATE-OPT)',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'user-add+status', { form: { user_status: 'active' } }),
    title: 'a status of the documents that FusionPBX does not know is kept',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'user-add+superadmin', {
      form: { group_uuid_name: group('superadmin') },
      rows: [{ table: 'v_user_groups', after: inSuperadmin }],
    }),
    title: 'the global key may add a superadmin, as a superadmin may (S002-USER-LEVEL)',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'user-add+bad-address', {
      form: { user_email: 'alice.example.com' },
      refused: 'Required Fields: Email',
    }),
    title: 'a mail address that is none is refused',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'user-add+no-password', { form: { password: '' }, refused: 'Password blank' }),
    title: 'a user without a password is refused (S002-PWD-USER)',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'user-add+taken', { refused: 'Username exists' }),
    title: 'a name that another user of the tenant has is refused (S002-ERR-DUPLICATE)',
    status: 409,
    verb: 'create',
    variants: ['page'],
    world: [taken],
  },
  {
    capture: derive(add, 'user-add+taken-in-capitals', {
      form: { username: 'ALICE' },
      rows: [
        { table: 'v_users', after: { username: 'ALICE' } },
        { table: 'v_contacts', after: { contact_nickname: 'ALICE' } },
      ],
    }),
    title: 'a name that differs from another by its capitals is refused, because it logs in the same',
    status: 409,
    verb: 'create',
    variants: ['page'],
    world: [taken],
  },
  {
    capture: derive(add, 'user-add+mail', {}),
    title: 'the mail about a new password is queued when the operator wants it',
    verb: 'create',
    variants: ['typed'],
    env: { TANDEM_MAIL__USER_CREATED: 'true' },
  },
  {
    capture: withOldHash,
    title: 'a new password is hashed with bcrypt, whatever the old one was hashed with (S002-USER-CREATE-FX)',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
  },
  {
    capture: derive(edit, 'user-edit+weak-password', {
      form: { password: 'abc' },
      refused: 'Required Fields: Invalid Password Length, Numbers, Uppercase Letters',
    }),
    title: 'a new password that breaks the rules is refused',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
    world: [['v_users', user]],
  },
  {
    capture: withoutLanguage,
    title: 'a language that is emptied is a setting removed',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
  },
  {
    capture: {
      operation: 'user-edit+group-taken',
      form: {},
      posted: [],
      message: [{ text: 'Delete Completed', mood: 'positive' }],
      rows: [{ table: 'v_user_groups', op: 'delete', before: adminGroup }],
      esl: [],
      files: { created: [], removed: [] },
    },
    title: 'a group is taken from a user (S002-USER-GROUPS)',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['typed'],
    body: () => ({ groups: ['user'] }),
    world: [
      ['v_users', user],
      ['v_user_groups', rowOf(edit, 'v_user_groups', 'before', 1)],
    ],
  },
  {
    capture: derive(remove, 'user-delete+superadmin', {
      rows: [{ table: 'v_user_groups', before: inSuperadmin }],
    }),
    title: 'a superadmin is not deleted over the API (S002-USER-DELETE, S002-ERR-FORBIDDEN)',
    status: 403,
    verb: 'remove',
    uuid: uuidOf(remove),
    variants: ['typed'],
  },
]

replayForms('user', [...captured, ...derived])
