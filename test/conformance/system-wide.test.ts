import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { createKey } from '../../src/services/keys.ts'
import { ours, testApp, theirs } from '../support/app.ts'
import { nothingBroke, snapshot } from './rows.ts'
import { layStock, next, seed, systemWide } from './samples.ts'
import { duplicates, lifeCycle, missingFields, partialUpdates, unknownFields } from './verbs.ts'
import { assertError, wires } from './wires.ts'

/** What belongs to the whole system: any tenant's name will do, but not any key. */
const app = await testApp({ env: { TANDEM_SECURITY__AUTH_MODE: 'both' } })
after(() => app.close())
await layStock(app)

const keyWith = async (domainUuid: string | null, scopes: string[]) =>
  (await createKey(app.database, { name: scopes.join(), domainUuid, scopes })).key
const tenantKey = await keyWith(ours.uuid, ['*:read', '*:write'])
const manyTenantsKey = await keyWith(null, ['*:read', '*:write'])
const readingKey = await keyWith(null, ['*:read', 'system:read'])
const systemKey = await keyWith(null, ['*:read', '*:write', 'system:read', 'system:write'])

/** Demands of the lists and single rows, by resource. */
const ids: Readonly<Record<string, string>> = {
  'access-controls': 'S004-ACL-LIST, S004-ACL-GET, S004-ACL-CREATE, S004-ACL-UPDATE, S004-ACL-DELETE',
  'access-controls/nodes': 'S004-ACLN-LIST, S004-ACLN-CREATE, S004-ACLN-DELETE',
  'number-translations': 'S004-NUMTR-LIST, S004-NUMTR-GET, S004-NUMTR-CREATE, S004-NUMTR-UPDATE, S004-NUMTR-DELETE',
}

for (const sample of systemWide)
  for (const wire of wires) {
    const { name, table, key } = sample
    const about = ids[name]
    assert.ok(about, `no demands of ${name}`)
    lifeCycle(app, sample, wire)
    missingFields(app, sample, wire)
    partialUpdates(app, sample, wire)
    unknownFields(app, sample, wire)
    if (sample.unique.field !== '') duplicates(app, sample, wire)

    test(`${about}: ${wire.name} ${name} are the same rows in every domain`, async () => {
      const uuid = await seed(app, sample, ours)
      for (const domain of [ours, theirs]) {
        const headers = { 'x-domain': domain.name }
        const one = await app.call('GET', wire.path('get', name, uuid), undefined, headers)
        assert.equal(one.status, 200, one.text)
        assert.equal(wire.row(one)[key], uuid)
        const size = wire.name === 'native' ? 'limit' : 'per_page'
        const many = await app.call('GET', `${wire.path('list', name)}?${size}=100`, undefined, headers)
        assert.equal(many.status, 200, many.text)
        const [row] = await app.sql<{ count: number }>(`select count(*)::int as count from ${table}`)
        assert.equal(wire.rows(many).length, row?.count)
        const order = wire.rows(many).map((shown) => shown[sample.sort])
        const sorted = await app.sql<{ value: string }>(
          `select ${sample.sort} as value from ${table} order by ${sample.sort}, ${key}`,
        )
        assert.deepEqual(
          order,
          sorted.map(({ value }) => value),
        )
      }
    })

    test(`S002-ISO, ${about}: a key without the system's scopes neither writes ${wire.name} ${name}${
      sample.global === 'open' ? '' : ' nor reads them'
    }, whatever else it may do`, async () => {
      const uuid = await seed(app, sample, ours)
      const before = await snapshot(app, [table])
      const change = { [sample.change.field]: sample.change[wire.spelling] }
      const writes: [method: string, path: string, body?: unknown][] = [
        ['POST', wire.path('create', name), sample.body(next())[wire.spelling]],
        [wire.methods.update, wire.path('update', name, uuid), change],
        [wire.methods.update, wire.path('update', name, randomUUID()), change],
        ['DELETE', wire.path('remove', name, uuid)],
      ]
      const reads: [method: string, path: string, body?: unknown][] = [
        ['GET', wire.path('list', name)],
        ['GET', wire.path('get', name, uuid)],
      ]
      const ask = async (key: string, [method, path, body]: (typeof writes)[number]) =>
        app.call(method, path, body, { 'x-api-key': key })
      for (const key of [tenantKey, manyTenantsKey]) {
        for (const request of writes) assertError(wire, await ask(key, request), 403, 'FORBIDDEN')
        for (const request of reads) {
          const answer = await ask(key, request)
          if (sample.global === 'open') assert.equal(answer.status, 200, answer.text)
          else assertError(wire, answer, 403, 'FORBIDDEN')
        }
      }
      for (const request of writes) assertError(wire, await ask(readingKey, request), 403, 'FORBIDDEN')
      for (const request of reads) assert.equal((await ask(readingKey, request)).status, 200)
      assert.equal(await snapshot(app, [table]), before)
      const statuses: number[] = []
      for (const request of writes) statuses.push((await ask(systemKey, request)).status)
      assert.deepEqual(statuses, [201, 200, 404, wire.statuses.remove])
    })

    test(`${about}: ${wire.name} ${name} that do not exist are not found`, async () => {
      for (const verb of ['get', 'update', 'remove'] as const) {
        const body = verb === 'update' ? {} : undefined
        const answer = await app.call(wire.methods[verb], wire.path(verb, name, randomUUID()), body)
        assertError(wire, answer, 404, 'NOT_FOUND')
      }
    })
  }

nothingBroke(app, 'what belongs to the whole system')
