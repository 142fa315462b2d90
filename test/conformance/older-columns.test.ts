import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { insertRow, ours, testApp, theirs } from '../support/app.ts'
import { nothingBroke, storedText } from './rows.ts'
import { owned, sampleOf, seed, written } from './samples.ts'
import { lifeCycle, partialUpdates, strangers } from './verbs.ts'
import { clean, native, wires, withQuery } from './wires.ts'

/** FusionPBX 5.4 keeps flags as the texts `true` and `false`, and lacks some columns of 5.6. */
const app = await testApp({ template: '5.4' })
after(() => app.close())

test('the tables of this run are those of 5.4', async () => {
  const [row] = await app.sql(
    `select data_type as type from information_schema.columns where table_name = 'v_extensions' and column_name = 'enabled'`,
  )
  assert.equal(row?.type, 'text')
})

for (const sample of written)
  for (const wire of wires) {
    lifeCycle(app, sample, wire)
    partialUpdates(app, sample, wire)
    if (wire === clean) strangers(app, sample, wire)
  }

test('S002-BOOL: flags kept as text read as flags, and NULL or anything else as false, in each spelling', async () => {
  const sample = sampleOf('extensions')
  const kept: [stored: string | null, meaning: boolean][] = [
    ['true', true],
    ['false', false],
    [null, false],
    ['', false],
    ['yes', false],
  ]
  for (const [stored, meaning] of kept) {
    const uuid = await seed(app, sample, ours, { enabled: stored, do_not_disturb: stored })
    for (const wire of wires) {
      const { enabled, do_not_disturb } = wire.row(await app.call('GET', wire.path('get', 'extensions', uuid)))
      const expected = wire.spelling === 'text' ? String(meaning) : meaning
      assert.equal(enabled, expected, `${wire.name} ${stored}`)
      assert.equal(do_not_disturb, expected, `${wire.name} ${stored}`)
    }
  }
})

test('S002-BOOL: flags are written as the texts that 5.4 reads', async () => {
  for (const wire of wires)
    for (const sample of written) {
      const flag = ['users', 'devices', 'voicemails'].includes(sample.name)
        ? `${sample.name.slice(0, -1)}_enabled`
        : sample.name === 'call-block'
          ? 'call_block_enabled'
          : 'enabled'
      const uuid = await seed(app, sample, ours)
      for (const value of [false, true]) {
        const body = { [flag]: wire.spelling === 'text' ? String(value) : value }
        assert.equal((await app.call(wire.methods.update, wire.path('update', sample.name, uuid), body)).status, 200)
        assert.equal((await storedText(app, sample.table, sample.key, uuid))?.[flag], String(value))
      }
    }
})

test('S002-ISO: filters by a flag kept as text find what they mean', async () => {
  const sample = sampleOf('gateways')
  await app.sql('delete from v_gateways')
  const on = await seed(app, sample, ours, { enabled: 'true' })
  const off = await seed(app, sample, ours, { enabled: 'false' })
  const unset = await seed(app, sample, ours, { enabled: null })
  await seed(app, sample, theirs, { enabled: 'true' })
  for (const wire of wires)
    for (const [word, expected] of [
      ['true', [on]],
      ['false', [off, unset]],
    ] as const) {
      const answer = await app.call('GET', withQuery(wire.path('list', 'gateways'), `enabled=${word}`))
      assert.deepEqual(
        wire.rows(answer).map((row) => row.gateway_uuid),
        expected,
      )
    }
})

test('native lists of 5.4 are walked by flags kept as text', async () => {
  for (const [name, flag] of [
    ['gateways', 'enabled'],
    ['users', 'user_enabled'],
  ] as const) {
    const sample = owned.find((candidate) => candidate.name === name)
    assert.ok(sample)
    for (const enabled of ['true', 'false', null, '']) await seed(app, sample, ours, { [flag]: enabled })
    await seed(app, sample, theirs)
    const all = await app.sql(`select ${sample.key} as key from ${sample.table} where domain_uuid = $1`, [ours.uuid])
    const seen: string[] = []
    for (let cursor: string | undefined; cursor !== null; ) {
      const next: string = cursor === undefined ? '' : `&cursor=${cursor}`
      const answer = await app.call('GET', `${native.path('list', name)}?limit=2&sort=-${flag}${next}`)
      assert.equal(answer.status, 200, answer.text)
      seen.push(...answer.json.data.map((row: Record<string, string>) => row[sample.key]))
      cursor = answer.json.next_cursor
    }
    assert.deepEqual(seen.sort(), all.map((row) => row.key).sort())
  }
})

test('S004-EXT-GET: a box, a contact and a user of 5.4 are shown inside the extension', async () => {
  const contact = '5c0e8400-e29b-41d4-a716-446655440001'
  await insertRow(app, 'v_contacts', {
    contact_uuid: contact,
    domain_uuid: ours.uuid,
    contact_name_given: 'John',
    contact_name_family: 'Doe',
  })
  const user = await seed(app, sampleOf('users'), ours, { username: 'jdoe', contact_uuid: contact })
  const made = await app.call('POST', '/api/v1/extensions', {
    extension: '301',
    voicemail_enabled: 'true',
    voicemail_password: '123456',
    user_uuid: user,
  })
  assert.equal(made.status, 201, made.text)
  const { data } = (await app.call('GET', `/api/v1/extensions/${made.json.data.extension_uuid}`)).json
  assert.equal(data.voicemail.voicemail_enabled, 'true')
  assert.equal(data.voicemail.voicemail_password, '123456')
  assert.deepEqual(data.user, { user_uuid: user, username: 'jdoe', full_name: 'John Doe' })
})

test('S002-USER-CREATE-FX: a user of 5.4 gets contact, mail address, settings and groups', async () => {
  await insertRow(app, 'v_groups', {
    group_uuid: '5d0e8400-e29b-41d4-a716-446655440001',
    domain_uuid: ours.uuid,
    group_name: 'managers',
    group_level: 20,
  })
  const made = await app.call('POST', '/api/v1/users/create.php', {
    username: 'msmith',
    password: 'SecurePassword123!',
    contact_name_given: 'Mary',
    contact_email: 'm.smith@example.com',
    user_language: 'en',
    groups: ['managers'],
  })
  assert.equal(made.status, 201, made.text)
  const [row] = await app.sql(
    `select c.contact_name_given, e.email_address, e.email_primary::text as email_primary, s.user_setting_value, s.user_setting_enabled::text as enabled, g.group_name
       from v_users u join v_contacts c using (contact_uuid) join v_contact_emails e using (contact_uuid)
       join v_user_settings s on s.user_uuid = u.user_uuid join v_user_groups g on g.user_uuid = u.user_uuid
      where u.user_uuid = $1`,
    [made.json.data.user_uuid],
  )
  assert.deepEqual(row, {
    contact_name_given: 'Mary',
    email_address: 'm.smith@example.com',
    email_primary: '1',
    user_setting_value: 'en',
    enabled: 'true',
    group_name: 'managers',
  })
})

nothingBroke(app, 'older tables')
