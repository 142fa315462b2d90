import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ours, type TestAnswer, testApp, theirs } from '../support/app.ts'
import { nothingBroke, storedRow } from './rows.ts'
import { next, owned, type Sample, seed, written } from './samples.ts'
import { assertError, native, type Wire, wires } from './wires.ts'

const app = await testApp()
after(() => app.close())

const read = (path: string, headers: Record<string, string> = {}): Promise<TestAnswer> =>
  app.call('GET', path, undefined, headers)

/** Reads a path, asserts that it can be revalidated, and answers its entity tag. */
async function revalidated(path: string): Promise<string> {
  const first = await read(path)
  assert.equal(first.status, 200, first.text)
  const tag = first.headers.etag ?? ''
  assert.match(tag, /^"[^"]+"$/)
  assert.equal(first.headers['cache-control'], 'private, no-cache')
  for (const sent of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    const again = await read(path, { 'if-none-match': sent })
    assert.equal(again.status, 304, `${path} ${sent}`)
    assert.equal(again.text, '')
    assert.equal(again.headers.etag, tag)
  }
  assert.equal((await read(path, { 'if-none-match': '"other"' })).status, 200)
  // The same answer, read again, has the same tag and the same bytes.
  const again = await read(path)
  assert.equal(again.headers.etag, tag)
  assert.equal(again.text, first.text)
  return tag
}

/** Rows of the table of messages hang on a box. */
async function parentOf(sample: Sample): Promise<{ parent?: string; values: Record<string, unknown> }> {
  const box = owned.find((candidate) => candidate.name === sample.parent?.name)
  if (!sample.parent || !box) return { values: {} }
  const parent = await seed(app, box, ours)
  return { parent, values: { [sample.parent.key]: parent } }
}

const shown: Readonly<Record<string, string>> = {
  extensions: 'description',
  users: 'user_email',
  gateways: 'description',
  devices: 'device_label',
  voicemails: 'voicemail_description',
  'voicemails/messages': 'caller_id_name',
  'pin-numbers': 'description',
  'call-block': 'call_block_description',
}

/** A tag that no longer holds: the new bytes come, with a new tag. */
async function renewed(wire: Wire, path: string, tag: string): Promise<string> {
  const answer = await read(path, { 'if-none-match': tag })
  assert.equal(answer.status, 200, `${wire.name} ${path}`)
  assert.notEqual(answer.headers.etag, tag)
  return answer.headers.etag ?? ''
}

for (const sample of owned)
  for (const wire of wires)
    test(`S004-CACHE-HDR: lists of ${wire.name} ${sample.name} are revalidated, and never stale after anybody's write`, async () => {
      const { parent, values } = await parentOf(sample)
      const uuid = await seed(app, sample, ours, values)
      const path = wire.path('list', sample.name, parent)
      let tag = await revalidated(path)

      // FusionPBX's own pages write behind us (C-27).
      await app.sql(`update ${sample.table} set ${shown[sample.name]} = 'by hand' where ${sample.key} = $1`, [uuid])
      tag = await renewed(wire, path, tag)
      assert.ok((await read(path)).text.includes('by hand'))
      const added = await seed(app, sample, ours, values)
      tag = await renewed(wire, path, tag)
      assert.ok((await read(path)).text.includes(added))
      await app.sql(`delete from ${sample.table} where ${sample.key} = $1`, [added])
      tag = await renewed(wire, path, tag)
      assert.ok(!(await read(path)).text.includes(added))

      // What others do in their own tenant changes nothing here.
      await seed(app, sample, theirs)
      assert.equal((await read(path, { 'if-none-match': tag })).status, 304)

      if (!sample.verbs.includes('create')) return
      const made = await app.call('POST', wire.path('create', sample.name), sample.body(next())[wire.spelling])
      assert.equal(made.headers['cache-control'], 'no-store')
      tag = await renewed(wire, path, tag)
      const key = wire.name === 'native' ? made.json[sample.key] : made.json.data[sample.key]
      assert.ok((await read(path)).text.includes(key))
      await app.call('DELETE', wire.path('remove', sample.name, key))
      await renewed(wire, path, tag)
    })

for (const sample of written)
  for (const wire of wires)
    test(`S004-CACHE-HDR: single answers of ${wire.name} ${sample.name} are revalidated, and never stale after anybody's write`, async () => {
      const uuid = await seed(app, sample, ours)
      const path = wire.path('get', sample.name, uuid)
      const tag = await revalidated(path)
      await app.sql(`update ${sample.table} set ${shown[sample.name]} = 'by hand' where ${sample.key} = $1`, [uuid])
      const second = await renewed(wire, path, tag)
      const body = { [sample.change.field]: sample.change[wire.spelling] }
      assert.equal((await app.call(wire.methods.update, wire.path('update', sample.name, uuid), body)).status, 200)
      await renewed(wire, path, second)
      const nothing = await read(wire.path('get', sample.name, '00000000-0000-4000-8000-000000000000'))
      assert.equal(nothing.headers['cache-control'], 'no-store')
      assert.equal(nothing.headers.etag, undefined)
    })

for (const sample of written) {
  const { name, table, key, change } = sample
  const body = { [change.field]: change.plain }
  const other = { ...sample.body(next()).plain }

  test(`native ${name} are changed and deleted only in the state that If-Match names`, async () => {
    const uuid = await seed(app, sample, ours)
    const path = native.path('get', name, uuid)
    const tag = (await read(path)).headers.etag ?? ''
    const before = await storedRow(app, table, key, uuid)
    for (const method of ['PATCH', 'DELETE'])
      for (const wrong of ['"other"', `W/${tag}`, tag.slice(1, -1), '"a", "b"', ''])
        assertError(
          native,
          await app.call(method, path, method === 'PATCH' ? body : undefined, { 'if-match': wrong }),
          412,
          'PRECONDITION_FAILED',
        )
    assert.deepEqual(await storedRow(app, table, key, uuid), before)

    const changed = await app.call('PATCH', path, body, { 'if-match': `"other", ${tag}` })
    assert.equal(changed.status, 200, changed.text)
    assert.notEqual(changed.headers.etag, tag)
    assert.equal(changed.headers.etag, (await read(path)).headers.etag, 'the tag of a write is that of the next read')
    assertError(native, await app.call('PATCH', path, body, { 'if-match': tag }), 412, 'PRECONDITION_FAILED')
    assert.equal((await app.call('PATCH', path, body, { 'if-match': '*' })).status, 200)

    assertError(native, await app.call('DELETE', path, undefined, { 'if-match': tag }), 412, 'PRECONDITION_FAILED')
    assert.ok(await storedRow(app, table, key, uuid))
    const last = (await read(path)).headers.etag ?? ''
    assert.equal((await app.call('DELETE', path, undefined, { 'if-match': last })).status, 204)
    assert.equal(await storedRow(app, table, key, uuid), undefined)
    assertError(native, await app.call('PATCH', path, body, { 'if-match': '*' }), 404, 'NOT_FOUND')
  })

  test(`of two changes of native ${name} on the same state, sent at once, one is made`, async () => {
    const made = await app.call('POST', native.path('create', name), other)
    assert.equal(made.status, 201, made.text)
    const path = made.headers.location ?? ''
    const tag = made.headers.etag ?? ''
    const field = shown[name] ?? ''
    const answers = await Promise.all(
      ['one@example.com', 'two@example.com', 'three@example.com'].map((value) =>
        app.call('PATCH', path, { [field]: value }, { 'if-match': tag }),
      ),
    )
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 412, 412])
    const winner = answers.find((answer) => answer.status === 200)
    assert.equal((await read(path)).json[field], winner?.json[field])
  })
}

nothingBroke(app, 'entity tags')
