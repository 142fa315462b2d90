import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { packageRoot } from '../../../src/root.ts'
import { readChannels } from '../../../src/services/calls/read-channels.ts'

/** The columns of `show channels`, in their order (facts 3). */
const columns =
  'uuid,direction,created,created_epoch,name,state,cid_name,cid_num,ip_addr,dest,application,application_data,dialplan,context,read_codec,read_rate,read_bit_rate,write_codec,write_rate,write_bit_rate,secure,hostname,presence_id,presence_data,accountcode,callstate,callee_name,callee_num,callee_direction,call_uuid,sent_callee_name,sent_callee_num,initial_cid_name,initial_cid_num,initial_ip_addr,initial_dest,initial_dialplan,initial_context'.split(
    ',',
  )

/** What each field of a channel is in a row. */
const meanings: [field: string, column: string, fallback?: string][] = [
  ['uuid', 'uuid'],
  ['direction', 'direction'],
  ['name', 'name'],
  ['state', 'state'],
  ['callState', 'callstate'],
  ['callerName', 'cid_name', 'initial_cid_name'],
  ['callerNumber', 'cid_num', 'initial_cid_num'],
  ['destination', 'dest', 'initial_dest'],
  ['application', 'application'],
  ['applicationData', 'application_data'],
  ['context', 'context'],
  ['initialContext', 'initial_context'],
  ['presenceId', 'presence_id'],
  ['callUuid', 'call_uuid'],
]

type Row = Record<string, string>

const isSame = (channels: readonly object[], rows: readonly Row[]): void => {
  assert.equal(channels.length, rows.length)
  for (const [index, channel] of channels.entries())
    for (const [field, column, fallback = column] of meanings)
      assert.equal(
        (channel as unknown as Row)[field],
        rows[index]?.[column] || rows[index]?.[fallback],
        `${field} of row ${index}`,
      )
}

const reply = (rows: readonly Row[]): Buffer =>
  Buffer.from(`{"row_count":${rows.length},"rows":${JSON.stringify(rows)}}`)

/** Texts that tempt a reader: seams between rows, keys, escapes, control characters, many alphabets, long ones. */
const tempting = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => text.isWellFormed()),
  fc.constantFrom(
    '',
    '"},{"',
    '","uuid":"',
    '\\',
    '\\"',
    '"}]}',
    '{"rows":[',
    '\r\n',
    '\u0000',
    'Zoë',
    '𝄞',
    ']',
    '}',
    'a'.repeat(3000),
  ),
)

const rowOf = fc.tuple(fc.uuid(), fc.array(tempting, { minLength: columns.length, maxLength: columns.length })).map(
  ([uuid, values]): Row => ({
    ...Object.fromEntries(columns.map((column, index) => [column, values[index] ?? ''])),
    uuid,
  }),
)

test('channels are read as JSON.parse reads them, whatever callers call themselves', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(rowOf, { maxLength: 12 }), async (rows) => {
      isSame(await readChannels(rows.length === 0 ? Buffer.from('{"row_count": 0}\n') : reply(rows), 'n'), rows)
    }),
    { numRuns: 300 },
  )
})

test('every captured list of channels is read as JSON.parse reads it, the one over a megabyte too', async () => {
  const folder = join(packageRoot, 'test/fixtures/freeswitch/esl')
  const raw = readFileSync(join(folder, 'big-reply.raw'))
  const body = raw.subarray(raw.indexOf('{"row_count"'))
  const { rows } = JSON.parse(body.toString('utf8'))
  assert.ok(rows.length > 1000)
  isSame(await readChannels(body, 'n'), rows)
})

test('rows of other columns, or in another order, are no reason to lose the others', async () => {
  const uuid = (last: number): string => `00000000-0000-4000-8000-00000000000${last}`
  const text = `{"row_count":4,"rows":[{"uuid":"${uuid(1)}","dest":"1"},{"dest":"2","uuid":"${uuid(2)}"},{"uuid":"${uuid(3)}","cid_name":"x"},{"uuid":"${uuid(4)}","dest":"4"}]}`
  const found = await readChannels(Buffer.from(text), 'n')
  assert.deepEqual(
    found.map(({ uuid, destination }) => [uuid, destination]),
    [
      [uuid(1), '1'],
      [uuid(2), '2'],
      [uuid(3), ''],
      [uuid(4), '4'],
    ],
  )
})

test('bytes that are no UTF-8 become replacement characters, in this row and no other', async () => {
  const rows = [1, 2].map((last) => ({ uuid: `00000000-0000-4000-8000-00000000000${last}`, cid_name: `Zoe ${last}` }))
  const bytes = Buffer.from(reply(rows).toString('latin1').replace('Zoe 1', 'Zo\xe9 1'), 'latin1')
  assert.deepEqual(
    (await readChannels(bytes, 'n')).map((channel) => channel.callerName),
    ['Zo\ufffd 1', 'Zoe 2'],
  )
})

test('a list cut short, and what is no list, is refused or read as far as it is whole', async () => {
  for (const text of ['', '-ERR SQL disabled, no data available!\n', 'uuid,direction\n', '[]', '{"rows":[]}'])
    await assert.rejects(readChannels(Buffer.from(text), 'n'), text)
  assert.deepEqual(await readChannels(Buffer.from('{"row_count":3,"rows":[]}'), 'n'), [], 'the count form')
  assert.deepEqual(await readChannels(Buffer.from('{"row_count":1,"rows":[{"uuid":"x'), 'n'), [])
})
