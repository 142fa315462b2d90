import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ours, testApp, theirs } from '../support/app.ts'
import { countRows, nothingBroke } from './rows.ts'
import { next, seed, written } from './samples.ts'
import { assertRefused, wires } from './wires.ts'

const app = await testApp()
after(() => app.close())

/** Bodies that are no JSON object of a resource: bytes, headers, status. */
const json = { 'content-type': 'application/json' }
const bodies = (
  valid: string,
): [about: string, body: string | Buffer, status: number, headers?: Record<string, string>][] => [
  ['malformed JSON', '{"extension":', 400],
  ['JSON with a comment', `/* x */ ${valid}`, 400],
  ['two values', `${valid}${valid}`, 400],
  ['an array', `[${valid}]`, 400],
  ['null', 'null', 400],
  ['a number', '7', 400],
  ['a text', '"text"', 400],
  ['no body at all', '', 400],
  ['white space', '  \n ', 400],
  ['a name twice', `${valid.slice(0, -1)},${valid.slice(1)}`, 400],
  ['a name twice, once escaped', '{"description":"a","descriptio\\u006e":"b"}', 400],
  ['10,000 arrays inside each other', `{"description":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 400],
  ['10,000 objects inside each other', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 400],
  ['10,000 brackets never closed', '['.repeat(10_000), 400],
  ['a NUL byte', Buffer.from(valid.replace('{', '{\u0000')), 400],
  [
    'invalid UTF-8',
    Buffer.concat([Buffer.from('{"description":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
    400,
  ],
  [
    'half a character',
    Buffer.concat([Buffer.from('{"description":"'), Buffer.from([0xe2, 0x82]), Buffer.from('"}')]),
    400,
  ],
  ['UTF-16', Buffer.from(`\ufeff${valid}`, 'utf16le'), 400],
  ['plain text', valid, 415, { 'content-type': 'text/plain' }],
  ['a form', 'extension=101', 415, { 'content-type': 'application/x-www-form-urlencoded' }],
  ['a multipart form', '--x\r\n\r\n--x--', 415, { 'content-type': 'multipart/form-data; boundary=x' }],
  ['XML', '<extension/>', 415, { 'content-type': 'application/xml' }],
  ['no content type', valid, 415, { 'content-type': '' }],
  ['more than 10 MiB', Buffer.alloc(10_485_761, 0x20), 413],
]

for (const sample of written)
  for (const wire of wires)
    test(`${wire.ids({
      clean: 'S004-ERR, S004-SIZE',
      actions: 'S002-ENV-ERR, S002-HTTP-400',
    })}bodies that are no JSON object are refused for ${wire.name} ${sample.name} in the dialect's own shape`, async () => {
      const { name, table } = sample
      const uuid = await seed(app, sample, ours)
      const count = await countRows(app, table)
      for (const [about, body, status, headers] of bodies(JSON.stringify(sample.body(next())[wire.spelling])))
        for (const [method, path] of [
          ['POST', wire.path('create', name)],
          [wire.methods.update, wire.path('update', name, uuid)],
        ] as const) {
          const answer = await app.call(method, path, body, headers ?? json)
          assert.equal(answer.status, status, `${about} to ${method}: ${answer.status} ${answer.text}`)
          assertRefused(wire, answer)
        }
      assert.equal(await countRows(app, table), count)
    })

test('S002-SEC-SQL: text that looks like SQL is kept as text or refused, wherever it stands', async () => {
  const attacks = [`'; drop table v_extensions; --`, `x' or '1'='1`, `\\'; select pg_sleep(5); --`, `{{7*7}}\${7*7}`]
  const before = new Map<string, number>()
  for (const sample of written) {
    await seed(app, sample, ours)
    await seed(app, sample, theirs)
    before.set(sample.table, await countRows(app, sample.table, 'domain_uuid = $1', [theirs.uuid]))
  }
  for (const wire of wires)
    for (const sample of written)
      for (const attack of attacks) {
        const { name, table, key } = sample
        const encoded = encodeURIComponent(attack)
        const text = ['users'].includes(name)
          ? 'contact_organization'
          : name === 'devices'
            ? 'device_description'
            : name === 'voicemails'
              ? 'voicemail_description'
              : name === 'call-block'
                ? 'call_block_description'
                : 'description'
        const made = await app.call('POST', wire.path('create', name), {
          ...sample.body(next())[wire.spelling],
          [text]: attack,
        })
        assert.equal(made.status, 201, made.text)
        const uuid = wire.name === 'native' ? made.json[key] : made.json.data[key]
        const read = await app.call('GET', wire.path('get', name, uuid))
        assert.equal(wire.row(read)[text], attack)
        if (name !== 'users') {
          const [row] = await app.sql<{ kept: string }>(`select ${text} as kept from ${table} where ${key} = $1`, [
            uuid,
          ])
          assert.equal(row?.kept, attack)
        }
        const requests: [string, string][] = [
          ['GET', wire.path('get', name, encoded)],
          ['DELETE', wire.path('remove', name, encoded)],
          ['GET', `${wire.path('list', name)}?${wire.name === 'native' ? 'limit' : 'page'}=${encoded}`],
          ['GET', `${wire.path('list', name)}?sort=${encoded}&cursor=${encoded}`],
          ['GET', `${wire.path('list', name)}?${sample.unique.field}=${encoded}&enabled=${encoded}`],
        ]
        for (const [method, path] of requests) {
          const answer = await app.call(method, path)
          assert.ok(answer.status < 500, `${method} ${path}: ${answer.status}`)
          assert.ok(!answer.text.includes('$2y$'))
        }
      }
  for (const sample of written)
    assert.equal(await countRows(app, sample.table, 'domain_uuid = $1', [theirs.uuid]), before.get(sample.table))
})

nothingBroke(app, 'bodies')
