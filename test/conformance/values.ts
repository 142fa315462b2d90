import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Field, Fields } from '../../src/fields/field.ts'
import type { Resource } from '../../src/resources/core/define.ts'
import { resources } from '../../src/resources/registry.ts'
import type { TestApp } from '../support/app.ts'
import { ours } from '../support/app.ts'
import { countRows, insertFull, storedRow } from './rows.ts'
import { next, type Sample, seed } from './samples.ts'
import { assertError, type Wire } from './wires.ts'

/** Values that are wrong for every field of a kind, whatever its limits; `text` for v1, `plain` for v2. */
const wrong: Readonly<Record<string, { text: readonly unknown[]; plain: readonly unknown[] }>> = {
  text: {
    text: [{}, [], ['x'], true, 'a\u0000b', '\u0007', '\ud800', 'x'.repeat(5000)],
    plain: [{}, [], ['x'], true, 7, 'a\u0000b', '\u0007', '\ud800', 'x'.repeat(5000)],
  },
  boolean: {
    text: ['maybe', 'yes', '1', 1, 0, {}, [], 'tru\u0000e'],
    plain: ['true', 'false', 'maybe', 1, 0, {}, []],
  },
  integer: {
    text: ['abc', '1.5', 1.5, true, {}, [], -2, '-2', 99_999_999_999, '99999999999', '1e3', '0x10', ' ', '1\u0000'],
    plain: ['abc', '7', 1.5, true, {}, [], -2, 99_999_999_999],
  },
  uuid: {
    text: [
      'not-a-uuid',
      7,
      true,
      {},
      [],
      '550e8400-e29b-41d4-a716-44665544000',
      'gg0e8400-e29b-41d4-a716-446655440012',
    ],
    plain: ['not-a-uuid', 7, true, {}, [], '550e8400-e29b-41d4-a716-44665544000'],
  },
  mac: {
    text: ['00:11:22', 'gg:11:22:33:44:55', '00112233445566', 7, true, {}, [], '001122334455\u0000'],
    plain: ['00:11:22', 'gg:11:22:33:44:55', '00112233445566', 7, true, {}, []],
  },
  list: {
    text: ['user', {}, 7, true, [{}], [['x']], [null], [''], ['x'.repeat(5000)], ['a\u0000b']],
    plain: ['user', {}, 7, true, [{}], [7], [null], [''], ['x'.repeat(5000)]],
  },
}

const wrongLists: readonly unknown[] = ['x', {}, 7, true, ['x'], [7], [null], [[]]]

const isWritable = (field: Field): boolean => field.role !== 'computed' && field.writable !== 'never'

/** Names of the writable fields by kind: the shape of the matrix, not what is expected of it. */
const namesByKind = (fields: Fields): Map<string, string[]> => {
  const kinds = new Map<string, string[]>()
  for (const [name, field] of Object.entries(fields))
    if (isWritable(field)) kinds.set(field.kind.name, [...(kinds.get(field.kind.name) ?? []), name])
  return kinds
}

const resourceOf = (sample: Sample): Resource => {
  const found = resources.find((resource) => resource.name === sample.name)
  assert.ok(found)
  return found
}

/** A wrong value of every kind of field, on create and on update, is refused by the field's name. */
export function wrongValues(app: TestApp, sample: Sample, wire: Wire): void {
  const { name, table, key } = sample
  const resource = resourceOf(sample)

  for (const [kind, names] of namesByKind(resource.fields)) {
    test(`${wire.ids({
      clean: 'S004-ERR-LIST, S004-ERR-VALIDATION_ERROR',
      actions: 'S002-ERR-VALIDATION, S002-HTTP-400',
    })}${wire.name} ${name} refuse wrong values of all ${kind} fields by name`, async () => {
      const values = wrong[kind]?.[wire.spelling]
      assert.ok(values, `wrong values of kind ${kind} are known`)
      const uuid = await seed(app, sample, ours)
      const before = await storedRow(app, table, key, uuid)
      const count = await countRows(app, table)
      for (const value of values) {
        // One document lists every fault, the other tells one: there each field is tried alone, two of a kind.
        const groups = wire.name === 'actions' ? names.slice(0, 2).map((one) => [one]) : [names]
        for (const group of groups) {
          const faulty = Object.fromEntries(group.map((field) => [field, value]))
          const made = await app.call('POST', wire.path('create', name), {
            ...sample.body(next())[wire.spelling],
            ...faulty,
          })
          assertError(wire, made, 400, 'VALIDATION_ERROR', group)
          const changed = await app.call(wire.methods.update, wire.path('update', name, uuid), faulty)
          assertError(wire, changed, 400, 'VALIDATION_ERROR', group)
        }
      }
      assert.equal(await countRows(app, table), count)
      assert.deepEqual(await storedRow(app, table, key, uuid), before)
    })
  }

  const lists = (sample.lists ?? []).filter((list) => list !== 'groups')
  if (lists.length > 0)
    test(`${wire.ids({
      clean: 'S004-ERR-VALIDATION_ERROR',
      actions: 'S002-ERR-VALIDATION',
    })}${wire.name} ${name} refuse ${lists.join(', ')} that are no lists of objects`, async () => {
      const uuid = await seed(app, sample, ours)
      const count = await countRows(app, table)
      for (const list of lists)
        for (const value of wrongLists) {
          const field = Array.isArray(value) ? `${list}[0]` : list
          const made = await app.call('POST', wire.path('create', name), {
            ...sample.body(next())[wire.spelling],
            [list]: value,
          })
          const changed = await app.call(wire.methods.update, wire.path('update', name, uuid), { [list]: value })
          for (const answer of [made, changed]) {
            const inside = Array.isArray(value) && Array.isArray(value[0]) ? undefined : field
            assertError(wire, answer, 400, 'VALIDATION_ERROR', inside)
          }
        }
      assert.equal(await countRows(app, table), count)
    })

  for (const child of resource.children ?? []) {
    const list = child.names[child.names.length - 1] ?? child.names[0]
    test(`${wire.ids({
      clean: 'S004-ERR-VALIDATION_ERROR',
      actions: 'S002-ERR-VALIDATION',
    })}${wire.name} ${name} refuse wrong values inside ${list}, naming entry and field`, async () => {
      const count = await countRows(app, table)
      const inside = await countRows(app, child.table)
      for (const [kind, names] of namesByKind(child.fields))
        for (const value of wrong[kind]?.[wire.spelling].slice(0, 5) ??
          assert.fail(`wrong values of kind ${kind} are known`)) {
          const field = names[0] ?? ''
          const answer = await app.call('POST', wire.path('create', name), {
            ...sample.body(next())[wire.spelling],
            [list]: [{ [field]: value }],
          })
          assertError(wire, answer, 400, 'VALIDATION_ERROR', `${list}[0].${field}`)
        }
      assert.equal(await countRows(app, table), count)
      assert.equal(await countRows(app, child.table), inside)
    })

    const required = Object.entries(child.fields).find(([, field]) => field.required)?.[0]
    if (required !== undefined)
      test(`${wire.ids({
        clean: 'S004-ERR-VALIDATION_ERROR',
        actions: 'S002-ENV-ERR, S002-ERR-VALIDATION',
      })}${wire.name} ${name} say which entry of ${list} lacks ${required}, by the name it was sent under`, async () => {
        const inside = await countRows(app, child.table)
        const answer = await app.call('POST', wire.path('create', name), {
          ...sample.body(next())[wire.spelling],
          [list]: [{}],
        })
        assertError(wire, answer, 400, 'VALIDATION_ERROR', `${list}[0].${required}`)
        assert.equal(await countRows(app, child.table), inside)
      })
  }
}

/** What FusionPBX's own forms let nobody empty, and a PIN, which a box needs. */
const neverEmpty: Readonly<Record<string, readonly string[]>> = {
  'call-block': ['call_block_app', 'call_block_number'],
  gateways: ['expire_seconds', 'retry_seconds', 'profile'],
  voicemails: ['voicemail_password'],
}

/** Numbers that FusionPBX keeps in text columns. */
const numbers = { max_registrations: '2', limit_max: '5', ping: '25', ping_min: '1', ping_max: '2', register: 'false' }

/** Null, and in v1 empty text, is no value: the column becomes NULL, as FusionPBX stores it. */
export function emptied(app: TestApp, sample: Sample, wire: Wire): void {
  const { name, table, key } = sample
  const kept = [...sample.required.map(([field]) => field), ...(neverEmpty[name] ?? [])]
  const fields = Object.entries(resourceOf(sample).fields)
    .filter(([field, { role, writable }]) => role === 'column' && writable !== 'never' && !kept.includes(field))
    .map(([field]) => field)
  const empty = (nothing: unknown, names: readonly string[]) =>
    Object.fromEntries(names.map((field) => [field, nothing]))

  test(`${wire.ids({ clean: 'S004-NULLS' })}${wire.name} ${name} can be emptied, field by field, and nothing else goes with it`, async () => {
    for (const nothing of wire.spelling === 'text' ? ['', null] : [null]) {
      const uuid = randomUUID()
      const values = { ...numbers, ...sample.row(next()), register: 'false' }
      await insertFull(app, table, 'full', { [key]: uuid, domain_uuid: ours.uuid, ...values })
      const before = await storedRow(app, table, key, uuid)
      const path = wire.path('update', name, uuid)
      const answer = await app.call(wire.methods.update, path, empty(nothing, fields))
      assert.equal(answer.status, 200, answer.text)
      const stored = await storedRow(app, table, key, uuid)
      for (const [column, value] of Object.entries(stored ?? {})) {
        // An extension without a password would be anybody's: it gets a new one.
        if (name === 'extensions' && column === 'password') assert.match(String(value), /^[0-9a-f]{16}$/)
        // FusionPBX's number for a gateway without a limit.
        else if (column === 'channels') assert.equal(value, 0)
        // NULL and false are the same flag (FusionPBX writes either).
        else if (fields.includes(column) && before?.[column] === false) assert.ok(!value, column)
        else if (fields.includes(column)) assert.equal(value, null, column)
        else if (!column.startsWith('update_')) assert.deepEqual(value, before?.[column], column)
      }
      assert.equal((await app.call('GET', wire.path('get', name, uuid))).status, 200)
      const refused = await app.call(wire.methods.update, path, empty(nothing, kept))
      assertError(wire, refused, 400, 'VALIDATION_ERROR', wire.name === 'actions' ? undefined : kept)
      assert.deepEqual(await storedRow(app, table, key, uuid), stored)
    }
  })
}
