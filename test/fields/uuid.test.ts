import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseUuid, uuidKind } from '../../src/fields/uuid.ts'
import { anything, parsed, runs, spellings } from './values.ts'

const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

test('S004-UUIDCHECK: a UUID is read from any value or refused, and one that is accepted is in canonical form', () => {
  fc.assert(
    fc.property(anything, spellings, (value, spelling) => {
      const uuid = parsed(uuidKind, value, spelling)
      if (uuid !== undefined && uuid !== null) assert.match(uuid, canonical)
      const bare = parseUuid(value)
      if (bare !== undefined) assert.match(bare, canonical)
    }),
    runs,
  )
})

test('S004-UUIDCHECK: UUIDs of every version are accepted in any letter case and come back in small letters', () => {
  fc.assert(
    fc.property(fc.uuid(), spellings, (uuid, spelling) => {
      assert.equal(parsed(uuidKind, uuid.toUpperCase(), spelling), uuid.toLowerCase())
      assert.equal(parseUuid(uuid.toUpperCase()), uuid.toLowerCase())
      assert.equal(uuidKind.decode(uuidKind.encode(uuid, 'uuid')), uuid)
    }),
    runs,
  )
  assert.equal(parseUuid('00000000-0000-0000-0000-000000000000'), '00000000-0000-0000-0000-000000000000')
})

test('S004-UUIDCHECK: a UUID with one character added, dropped or replaced is none', () => {
  fc.assert(
    fc.property(
      fc.uuid(),
      fc.nat({ max: 35 }),
      fc.constantFrom('g', ' ', '\u0000', '-', '{', "'"),
      (uuid, at, character) => {
        const head = uuid.slice(0, at)
        const tail = uuid.slice(at + 1)
        assert.equal(parseUuid(head + tail), undefined)
        assert.equal(parseUuid(`${head}${character}${uuid.slice(at)}`), undefined)
        if (uuid[at] !== character) assert.equal(parseUuid(`${head}${character}${tail}`), undefined)
      },
    ),
    runs,
  )
  for (const text of [
    '{550e8400-e29b-41d4-a716-446655440000}',
    'urn:uuid:550e8400-e29b-41d4-a716-446655440000',
    '550e8400e29b41d4a716446655440000',
    'gg0e8400-e29b-41d4-a716-446655440012',
    '550e8400-e29b-41d4-a716-446655440000\n',
  ])
    assert.equal(parseUuid(text), undefined)
})

test('no value is null in every spelling', () => {
  for (const nothing of [null, ''])
    for (const spelling of ['text', 'plain'] as const) assert.equal(parsed(uuidKind, nothing, spelling), null)
})
