import { type Capture, readCapture, rowOf } from './capture.ts'
import { type Laid, type Replay, replayForms } from './replay.ts'

const add = readCapture('device-add')
const duplicate = readCapture('device-add-duplicate')
const edit = readCapture('device-edit')
const toggle = readCapture('device-toggle')
const remove = readCapture('device-delete')

const uuidOf = (capture: Capture) => String(rowOf(capture, 'v_devices', 'before').device_uuid)

/** What belongs to the device that was added, but for its second key. */
const belongings: Laid[] = [
  ['v_device_lines', rowOf(add, 'v_device_lines', 'after')],
  ['v_device_lines', rowOf(add, 'v_device_lines', 'after', 1)],
  ['v_device_keys', rowOf(add, 'v_device_keys', 'after')],
  ['v_device_settings', rowOf(add, 'v_device_settings', 'after')],
]
const [firstKey, secondKey] = [0, 1].map((index) => rowOf(add, 'v_device_keys', 'after', index).device_key_uuid)

const captured: Replay[] = [
  {
    capture: add,
    title: 'adding a device with lines, keys and a setting (S002-DEV-CREATE, S002-DEV-LINE, S002-DEV-CREATE-FX)',
    verb: 'create',
  },
  {
    capture: duplicate,
    title: 'adding an address that another device has (S002-MAC)',
    verb: 'create',
    world: [
      [
        'v_devices',
        { ...rowOf(duplicate, 'v_devices', 'after'), device_uuid: uuidOf(edit), device_address: '0015.65aa.bb02' },
      ],
    ],
  },
  {
    capture: edit,
    title: 'changing the label of a device and of one of its keys (S002-DEV-UPDATE)',
    verb: 'update',
    uuid: uuidOf(edit),
    world: belongings,
    body: (body, variant) =>
      variant === 'page'
        ? body
        : {
            ...body,
            device_keys: [
              { device_key_uuid: firstKey, device_key_type: '15' },
              { device_key_uuid: secondKey, device_key_type: '16', device_key_label: 'Bob' },
            ],
          },
  },
  {
    capture: toggle,
    title: 'disabling a device',
    verb: 'update',
    uuid: uuidOf(toggle),
    variants: ['typed'],
    body: () => ({ device_enabled: 'false' }),
  },
  {
    capture: remove,
    title: 'deleting a device takes its lines, keys and settings with it (S002-DEV-DELETE)',
    verb: 'remove',
    uuid: uuidOf(remove),
    variants: ['typed'],
  },
]

replayForms('device', captured)
