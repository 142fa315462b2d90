import { type Capture, readCapture, rowOf } from './capture.ts'
import { type Replay, replayForms } from './replay.ts'

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

replayForms('user', captured)
