import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { readColumns } from '../../../src/adapters/database/columns.ts'
import { openDatabase, settleTls } from '../../../src/adapters/database/database.ts'
import { writerOn } from '../../../src/adapters/database/writer.ts'
import { cloneDatabase } from '../../support/cluster.ts'

describe('the database adapter', () => {
  test('sslmode=prefer falls back to plain text where the server has no TLS, as libpq does', async () => {
    // The first message of a client that prefers TLS is SSLRequest; N is PostgreSQL's word for "I have none".
    const server = createServer((socket: Socket) => socket.once('data', () => socket.end('N')))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    try {
      const url = `postgresql://u@127.0.0.1:${port}/d`
      assert.equal(
        await settleTls(`${url}?sslmode=prefer&uselibpqcompat=true`),
        `${url}?sslmode=disable&uselibpqcompat=true`,
      )
      assert.equal(await settleTls(`${url}?sslmode=require`), `${url}?sslmode=require`)
    } finally {
      server.close()
    }
  })

  test('a statement that was only sent fails the next one that is waited for, and nothing of the transaction stays', async () => {
    const { url } = await cloneDatabase('5.6')
    const database = openDatabase({ url, poolSize: 1, prepared: true, statementTimeoutMs: 0 })
    try {
      await database.query('create table sent (n int primary key)')
      await assert.rejects(
        database.transaction(async (connection) => {
          connection.send('insert into sent values ($1)', [1])
          connection.send('insert into sent values ($1)', [1])
          await connection.query('select 1 as one', [])
        }),
        { code: '23505' },
      )
      await assert.rejects(
        database.transaction(async (connection) => {
          connection.send('insert into sent values ($1)', [2])
          connection.send('insert into sent values ($1)', [2])
        }),
        { code: '23505' },
      )
      assert.deepEqual(await database.query('select * from sent'), [])
      await database.transaction(async (connection) => connection.send('insert into sent values ($1)', [3]))
      assert.deepEqual(await database.query('select * from sent'), [{ n: 3 }])
    } finally {
      await database.close()
    }
  })

  test('an error inside a transaction takes everything back, and the connection is as good as new', async () => {
    const clone = await cloneDatabase('5.6')
    const database = openDatabase({ url: clone.url, poolSize: 1, prepared: true, statementTimeoutMs: 0 })
    try {
      await assert.rejects(
        database.transaction(async (connection) => {
          await connection.query(`insert into v_bridges (bridge_uuid) values (gen_random_uuid())`)
          await connection.query('select 1 / 0')
        }),
        /division by zero/,
      )
      assert.deepEqual(await database.query('select 1 from v_bridges'), [])
      await database.transaction(async (connection) => {
        await connection.query(`insert into v_bridges (bridge_uuid) values (gen_random_uuid())`)
      })
      assert.equal((await database.query('select 1 from v_bridges')).length, 1)
    } finally {
      await database.close()
      await clone.drop()
    }
  })

  for (const generation of ['5.6', '5.4'] as const)
    test(`the writer fits FusionPBX ${generation}: booleans in its column type, columns it lacks left out, only changes written`, async () => {
      const clone = await cloneDatabase(generation)
      const database = openDatabase({ url: clone.url, poolSize: 2, prepared: true, statementTimeoutMs: 0 })
      try {
        const columns = await readColumns(database)
        await database.transaction(async (connection) => {
          const writer = writerOn(connection, columns)
          const key = { voicemail_uuid: '77777777-7777-4777-8777-777777777777' }
          await writer.insert('v_voicemails', [
            {
              ...key,
              voicemail_id: '1',
              voicemail_enabled: true,
              alternate_voicemail_enabled: true,
              no_such_column: 'x',
              voicemail_mail_to: '',
            },
          ])
          const [row] = await writer.select('v_voicemails', key)
          assert.equal(row?.voicemail_enabled, generation === '5.6' ? true : 'true')
          assert.equal(row?.voicemail_mail_to, null, 'empty text is NULL')
          assert.equal('alternate_voicemail_enabled' in (row ?? {}), generation === '5.6')
          assert.notEqual(row?.insert_date, null)
          assert.equal(row?.update_date, null)
          assert.equal(await writer.update('v_voicemails', key, { voicemail_enabled: true, voicemail_id: '1' }), 0)
          assert.equal(await writer.update('v_voicemails', key, { voicemail_enabled: false }), 1)
          const [changed] = await writer.select('v_voicemails', key)
          assert.notEqual(changed?.update_date, null)
          assert.equal((await writer.remove('v_voicemails', key)).length, 1)
          assert.deepEqual(
            writer.journal.map((entry) => entry.operation),
            ['insert', 'update', 'delete'],
          )
          await assert.rejects(writer.remove('v_voicemails', {}), /no condition/)
          await assert.rejects(
            writer.select('v_voicemails"; drop table x', key).then((rows) => {
              if (rows.length === 0) throw new Error('nothing')
            }),
            /nothing|not a column or table name/,
          )
        })
      } finally {
        await database.close()
        await clone.drop()
      }
    })
})
