import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { ours, type TestAnswer, theirs } from '../support/app.ts'
import { captured, liveApp, replies, reply, tenant } from './support.ts'

const app = await liveApp()
after(() => app.close())
beforeEach(() => {
  app.fake.faults.clear()
  app.fake.showDelayMs = 0
  for (const leg of app.fake.channels) app.fake.hangup(leg)
  app.fake.forget()
})

const example = tenant(captured.example.name)
const other = tenant(captured.other.name)

// biome-ignore lint/suspicious/noExplicitAny: rows are whatever the answer holds
type Row = Record<string, any>
const rowsOf = (answer: TestAnswer): Row[] => {
  assert.equal(answer.status, 200, answer.text)
  return answer.json.data
}

/** Who calls whom, and which way, as the captures' description has it (README of the fixtures, "many-show"). */
const exampleCalls: [name: string, number: string, destination: string, direction: string][] = [
  ['Alice', '1201', '1202', 'local'],
  ['Echo', '1201', '9196', 'local'],
  ['Conf 0', '1201', '3001', 'local'],
  ['Conf 1', '1201', '3001', 'local'],
  ['Conf 2', '1201', '3001', 'local'],
  ['Parker', '1201', '5901', 'local'],
  ['PlainPark', '1201', '5800', 'local'],
  ['IVR caller', '1201', '6000', 'local'],
  ['Queue caller', '1201', '7001', 'local'],
  ['Out bound', '1201', '12025550111', 'outbound'],
  ["Carrier, 'X'", '+13035550000', '9196', 'inbound'],
  ['Loopback', '1201', '9700', 'local'],
  ['Ringing', '1201', '1205', 'local'],
  ['Fifo', '1201', '7500', 'local'],
]
const otherCalls: typeof exampleCalls = [
  ['Zoe O', '2051', '2052', 'local'],
  ['Same Number', '1001', '1002', 'local'],
  ['In other', '+13035550001', '1001', 'inbound'],
]

const inAnyOrder = (rows: unknown[][]): string[] => rows.map((row) => JSON.stringify(row)).sort()

async function eventually(isSo: () => Promise<boolean>, withinMs: number): Promise<void> {
  const began = performance.now()
  while (!(await isSo())) assert.ok(performance.now() - began < withinMs, `not so within ${withinMs} ms`)
}

/** Runs a test while the fake's list is a captured one. */
async function whileShown(text: string, work: () => Promise<void>): Promise<void> {
  app.fake.onApi(/^show channels as json$/, text)
  try {
    await work()
  } finally {
    app.fake.forgetOverrides()
  }
}

test('S004-CALLS-LIST, S002-DASH-CALLS: calls of every kind at one moment: each is one row, in its own tenant alone', async () => {
  await whileShown(reply('many-show-channels-json'), async () => {
    for (const [headers, expected] of [
      [example, exampleCalls],
      [other, otherCalls],
      [tenant(ours.name), []],
    ] as const) {
      const clean = rowsOf(await app.call('GET', '/api/v1/active-calls', undefined, headers))
      assert.deepEqual(
        inAnyOrder(
          clean.map((row) => [row.caller_id_name, row.caller_id_number, row.destination_number, row.call_direction]),
        ),
        inAnyOrder(expected.map((call) => [...call])),
      )
      const action = rowsOf(await app.call('GET', '/api/v1/dashboard/active-calls.php', undefined, headers))
      assert.deepEqual(
        inAnyOrder(action.map((row) => [row.caller_id_name, row.caller_id_number, row.destination, row.direction])),
        inAnyOrder(expected.map((call) => [...call])),
      )
      const native = rowsOf(await app.call('GET', '/api/v2/active-calls', undefined, headers))
      assert.equal(native.length, expected.length)
    }
  })
})

test('every leg of the captured moment is in exactly one call, and a system key sees them all', async () => {
  const text = reply('many-show-channels-json')
  const shown = JSON.parse(text).rows.map((row: { uuid: string }) => row.uuid)
  await whileShown(text, async () => {
    const all = rowsOf(await app.call('GET', '/api/v2/active-calls', undefined, { 'x-domain': undefined }))
    assert.equal(all.length, exampleCalls.length + otherCalls.length)
    const legs = all.flatMap((row) => row.legs.map((leg: { uuid: string }) => leg.uuid))
    assert.deepEqual(legs.sort(), shown.sort())
    const loopback = all.find((row) => row.caller.name === 'Loopback')
    assert.equal(loopback?.legs.length, 3, 'the caller and both halves of the loopback')
    assert.equal(all.find((row) => row.caller.name === 'Queue caller')?.legs.length, 2, 'the caller and the agent')
    assert.equal(
      all.find((row) => row.caller.name === 'Ringing')?.legs.length,
      2,
      'the caller and the phone that rings',
    )
  })
})

test('S004-CALLS-LIST: the documented fields, their types, and stamps in the zone of the tenant', async () => {
  await app.sql(
    `insert into v_domain_settings (domain_setting_uuid, domain_uuid, domain_setting_category, domain_setting_subcategory, domain_setting_name, domain_setting_value, domain_setting_enabled)
     values ('d0000000-0000-4000-8000-0000000000ff', $1, 'domain', 'time_zone', 'name', 'Asia/Kolkata', 'true')`,
    [captured.other.uuid],
  )
  await new Promise((resolve) => setTimeout(resolve, 1100))
  await whileShown(reply('many-show-channels-json'), async () => {
    const [row] = rowsOf(await app.call('GET', '/api/v1/active-calls', undefined, other))
    assert.ok(row)
    const { duration, ...rest } = row
    // 1795219010 is 2026-11-20 23:56:50 UTC; Kolkata is five and a half hours ahead.
    assert.deepEqual(rest, {
      call_uuid: 'e9e9da9e-c6ea-4dee-93d6-f390d7e4e57d',
      caller_id_name: 'Zoe O',
      caller_id_number: '2051',
      destination_number: '2052',
      call_direction: 'local',
      call_state: 'CS_EXECUTE',
      created_time: '2026-11-21 05:26:50',
      created_epoch: 1795219010,
    })
    assert.ok(Number.isInteger(duration) && Math.abs(duration - (Date.now() / 1000 - 1795219010)) < 5)
    const [action] = rowsOf(await app.call('GET', '/api/v1/dashboard/active-calls.php', undefined, other))
    assert.deepEqual(action, {
      uuid: 'e9e9da9e-c6ea-4dee-93d6-f390d7e4e57d',
      direction: 'local',
      caller_id_name: 'Zoe O',
      caller_id_number: '2051',
      destination: '2052',
      state: 'CS_EXECUTE',
      created: '2026-11-21 05:26:50',
      created_epoch: 1795219010,
    })
  })
})

test('S004-CALLS-LIST, S002-DASH-CALLS: hostile caller names arrive as they are and break nothing, bytes that are no UTF-8 included', async () => {
  const bytes = replies('hostile-caller-name-show').filter((body) => body.includes('"rows"'))
  assert.ok(bytes.length > 0)
  for (const body of bytes) {
    const expected: string[] = JSON.parse(body.toString('utf8')).rows.map((row: { cid_name: string }) => row.cid_name)
    for (const path of ['/api/v1/active-calls', '/api/v1/dashboard/active-calls.php']) {
      const head = `Content-Type: api/response\nContent-Length: ${body.length}\n\n`
      app.fake.faults.replace('show channels', Buffer.concat([Buffer.from(head), body]))
      const rows = rowsOf(await app.call('GET', path, undefined, example))
      assert.deepEqual(rows.map((row) => row.caller_id_name).sort(), [...expected].sort())
    }
  }
  const all = bytes.map((body) => body.toString('utf8')).join()
  assert.ok(all.includes('\\r\\n') && all.includes('\ufffd'), 'line breaks and bytes of Latin-1 are among them')
})

test('S004-CALLS-LIST: rows that look like the seam between rows, and rows that are no JSON, are told apart', async () => {
  const row = (uuid: string, name: string) =>
    `{"uuid":"${uuid}","direction":"inbound","created_epoch":"1795219010","name":"sofia/internal/1@example.test","state":"CS_EXECUTE","cid_name":${JSON.stringify(name)},"cid_num":"1","dest":"2","context":"example.test","presence_id":"1@example.test","callstate":"ACTIVE","call_uuid":""}`
  const uuids = [1, 2, 3].map((last) => `00000000-0000-4000-8000-00000000000${last}`)
  const [one = '', two = '', three = ''] = uuids
  const tricky = '"},{"uuid":"00000000-0000-4000-8000-0000000000aa","x":"'
  const text = `{"row_count":3,"rows":[${row(one, tricky)},${row(two, 'good').replace('"good"', '"bad\u0001'.concat('"'))},${row(three, ']}')}]}`
  await whileShown(text, async () => {
    const rows = rowsOf(await app.call('GET', '/api/v1/active-calls', undefined, example))
    assert.deepEqual(
      rows.map((each) => each.call_uuid),
      [one, three],
      'the row with a raw control character is no JSON and is left out',
    )
    assert.equal(rows[0]?.caller_id_name, tricky)
  })
})

test('S004-CALLS-LIST: no call up, in the switch’s own odd words, is an empty list', async () => {
  await whileShown(reply('zero-show-channels-json'), async () => {
    for (const path of ['/api/v1/active-calls', '/api/v1/dashboard/active-calls.php'])
      assert.deepEqual((await app.call('GET', path)).json, { success: true, data: [] })
    assert.deepEqual((await app.call('GET', '/api/v2/active-calls')).json, { data: [], missing_nodes: [] })
  })
})

test('S004-ERR-ESL_CONNECTION_FAILED: a switch that cannot list its channels is told of as one that is out of reach', async () => {
  await whileShown('-ERR SQL disabled, no data available!\n', async () => {
    const answer = await app.call('GET', '/api/v1/active-calls')
    assert.equal(answer.status, 503)
    assert.equal(answer.json.error.code, 'ESL_CONNECTION_FAILED')
  })
})

test('S004-CFG-CACHE-EX: live answers are never cached', async () => {
  for (const path of [
    '/api/v1/active-calls',
    '/api/v1/registrations',
    '/api/v1/dashboard/active-calls.php',
    '/api/v1/dashboard/registrations.php',
    '/api/v1/dashboard/stats.php',
    '/api/v2/active-calls',
    '/api/v2/registrations',
  ]) {
    const { headers, status } = await app.call('GET', path)
    assert.equal(status, 200, path)
    assert.equal(headers['cache-control'], 'no-store', path)
    assert.equal(headers.etag, undefined, path)
  }
})

test('S004-CALLS-LIST: a call is listed at once and gone at once, although show lags behind', async () => {
  app.fake.showDelayMs = 900
  const { a } = app.fake.call({ domain: ours.name, from: '1001', to: '1002' })
  const listed = async () => rowsOf(await app.call('GET', '/api/v1/active-calls'))
  await eventually(async () => (await listed()).length === 1, 150)
  assert.deepEqual(
    (await listed()).map((row) => [row.call_uuid, row.caller_id_number, row.destination_number, row.call_direction]),
    [[a.uuid, '1001', '1002', 'local']],
  )
  assert.equal((await app.call('GET', '/api/v2/active-calls')).json.data[0].legs.length, 2)
  assert.deepEqual(rowsOf(await app.call('GET', '/api/v1/active-calls', undefined, tenant(theirs.name))), [])
  await new Promise((resolve) => setTimeout(resolve, 1000))
  assert.equal((await listed()).length, 1, 'once, when show has caught up as well')
  app.fake.hangup(a)
  await eventually(async () => (await listed()).length === 0, 150)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  assert.deepEqual(await listed(), [])
})

test('readers at the same time share one list of the switch', async () => {
  app.fake.call({ domain: ours.name, from: '1001', to: '1002' })
  app.fake.faults.slow('show channels', 100)
  app.fake.forget()
  const answers = await Promise.all(Array.from({ length: 20 }, () => app.call('GET', '/api/v1/active-calls')))
  for (const answer of answers) assert.equal(rowsOf(answer).length, 1)
  assert.equal(app.fake.lines('show channels').length, 1)
})

test('a tenant is found by presence id, context, variables and the other leg, in this order; else only the system sees the call', async () => {
  const cases: [about: string, options: Parameters<typeof app.fake.addChannel>[0], domain: string | null][] = [
    ['presence id', { user: '1', domain: ours.name, context: 'default', direction: 'outbound' }, ours.name],
    [
      'presence id before context',
      { user: '2', domain: ours.name, context: theirs.name, direction: 'outbound' },
      ours.name,
    ],
    // FreeSWITCH makes it of the From header, where a stranger may claim any tenant.
    [
      'no presence id of a leg that came in',
      { callerNumber: '2', presenceId: `2@${theirs.name}`, context: ours.name },
      ours.name,
    ],
    ['context', { callerNumber: '3', context: ours.name }, ours.name],
    ['context in another case', { callerNumber: '4', context: ours.name.toUpperCase() }, ours.name],
    [
      'variable domain_name',
      { callerNumber: '5', context: 'public', variables: { domain_name: ours.name } },
      ours.name,
    ],
    [
      'variable domain_uuid',
      { callerNumber: '6', context: 'public', variables: { domain_uuid: ours.uuid } },
      ours.name,
    ],
    ['nothing', { callerNumber: '7', context: 'public' }, null],
    ['a number in the name', { callerNumber: '8', context: 'public', name: `sofia/internal/1001@${ours.name}` }, null],
    ['an account code', { callerNumber: '9', context: 'public', accountcode: ours.name }, null],
  ]
  const uuids = cases.map(([, options]) => app.fake.addChannel({ dest: '1000', ...options }).uuid)
  const system = rowsOf(await app.call('GET', '/api/v2/active-calls', undefined, { 'x-domain': undefined }))
  const own = rowsOf(await app.call('GET', '/api/v2/active-calls'))
  const foreign = rowsOf(await app.call('GET', '/api/v2/active-calls', undefined, tenant(theirs.name)))
  assert.deepEqual(foreign, [])
  for (const [index, [about, , domain]] of cases.entries()) {
    const uuid = uuids[index]
    assert.equal(system.find((row) => row.uuid === uuid)?.domain, domain, about)
    assert.equal(
      own.some((row) => row.uuid === uuid),
      domain !== null,
      about,
    )
    const get = await app.call('GET', `/api/v2/active-calls/${uuid}`)
    assert.equal(get.status, domain === null ? 404 : 200, about)
  }
  const caller = app.fake.addChannel({ user: '10', domain: ours.name, dest: '555' })
  const leg = app.fake.ring(caller, {
    name: 'sofia/external/555',
    context: 'default',
    domain: '',
    presenceId: '',
    callUuid: caller.uuid,
  })
  const [call] = rowsOf(await app.call('GET', '/api/v2/active-calls')).filter((row) => row.uuid === caller.uuid)
  assert.deepEqual(call?.legs.map((part: { uuid: string }) => part.uuid).sort(), [caller.uuid, leg.uuid].sort())
  assert.equal((await app.call('GET', `/api/v2/active-calls/${leg.uuid}`)).json.uuid, caller.uuid, 'by its other leg')
  assert.equal((await app.call('GET', `/api/v2/active-calls/${leg.uuid}`, undefined, tenant(theirs.name))).status, 404)
})

test('a call between two tenants of ours is one row for each, with its own legs and the direction as it sees it', async () => {
  const a = app.fake.addChannel({ user: '1001', domain: ours.name, dest: '4420' })
  const b = app.fake.ring(a, { user: '2001', domain: theirs.name })
  app.fake.answer(b)
  app.fake.answer(a)
  app.fake.bridge(a, b)
  const [mine, ...restOfMine] = rowsOf(await app.call('GET', '/api/v2/active-calls'))
  const [yours, ...restOfYours] = rowsOf(await app.call('GET', '/api/v2/active-calls', undefined, tenant(theirs.name)))
  const [whole, ...restOfAll] = rowsOf(
    await app.call('GET', '/api/v2/active-calls', undefined, { 'x-domain': undefined }),
  )
  assert.deepEqual([restOfMine, restOfYours, restOfAll], [[], [], []])
  assert.deepEqual([mine?.uuid, mine?.direction, mine?.legs.length], [a.uuid, 'outbound', 1])
  assert.deepEqual([yours?.uuid, yours?.direction, yours?.legs.length], [b.uuid, 'inbound', 1])
  assert.equal(whole?.legs.length, 2)
})

test('the direction is FusionPBX’s own word for the call where columns could mislead', async () => {
  const forwarded = app.fake.addChannel({
    user: '1001',
    domain: ours.name,
    dest: '1002',
    variables: { call_direction: 'local' },
  })
  app.fake.ring(forwarded, {
    dest: '12025550199',
    domain: '',
    presenceId: '',
    name: 'sofia/external/12025550199',
    context: ours.name,
  })
  const outbound = app.fake.addChannel({ user: '1003', domain: ours.name, dest: '912025550111' })
  app.fake.ring(outbound, {
    dest: '12025550111',
    domain: '',
    presenceId: '',
    name: 'sofia/external/12025550111',
    context: ours.name,
  })
  const rows = rowsOf(await app.call('GET', '/api/v1/active-calls'))
  assert.equal(rows.find((row) => row.call_uuid === forwarded.uuid)?.call_direction, 'local', 'forwarded to outside')
  assert.equal(rows.find((row) => row.call_uuid === outbound.uuid)?.call_direction, 'outbound')
  assert.equal(rows.length, 2)
})

test('loopbacks of one name at the same moment are each put to their own caller', async () => {
  const callers = ['1001', '1002'].map((user) => {
    const a = app.fake.addChannel({ user, domain: ours.name, dest: '9700' })
    const first = app.fake.addChannel({
      direction: 'outbound',
      name: 'loopback/9196-a',
      context: ours.name,
      callUuid: a.uuid,
      dest: '9196',
    })
    const second = app.fake.addChannel({
      name: 'loopback/9196-b',
      context: ours.name,
      dest: '9196',
      variables: { other_loopback_leg_uuid: first.uuid },
    })
    return [a.uuid, first.uuid, second.uuid].sort()
  })
  const rows = rowsOf(await app.call('GET', '/api/v2/active-calls'))
  const legs = rows.map((row) => row.legs.map((leg: { uuid: string }) => leg.uuid).sort())
  assert.deepEqual(inAnyOrder(legs), inAnyOrder(callers))
})

test('an agent whom a queue rings belongs to the caller’s row before the two are bridged', async () => {
  const caller = app.fake.addChannel({
    user: '1001',
    domain: ours.name,
    dest: '7001',
    application: 'callcenter',
    applicationData: `7001@${ours.name}`,
  })
  app.fake.addChannel({
    user: '1003',
    domain: ours.name,
    direction: 'outbound',
    context: 'default',
    variables: { cc_member_session_uuid: caller.uuid },
  })
  const rows = rowsOf(await app.call('GET', '/api/v1/active-calls'))
  assert.deepEqual(
    rows.map((row) => row.call_uuid),
    [caller.uuid],
  )
})
