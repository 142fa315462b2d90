import { type Capture, readCapture, rowOf } from './capture.ts'
import { type Replay, replayForms } from './replay.ts'

const add = readCapture('gateway-add')
const invalid = readCapture('gateway-add-invalid')
const edit = readCapture('gateway-edit')
const toggle = readCapture('gateway-toggle')
const remove = readCapture('gateway-delete')

const uuidOf = (capture: Capture) => String(rowOf(capture, 'v_gateways', 'before').gateway_uuid)

const captured: Replay[] = [
  { capture: add, title: 'adding a gateway (S002-GW-CREATE, S002-GW-CREATE-FX)', verb: 'create' },
  {
    capture: invalid,
    title: 'adding a gateway that registers without credentials is refused',
    verb: 'create',
  },
  { capture: edit, title: 'editing a gateway (S002-GW-UPDATE)', verb: 'update', uuid: uuidOf(edit) },
  {
    capture: toggle,
    title: 'disabling a gateway',
    verb: 'update',
    uuid: uuidOf(toggle),
    variants: ['typed'],
    body: () => ({ enabled: 'false' }),
  },
  {
    capture: remove,
    title: 'deleting a gateway (S002-GW-DELETE)',
    verb: 'remove',
    uuid: uuidOf(remove),
    variants: ['typed'],
  },
]

replayForms('gateway', captured)
