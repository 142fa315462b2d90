import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { resources } from '../../src/resources/registry.ts'
import { createKey } from '../../src/services/keys.ts'
import { ours, testApp, theirs } from '../support/app.ts'
import { startFakeSwitch } from '../support/switch/fake-switch.ts'
import { up } from '../switch-http/support.ts'
import { insertFull, nothingBroke, snapshot, storedRow } from './rows.ts'
import { next, sampleOf, samples, seed, written } from './samples.ts'
import { assertError, native, type Wire, wires } from './wires.ts'

const fake = await startFakeSwitch()
const app = await testApp({ env: { TANDEM_SECURITY__AUTH_MODE: 'both' }, switchUrls: [fake.url] })
after(async () => {
  await app.close()
  await fake[Symbol.asyncDispose]()
})
await up(app)

/** In every text of every row of the other tenant, so that a leak is seen wherever it happens. */
const mark = 'zzforeign'
const foreignTables: [table: string, key: string, values?: Record<string, unknown>][] = [
  ['v_extensions', 'extension_uuid'],
  ['v_users', 'user_uuid'],
  ['v_gateways', 'gateway_uuid'],
  ['v_devices', 'device_uuid'],
  ['v_device_lines', 'device_line_uuid'],
  ['v_device_keys', 'device_key_uuid'],
  ['v_device_settings', 'device_setting_uuid'],
  ['v_device_profiles', 'device_profile_uuid'],
  ['v_voicemails', 'voicemail_uuid'],
  ['v_voicemail_messages', 'voicemail_message_uuid'],
  ['v_voicemail_options', 'voicemail_option_uuid'],
  ['v_voicemail_destinations', 'voicemail_destination_uuid'],
  ['v_voicemail_greetings', 'voicemail_greeting_uuid'],
  ['v_pin_numbers', 'pin_number_uuid'],
  ['v_call_block', 'call_block_uuid'],
  ['v_contacts', 'contact_uuid'],
  ['v_contact_emails', 'contact_email_uuid'],
  ['v_groups', 'group_uuid', { group_name: `${mark}-group` }],
  ['v_user_groups', 'user_group_uuid'],
  ['v_user_settings', 'user_setting_uuid'],
  ['v_extension_users', 'extension_user_uuid'],
  ['v_extension_settings', 'extension_setting_uuid'],
  ['v_follow_me', 'follow_me_uuid'],
  ['v_ring_group_destinations', 'ring_group_destination_uuid'],
  ['v_dialplans', 'dialplan_uuid'],
]
/** One UUID of each kind of foreign row. Columns that point at one of these tables hold its UUID. */
const foreign: Record<string, string> = Object.fromEntries(foreignTables.map(([, key]) => [key, randomUUID()]))
for (const [table, key, values] of foreignTables)
  await insertFull(app, table, mark, { ...foreign, domain_uuid: theirs.uuid, ...values, [key]: foreign[key] })
/** What is alive there: a call whose every name tells whose it is, and a phone. */
const foreignCall = fake.call({
  domain: theirs.name,
  from: '2001',
  to: '2002',
  a: { callerName: mark, calleeName: mark },
  b: { callerName: mark },
})
fake.register({ user: `${mark}-phone`, domain: theirs.name, agent: mark })
fake.forget()
const foreignUuids = {
  ...foreign,
  domain_uuid: theirs.uuid,
  channel_uuid: foreignCall.a.uuid,
  other_channel_uuid: foreignCall.b.uuid,
}

const tables = [...foreignTables.map(([table]) => table), 'v_domains']
const theirRows = (): Promise<string> => snapshot(app, tables, `t.domain_uuid = '${theirs.uuid}'`)
const untouched = await theirRows()

/** Rows of ours that requests may change. */
const own = new Map<string, string>()
for (const sample of written) own.set(sample.name, await seed(app, sample, ours))

const tenantKey = (
  await createKey(app.database, {
    name: 'ours',
    domainUuid: ours.uuid,
    scopes: ['*:read', '*:write', 'secrets:read', 'eavesdrop:write'],
  })
).key

interface Operation {
  parameters?: { name: string; in: string }[]
}

/** Every method and path that the references of the three dialects name. */
async function routes(): Promise<{ wire: Wire; method: string; path: string }[]> {
  const surfaces: Record<Wire['name'], string> = { clean: 'v1', actions: 'actions', native: 'v2' }
  const found: { wire: Wire; method: string; path: string }[] = []
  for (const wire of wires) {
    const { json } = await app.call('GET', `/openapi.json?surface=${surfaces[wire.name]}`)
    for (const [path, operations] of Object.entries(json.paths as Record<string, Record<string, Operation>>))
      for (const [method, operation] of Object.entries(operations)) {
        if (!['get', 'post', 'put', 'patch', 'delete'].includes(method)) continue
        // A stream does not end; test/live/streams.test.ts keeps its tenants apart.
        if (JSON.stringify(operation).includes('text/event-stream')) continue
        const asked = (operation.parameters ?? []).some(
          (parameter) => parameter.in === 'query' && parameter.name === 'uuid',
        )
        found.push({
          wire,
          method: method.toUpperCase(),
          path: asked && !path.includes('{') ? `${path}?uuid={uuid}` : path,
        })
      }
  }
  return found
}

/** The longest name wins: `access-controls/nodes` before `access-controls`. */
const resourceIn = (path: string): string | undefined =>
  samples
    .filter((sample) => sample.verbs.includes('create'))
    .map((sample) => sample.name)
    .sort((a, b) => b.length - a.length)
    .find((name) => new RegExp(`/${name}(?![a-z-])`).test(path))

/** A tenant's key does not get as far as looking for a row of the whole system (S002-ISO; test/conformance/system-wide). */
const isForbidden = (name: string | undefined, method: string, about: string): boolean => {
  const global = samples.find((sample) => sample.name === name)?.global
  return about === "a tenant's key" && global !== undefined && (global === 'closed' || method !== 'GET')
}

/** Bodies of what can be done to something alive, by the end of the path: only a sound one is asked whose it is. */
const liveBodies: [end: string, body: Record<string, unknown>][] = [
  ['/active-calls/{uuid}/transfer', { destination: '1001' }],
  ['/active-calls/{uuid}/dtmf', { digits: '1' }],
  ['/active-calls/{uuid}/eavesdrop', { extension: '1001' }],
  ['/active-calls/{uuid}/attended-transfer', { call_uuid: foreignCall.b.uuid }],
]

const callers: [about: string, headers: Record<string, string>][] = [
  ['the global key', {}],
  ["a tenant's key", { 'x-api-key': tenantKey }],
]

test('S002-ISO: every route of every dialect, with a UUID of another tenant in its path or query, answers 404 and shows and changes nothing', async () => {
  const all = await routes()
  assert.ok(all.length > 90, `${all.length} routes`)
  let asked = 0
  for (const { wire, method, path } of all) {
    const holes = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[0])
    if (holes.length === 0) continue
    const name = resourceIn(path)
    const sample = name === undefined ? undefined : sampleOf(name)
    const body =
      liveBodies.find(([end]) => path.endsWith(end))?.[1] ??
      (sample === undefined || method === 'GET' || method === 'DELETE' || path.endsWith('/reveal')
        ? undefined
        : { [sample.change.field]: sample.change[wire.spelling] })
    for (const [about, headers] of callers)
      for (const [kind, uuid] of Object.entries(foreignUuids)) {
        // A tenant's key meets the kind that the route is about; the global key meets all of them.
        if (about !== 'the global key' && sample !== undefined && !sample.global && kind !== sample.key) continue
        const filled = holes.reduce((text, hole) => text.replace(hole, uuid), path)
        const answer = await app.call(method, filled, body, headers)
        if (isForbidden(name, method, about)) assertError(wire, answer, 403, 'FORBIDDEN')
        else assertError(wire, answer, 404, 'NOT_FOUND')
        assert.ok(
          !answer.text.includes(mark) && !answer.text.includes(theirs.name),
          `${method} ${filled}: ${answer.text}`,
        )
        asked += 1
      }
  }
  assert.ok(asked > 1000, `${asked} requests`)
  assert.equal(await theirRows(), untouched)
  assert.deepEqual(fake.lines(/uuid_(?!dump|exists|getvar)|originate|flush|sendevent/), [], 'the switch was only asked')
  assert.equal(fake.channels.length, 2)
})

test('S002-ISO: every list of every dialect holds rows of the tenant alone, whatever UUID is in its query', async () => {
  const names = ['domain_uuid', 'uuid', 'user_uuid', 'extension_uuid', 'device_profile_uuid', 'voicemail_uuid']
  for (const { wire, method, path } of await routes()) {
    if (method !== 'GET' || path.includes('{')) continue
    // The list of tenants is the system's for the global key (C-02): tested with the documents.
    if (path.includes('domains')) continue
    for (const [about, headers] of callers)
      for (const query of [
        '',
        ...names.map((name) => `?${name}=${foreignUuids[name as keyof typeof foreignUuids] ?? theirs.uuid}`),
      ]) {
        const answer = await app.call('GET', `${path}${query}`, undefined, headers)
        if (isForbidden(resourceIn(path), method, about)) assertError(wire, answer, 403, 'FORBIDDEN')
        else if (answer.status !== 200) assertError(wire, answer, 400, 'VALIDATION_ERROR')
        assert.ok(!answer.text.includes(mark), `${path}${query}: ${answer.text}`)
        for (const uuid of Object.values(foreign)) {
          // A refused parameter may be named; its value is not.
          assert.ok(!answer.text.includes(uuid), `${path}${query}: ${answer.text}`)
        }
      }
  }
  assert.equal(await theirRows(), untouched)
})

/** Bodies that point at a row of the other tenant, by resource: field, body in both spellings. */
const pointing: [resource: string, field: string, body: Record<string, unknown>][] = [
  ['extensions', 'user_uuid', { user_uuid: foreign.user_uuid }],
  ['call-block', 'extension_uuid', { extension_uuid: foreign.extension_uuid }],
  ['devices', 'device_profile_uuid', { device_profile_uuid: foreign.device_profile_uuid }],
  ['devices', 'device_user_uuid', { device_user_uuid: foreign.user_uuid }],
  ['devices', 'device_uuid_alternate', { device_uuid_alternate: foreign.device_uuid }],
  [
    'voicemails',
    'voicemail_destinations[0].voicemail_uuid_copy',
    { voicemail_destinations: [{ voicemail_uuid_copy: foreign.voicemail_uuid }] },
  ],
  ['users', 'groups', { groups: ['user', `${mark}-group`] }],
]

test('the matrix knows every reference that the registry declares', () => {
  const declared = resources.flatMap((resource) => [
    ...Object.entries(resource.fields).flatMap(([name, field]) =>
      field.references && !field.references.global ? [`${resource.name} ${name}`] : [],
    ),
    ...(resource.children ?? []).flatMap((child) =>
      Object.entries(child.fields).flatMap(([name, field]) =>
        field.references ? [`${resource.name} ${child.names[0]}[0].${name}`] : [],
      ),
    ),
  ])
  const known = pointing.map(([resource, field]) => `${resource} ${field}`)
  for (const reference of declared) assert.ok(known.includes(reference), reference)
})

for (const wire of wires)
  test(`S002-ISO: ${wire.name} bodies that point at rows of another tenant are refused as if those did not exist`, async () => {
    for (const [name, field, body] of pointing) {
      const sample = sampleOf(name)
      const before = await snapshot(app, tables)
      for (const [, headers] of callers)
        for (const stranger of [false, true]) {
          // A row that does not exist anywhere is refused in the same words.
          const text = JSON.stringify(body)
          const sent = JSON.parse(
            stranger ? text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, randomUUID()).replaceAll(mark, 'nobody') : text,
          )
          const made = await app.call(
            'POST',
            wire.path('create', name),
            { ...sample.body(next())[wire.spelling], ...sent },
            headers,
          )
          const changed = await app.call(wire.methods.update, wire.path('update', name, own.get(name)), sent, headers)
          for (const answer of [made, changed]) {
            assertError(wire, answer, 400, 'VALIDATION_ERROR', field)
            const answered =
              wire.name === 'native' ? answer.json.errors : (answer.json.error.errors ?? answer.json.error.message)
            if (name !== 'users') assert.match(JSON.stringify(answered), /does not exist in this domain/)
          }
        }
      assert.equal(await snapshot(app, tables), before)
    }
    assert.equal(await theirRows(), untouched)
  })

test('S002-ISO: rows inside a body cannot take over rows of another tenant by naming their UUIDs', async () => {
  const inside: [resource: string, body: (wire: Wire) => Record<string, unknown>][] = [
    [
      'devices',
      (wire) => ({
        lines: [
          { device_line_uuid: foreign.device_line_uuid, line_number: wire.spelling === 'text' ? '1' : 1, user_id: '1' },
        ],
      }),
    ],
    [
      'devices',
      (wire) => ({
        keys: [{ device_key_uuid: foreign.device_key_uuid, device_key_id: wire.spelling === 'text' ? '1' : 1 }],
      }),
    ],
    [
      'devices',
      () => ({ settings: [{ device_setting_uuid: foreign.device_setting_uuid, device_setting_subcategory: 'x' }] }),
    ],
    [
      'voicemails',
      () => ({
        voicemail_options: [
          {
            voicemail_option_uuid: foreign.voicemail_option_uuid,
            voicemail_option_digits: '1',
            voicemail_option_param: 'hangup',
          },
        ],
      }),
    ],
    [
      'voicemails',
      () => ({
        voicemail_destinations: [
          {
            voicemail_destination_uuid: foreign.voicemail_destination_uuid,
            voicemail_uuid_copy: own.get('voicemails'),
          },
        ],
      }),
    ],
  ]
  for (const wire of wires)
    for (const [name, body] of inside) {
      const sample = sampleOf(name)
      const made = await app.call('POST', wire.path('create', name), {
        ...sample.body(next())[wire.spelling],
        ...body(wire),
      })
      const changed = await app.call(wire.methods.update, wire.path('update', name, own.get(name)), body(wire))
      for (const answer of [made, changed]) {
        assert.ok(answer.status >= 400 && answer.status < 500, answer.text)
        assert.ok(!answer.text.includes(mark))
      }
      assert.equal(await theirRows(), untouched)
    }
})

test('S002-ISO: columns that tie a row to a tenant, a contact or a follow-me entry are not for callers to write', async () => {
  const ties: [resource: string, column: string, uuid: string | undefined][] = [
    ['extensions', 'domain_uuid', theirs.uuid],
    ['extensions', 'follow_me_uuid', foreign.follow_me_uuid],
    ['users', 'contact_uuid', foreign.contact_uuid],
    ['users', 'domain_uuid', theirs.uuid],
    ['gateways', 'domain_uuid', theirs.uuid],
    ['devices', 'domain_uuid', theirs.uuid],
    ['voicemails', 'domain_uuid', theirs.uuid],
    ['pin-numbers', 'domain_uuid', theirs.uuid],
  ]
  for (const wire of wires)
    for (const [name, column, uuid] of ties) {
      const { table, key } = sampleOf(name)
      const row = own.get(name) ?? ''
      const before = await storedRow(app, table, key, row)
      const answer = await app.call(wire.methods.update, wire.path('update', name, row), { [column]: uuid })
      if (wire === native) assertError(wire, answer, 400, 'VALIDATION_ERROR', column)
      else assert.equal(answer.status, 200)
      assert.deepEqual(await storedRow(app, table, key, row), before, `${wire.name} ${name}.${column}`)
    }
})

test('S002-ISO: what an extension takes with it when it goes is of its own tenant', async () => {
  // Both tenants have the same numbers everywhere.
  const sample = sampleOf('extensions')
  const twins: [table: string, key: string, values: Record<string, unknown>][] = [
    ['v_voicemails', 'voicemail_uuid', { voicemail_id: '777' }],
    ['v_voicemail_greetings', 'voicemail_greeting_uuid', { voicemail_id: '777' }],
    ['v_ring_group_destinations', 'ring_group_destination_uuid', { destination_number: '777' }],
    ['v_device_lines', 'device_line_uuid', { user_id: '777', auth_id: '777', server_address: ours.name }],
    ['v_device_keys', 'device_key_uuid', { device_key_value: '777' }],
  ]
  for (const [table, key, values] of twins)
    for (const tenant of [ours, theirs])
      await insertFull(app, table, tenant === ours ? 'own' : mark, {
        ...values,
        domain_uuid: tenant.uuid,
        [key]: randomUUID(),
      })
  const before = await theirRows()
  for (const wire of wires) {
    const uuid = await seed(app, sample, ours, { extension: '777' })
    const changes = [
      { password: 'another-secret', effective_caller_id_name: 'Another', voicemail_password: '55555' },
      { extension: '778' },
      { extension: '777' },
    ]
    for (const change of changes) {
      const answer = await app.call(wire.methods.update, wire.path('update', 'extensions', uuid), change)
      assert.equal(answer.status, 200, answer.text)
    }
    assert.equal((await app.call('DELETE', wire.path('remove', 'extensions', uuid))).status, wire.statuses.remove)
    assert.equal(await theirRows(), before, wire.name)
  }
  const left = await app.sql(`select 1 from v_voicemails where domain_uuid = $1 and voicemail_id = '777'`, [ours.uuid])
  assert.equal(left.length, 0, 'our own box went')
})

test('S002-ISO: gateways of the whole system are no rows of a tenant', async () => {
  const global = randomUUID()
  await insertFull(app, 'v_gateways', 'zzsystem', { gateway_uuid: global, domain_uuid: null })
  const before = await storedRow(app, 'v_gateways', 'gateway_uuid', global)
  for (const wire of wires)
    for (const [, headers] of callers) {
      const list = await app.call('GET', wire.path('list', 'gateways'), undefined, headers)
      assert.ok(!list.text.includes('zzsystem'))
      for (const verb of ['get', 'update', 'remove'] as const) {
        const body = verb === 'update' ? { description: 'taken' } : undefined
        const answer = await app.call(wire.methods[verb], wire.path(verb, 'gateways', global), body, headers)
        assertError(wire, answer, 404, 'NOT_FOUND')
      }
    }
  assert.deepEqual(await storedRow(app, 'v_gateways', 'gateway_uuid', global), before)
  // The system's own key reaches it where no tenant is named.
  const system = await app.call('GET', `/api/v2/gateways/${global}`, undefined, { 'x-domain': undefined })
  assert.equal(system.status, 200)
  const tenant = await app.call('GET', `/api/v2/gateways/${global}`, undefined, {
    'x-domain': undefined,
    'x-api-key': tenantKey,
  })
  assertError(native, tenant, 404, 'NOT_FOUND')
})

test('S002-ISO: links that lead into another tenant, however they came about, show nothing of it', async () => {
  const user = await seed(app, sampleOf('users'), ours, { contact_uuid: foreign.contact_uuid })
  const extension = await seed(app, sampleOf('extensions'), ours, { extension: '779' })
  const device = await seed(app, sampleOf('devices'), ours)
  const box = await seed(app, sampleOf('voicemails'), ours)
  const link = { domain_uuid: ours.uuid, user_uuid: foreign.user_uuid, extension_uuid: extension }
  await insertFull(app, 'v_extension_users', 'own', { extension_user_uuid: randomUUID(), ...link })
  const group = { domain_uuid: ours.uuid, user_uuid: user, group_uuid: foreign.group_uuid, group_name: 'own-group' }
  await insertFull(app, 'v_user_groups', 'own', { user_group_uuid: randomUUID(), ...group })
  const rows: [table: string, key: string, values: Record<string, unknown>][] = [
    ['v_device_lines', 'device_line_uuid', { device_uuid: device }],
    ['v_voicemail_messages', 'voicemail_message_uuid', { voicemail_uuid: box }],
    ['v_voicemail_options', 'voicemail_option_uuid', { voicemail_uuid: box }],
  ]
  for (const [table, key, values] of rows)
    await insertFull(app, table, mark, { ...values, domain_uuid: theirs.uuid, [key]: randomUUID() })
  const shown: string[] = []
  for (const wire of wires) {
    const paths = [
      wire.path('get', 'users', user),
      wire.path('get', 'extensions', extension),
      wire.path('get', 'devices', device),
      wire.path('get', 'voicemails', box),
      wire.path('list', 'voicemails/messages', box),
    ]
    for (const path of paths) {
      const answer = await app.call('GET', path)
      assert.equal(answer.status, 200)
      for (const [, found] of answer.text.matchAll(/"([^"]*zzforeign[^"]*)"/g)) shown.push(`${path}: ${found}`)
    }
  }
  assert.deepEqual(shown, [])
})

nothingBroke(app, 'other tenants')
