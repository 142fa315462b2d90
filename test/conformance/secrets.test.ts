import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { createKey } from '../../src/services/keys.ts'
import { globalKey, ours, testApp, theirs } from '../support/app.ts'
import { countRows, insertFull, nothingBroke } from './rows.ts'
import { next, written } from './samples.ts'
import { actions, assertError, clean, native, type Wire, wires } from './wires.ts'

const app = await testApp({ env: { TANDEM_SECURITY__AUTH_MODE: 'both' } })
after(() => app.close())

const tenantKey = async (scopes: readonly ('*:read' | '*:write' | 'secrets:read')[]): Promise<string> =>
  (await createKey(app.database, { name: 'test', domainUuid: ours.uuid, scopes })).key

const withoutSecrets = await tenantKey(['*:read', '*:write'])
const withSecrets = await tenantKey(['*:read', '*:write', 'secrets:read'])

/** Secrets of a row and of what lies inside it, by where they are kept. No two are alike, so that each is found. */
const kept = {
  extensions: { strong: ['zzsip'], pin: ['918273'] },
  users: { strong: [], pin: [] },
  gateways: { strong: ['zztrunk'], pin: [] },
  devices: { strong: ['zzphone', 'zzline', 'zzsetting'], pin: [] },
  voicemails: { strong: [], pin: ['817263'] },
  'pin-numbers': { strong: [], pin: ['716253'] },
  'call-block': { strong: [], pin: [] },
} as const satisfies Record<string, { strong: string[]; pin: string[] }>

/** Never shown to anyone: hashes and keys of users. */
const never = ['zzhash', 'zzsalt', 'zzkey', 'zztotp']

const uuids = new Map<string, string>()
for (const sample of written) {
  const uuid = randomUUID()
  uuids.set(sample.name, uuid)
  const secrets: Record<string, Record<string, string>> = {
    extensions: { extension: '901', number_alias: '', password: 'zzsip' },
    users: { password: 'zzhash', salt: 'zzsalt', api_key: 'zzkey', user_totp_secret: 'zztotp' },
    gateways: { password: 'zztrunk' },
    devices: { device_password: 'zzphone' },
    voicemails: { voicemail_password: '817263' },
    'pin-numbers': { pin_number: '716253' },
  }
  await insertFull(app, sample.table, 'seen', {
    [sample.key]: uuid,
    domain_uuid: ours.uuid,
    ...sample.row(next()),
    ...secrets[sample.name],
  })
}
await insertFull(app, 'v_voicemails', 'seen', {
  voicemail_uuid: randomUUID(),
  domain_uuid: ours.uuid,
  voicemail_id: '901',
  voicemail_password: '918273',
})
const device = { device_uuid: uuids.get('devices'), domain_uuid: ours.uuid }
await insertFull(app, 'v_device_lines', 'seen', { ...device, line_number: '1', password: 'zzline' })
await insertFull(app, 'v_device_settings', 'seen', { ...device, device_setting_value: 'zzsetting' })

/** What a dialect's documents let a caller with `secrets:read` see in a single answer (C-08). */
const classes: Readonly<Record<Wire['name'], readonly ('strong' | 'pin')[]>> = {
  clean: ['pin'],
  actions: ['strong', 'pin'],
  native: [],
}

const callers: [about: string, key: string, mayRead: boolean][] = [
  ['the global key', globalKey, true],
  ['a key with secrets:read', withSecrets, true],
  ['a key without secrets:read', withoutSecrets, false],
]

for (const sample of written)
  for (const wire of wires)
    test(`${wire.ids({
      clean: sample.name === 'extensions' ? 'S004-EXT-GET' : 'S002-SEC-PWD',
      actions: 'S002-SEC-PWD',
    })}${wire.name} ${sample.name} show the secrets that the document shows, to keys that may see them, and no others`, async () => {
      const secrets = kept[sample.name as keyof typeof kept]
      const uuid = uuids.get(sample.name) ?? ''
      for (const [about, key, mayRead] of callers) {
        const headers = { 'x-api-key': key }
        const single = await app.call('GET', wire.path('get', sample.name, uuid), undefined, headers)
        assert.equal(single.status, 200, `${about}: ${single.text}`)
        for (const secretClass of ['strong', 'pin'] as const)
          for (const secret of secrets[secretClass]) {
            const expected = mayRead && classes[wire.name].includes(secretClass)
            assert.equal(single.text.includes(secret), expected, `${about}, ${secret}: ${single.text}`)
          }
        const list = await app.call('GET', wire.path('list', sample.name), undefined, headers)
        assert.equal(list.status, 200)
        assert.ok(list.text.includes(uuid))
        for (const secret of [...secrets.strong, ...(mayRead && wire.name !== 'native' ? [] : secrets.pin)])
          assert.ok(!list.text.includes(secret), `${about}, ${secret}: ${list.text}`)
        for (const answer of [single, list])
          for (const secret of never) assert.ok(!answer.text.includes(secret), `${secret}: ${answer.text}`)
      }
    })

test('S002-SEC-PWD: every read of secrets through an action is written down, with who, what and from where', async () => {
  for (const [name, uuid] of uuids) {
    const secrets = kept[name as keyof typeof kept]
    const hasSecrets = secrets.strong.length + secrets.pin.length > 0
    for (const [about, key, mayRead] of callers) {
      const before = await countRows(app, 'tandem.secret_reads')
      const answer = await app.call('GET', actions.path('get', name, uuid), undefined, {
        'x-api-key': key,
        'x-request-id': `read-${name}`,
      })
      assert.equal(answer.status, 200)
      const expected = before + (hasSecrets && mayRead ? 1 : 0)
      assert.equal(await countRows(app, 'tandem.secret_reads'), expected, `${name}, ${about}`)
      if (!hasSecrets || !mayRead) continue
      const [row] = await app.sql('select * from tandem.secret_reads order by read_at desc limit 1')
      assert.equal(row?.resource, name)
      assert.equal(row?.key, uuid)
      assert.equal(row?.domain_uuid, ours.uuid)
      assert.equal(row?.address, '127.0.0.1')
      assert.equal(row?.request_id, `read-${name}`)
      assert.equal(row?.principal, key === globalKey ? 'global' : key.split('_')[1])
    }
  }
})

test('S002-SEC-PWD: what a read of secrets is written down with names every secret that was shown', async () => {
  const expected: Record<string, RegExp[]> = {
    extensions: [/password/, /voicemail/],
    gateways: [/password/],
    devices: [/device_password/, /device_lines/, /device_settings/],
    voicemails: [/voicemail_password/],
    'pin-numbers': [/pin_number/],
  }
  for (const [name, patterns] of Object.entries(expected)) {
    await app.sql('delete from tandem.secret_reads')
    await app.call('GET', actions.path('get', name, uuids.get(name)))
    const [row] = await app.sql<{ fields: string }>(
      'select array_to_string(fields, $1) as fields from tandem.secret_reads',
      [','],
    )
    for (const pattern of patterns) assert.match(row?.fields ?? '', pattern, name)
  }
})

test('S002-SEC-PWD: an action that lists PINs is written down as well', async () => {
  const before = await countRows(app, 'tandem.secret_reads')
  const answer = await app.call('GET', actions.path('list', 'pin-numbers'))
  if (answer.text.includes('716253')) assert.equal(await countRows(app, 'tandem.secret_reads'), before + 1)
})

test('a reveal shows the secrets of one native row, is written down and never cached', async () => {
  for (const [name, uuid] of uuids) {
    const secrets = kept[name as keyof typeof kept]
    const all = [...secrets.strong, ...secrets.pin]
    const path = `${native.path('get', name, uuid)}/reveal`
    if (all.length === 0) {
      assertError(native, await app.call('POST', path), 404, 'NOT_FOUND')
      continue
    }
    const before = await countRows(app, 'tandem.secret_reads')
    const answer = await app.call('POST', path)
    assert.equal(answer.status, 200, answer.text)
    for (const secret of all) assert.ok(answer.text.includes(secret), `${name} ${secret}`)
    for (const secret of never) assert.ok(!answer.text.includes(secret))
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers.etag, undefined)
    assert.equal(await countRows(app, 'tandem.secret_reads'), before + 1)

    const refused = await app.call('POST', path, undefined, { 'x-api-key': withoutSecrets })
    assertError(native, refused, 403, 'FORBIDDEN')
    for (const secret of all) assert.ok(!refused.text.includes(secret))
    const method = await app.call('GET', path)
    assertError(native, method, 405, 'METHOD_NOT_ALLOWED')
    assert.equal(method.headers.allow, 'POST, OPTIONS')
    const stranger = await app.call('POST', path, undefined, { 'x-domain': theirs.name })
    assertError(native, stranger, 404, 'NOT_FOUND')
    assertError(native, await app.call('POST', path.replace(uuid, randomUUID())), 404, 'NOT_FOUND')
    assertError(native, await app.call('POST', path.replace(uuid, 'not-a-uuid')), 400, 'VALIDATION_ERROR')
    assert.equal(await countRows(app, 'tandem.secret_reads'), before + 1, 'only what was shown is written down')
  }
})

/** Writes with secrets in them, by resource; every one of these texts must stay where it belongs. */
const secretBodies: Record<string, { create: Record<string, unknown>; update: Record<string, unknown> }> = {
  extensions: {
    create: { password: 'zzwrite1', voicemail_enabled: 'true', voicemail_password: '7700771' },
    update: { password: 'zzwrite2', voicemail_password: '7700772' },
  },
  users: {
    create: { password: 'zzWrite-Password-1', api_key: 'zzwrite3' },
    update: { password: 'zzWrite-Password-2', api_key: 'zzwrite4' },
  },
  gateways: { create: { password: 'zzwrite5' }, update: { password: 'zzwrite6' } },
  devices: {
    create: {
      device_password: 'zzwrite7',
      lines: [{ line_number: '1', user_id: '101', password: 'zzwrite8' }],
      settings: [{ device_setting_subcategory: 'admin_password', device_setting_value: 'zzwrite9' }],
    },
    update: {
      device_password: 'zzwrite10',
      lines: [{ line_number: '1', password: 'zzwrite11' }],
      settings: [{ device_setting_subcategory: 'admin_password', device_setting_value: 'zzwrite12' }],
    },
  },
  voicemails: { create: { voicemail_password: '7700773' }, update: { voicemail_password: '7700774' } },
  'pin-numbers': { create: { pin_number: '7700775' }, update: { pin_number: '7700776' } },
}

// An entry of blocked callers holds none.
for (const sample of written.filter(({ name }) => name !== 'call-block'))
  test(`S002-SEC-PWD: no audit row, receipt, answer or log line of a write to ${sample.name} holds a secret`, async () => {
    const { name, key } = sample
    const sent = secretBodies[name]
    assert.ok(sent)
    await app.sql('delete from v_database_transactions')
    const answers = []
    const made = await app.call('POST', clean.path('create', name), { ...sample.body(next()).text, ...sent.create })
    assert.equal(made.status, 201, made.text)
    const uuid = made.json.data[key]
    answers.push(made, await app.call('PUT', clean.path('update', name, uuid), sent.update))
    // A body that is refused is told about without its values.
    const faulty = { ...sent.update, [sample.required[0]?.[0] ?? '']: { a: 1 } }
    const refused = await app.call('PUT', clean.path('update', name, uuid), faulty)
    assert.equal(refused.status, 400)
    answers.push(refused)
    answers.push(await app.call('DELETE', clean.path('remove', name, uuid)))
    const audit = await app.sql<{ row: string }>('select to_jsonb(t)::text as row from v_database_transactions t')
    assert.equal(audit.length, 3)
    const receipts = await app.sql<{ row: string }>('select to_jsonb(t)::text as row from tandem.receipts t')
    const secrets = /zzwrite\d+|770077\d|\$2y\$/i
    for (const { row } of [...audit, ...receipts]) assert.doesNotMatch(row, secrets)
    for (const { text } of answers) assert.doesNotMatch(text, secrets)
    assert.doesNotMatch(JSON.stringify(app.log), secrets)
    // They are masked, not left out: that a password changed can be seen.
    assert.ok(audit.every(({ row }) => row.includes('********')))
  })

nothingBroke(app, 'secrets')
