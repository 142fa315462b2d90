import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Phone, PhoneCall } from './phone.ts'
import { ours, theirs } from './tandem.ts'
import { type CallRow, World } from './world.ts'

let world: World
let anna: Phone
let bert: Phone
let carl: Phone
let dora: Phone

before(async () => {
  world = await World.open()
  anna = await world.registered('4201', ours, 'Anna')
  bert = await world.registered('4202', ours, 'Bert')
  carl = await world.registered('4203', ours, 'Carl')
  dora = await world.registered('4201', theirs, 'Dora')
})
after(() => world?.close())
afterEach(() => world?.quiet())

interface ShownChannel {
  readonly uuid: string
  readonly callstate: string
  readonly presence_id: string
  readonly call_uuid: string
}

/** The switch's own table, which lags behind (facts 1); without any channel it has no rows at all. */
const channels = async (): Promise<ShownChannel[]> => JSON.parse(await world.api('show', 'channels as json')).rows ?? []

/** Anna calls Bert, who answers; gives Anna's side and the row of the list. */
async function bridged(): Promise<{ call: PhoneCall; row: CallRow }> {
  bert.onRing = 'answer'
  const call = anna.call('4202')
  await anna.until(() => call.state === 'up', 5000, 'answer')
  await world.eventually('the call is listed', async () => (await world.calls()).length > 0, 2000)
  const rows = await world.calls()
  assert.equal(rows.length, 1, 'one call is one row')
  return { call, row: rows[0] as CallRow }
}

test('a call is listed once, within 200 ms, in its tenant only, and gone within a second of its end', async () => {
  bert.onRing = 'ring'
  const started = Date.now()
  const call = anna.call('4202')
  await world.eventually('it is listed', async () => (await world.calls()).length > 0, 2000, 5)
  const seenMs = Date.now() - started
  const [ringing, ...more] = await world.calls()
  assert.deepEqual(more, [], 'both ringing legs are one call')
  assert.equal(ringing?.caller_id_number, '4201')
  assert.equal(ringing?.destination_number, '4202')
  assert.deepEqual(await world.calls(theirs), [])
  bert.answer(await bert.incoming())
  await anna.until(() => call.state === 'up', 5000, 'answer')
  for (let look = 0; look < 20; look++) {
    const rows = await world.calls()
    assert.deepEqual(
      rows.map((row) => row.call_uuid),
      [ringing?.call_uuid],
      'still one row, of the same name',
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  anna.hangUp(call)
  await world.eventually('it is gone', async () => (await world.calls()).length === 0, 1500, 5)
  assert.ok(seenMs <= 200, `listed after ${seenMs} ms`)
})

test('a call that nobody answers, and one that is refused, leave nothing behind', async () => {
  bert.onRing = 486
  const refused = anna.call('4202')
  await world.eventually('refused', async () => refused.state !== 'trying' && refused.state !== 'ringing', 8000)
  bert.onRing = 'ring'
  const unanswered = anna.call('4202')
  await anna.until(() => unanswered.state === 'ringing', 5000, 'ringing')
  anna.hangUp(unanswered)
  await world.eventually('the list is empty', async () => (await world.calls()).length === 0, 3000)
})

test('hanging up over the API ends the call at both phones, and the list says so at once', async () => {
  const { call, row } = await bridged()
  const { status, json } = await world.tandem.call('POST', '/api/v1/active-calls/hangup', { call_uuid: row.call_uuid })
  assert.equal(status, 200, JSON.stringify(json))
  assert.deepEqual(await world.calls(), [], 'not listed right after our own hang-up')
  await anna.until(() => call.state === 'over' && call.endedBy === 'them', 2000, 'BYE')
  assert.ok(bert.calls.every((each) => each.state === 'over'))
})

test("another tenant's call can be neither seen, ended, transferred nor controlled", async () => {
  const { call, row } = await bridged()
  const uuid = row.call_uuid
  const attempts = [
    ['POST', '/api/v1/active-calls/hangup', { call_uuid: uuid }],
    ['POST', '/api/v1/active-calls/transfer', { call_uuid: uuid, destination: '4201' }],
    ['GET', `/api/v2/active-calls/${uuid}`, undefined],
    ['POST', `/api/v2/active-calls/${uuid}/hangup`, {}],
    ['POST', `/api/v2/active-calls/${uuid}/hold`, {}],
    ['POST', `/api/v2/active-calls/${uuid}/dtmf`, { digits: '1' }],
    ['POST', `/api/v2/active-calls/${uuid}/park`, {}],
    ['POST', `/api/v2/active-calls/${uuid}/record/start`, {}],
    ['POST', `/api/v2/active-calls/${uuid}/eavesdrop`, { extension: '4201' }],
  ] as const
  for (const [method, path, body] of attempts) {
    const { status } = await world.tandem.call(method, path, body, theirs)
    assert.equal(status, 404, `${method} ${path}`)
  }
  assert.deepEqual(await world.calls(theirs), [])
  assert.equal(call.state, 'up', 'the call goes on')
  assert.equal(dora.calls.length, 0, 'nobody was rung')
})

test('a transfer over the API sends the caller to another phone', async () => {
  const { call, row } = await bridged()
  carl.onRing = 'answer'
  const body = { call_uuid: row.call_uuid, destination: '4203' }
  const { status, json } = await world.tandem.call('POST', '/api/v1/active-calls/transfer', body)
  assert.equal(status, 200, JSON.stringify(json))
  const taken = await carl.incoming()
  await carl.until(() => taken.state === 'up', 3000, 'answer')
  assert.equal(call.state, 'up', 'Anna stays in the call')
  await bert.until(() => bert.calls.every((each) => each.state === 'over'), 3000, 'BYE')
  await world.eventually('one call to 4203', async () => {
    const rows = await world.calls()
    return rows.length === 1 && rows[0]?.destination_number === '4203'
  })
})

test('hostile destinations are refused and change nothing', async () => {
  const { call, row } = await bridged()
  const hostile = [
    '4203 XML other.example.net',
    '4203\napi hupall',
    '-both 4203',
    '4203\r\n\r\napi hupall',
    '&park()',
    '${system(id)}',
    '4203\0',
    '',
  ]
  for (const destination of hostile) {
    const body = { call_uuid: row.call_uuid, destination }
    const { status } = await world.tandem.call('POST', '/api/v1/active-calls/transfer', body)
    assert.equal(status, 400, JSON.stringify(destination))
  }
  for (const uuid of ['x', `${row.call_uuid} -both`, `${row.call_uuid}\n\napi hupall`, "' or 1=1"]) {
    const { status } = await world.tandem.call('POST', '/api/v1/active-calls/hangup', { call_uuid: uuid })
    assert.equal(status, 400, JSON.stringify(uuid))
  }
  assert.equal(call.state, 'up')
  assert.equal((await world.calls()).length, 1)
})

test('hold, unhold, mute, unmute, tones, recording and park over v2 do what they say', async () => {
  const { call, row } = await bridged()
  const act = async (path: string, body: unknown = {}) => {
    const answer = await world.tandem.call('POST', `/api/v2/active-calls/${row.call_uuid}/${path}`, body)
    assert.ok(answer.status < 300, `${path}: ${answer.status} ${JSON.stringify(answer.json)}`)
  }
  const callstate = async () => (await channels()).find((each) => each.uuid === row.call_uuid)?.callstate
  await act('hold')
  await world.eventually('held', async () => (await callstate()) === 'HELD', 3000)
  await act('unhold')
  await world.eventually('not held', async () => (await callstate()) !== 'HELD', 3000)
  await act('mute')
  await act('unmute')
  await act('dtmf', { digits: '12#' })
  await act('record/start')
  assert.match(await world.api('uuid_buglist', row.call_uuid), /session_record/)
  await act('record/stop')
  await world.eventually(
    'no recording',
    async () => !/session_record/.test(await world.api('uuid_buglist', row.call_uuid)),
    3000,
  )
  await act('park')
  await bert.until(() => bert.calls.every((each) => each.state === 'over'), 3000, 'BYE')
  assert.equal(call.state, 'up', 'the parked party stays')
  // The phone has its BYE a moment before the switch has let go of the leg.
  await world.eventually('one call', async () => (await world.calls()).length === 1, 300, 5)
})

test('a click-to-call rings the extension first, then the destination', async () => {
  anna.onRing = 'answer'
  bert.onRing = 'answer'
  const before = { anna: anna.calls.length, bert: bert.calls.length }
  const made = await world.tandem.call('POST', '/api/v2/active-calls', { extension: '4201', destination: '4202' })
  assert.ok(made.status < 300, JSON.stringify(made.json))
  await anna.until(() => anna.calls.length > before.anna, 5000, 'call to the extension')
  await bert.until(() => bert.calls.length > before.bert, 8000, 'call to the destination')
  await world.eventually('one call', async () => (await world.calls()).length === 1, 3000)
  assert.deepEqual(await world.calls(theirs), [])
})

test('an attended transfer joins the far ends of a phone’s two calls', async () => {
  const { call, row } = await bridged()
  carl.onRing = 'answer'
  const second = bert.call('4203')
  await bert.until(() => second.state === 'up', 5000, 'answer of Carl')
  await world.eventually('two calls', async () => (await world.calls()).length === 2, 3000)
  const other = (await world.calls()).find((each) => each.call_uuid !== row.call_uuid) as CallRow
  const isBerts = (each: ShownChannel) => each.presence_id === `4202@${ours}` && each.call_uuid === row.call_uuid
  await world.eventually("Bert's leg is shown", async () => (await channels()).some(isBerts), 3000)
  const bertsLeg = (await channels()).find(isBerts) as ShownChannel
  const path = `/api/v2/active-calls/${bertsLeg.uuid}/attended-transfer`
  const joined = await world.tandem.call('POST', path, { call_uuid: other.call_uuid })
  assert.ok(joined.status < 300, JSON.stringify(joined.json))
  await bert.until(() => bert.calls.every((each) => each.state === 'over'), 3000, 'BYE of both')
  assert.equal(call.state, 'up')
  assert.ok(carl.calls.some((each) => each.state === 'up'))
  await world.eventually('one call', async () => (await world.calls()).length === 1, 3000)
})

test('the same number calling in another tenant is seen there and nowhere else', async () => {
  const call = dora.call('*9196')
  await dora.until(() => call.state === 'up', 5000, 'the echo service')
  await world.eventually('listed there', async () => (await world.calls(theirs)).length === 1, 2000)
  assert.deepEqual(await world.calls(ours), [])
})

test('a caller name with markup, quotes, line breaks and old characters changes nothing', async () => {
  const account = await world.extension('4209')
  const { Phone } = await import('./phone.ts')
  const displayName = 'Ev</i> %0d%0aX: y, {a=b} ${hostname} é'
  const { number: user, domain, password } = account
  const phone = await Phone.open({ user, domain, password, server: world.internal, displayName })
  try {
    assert.equal(await phone.register(), 200)
    const call = phone.call('*9196')
    await phone.until(() => call.state === 'up', 5000, 'the echo service')
    await world.eventually('listed', async () => (await world.calls()).length === 1, 2000)
    const [row] = await world.calls()
    assert.equal(row?.destination_number, '*9196')
    assert.match(row?.caller_id_name ?? '', /^Ev<\/i> /)
    assert.deepEqual(await world.calls(theirs), [])
    phone.hangUp(call)
  } finally {
    await phone.register(0)
    phone.close()
  }
})
