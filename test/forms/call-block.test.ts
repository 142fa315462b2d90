import { readCapture, rowOf } from './capture.ts'
import { replayForms } from './replay.ts'

const add = readCapture('call-block-add')
const edit = readCapture('call-block-edit')
const toggle = readCapture('call-block-toggle')
const remove = readCapture('call-block-delete')
const uuid = String(rowOf(edit, 'v_call_block', 'before').call_block_uuid)

replayForms('call-block', [
  { capture: add, title: 'blocking a number, which switches the dialplan on (S004-BLOCK-CREATE)', verb: 'create' },
  { capture: edit, title: 'changing what a blocked caller meets (S004-BLOCK-UPDATE)', verb: 'update', uuid },
  {
    capture: toggle,
    title: 'switching a block off (S004-BLOCK-UPDATE)',
    verb: 'update',
    uuid,
    variants: ['typed'],
    body: () => ({ call_block_enabled: 'false' }),
  },
  {
    capture: remove,
    title: 'deleting a block (S004-BLOCK-DELETE)',
    verb: 'remove',
    uuid,
    variants: ['typed'],
  },
])
