import { type Capture, readCapture, rowOf } from './capture.ts'
import { type Laid, type Replay, replayForms } from './replay.ts'

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
  { capture: second, title: 'adding an extension with an alias (S002-EXT-CREATE-DEF)', verb: 'create' },
  { capture: withoutBox, title: 'adding an extension without a voicemail box', verb: 'create' },
  {
    capture: duplicate,
    title: 'adding a number that exists changes nothing (S002-ERR-DUPLICATE)',
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

replayForms('extension', captured)
