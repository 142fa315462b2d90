import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { timestampKind } from '../../src/fields/timestamp.ts'
import { anything, parsed, runs, spellings } from './values.ts'

test('a moment is read from any value or refused, and one that is accepted is RFC 3339 in UTC', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anything,
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      ),
      spellings,
      (value, spelling) => {
        const moment = parsed(timestampKind, value, spelling)
        if (moment === undefined || moment === null) return
        assert.match(moment, /^([+-]\d{6}|\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
        assert.equal(parsed(timestampKind, moment, spelling), moment)
      },
    ),
    runs,
  )
})

test('offsets are understood', () => {
  for (const text of ['2026-02-04T10:30:00+01:00', '2026-02-04T09:30:00Z', '2026-02-04T03:30:00-06:00'])
    assert.equal(parsed(timestampKind, text, 'plain'), '2026-02-04T09:30:00.000Z')
  for (const wrong of ['yesterday', 7, true, [], {}, '2026-13-01', '\u0000'])
    assert.equal(parsed(timestampKind, wrong, 'plain'), undefined)
})
