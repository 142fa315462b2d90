import { type Capture, derive, readCapture, rowOf } from './capture.ts'
import { type Replay, replayForms } from './replay.ts'

const add = readCapture('number-translation-add')
const edit = readCapture('number-translation-edit')
const remove = readCapture('number-translation-delete')

const uuidOf = (capture: Capture) => String(rowOf(capture, 'v_number_translations', 'before').number_translation_uuid)

/** The first rule, which the edited form sends again as it was. */
const known = rowOf(remove, 'v_number_translation_details', 'before')

const order = 'number_translation_details[0][number_translation_detail_order]'

const replays: Replay[] = [
  { capture: add, title: 'adding a number translation with a rule (S004-NUMTR-CREATE)', verb: 'create' },
  {
    capture: edit,
    title: 'adding a rule to a number translation (S004-NUMTR-UPDATE)',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
    world: [['v_number_translation_details', known]],
  },
  {
    capture: remove,
    title: 'deleting a number translation with its rules (S004-NUMTR-DELETE)',
    verb: 'remove',
    uuid: uuidOf(remove),
    variants: ['typed'],
  },
  {
    capture: derive(add, 'number-translation-add+short-order', {
      form: { [order]: '5' },
      rows: [{ table: 'v_number_translation_details', after: { number_translation_detail_order: '5' } }],
    }),
    title: 'a place among the rules gets three digits',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'number-translation-add+taken', {}),
    title: 'a number translation by the name of another is refused',
    status: 409,
    verb: 'create',
    variants: ['page'],
    world: [['v_number_translations', rowOf(edit, 'v_number_translations', 'before')]],
  },
]

replayForms('number-translation', replays)
