import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ours, testApp, theirs } from '../support/app.ts'
import { countRows } from './rows.ts'
import { next, sampleOf, seed, written } from './samples.ts'
import { wires } from './wires.ts'

/** What a write does beside its row: receipts, audit rows, cache files, folders; and what it does not. */
const app = await testApp()
after(() => app.close())

test('every write leaves one receipt and one audit row, whatever the dialect; reads and refused writes leave none', async () => {
  for (const wire of wires)
    for (const sample of written) {
      const { name, key } = sample
      const counts = async () => [
        await countRows(app, 'tandem.receipts'),
        await countRows(app, 'v_database_transactions'),
      ]
      const [receipts = 0, audits = 0] = await counts()
      const made = await app.call('POST', wire.path('create', name), sample.body(next())[wire.spelling])
      const uuid = wire.name === 'native' ? made.json[key] : made.json.data[key]
      await app.call('GET', wire.path('get', name, uuid))
      await app.call('GET', wire.path('list', name))
      await app.call('POST', wire.path('create', name), {})
      await app.call(wire.methods.update, wire.path('update', name, randomUUID()), {})
      const body = { [sample.change.field]: sample.change[wire.spelling] }
      await app.call(wire.methods.update, wire.path('update', name, uuid), body)
      await app.call('DELETE', wire.path('remove', name, uuid))
      await app.call('DELETE', wire.path('remove', name, uuid))
      assert.deepEqual(await counts(), [receipts + 3, audits + 3], `${wire.name} ${name}`)
      const rows = await app.sql<{ type: string; address: string; result: string }>(
        `select transaction_type as type, transaction_address as address, transaction_result as result from v_database_transactions
          where transaction_result like '%' || $1 || '%' order by insert_date`,
        [uuid],
      )
      assert.deepEqual(
        rows.map((row) => [row.type, row.address, JSON.parse(row.result).uuid]),
        ['add', 'update', 'delete'].map((type) => [type, '127.0.0.1', uuid]),
      )
    }
})

test('a cache that cannot be cleared is told in the receipt and the log, and the row stands', async () => {
  const folder = join(app.cacheDir, 'directory.777@example.com')
  // A folder where the cache has a file cannot be removed as one.
  mkdirSync(folder)
  writeFileSync(join(folder, 'x'), '')
  const answer = await app.call('POST', '/api/v1/extensions', { extension: '777' })
  assert.equal(answer.status, 201)
  assert.match(answer.headers['x-tandem-receipt'] ?? '', /^[0-9a-f-]{36}; row=done; cache=failed; switch=none$/)
  const [receipt] = await app.sql('select cache from tandem.receipts where key = $1', [answer.json.data.extension_uuid])
  assert.equal(receipt?.cache, 'failed')
  assert.ok(app.log.some((line) => line.msg === 'effects failed'))
  assert.equal(await countRows(app, 'v_extensions', `extension = '777'`), 1)
  rmSync(folder, { recursive: true })
})

test('where the operator switched clearing off, the receipt says skipped and the file stays', async () => {
  const own = await testApp({ env: { TANDEM_FREESWITCH__CLEAR_CACHE_ON_UPDATE: 'false' } })
  try {
    const file = join(own.cacheDir, 'directory.778@example.com')
    writeFileSync(file, 'cached')
    const answer = await own.call('POST', '/api/v1/extensions', { extension: '778' })
    assert.match(answer.headers['x-tandem-receipt'] ?? '', /; cache=skipped; /)
    assert.ok(existsSync(file))
  } finally {
    await own.close()
  }
})

test('S002-ISO: numbers that look like ways out of a folder touch nothing outside their own', async () => {
  const folder = (domain: string, box: string) => join(app.voicemailDir, 'default', domain, box)
  for (const [domain, box] of [
    [ours.name, '901'],
    [theirs.name, '901'],
  ] as const) {
    mkdirSync(folder(domain, box), { recursive: true })
    writeFileSync(join(folder(domain, box), 'msg_1.wav'), 'audio')
  }
  writeFileSync(join(app.cacheDir, 'directory.901@example.com'), 'cached')
  writeFileSync(join(app.cacheDir, 'dialplan.example.com'), 'cached')
  const odd = [
    '..',
    '.',
    '...',
    '../901',
    '..%2f901',
    '../../other.example.net/901',
    '*',
    '901/../901',
    '/etc',
    '-rf',
    '\u0000',
  ]
  for (const box of odd)
    for (const [resource, field, key] of [
      ['voicemails', 'voicemail_id', 'voicemail_uuid'],
      ['extensions', 'extension', 'extension_uuid'],
    ] as const) {
      const body = { [field]: box, ...(resource === 'extensions' ? { voicemail_enabled: 'true' } : {}) }
      const made = await app.call('POST', `/api/v1/${resource}`, body)
      assert.ok([201, 400, 409].includes(made.status), `${box}: ${made.status} ${made.text}`)
      const sample = sampleOf(resource)
      const uuid =
        made.status === 201
          ? made.json.data[key]
          : await seed(app, sample, ours, { [field]: box.replaceAll('\u0000', '') })
      const changed = await app.call('PUT', `/api/v1/${resource}/${uuid}`, {
        description: 'x',
        voicemail_description: 'x',
      })
      assert.equal(changed.status, 200, changed.text)
      const deleted = await app.call('DELETE', `/api/v1/${resource}/${uuid}`)
      assert.equal(deleted.status, 204, deleted.text)
    }
  for (const domain of [ours.name, theirs.name]) assert.ok(existsSync(join(folder(domain, '901'), 'msg_1.wav')), domain)
  assert.ok(existsSync(join(app.cacheDir, 'directory.901@example.com')))
  assert.ok(existsSync(join(app.cacheDir, 'dialplan.example.com')))
  assert.deepEqual(readdirSync(app.voicemailDir), ['default'])
  assert.deepEqual(readdirSync(join(app.voicemailDir, 'default')).sort(), [ours.name, theirs.name])
})
