import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { type Database, openDatabase, type Queryable, type Row } from '../../src/adapters/database/database.ts'
import { migrate } from '../../src/adapters/database/migrations.ts'
import { findGlobalKey, isSameKey } from '../../src/services/global-key.ts'
import {
  createKey,
  createKeyToucher,
  KeyError,
  listKeys,
  revokeKey,
  rotateKey,
  verifyKey,
} from '../../src/services/keys.ts'
import { cloneDatabase } from '../support/cluster.ts'

const domainUuid = '550e8400-e29b-41d4-a716-446655440000'

async function openClone(version: Parameters<typeof cloneDatabase>[0]) {
  const clone = await cloneDatabase(version)
  const db = openDatabase({ url: clone.url, poolSize: 4, prepared: true, statementTimeoutMs: 15_000 })
  await migrate(db)
  return { db, close: () => db.close().then(() => clone.drop()) }
}

/** Counts the statements that go through it. */
function counting(db: Queryable): Queryable & { count: number } {
  return {
    count: 0,
    query<R extends Row>(text: string, values?: readonly unknown[]) {
      this.count += 1
      return db.query<R>(text, values)
    },
  }
}

const failure = (code: KeyError['code'], message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof KeyError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, message)
  return true
}

describe('API keys', () => {
  let db: Database
  let close: () => Promise<void>
  before(async () => {
    ;({ db, close } = await openClone('5.6'))
  })
  after(() => close())
  beforeEach(() => db.query('delete from tandem.api_keys'))

  const create = (wish: Partial<Parameters<typeof createKey>[1]> = {}) =>
    createKey(db, { domainUuid, name: 'crm', ...wish })
  const lastUsed = async (): Promise<unknown> =>
    (await db.query('select last_used_at from tandem.api_keys'))[0]?.last_used_at

  it('are shown once and stored as a hash alone', async () => {
    const { key, record } = await create()
    assert.match(key, /^tdm_[0-9A-Za-z]{10}_[0-9A-Za-z]{43}$/)
    const [row] = await db.query(`select *, encode(hash, 'hex') as hex from tandem.api_keys`)
    assert.equal(row?.hex, createHash('sha256').update(key).digest('hex'))
    assert.equal(JSON.stringify(row).includes(key.slice(15)), false)
    assert.equal(JSON.stringify(record).includes(key.slice(15)), false)
    assert.notEqual((await create()).key, key)
  })

  it('of a tenant get everything but secrets, of the system the system too, unless told otherwise', async () => {
    assert.deepEqual((await create()).record.scopes, ['*:read', '*:write'])
    const system = await create({ domainUuid: null })
    assert.deepEqual(system.record.scopes, ['*:read', '*:write', 'system:read', 'system:write'])
    assert.equal(system.record.domainUuid, null)
    const chosen = await create({ scopes: ['extensions:read', 'secrets:read'] })
    assert.deepEqual(chosen.record.scopes, ['extensions:read', 'secrets:read'])
  })

  it('are refused for wishes that cannot be', async () => {
    await assert.rejects(create({ scopes: ['all'] }), failure('invalid', /"all" is no scope/))
    await assert.rejects(create({ scopes: [] }), failure('invalid', /at least one scope/))
    await assert.rejects(create({ scopes: ['system:read'] }), failure('invalid', /system:read needs a system-wide key/))
    await assert.rejects(create({ name: ' ' }), failure('invalid', /name of a key/))
    await assert.rejects(create({ name: 'a\nb' }), failure('invalid', /name of a key/))
    await assert.rejects(create({ expiresAt: new Date(0) }), failure('invalid', /in the future/))
    await assert.rejects(create({ expiresAt: new Date(Number.NaN) }), failure('invalid', /in the future/))
    assert.deepEqual(await listKeys(db), [])
  })

  it('are recognised with their record', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000)
    const { key, record } = await create({ expiresAt })
    assert.deepEqual(await verifyKey(db, key), record)
    assert.equal(record.expiresAt, expiresAt.toISOString())
    assert.deepEqual([record.state, record.lastUsedAt, record.rotatedFrom], ['live', null, null])
    assert.ok(Math.abs(Date.parse(record.createdAt) - Date.now()) < 60_000)
  })

  it('are not recognised when the secret is wrong, the prefix unknown or the form another', async () => {
    const { key } = await create()
    const other = (await create()).key
    const swapped = key.slice(0, 15) + other.slice(15)
    const changed = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a')
    const unknown = `tdm_0000000000_${key.slice(15)}`
    for (const wrong of [swapped, changed, unknown, `${key}a`, key.slice(0, -1), ` ${key}`, '', 'global-key']) {
      assert.equal(await verifyKey(db, wrong), undefined, wrong)
    }
  })

  it('cost one query each, known prefix or not', async () => {
    const { key } = await create()
    for (const presented of [key, `${key.slice(0, -3)}xyz`, `tdm_0000000000_${key.slice(15)}`]) {
      const counted = counting(db)
      await verifyKey(counted, presented)
      assert.equal(counted.count, 1)
    }
  })

  it('that expired or were revoked are refused', async () => {
    const expired = await create()
    await db.query(`update tandem.api_keys set expires_at = now()`)
    assert.equal(await verifyKey(db, expired.key), undefined)
    const revoked = await create()
    assert.equal((await revokeKey(db, revoked.record.prefix)).state, 'revoked')
    assert.equal(await verifyKey(db, revoked.key), undefined)
    assert.deepEqual(
      (await listKeys(db)).map(({ state }) => state),
      ['expired', 'revoked'],
    )
  })

  it('are revoked by prefix, by prefix as it stands in the key and by UUID, once', async () => {
    const { record } = await create()
    const first = await revokeKey(db, `tdm_${record.prefix}`)
    assert.deepEqual(await revokeKey(db, record.keyUuid.toUpperCase()), first)
    const whole = `tdm_0000000000_${'s'.repeat(43)}`
    await assert.rejects(revokeKey(db, whole), failure('unknown', /^There is no key "0000000000"\.$/))
    await assert.rejects(revokeKey(db, domainUuid), failure('unknown', /There is no key/))
  })

  it('are listed oldest first: all, those of a tenant, or the system-wide ones', async () => {
    const own = await create()
    const system = await create({ domainUuid: null, name: 'ops' })
    assert.deepEqual(await listKeys(db), [own.record, system.record])
    assert.deepEqual(await listKeys(db, domainUuid), [own.record])
    assert.deepEqual(await listKeys(db, null), [system.record])
    assert.deepEqual(await listKeys(db, own.record.keyUuid), [])
  })

  it('S000-SEC-ROTATE during rotation the old and the new key both work, with the same name, tenant and scopes', async () => {
    const expiresAt = new Date(Date.now() + 30 * 86_400_000)
    const old = await create({ scopes: ['extensions:read'], expiresAt })
    const { key, record, previous } = await rotateKey(db, old.record.prefix, 3600)
    assert.deepEqual(await verifyKey(db, key), record)
    assert.deepEqual(await verifyKey(db, old.key), previous)
    const { name, scopes, domainUuid: tenant, expiresAt: end, rotatedFrom } = record
    assert.deepEqual([name, scopes, tenant, end], ['crm', ['extensions:read'], domainUuid, expiresAt.toISOString()])
    assert.equal(rotatedFrom, old.record.keyUuid)
    const graceMs = Date.parse(previous.expiresAt ?? '') - Date.now()
    assert.ok(graceMs > 3_500_000 && graceMs <= 3_600_000)
    await db.query(`update tandem.api_keys set expires_at = now() where prefix = $1`, [old.record.prefix])
    assert.equal(await verifyKey(db, old.key), undefined)
    assert.deepEqual(await verifyKey(db, key), record)
  })

  it('rotated without grace end at once, and a grace never lengthens a life', async () => {
    const first = await create()
    const second = await rotateKey(db, first.record.keyUuid, 0)
    assert.equal(await verifyKey(db, first.key), undefined)
    assert.equal(second.record.expiresAt, null)
    const soon = new Date(Date.now() + 60_000)
    const short = await create({ expiresAt: soon })
    assert.equal((await rotateKey(db, short.record.prefix, 86_400)).previous.expiresAt, soon.toISOString())
  })

  it('are rotated once, however many ask at the same time, and only while they live', async () => {
    const { record } = await create()
    const asked = await Promise.allSettled(Array.from({ length: 4 }, () => rotateKey(db, record.prefix, 60)))
    assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.equal((await listKeys(db)).length, 2)
    await assert.rejects(rotateKey(db, record.prefix, 60), failure('already_rotated', /already rotated to \w{10}/))
    const dead = await create()
    await revokeKey(db, dead.record.prefix)
    await assert.rejects(rotateKey(db, dead.record.prefix, 60), failure('not_live', /is revoked; make a new one/))
    await assert.rejects(rotateKey(db, 'unknown', 60), failure('unknown', /no key "unknown"/))
    await assert.rejects(rotateKey(db, record.prefix, -1), failure('invalid', /whole number of seconds/))
  })

  it('note their use in the background, at most once a minute', async () => {
    const { record } = await create()
    /** A toucher of one server, and its last write to wait for. */
    const server = () => {
      const counted = counting(db)
      const writes: Promise<unknown>[] = []
      const query: Queryable['query'] = (text, values) => {
        const rows = counted.query(text, values)
        writes.push(rows)
        return rows as never
      }
      const touch = createKeyToucher({ query }, (error) => assert.fail(String(error)))
      return { touch, writes }
    }
    const first = server()
    for (let request = 0; request < 50; request += 1) assert.equal(first.touch(record), undefined)
    assert.equal(first.writes.length, 1)
    await Promise.all(first.writes)
    const noted = await lastUsed()
    assert.notEqual(noted, null)

    // Another server has a memory of its own, but the row remembers too.
    const second = server()
    second.touch(record)
    await Promise.all(second.writes)
    assert.equal(await lastUsed(), noted)

    await db.query(`update tandem.api_keys set last_used_at = now() - interval '61 seconds'`)
    const third = server()
    third.touch(record)
    await Promise.all(third.writes)
    assert.ok(Date.parse(String(await lastUsed())) > Date.now() - 30_000)
  })

  it('report when their use could not be noted, and stop no request', async () => {
    const { record } = await create()
    const broken: Queryable = { query: () => Promise.reject(new Error('connection lost')) }
    const reported = new Promise((resolve) => createKeyToucher(broken, resolve)(record))
    assert.equal(String(await reported), 'Error: connection lost')
  })
})

for (const version of ['5.6', '5.4'] as const) {
  describe(`the global key on FusionPBX ${version}`, () => {
    let db: Database
    let close: () => Promise<void>
    before(async () => {
      ;({ db, close } = await openClone(version))
    })
    after(() => close())
    beforeEach(() => db.query(`delete from v_default_settings where default_setting_category = 'api'`))

    /** FusionPBX's own way to write it; the text 'true' suits a boolean column as well as a text one. */
    const setting = (value: string | null, enabled: string, order: number | null = null) =>
      db.query(
        `insert into v_default_settings (default_setting_uuid, default_setting_category, default_setting_subcategory,
           default_setting_name, default_setting_value, default_setting_order, default_setting_enabled)
         values (gen_random_uuid(), 'api', 'secret_key', 'text', $1, $2, $3)`,
        [value, order, enabled],
      )

    it('is the configured one before that of the default settings', async () => {
      assert.equal(await findGlobalKey(db, ''), undefined)
      await setting('from-fusionpbx', 'true')
      assert.equal(await findGlobalKey(db, ''), 'from-fusionpbx')
      const counted = counting(db)
      assert.equal(await findGlobalKey(counted, 'configured'), 'configured')
      assert.equal(counted.count, 0)
    })

    it('is not one that is disabled or empty', async () => {
      await setting('disabled', 'false')
      await setting('', 'true')
      await setting(null, 'true')
      assert.equal(await findGlobalKey(db, ''), undefined)
    })

    it('is the last of several, as for FusionPBX', async () => {
      await setting('second', 'true', 20)
      await setting('first', 'true', 10)
      assert.equal(await findGlobalKey(db, ''), 'second')
    })
  })
}

describe('the comparison of keys', () => {
  it('takes texts of any length', () => {
    assert.equal(isSameKey('same', 'same'), true)
    assert.equal(isSameKey('same', 'same '), false)
    assert.equal(isSameKey('', 'anything'), false)
  })
})
