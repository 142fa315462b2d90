import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { ours, type TestApp, theirs } from '../support/app.ts'
import { countRows, insertFull, snapshot, storedRow, storedText } from './rows.ts'
import { next, type Sample, seed } from './samples.ts'
import { assertError, faultFields, type Wire } from './wires.ts'

const unknown = '00000000-0000-4000-8000-000000000000'

/** What only another tenant's rows hold. */
const foreignMark = 'zzforeign'

/** Own columns of a row that an update may not touch. */
const without = (row: Record<string, unknown> | undefined, ...names: string[]) =>
  Object.fromEntries(Object.entries(row ?? {}).filter(([name]) => !names.includes(name)))

/** Whose a new row is: tables of the whole system have no column for it. */
const ownerOf = (sample: Sample): string | undefined => (sample.global ? undefined : ours.uuid)

/** From nothing to a row, read, changed and gone again, as the documents say it. */
export function lifeCycle(app: TestApp, sample: Sample, wire: Wire): void {
  const { name, table, key, title } = sample

  test(`${wire.ids({
    clean: 'S004-ENV-OK, S004-ENV-201, S004-ENV-UPDATE, S004-ENV-204, S004-MSG',
    actions: 'S002-ENV-OK, S002-HTTP-200, S002-HTTP-201, S002-MSG',
  })}${wire.name} ${name} are created, read, changed and deleted`, async () => {
    const n = next()
    const made = await app.call('POST', wire.path('create', name), sample.body(n)[wire.spelling])
    assert.equal(made.status, 201, made.text)
    const uuid: string = wire.name === 'native' ? made.json[key] : made.json.data[key]
    assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    if (wire.name === 'native') assert.equal(made.headers.location, `/api/v2/${name}/${uuid}`)
    else assert.deepEqual(made.json, { success: true, data: { [key]: uuid }, message: `${title} created successfully` })

    const stored = await storedText(app, table, key, uuid)
    assert.equal(stored?.domain_uuid, ownerOf(sample))
    for (const [column, value] of Object.entries(sample.stored(n))) assert.equal(stored?.[column], value, column)
    assert.equal(stored?.update_date, null)
    assert.ok(stored?.insert_date)

    const read = await app.call('GET', wire.path('get', name, uuid))
    assert.equal(read.status, 200, read.text)
    if (wire.name !== 'native') assert.deepEqual(Object.keys(read.json), ['success', 'data'])
    assert.equal(wire.row(read)[key], uuid)
    const sent = sample.body(n)[wire.spelling]
    for (const field of Object.keys(sample.stored(n)))
      if (!['password', 'voicemail_password', 'pin_number', 'device_address'].includes(field))
        assert.deepEqual(wire.row(read)[field], sent[field], field)

    const listed = await app.call(
      'GET',
      `${wire.path('list', name)}?${wire.name === 'native' ? 'limit' : 'per_page'}=100`,
    )
    assert.equal(listed.status, 200)
    assert.equal(wire.rows(listed).filter((row) => row[key] === uuid).length, 1)

    const changed = await app.call(wire.methods.update, wire.path('update', name, uuid), {
      [sample.change.field]: sample.change[wire.spelling],
    })
    assert.equal(changed.status, 200, changed.text)
    if (wire.name === 'clean')
      assert.deepEqual(changed.json, { success: true, data: { [key]: uuid }, message: `${title} updated successfully` })
    else if (wire.name === 'actions')
      assert.deepEqual(changed.json, { success: true, message: `${title} updated successfully` })
    else assert.deepEqual(changed.json[sample.change.field], sample.change.plain)
    assert.equal((await storedText(app, table, key, uuid))?.[sample.change.field], sample.change.stored)

    const gone = await app.call('DELETE', wire.path('remove', name, uuid))
    assert.equal(gone.status, wire.statuses.remove)
    if (wire.name === 'actions')
      assert.deepEqual(gone.json, { success: true, message: `${title} deleted successfully` })
    else assert.equal(gone.text, '')
    assert.equal(await storedRow(app, table, key, uuid), undefined)
    assertError(wire, await app.call('GET', wire.path('get', name, uuid)), 404, 'NOT_FOUND')
    assertError(wire, await app.call('DELETE', wire.path('remove', name, uuid)), 404, 'NOT_FOUND')

    for (const answer of [made, changed, gone])
      assert.match(
        answer.headers['x-tandem-receipt'] ?? '',
        /^[0-9a-f-]{36}; row=done; cache=(none|skipped|pending|sent|done|failed); switch=(none|skipped|pending|sent|done|failed)$/,
      )
    assert.equal(read.headers['x-tandem-receipt'], undefined)
    const receipts = await app.sql<{ operation: string }>(
      'select operation from tandem.receipts where key = $1 and resource = $2 order by created_at',
      [uuid, name],
    )
    assert.deepEqual(
      receipts.map((receipt) => receipt.operation),
      ['create', 'update', 'remove'],
    )
  })
}

/** What a body lacks is said by name, all at once where the document lists faults. */
export function missingFields(app: TestApp, sample: Sample, wire: Wire): void {
  const { name, table, key } = sample
  const fields = sample.required.map(([field]) => field)

  test(`${wire.ids({
    clean: 'S004-ERR, S004-ERR-LIST, S004-ERR-VALIDATION_ERROR, S004-ERR-TEXT',
    actions: 'S002-ENV-ERR, S002-HTTP-400, S002-ERR-VALIDATION',
  })}${wire.name} ${name} refuse a body without ${fields.join(' or ')}`, async () => {
    const count = await countRows(app, table)
    const answer = await app.call('POST', wire.path('create', name), {})
    assertError(wire, answer, 400, 'VALIDATION_ERROR', wire.name === 'actions' ? fields[0] : fields)
    if (wire.name === 'clean')
      assert.deepEqual(
        answer.json.error.errors,
        fields.map((field) => ({ field, message: `${field} is required` })),
      )
    if (wire.name === 'actions')
      assert.deepEqual(answer.json.error, {
        code: 'VALIDATION_ERROR',
        message: sample.required[0]?.[1],
        field: fields[0],
      })
    for (const [field, sentence] of sample.required) {
      const body = { ...sample.body(next())[wire.spelling] }
      delete body[field]
      const lacking = await app.call('POST', wire.path('create', name), body)
      assertError(wire, lacking, 400, 'VALIDATION_ERROR', field)
      if (wire.name === 'actions') assert.equal(lacking.json.error.message, sentence)
    }
    assert.equal(await countRows(app, table), count)
  })

  test(`${wire.ids({ clean: 'S004-ERR-VALIDATION_ERROR', actions: 'S002-ERR-VALIDATION' })}${wire.name} ${name} never lose ${fields.join(' or ')} to null or empty text`, async () => {
    const uuid = await seed(app, sample, ours)
    const before = await storedRow(app, table, key, uuid)
    for (const field of fields)
      for (const nothing of [null, '', '   ']) {
        const body = { ...sample.body(next())[wire.spelling], [field]: nothing }
        assertError(wire, await app.call('POST', wire.path('create', name), body), 400, 'VALIDATION_ERROR', field)
        const answer = await app.call(wire.methods.update, wire.path('update', name, uuid), { [field]: nothing })
        assertError(wire, answer, 400, 'VALIDATION_ERROR', field)
      }
    assert.deepEqual(await storedRow(app, table, key, uuid), before)
  })
}

/** Values that no two rows of a tenant may share, and whose neighbours may. */
export function duplicates(app: TestApp, sample: Sample, wire: Wire): void {
  const { name, table, key, unique } = sample
  // Passwords of users take their time.
  const atOnce = name === 'users' ? 2 : 4
  const duplicate = (answer: Parameters<typeof assertError>[1]) => {
    assertError(wire, answer, 409, 'DUPLICATE_ERROR', unique.field)
    const message = wire.name === 'native' ? answer.json.title : answer.json.error.message
    assert.equal(message, `${sample.title} already exists`)
  }

  test(`${wire.ids({
    clean: 'S004-ERR-DUPLICATE_ERROR',
    actions: 'S002-HTTP-409, S002-ERR-DUPLICATE',
  })}${wire.name} ${name} refuse a second row with the same ${unique.field}`, async () => {
    const [first, second, third] = [next(), next(), next()]
    const made = await app.call('POST', wire.path('create', name), sample.body(first)[wire.spelling])
    assert.equal(made.status, 201)
    const other = await seed(app, sample, ours, sample.row(second))
    const count = await countRows(app, table)
    duplicate(await app.call('POST', wire.path('create', name), sample.body(first)[wire.spelling]))
    duplicate(await app.call('POST', wire.path('create', name), sample.body(second)[wire.spelling]))

    const before = await storedRow(app, table, key, other)
    const taken = { [unique.field]: sample.body(first)[wire.spelling][unique.field] }
    duplicate(await app.call(wire.methods.update, wire.path('update', name, other), taken))
    assert.deepEqual(await storedRow(app, table, key, other), before)
    assert.equal(await countRows(app, table), count)

    // A row's own value is nobody else's.
    const same = { [unique.field]: sample.body(second)[wire.spelling][unique.field] }
    assert.equal((await app.call(wire.methods.update, wire.path('update', name, other), same)).status, 200)

    await seed(app, sample, theirs, sample.row(third))
    const again = await app.call('POST', wire.path('create', name), sample.body(third)[wire.spelling])
    if (unique.everywhere) duplicate(again)
    else assert.equal(again.status, 201, 'what another tenant has is free here')
  })

  test(`${wire.ids({
    clean: 'S004-ERR-DUPLICATE_ERROR',
    actions: 'S002-ERR-DUPLICATE',
  })}of several ${wire.name} ${name} with the same ${unique.field} sent at once one is made`, async () => {
    const body = sample.body(next())[wire.spelling]
    const answers = await Promise.all(
      Array.from({ length: atOnce }, () => app.call('POST', wire.path('create', name), body)),
    )
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, ...Array(atOnce - 1).fill(409)])
  })

  test(`${wire.ids({
    clean: 'S004-ERR-DUPLICATE_ERROR',
    actions: 'S002-UUID-GEN, S002-ERR-DUPLICATE',
  })}${wire.name} ${name} take a UUID that the caller chose, unless some row has it`, async () => {
    const chosen = randomUUID()
    const body = { ...sample.body(next())[wire.spelling], [key]: chosen.toUpperCase() }
    const made = await app.call('POST', wire.path('create', name), body)
    assert.equal(made.status, 201, made.text)
    assert.equal(wire.name === 'native' ? made.json[key] : made.json.data[key], chosen)
    assert.equal((await storedRow(app, table, key, chosen))?.domain_uuid, ownerOf(sample))

    const foreign = await seed(app, sample, theirs)
    for (const taken of [chosen, foreign]) {
      const before = await storedRow(app, table, key, taken)
      const again = { ...sample.body(next())[wire.spelling], [key]: taken }
      assertError(wire, await app.call('POST', wire.path('create', name), again), 409, 'DUPLICATE_ERROR', key)
      assert.deepEqual(await storedRow(app, table, key, taken), before)
    }
    const wrong = { ...sample.body(next())[wire.spelling], [key]: 'not-a-uuid' }
    assertError(wire, await app.call('POST', wire.path('create', name), wrong), 400, 'VALIDATION_ERROR', key)
  })
}

/** Other tenants' rows do not exist, whatever is done to them. */
export function strangers(app: TestApp, sample: Sample, wire: Wire): void {
  const { name, table, key } = sample
  const body = { [sample.change.field]: sample.change[wire.spelling] }
  const about = (uuid: string): [method: string, path: string, body?: unknown][] => {
    const paths: [method: string, path: string, body?: unknown][] = [
      ['GET', wire.path('get', name, uuid)],
      [wire.methods.update, wire.path('update', name, uuid), body],
      [wire.methods.update, wire.path('update', name, uuid), {}],
      ['DELETE', wire.path('remove', name, uuid)],
    ]
    // Spec 002 names the UUID as a path parameter and shows it in the query (C-15).
    return wire.name === 'actions'
      ? [
          ...paths,
          ...paths.map(([method, path, sent]) => [method, path.replace('?uuid=', '/'), sent] as (typeof paths)[0]),
        ]
      : paths
  }

  test(`${wire.ids({
    clean: 'S002-ISO, S004-ERR-NOT_FOUND',
    actions: 'S002-ISO, S002-HTTP-404, S002-ERR-NOT-FOUND',
  })}another tenant's ${wire.name} ${name} are not found and stay as they are`, async () => {
    const uuid = randomUUID()
    await insertFull(app, table, foreignMark, { [key]: uuid, domain_uuid: theirs.uuid, ...sample.row(next()) })
    const before = await snapshot(app, [table])
    for (const [method, path, sent] of about(uuid)) {
      const answer = await app.call(method, path, sent)
      assertError(wire, answer, 404, 'NOT_FOUND')
      assert.ok(!answer.text.includes(foreignMark))
    }
    assert.equal(await snapshot(app, [table]), before)
    // The tenant itself has it.
    const own = await app.call('GET', wire.path('get', name, uuid), undefined, { 'x-domain': theirs.name })
    assert.equal(own.status, 200)
    await app.sql(`delete from ${table} where ${key} = $1`, [uuid])
  })

  test(`${wire.ids({
    clean: 'S004-ERR-NOT_FOUND',
    actions: 'S002-HTTP-404, S002-ERR-NOT-FOUND',
  })}${wire.name} ${name} that do not exist are not found`, async () => {
    await seed(app, sample, ours)
    await seed(app, sample, theirs)
    const before = await snapshot(app, [table])
    for (const [method, path, sent] of about(unknown)) {
      const answer = await app.call(method, path, sent)
      assertError(wire, answer, 404, 'NOT_FOUND')
      const message = wire.name === 'native' ? answer.json.title : answer.json.error.message
      assert.equal(message, `${sample.title} not found`)
    }
    assert.equal(await snapshot(app, [table]), before)
  })

  test(`${wire.ids({
    clean: 'S004-UUIDCHECK',
    actions: 'S002-ERR-VALIDATION',
  })}a malformed UUID of ${wire.name} ${name} is a bad request`, async () => {
    const malformed = [
      'not-a-uuid',
      '123',
      '550e8400-e29b-41d4-a716-44665544000',
      '550e8400-e29b-41d4-a716-4466554400000',
      'gg0e8400-e29b-41d4-a716-446655440012',
      '%7B550e8400-e29b-41d4-a716-446655440000%7D',
      '550e8400e29b41d4a716446655440000',
      '550e8400-e29b-41d4-a716-446655440000%00',
      "550e8400-e29b-41d4-a716-446655440000'",
      '%F0%9F%98%80',
    ]
    // The check is one for all; the whole list is tried on one resource.
    for (const text of name === 'extensions' ? malformed : malformed.slice(0, 3))
      for (const [method, path, sent] of about(text))
        assertError(wire, await app.call(method, path, sent), 400, 'VALIDATION_ERROR')
  })

  test(`${wire.ids({ clean: 'S004-UUIDCHECK', actions: 'S002-UUID-PARAM' })}the UUID of ${wire.name} ${name} may be written in capitals`, async () => {
    const uuid = await seed(app, sample, ours)
    assert.equal(wire.row(await app.call('GET', wire.path('get', name, uuid.toUpperCase())))[key], uuid)
  })
}

/** The demands that ask for partial updates, by resource. */
const updateIds: Readonly<Record<string, { clean?: string; actions?: string }>> = {
  extensions: { clean: 'S004-EXT-UPDATE', actions: 'S002-EXT-UPDATE' },
  users: { clean: 'S004-USER-REST', actions: 'S002-USER-UPDATE' },
  gateways: { clean: 'S004-GW-REST', actions: 'S002-GW-UPDATE' },
  devices: { actions: 'S002-DEV-UPDATE' },
  voicemails: { actions: 'S002-VM-UPDATE' },
  'access-controls': { clean: 'S004-ACL-UPDATE' },
  'number-translations': { clean: 'S004-NUMTR-UPDATE' },
  'sip-profiles': { clean: 'S004-SIP-UPDATE' },
  'sip-profiles/settings': { clean: 'S004-SIPSET-UPDATE' },
}

/** A partial update leaves every other column as it was, known to us or not. */
export function partialUpdates(app: TestApp, sample: Sample, wire: Wire): void {
  const { name, table, key, change } = sample

  test(`${wire.ids(updateIds[name] ?? {})}an update of ${wire.name} ${name} changes what was sent and no other column`, async () => {
    const uuid = randomUUID()
    await insertFull(app, table, 'kept', { [key]: uuid, domain_uuid: ours.uuid, ...sample.row(next()) })
    const neighbour = await seed(app, sample, ours)
    await seed(app, sample, theirs)
    const others = await snapshot(app, [table], `t.${key} <> '${uuid}'`)
    const before = await storedRow(app, table, key, uuid)
    // Another program's form: everything is in it.
    for (const [column, value] of Object.entries(before ?? {})) assert.notEqual(value, null, `${column} is filled`)

    const answer = await app.call(wire.methods.update, wire.path('update', name, uuid), {
      [change.field]: change[wire.spelling],
    })
    assert.equal(answer.status, 200, answer.text)
    const after = await storedRow(app, table, key, uuid)
    assert.equal(String(after?.[change.field]), change.stored)
    assert.notEqual(after?.update_date, before?.update_date)
    // The stamps say when, and that it was no user of FusionPBX.
    assert.equal(after?.update_user, null)
    const stamps = ['update_date', 'update_user']
    assert.deepEqual(without(after, change.field, ...stamps), without(before, change.field, ...stamps))
    assert.equal(await snapshot(app, [table], `t.${key} <> '${uuid}'`), others)

    // What is sent as it already is, and nothing at all, changes not even the stamp.
    for (const body of [{ [change.field]: change[wire.spelling] }, {}]) {
      assert.equal((await app.call(wire.methods.update, wire.path('update', name, uuid), body)).status, 200)
      assert.deepEqual(await storedRow(app, table, key, uuid), after)
    }
    assert.ok(neighbour)
  })
}

/** What the dialects do with a field that nobody knows. */
export function unknownFields(app: TestApp, sample: Sample, wire: Wire): void {
  const { name, table, key } = sample
  const strange = { favourite_colour: 'red', domain_uuid: theirs.uuid, insert_user: randomUUID(), constructor: 'x' }

  test(`${wire.name === 'native' ? '' : wire.ids({ clean: 'S002-ISO', actions: 'S002-ISO' })}${wire.name} ${name} ${
    wire.name === 'native' ? 'refuse fields they do not have, by name' : 'ignore fields they do not have'
  }, so that a row never lands in another tenant`, async () => {
    const uuid = await seed(app, sample, ours)
    const body = { ...sample.body(next())[wire.spelling], ...strange }
    const count = await countRows(app, table)
    const made = await app.call('POST', wire.path('create', name), body)
    const changed = await app.call(wire.methods.update, wire.path('update', name, uuid), strange)
    const odd = await app.call('POST', wire.path('create', name), '{"__proto__":{"x":1},"toString":1}')
    if (wire.name === 'native') {
      assertError(wire, made, 400, 'VALIDATION_ERROR', Object.keys(strange))
      assertError(wire, changed, 400, 'VALIDATION_ERROR', Object.keys(strange))
      assertError(wire, odd, 400, 'VALIDATION_ERROR', ['__proto__', 'toString'])
      assert.equal(await countRows(app, table), count)
      return
    }
    assert.equal(made.status, 201, made.text)
    const stored = await storedRow(app, table, key, made.json.data[key])
    assert.equal(stored?.domain_uuid, ownerOf(sample))
    assert.equal(stored?.insert_user, null)
    assert.equal(changed.status, 200)
    assert.equal((await storedRow(app, table, key, uuid))?.domain_uuid, ownerOf(sample))
    assertError(wire, odd, 400, 'VALIDATION_ERROR')
    assert.deepEqual(
      faultFields(wire, odd).filter((field) => field === '__proto__'),
      [],
    )
  })
}
