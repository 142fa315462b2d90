import { type Capture, readCapture, rowOf } from './capture.ts'
import { type Laid, type Replay, replayForms } from './replay.ts'

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

replayForms('voicemail', captured)
