import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { createKey } from '../../src/services/keys.ts'
import { ours, testApp, theirs } from '../support/app.ts'
import { insertKnown, nothingBroke, snapshot } from './rows.ts'
import { layStock, next, seed, stock, systemWide } from './samples.ts'
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
  'sip-profiles': 'S004-SIP-LIST, S004-SIP-GET, S004-SIP-CREATE, S004-SIP-UPDATE, S004-SIP-DELETE',
  'sip-profiles/settings': 'S004-SIPSET-LIST, S004-SIPSET-CREATE, S004-SIPSET-UPDATE, S004-SIPSET-DELETE',
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

const effectsOf = async (receipt: string | undefined): Promise<unknown> => {
  const [row] = await app.sql<{ effects: string }>(
    'select effects::text from tandem.receipts where receipt_uuid = $1',
    [/^[0-9a-f-]{36}/.exec(receipt ?? '')?.[0]],
  )
  return JSON.parse(row?.effects ?? 'null')
}

const sofiaConf = { to: 'cache', key: 'configuration:sofia.conf', perHost: true }
const rescanOf = (profile: string) => ({ to: 'switch', command: ['sofia', 'profile', profile, 'rescan'] })

test('S004-SIPSET-CREATE, S004-SIPSET-UPDATE, S004-SIPSET-DELETE: a setting has the profile it belongs to, and no other, read it', async () => {
  const quiet = randomUUID()
  await insertKnown(app, 'v_sip_profiles', {
    sip_profile_uuid: quiet,
    sip_profile_name: 'quiet',
    sip_profile_enabled: 'false',
  })
  for (const [profile, expected] of [
    [stock.profile, [sofiaConf, rescanOf('stock')]],
    [quiet, [sofiaConf]],
  ] as const) {
    const path = '/api/v1/sip-profiles/settings'
    const made = await app.call('POST', path, { sip_profile_uuid: profile, sip_profile_setting_name: 'sip-port' })
    const row = `${path}/${made.json.data.sip_profile_setting_uuid}`
    const changed = await app.call('PUT', row, { sip_profile_setting_value: '5099' })
    const gone = await app.call('DELETE', row)
    for (const answer of [made, changed, gone])
      assert.deepEqual(await effectsOf(answer.headers['x-tandem-receipt']), expected, answer.text)
  }
})

test('S004-SIPSET-CREATE, S004-ACLN-CREATE: a row of a list that does not exist is refused', async () => {
  const strange = randomUUID()
  for (const wire of wires) {
    const setting = { sip_profile_uuid: strange, sip_profile_setting_name: 'x' }
    const node = { access_control_uuid: strange, node_type: 'allow', node_cidr: '192.0.2.1' }
    const answers = [
      await app.call('POST', wire.path('create', 'sip-profiles/settings'), setting),
      await app.call('POST', wire.path('create', 'access-controls/nodes'), node),
    ]
    for (const [index, field] of ['sip_profile_uuid', 'access_control_uuid'].entries())
      assertError(wire, answers[index] ?? assert.fail(), 400, 'VALIDATION_ERROR', field)
  }
})

test('S004-ACLN-CREATE: a single address gets its length, and what is no network is refused', async () => {
  const path = '/api/v1/access-controls/nodes'
  const node = (node_cidr: string) =>
    app.call('POST', path, { access_control_uuid: stock.providers, node_type: 'deny', node_cidr })
  for (const [sent, stored] of [
    ['192.0.2.77', '192.0.2.77/32'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ] as const) {
    const made = await node(sent)
    assert.equal(made.status, 201, made.text)
    const read = await app.call('GET', `${path}/${made.json.data.access_control_node_uuid}`)
    assert.equal(read.json.data.node_cidr, stored)
    assert.deepEqual(await effectsOf(made.headers['x-tandem-receipt']), [
      { to: 'cache', key: 'configuration:acl.conf' },
      { to: 'switch', command: ['reloadacl'] },
    ])
  }
  for (const sent of [
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2/24',
    '1.2.3.4/24/8',
    '2001:db8::/129',
    'fe80::1%eth0',
    '/24',
  ])
    assert.equal((await node(sent)).status, 400, sent)
})

test('S004-SIP-CREATE: two switches may each have a profile of one name, and a switch only one', async () => {
  const make = (sip_profile_hostname: string) =>
    app.call('POST', '/api/v1/sip-profiles', { sip_profile_name: 'twin', sip_profile_hostname })
  assert.equal((await make('pbx1')).status, 201)
  assert.equal((await make('pbx2')).status, 201)
  assert.equal((await make('pbx2')).status, 409)
  assert.equal((await make('')).status, 409)
})

nothingBroke(app, 'what belongs to the whole system')
