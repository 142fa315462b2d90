import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { insertRow, ours, type TestAnswer, theirs } from '../support/app.ts'
import { liveApp, tenant } from './support.ts'

const app = await liveApp({ fake: { showDelayMs: 900, globals: { recordings_dir: '/var/lib/freeswitch/recordings' } } })
after(() => app.close())
beforeEach(() => {
  app.fake.faults.clear()
  app.fake.forgetOverrides()
  app.fake.showDelayMs = 0
  for (const leg of app.fake.channels) app.fake.hangup(leg)
  app.fake.forget()
})
for (const [tenantOf, extension] of [
  [ours, '1001'],
  [ours, '1002'],
  [theirs, '2001'],
] as const)
  await insertRow(app, 'v_extensions', {
    extension_uuid: randomUUID(),
    domain_uuid: tenantOf.uuid,
    extension,
    effective_caller_id_name: `Zoë "the" {x} ${extension}`,
    effective_caller_id_number: extension,
    outbound_caller_id_name: 'Our Firm, Ltd',
    outbound_caller_id_number: '+1 (202) 555-0100',
    enabled: 'true',
    user_context: tenantOf.name,
  })

const call = (from = '1001', to = '1002', domain: string = ours.name) => app.fake.call({ domain, from, to })
const hangup = (uuid: unknown, headers = {}) =>
  app.call('POST', '/api/v1/active-calls/hangup', { call_uuid: uuid }, headers)
const transfer = (uuid: unknown, destination: unknown, headers = {}) =>
  app.call('POST', '/api/v1/active-calls/transfer', { call_uuid: uuid, destination }, headers)
const act = (uuid: string, action: string, body?: unknown, headers = {}) =>
  app.call('POST', `/api/v2/active-calls/${uuid}/${action}`, body, headers)
const listed = async (): Promise<string[]> =>
  (await app.call('GET', '/api/v1/active-calls')).json.data.map((row: { call_uuid: string }) => row.call_uuid)

function refusedAs(answer: TestAnswer, status: number, code: string): void {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.json.error?.code ?? answer.json.code, code, answer.text)
}

test('S004-CALLS-HANGUP: a call ends, the answer is the documented one, and a list right after does not show it', async () => {
  const { a } = call()
  const kept = call('1002', '1001')
  await app.call('GET', '/api/v1/active-calls')
  app.fake.showDelayMs = 900
  const answer = await hangup(a.uuid)
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, {
    success: true,
    data: { call_uuid: a.uuid, result: '+OK' },
    message: 'Call terminated successfully',
  })
  assert.ok(!app.fake.channels.includes(a))
  assert.deepEqual(await listed(), [kept.a.uuid], 'although show still tells of it')
  assert.ok((await app.call('GET', '/api/v1/active-calls')).status === 200)
  assert.match(JSON.stringify(app.fake.lines('uuid_')), new RegExp(`uuid_dump ${a.uuid} json.*uuid_kill ${a.uuid}`))
})

test('S004-CALLS-HANGUP: a caller who hangs up takes every phone that rings with him, in lists too', async () => {
  const a = app.fake.addChannel({ user: '1001', domain: ours.name, dest: '600' })
  for (const user of ['1002', '1003', '1004']) app.fake.ring(a, { user, domain: ours.name })
  assert.equal((await listed()).length, 1)
  app.fake.showDelayMs = 900
  assert.equal((await hangup(a.uuid)).status, 200)
  assert.deepEqual(await listed(), [])
})

test('S004-CALLS-HANGUP, S004-CALLS-TRANSFER: another tenant’s call, and one that is none, are not found and not touched', async () => {
  const { a, b } = call('2001', '2002', theirs.name)
  const nobody = app.fake.addChannel({ callerNumber: '+1', context: 'public', dest: '1' })
  app.fake.forget()
  for (const uuid of [a.uuid, b.uuid, nobody.uuid, randomUUID()]) {
    refusedAs(await hangup(uuid), 404, 'NOT_FOUND')
    refusedAs(await transfer(uuid, '1001'), 404, 'NOT_FOUND')
    for (const [action, body] of actionBodies) refusedAs(await act(uuid, action, body), 404, 'NOT_FOUND')
    refusedAs(await app.call('GET', `/api/v2/active-calls/${uuid}`), 404, 'NOT_FOUND')
  }
  const written = app.fake.lines(/uuid_(?!dump|getvar|exists)|originate/)
  assert.deepEqual(written, [], 'nothing but questions reached the switch')
  assert.equal(app.fake.channels.length, 3)
})

const actionBodies: [action: string, body?: unknown][] = [
  ['hangup'],
  ['transfer', { destination: '1002' }],
  ['hold'],
  ['unhold'],
  ['mute'],
  ['unmute'],
  ['dtmf', { digits: '1' }],
  ['park'],
  ['record/start'],
  ['record/stop'],
  ['eavesdrop', { extension: '1001' }],
  ['attended-transfer', { call_uuid: randomUUID() }],
]

test('S004-CALLS-TRANSFER: a call goes to a destination of its own tenant’s dialplan, with the documented answer', async () => {
  const { a, b } = call()
  app.fake.showDelayMs = 900
  const answer = await transfer(a.uuid, '9196')
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(answer.json, {
    success: true,
    data: { call_uuid: a.uuid, destination: '9196', result: '+OK' },
    message: 'Call transferred successfully',
  })
  assert.deepEqual(app.fake.lines('uuid_transfer'), [`api uuid_transfer ${a.uuid} 9196 XML ${ours.name}`])
  assert.ok(!app.fake.channels.includes(b), 'the other leg is left')
  const [row] = (await app.call('GET', '/api/v1/active-calls')).json.data
  assert.deepEqual([row.call_uuid, row.destination_number], [a.uuid, '9196'], 'although show still tells the old one')
})

test('on v2 the other leg is transferred, or both, and each has to be the tenant’s own', async () => {
  const first = call()
  assert.equal((await act(first.a.uuid, 'transfer', { destination: '9196', leg: 'other' })).status, 200)
  assert.deepEqual([app.fake.channels.includes(first.a), first.b.dest], [false, '9196'])
  const second = call()
  assert.equal((await act(second.a.uuid, 'transfer', { destination: '9197', leg: 'both' })).status, 200)
  assert.deepEqual([second.a.dest, second.b.dest], ['9197', '9197'])
  const alone = app.fake.addChannel({ user: '1001', domain: ours.name, dest: '9196' })
  refusedAs(await act(alone.uuid, 'transfer', { destination: '1', leg: 'other' }), 409, 'CALL_REFUSED')
  refusedAs(await act(alone.uuid, 'transfer', { destination: '1', leg: 'all' }), 400, 'VALIDATION_ERROR')
  const across = app.fake.call({
    domain: ours.name,
    from: '1001',
    to: '4420',
    b: { user: '2001', domain: theirs.name, presenceId: `2001@${theirs.name}` },
  })
  for (const leg of ['other', 'both'])
    refusedAs(await act(across.a.uuid, 'transfer', { destination: '1', leg }), 404, 'NOT_FOUND')
  assert.equal(across.b.peer, across.a)
})

test('S004-CALLS-TRANSFER: a destination that nobody has, for which the switch says +OK as well, is told as what it is', async () => {
  app.fake.dialplan = (dest) => (dest === '404404' ? '' : 'playback')
  const { a } = call()
  refusedAs(await transfer(a.uuid, '404404'), 409, 'CALL_REFUSED')
  app.fake.onApi(/^uuid_transfer/, '+OK\n')
  const { a: stays } = call()
  refusedAs(await transfer(stays.uuid, '1003'), 409, 'CALL_REFUSED')
  app.fake.dialplan = undefined
})

test('S004-CALLS-HANGUP: +OK for a call that is still there is no success', async () => {
  const { a } = call()
  app.fake.onApi(/^uuid_kill/, '+OK\n')
  refusedAs(await hangup(a.uuid), 409, 'CALL_REFUSED')
  assert.deepEqual(await listed(), [a.uuid])
})

const hostileUuids: unknown[] = [
  undefined,
  null,
  '',
  7,
  [],
  {},
  'x',
  `${randomUUID()}\n\napi shutdown`,
  `${randomUUID()} all`,
  '..',
  `${randomUUID()}\u0000`,
]
const hostileDestinations: unknown[] = [
  undefined,
  null,
  '',
  7,
  ['1'],
  '1001\n\napi shutdown',
  '1001 XML other.example.net',
  '1001\rx',
  '${hostname}',
  "1001'",
  '1;2',
  '1,2',
  'abc',
  '1'.repeat(51),
  '１２',
  '1 2',
  '1001\u0000',
  '&park()',
  '{x=1}1',
  '-both 1',
]

test('S004-CALLS-HANGUP, S004-CALLS-TRANSFER: whatever is no UUID or no destination is refused, and never reaches the switch', async () => {
  const { a } = call()
  app.fake.forget()
  for (const uuid of hostileUuids) {
    const answers = [await hangup(uuid), await transfer(uuid, '1001')]
    for (const answer of answers) {
      refusedAs(answer, 400, 'VALIDATION_ERROR')
      assert.equal(answer.json.error.field ?? answer.json.error.errors[0].field, 'call_uuid')
    }
  }
  for (const destination of hostileDestinations) {
    const clean = await transfer(a.uuid, destination)
    refusedAs(clean, 400, 'VALIDATION_ERROR')
    assert.equal(clean.json.error.errors[0].field, 'destination')
    refusedAs(await act(a.uuid, 'transfer', { destination }), 400, 'VALIDATION_ERROR')
    refusedAs(
      await app.call('POST', '/api/v2/active-calls', { extension: '1001', destination }),
      400,
      'VALIDATION_ERROR',
    )
  }
  for (const digits of [...hostileDestinations, 'E', '+', 'w'])
    refusedAs(await act(a.uuid, 'dtmf', { digits }), 400, 'VALIDATION_ERROR')
  for (const extension of hostileDestinations.filter((value) => value !== 'abc'))
    for (const path of ['/api/v2/active-calls', `/api/v2/active-calls/${a.uuid}/eavesdrop`])
      refusedAs(
        await app.call('POST', path, { extension, ...(path.endsWith('drop') ? {} : { destination: '1' }) }),
        400,
        'VALIDATION_ERROR',
      )
  for (const body of ['[]', '"x"', '7', 'null', '{"call_uuid":{"a":1}}'])
    refusedAs(await app.call('POST', '/api/v1/active-calls/hangup', body), 400, 'VALIDATION_ERROR')
  refusedAs(await act(a.uuid, 'hangup', { cause: 'x' }), 400, 'VALIDATION_ERROR')
  // Its own look at the switch goes on meanwhile, and asks nothing that came from a request.
  const ownQuestions = /^api (show (channels|registrations) (count )?as json|sofia (jsonstatus|xmlstatus gateway))$/
  assert.deepEqual(
    app.fake.lines().filter((line) => !/^api (uuid_dump|sofia_contact)/.test(line) && !ownQuestions.test(line)),
    [],
  )
  assert.ok(app.fake.channels.includes(a))
})

test('S004-CALLS-HANGUP: methods and actions that are not there say so', async () => {
  for (const [method, path, status, allow] of [
    ['GET', '/api/v1/active-calls/hangup', 405, 'OPTIONS, POST'],
    ['DELETE', '/api/v1/active-calls', 405, 'GET, HEAD, OPTIONS'],
    ['POST', '/api/v1/registrations', 405, 'GET, HEAD, OPTIONS'],
    ['POST', '/api/v1/dashboard/active-calls.php', 405, 'GET, HEAD, OPTIONS'],
    ['PUT', '/api/v2/active-calls', 405, 'GET, HEAD, OPTIONS, POST'],
    ['GET', `/api/v2/active-calls/${randomUUID()}/hangup`, 405, 'OPTIONS, POST'],
    ['POST', '/api/v1/active-calls/frobnicate', 501, undefined],
    ['GET', '/api/v1/dashboard/frobnicate.php', 501, undefined],
    ['POST', `/api/v2/active-calls/${randomUUID()}/frobnicate`, 404, undefined],
  ] as const) {
    const answer = await app.call(method, path, method === 'GET' ? undefined : {})
    assert.equal(answer.status, status, `${method} ${path} ${answer.text}`)
    if (allow) assert.equal(answer.headers.allow?.split(', ').sort().join(', '), allow)
  }
})

test('hold and unhold are looked up on the leg: the switch says +OK for a call that does not exist', async () => {
  const { a } = call()
  assert.equal((await act(a.uuid, 'hold')).json.result, 'held')
  assert.equal((await app.call('GET', `/api/v2/active-calls/${a.uuid}`)).json.state, 'held')
  assert.equal((await act(a.uuid, 'unhold')).json.result, 'active')
  assert.equal((await app.call('GET', `/api/v2/active-calls/${a.uuid}`)).json.state, 'active')
  app.fake.onApi(/^uuid_hold/, '+OK Success\n')
  refusedAs(await act(a.uuid, 'hold'), 409, 'CALL_REFUSED')
})

test('mute, dtmf and park do what they say, and what did not happen is told', async () => {
  const { a, b } = call()
  assert.equal((await act(a.uuid, 'mute')).json.result, 'muted')
  assert.equal(app.fake.lines('uuid_audio')[0], `api uuid_audio ${a.uuid} start read mute 1`)
  assert.equal((await act(a.uuid, 'unmute')).json.result, 'unmuted')
  assert.deepEqual((await act(a.uuid, 'dtmf', { digits: '12#*AD' })).json, { uuid: a.uuid, result: 'sent' })
  assert.deepEqual(app.fake.lines('dtmf'), [`api uuid_send_dtmf ${a.uuid} 12#*AD`])
  assert.equal((await act(a.uuid, 'park')).json.result, 'parked')
  assert.ok(app.fake.channels.includes(a) && !app.fake.channels.includes(b))
  app.fake.onApi(/^uuid_buglist/, '<media-bugs>\n</media-bugs>\n')
  refusedAs(await act(a.uuid, 'mute'), 409, 'CALL_REFUSED')
})

test('a recording lies where FusionPBX looks for it, whatever the caller sends, and only our own is stopped', async () => {
  const { a } = call()
  for (const body of [{ path: '/etc/passwd' }, { file: 'x' }])
    refusedAs(await act(a.uuid, 'record/start', body), 400, 'VALIDATION_ERROR')
  refusedAs(await act(a.uuid, 'record/stop'), 409, 'CALL_REFUSED')
  const started = await act(a.uuid, 'record/start')
  assert.equal(started.status, 200, started.text)
  assert.equal(started.json.recording_file, `${a.uuid}.wav`)
  const now = new Date()
  const day = `${now.getUTCFullYear()}/${now.toLocaleString('en', { month: 'short', timeZone: 'UTC' })}/${String(now.getUTCDate()).padStart(2, '0')}`
  const file = `/var/lib/freeswitch/recordings/${ours.name}/archive/${day}/${a.uuid}.wav`
  assert.deepEqual([...a.recordings], [file])
  refusedAs(await act(a.uuid, 'record/start'), 409, 'CALL_REFUSED')
  assert.equal((await act(a.uuid, 'record/stop')).json.result, 'stopped')
  assert.equal(a.recordings.size, 0)
  a.recordings.add('/var/lib/freeswitch/recordings/the-tenants-own.wav')
  refusedAs(await act(a.uuid, 'record/stop'), 409, 'CALL_REFUSED')
  assert.equal(a.recordings.size, 1)
  a.recordings.clear()
  app.fake.globals.set('recordings_dir', '/x; rm -rf')
  refusedAs(await act(a.uuid, 'record/start'), 409, 'CALL_REFUSED')
  app.fake.globals.set('recordings_dir', '/var/lib/freeswitch/recordings')
})

test('a phone with two calls connects their far ends and leaves', async () => {
  const first = call('1003', '1001')
  const second = call('1001', '1002')
  const answer = await act(first.a.uuid, 'attended-transfer', { call_uuid: second.a.uuid })
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(app.fake.channels.map((leg) => leg.uuid).sort(), [first.a.uuid, second.b.uuid].sort())
  assert.equal(first.a.peer, second.b)
  const stranger = call('1004', '1005')
  const another = call('1006', '1007')
  refusedAs(await act(stranger.a.uuid, 'attended-transfer', { call_uuid: another.a.uuid }), 409, 'CALL_REFUSED')
  const foreign = call('2001', '2002', theirs.name)
  refusedAs(await act(stranger.a.uuid, 'attended-transfer', { call_uuid: foreign.a.uuid }), 404, 'NOT_FOUND')
  assert.equal(app.fake.channels.length, 8)
})

test('click to call rings the extension with the tenant’s caller ID, shows the call at once and sends it on', async () => {
  app.fake.register({ user: '1001', domain: ours.name })
  app.fake.showDelayMs = 900
  const answer = await app.call('POST', '/api/v2/active-calls', { extension: '1001', destination: '12025550111' })
  assert.equal(answer.status, 202, answer.text)
  const { uuid } = answer.json
  assert.equal(answer.headers.location, `/api/v2/active-calls/${uuid}`)
  const [line = ''] = app.fake.lines('originate')
  assert.match(line, /^bgapi originate \{\^\^;.*\}user\/1001@example\.com 12025550111 XML example\.com$/)
  for (const variable of [
    `domain_name=${ours.name}`,
    `domain_uuid=${ours.uuid}`,
    `presence_id=1001@${ours.name}`,
    `origination_uuid=${uuid}`,
    'effective_caller_id_number=1001',
    'outbound_caller_id_number=+12025550100',
    "outbound_caller_id_name='Our\\sFirm\\sLtd'",
    "effective_caller_id_name='Zoë\\sthe\\sx\\s1001'",
  ])
    assert.ok(line.includes(`;${variable};`) || line.includes(`;${variable}}`), `${variable} in ${line}`)
  assert.ok((await listed()).includes(uuid), 'although show does not tell of it yet')
  assert.equal((await app.call('GET', `/api/v2/active-calls/${uuid}`)).status, 200)
  assert.equal((await app.call('GET', `/api/v2/active-calls/${uuid}`, undefined, tenant(theirs.name))).status, 404)
})

test('click to call needs an extension of the tenant, and tells the switch’s cause when it fails', async () => {
  app.fake.forget()
  for (const extension of ['2001', '9999'])
    refusedAs(await app.call('POST', '/api/v2/active-calls', { extension, destination: '1' }), 400, 'VALIDATION_ERROR')
  assert.deepEqual(app.fake.lines('originate'), [])
  app.fake.dialled = () => 'USER_NOT_REGISTERED'
  const answer = await app.call('POST', '/api/v2/active-calls', { extension: '1001', destination: '1002' })
  refusedAs(answer, 409, 'CALL_REFUSED')
  assert.match(answer.json.title, /USER_NOT_REGISTERED/)
  app.fake.dialled = () => undefined
  const systemWide = await app.call(
    'POST',
    '/api/v2/active-calls',
    { extension: '1001', destination: '1' },
    { 'x-domain': undefined },
  )
  refusedAs(systemWide, 400, 'MISSING_DOMAIN')
})

test('a tenant has a limit on calls it sets up at once, and one more on those of a minute; others are not concerned', async () => {
  const limited = await liveApp({
    env: { TANDEM_CALLS__ORIGINATES_AT_ONCE: '2', TANDEM_CALLS__ORIGINATES_PER_MINUTE: '4' },
  })
  try {
    for (const [domain, extension] of [
      [ours, '1001'],
      [theirs, '2001'],
    ] as const)
      await insertRow(limited, 'v_extensions', {
        extension_uuid: randomUUID(),
        domain_uuid: domain.uuid,
        extension,
        enabled: 'true',
      })
    const make = (extension: string, headers = {}) =>
      limited.call('POST', '/api/v2/active-calls', { extension, destination: '1' }, headers)
    // Phones that ring for long: the job stays.
    limited.fake.faults.slow('originate', 3000)
    const answers = await Promise.all([make('1001'), make('1001'), make('1001')])
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [202, 202, 429])
    assert.equal((await make('2001', tenant(theirs.name))).status, 202)
    limited.fake.faults.clear()
    await new Promise((resolve) => setTimeout(resolve, 3200))
    assert.deepEqual(
      [(await make('1001')).status, (await make('1001')).status, (await make('1001')).status],
      [202, 202, 429],
    )
  } finally {
    await limited.close()
  }
})

test('eavesdropping rings an extension of the tenant with the call, and needs a scope of its own', async () => {
  const { a } = call('1003', '1004')
  app.fake.register({ user: '1001', domain: ours.name })
  const answer = await act(a.uuid, 'eavesdrop', { extension: '1001', mode: 'whisper' })
  assert.equal(answer.status, 200, answer.text)
  const [line = ''] = app.fake.lines('originate')
  assert.match(line, new RegExp(`user/1001@example\\.com &eavesdrop\\(${a.uuid}\\)$`))
  assert.match(line, /eavesdrop_whisper_bleg=true/)
  const { createKey } = await import('../../src/services/keys.ts')
  const keyed = await liveApp({ env: { TANDEM_SECURITY__AUTH_MODE: 'both' } })
  try {
    const { key } = await createKey(keyed.database, {
      name: 'all',
      domainUuid: ours.uuid,
      scopes: ['*:read', '*:write'],
    })
    const leg = keyed.fake.addChannel({ user: '1001', domain: ours.name, dest: '1' })
    const denied = await keyed.call(
      'POST',
      `/api/v2/active-calls/${leg.uuid}/eavesdrop`,
      { extension: '1001' },
      { 'x-api-key': key },
    )
    refusedAs(denied, 403, 'FORBIDDEN')
    const reader = (await createKey(keyed.database, { name: 'read', domainUuid: ours.uuid, scopes: ['*:read'] })).key
    const kept = await keyed.call(
      'POST',
      '/api/v1/active-calls/hangup',
      { call_uuid: leg.uuid },
      { 'x-api-key': reader },
    )
    assert.ok([401, 403].includes(kept.status), kept.text)
    assert.ok(keyed.fake.channels.includes(leg))
  } finally {
    await keyed.close()
  }
})

test('everything done to a call is written down with who did it', async () => {
  const { a } = call()
  await app.sql('delete from tandem.live_actions')
  await transfer(a.uuid, '1003')
  await act(a.uuid, 'dtmf', { digits: '12' })
  await hangup(a.uuid)
  const rows = await app.sql(
    'select action, call_uuid::text, domain_uuid::text, detail::text, principal from tandem.live_actions order by acted_at',
  )
  assert.deepEqual(
    rows.map((row) => [row.action, row.call_uuid, row.domain_uuid, JSON.parse(String(row.detail)), row.principal]),
    [
      ['transfer', a.uuid, ours.uuid, { destination: '1003' }, 'global'],
      ['dtmf', a.uuid, ours.uuid, { digits: '12' }, 'global'],
      ['hangup', a.uuid, ours.uuid, {}, 'global'],
    ],
  )
})
