import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { listKind } from '../../src/fields/list.ts'
import { textKind } from '../../src/fields/text.ts'
import { anything, parsed, runs, spellings } from './values.ts'

const kind = listKind(textKind({ max: 10 }), { max: 5 })

test('a list is read from any value or refused, and one that is accepted holds only accepted entries', () => {
  fc.assert(
    fc.property(fc.oneof(anything, fc.array(anything, { maxLength: 8 })), spellings, (value, spelling) => {
      const list = parsed(kind, value, spelling)
      if (list === undefined || list === null) return
      assert.ok(list.length <= 5)
      for (const item of list) assert.equal(parsed(textKind({ max: 10 }), item, spelling), item)
    }),
    runs,
  )
})

test('entries keep their order, and the one that is wrong is told by its place', () => {
  assert.deepEqual(kind.parse(['b', ' a '], 'plain'), { ok: true, value: ['b', 'a'] })
  assert.deepEqual(kind.parse([], 'plain'), { ok: true, value: [] })
  assert.deepEqual(kind.parse(null, 'plain'), { ok: true, value: [] })
  assert.deepEqual(kind.parse(['a', 7], 'plain'), { ok: false, text: 'entry 2 must be text' })
  assert.deepEqual(kind.parse(['a', ''], 'text'), { ok: false, text: 'entry 2 must not be empty' })
  assert.deepEqual(kind.parse('a', 'text'), { ok: false, text: 'must be an array' })
  assert.deepEqual(kind.parse(Array(6).fill('a'), 'text'), { ok: false, text: 'must hold at most 5 entries' })
})
