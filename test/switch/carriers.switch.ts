import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { Phone } from './phone.ts'
import { ours, theirs } from './tandem.ts'
import { World } from './world.ts'

/** Not the address of the phones: what is in the list of providers need not say who it is. */
const address = '127.0.0.2'

/** A carrier: takes what the gateway sends, and sends calls to the numbers of the demo tenant. */
let carrier: Phone
let world: World
let anna: Phone

before(async () => {
  world = await World.open()
  anna = await world.registered('4601', ours, 'Anna')
  const account = { user: '+13035550000', domain: world.external.host, password: '', server: world.external, address }
  carrier = await Phone.open({ ...account, displayName: "Carrier, 'X' <b>" })
  await world.tandem.sql(
    `insert into v_access_control_nodes (access_control_node_uuid, access_control_uuid, node_type, node_cidr)
     select gen_random_uuid(), access_control_uuid, 'allow', $1 from v_access_controls
     where access_control_name = 'providers'`,
    [`${address}/32`],
  )
  assert.match(await world.api('reloadacl'), /^\+OK/)
})
after(async () => {
  carrier?.close()
  await world?.close()
})
afterEach(() => world?.quiet())

test('a call out by a gateway is listed once, as outbound, in its tenant', async () => {
  const { json } = await world.tandem.call('GET', '/api/v1/gateways?per_page=100')
  const primary = json.data.find((each: { gateway: string }) => each.gateway === 'primary')
  const body = { proxy: carrier.at, register: 'false' }
  const changed = await world.tandem.call('PUT', `/api/v1/gateways/${primary.gateway_uuid}`, body)
  assert.equal(changed.status, 200, JSON.stringify(changed.json))
  await world.eventually('the switch has the new address', async () =>
    (await world.api('sofia', `xmlstatus gateway ${primary.gateway_uuid}`)).includes(carrier.at),
  )
  const call = anna.call('12025550111')
  const taken = await carrier.incoming(8000)
  await anna.until(() => call.state === 'up', 5000, 'answer')
  const rows = await world.calls()
  assert.equal(rows.length, 1, JSON.stringify(rows))
  assert.equal(rows[0]?.call_direction, 'outbound')
  assert.equal(rows[0]?.caller_id_number, '4601')
  assert.match(rows[0]?.destination_number ?? '', /2025550111$/)
  assert.deepEqual(await world.calls(theirs), [])
  const hangup = { call_uuid: rows[0]?.call_uuid }
  assert.equal((await world.tandem.call('POST', '/api/v1/active-calls/hangup', hangup, theirs)).status, 404)
  assert.equal((await world.tandem.call('POST', '/api/v1/active-calls/hangup', hangup)).status, 200)
  await carrier.until(() => taken.state === 'over', 3000, 'BYE')
})

test("a carrier's call to a tenant's number is listed once, as inbound, in that tenant", async () => {
  const call = carrier.call('12025550100')
  await carrier.until(() => call.state === 'up', 8000, 'answer of the menu')
  await world.eventually('listed', async () => (await world.calls()).length > 0, 2000)
  const rows = await world.calls()
  assert.equal(rows.length, 1, JSON.stringify(rows))
  assert.equal(rows[0]?.call_direction, 'inbound')
  assert.equal(rows[0]?.caller_id_number, '+13035550000')
  assert.equal(rows[0]?.caller_id_name, "Carrier, 'X' <b>")
  assert.deepEqual(await world.calls(theirs), [])
  const moved = { call_uuid: rows[0]?.call_uuid, destination: '4601' }
  anna.onRing = 'answer'
  assert.equal((await world.tandem.call('POST', '/api/v1/active-calls/transfer', moved)).status, 200)
  const taken = await anna.incoming()
  await anna.until(() => taken.state === 'up', 3000, 'answer')
  await world.eventually('still one call', async () => (await world.calls()).length === 1, 3000)
})

test('a stranger who says to be of another tenant is in the tenant of the number called, and nowhere else', async () => {
  const account = { user: '1001', domain: theirs, password: '', server: world.external, address }
  const stranger = await Phone.open({ ...account, displayName: 'Stranger' })
  try {
    // FusionPBX's profiles manage presence, so FreeSWITCH takes the From header of any INVITE as the leg's presence id.
    const call = stranger.call('12025550100')
    await stranger.until(() => call.state === 'up', 8000, 'answer of the menu')
    await world.eventually('listed', async () => (await world.calls()).length > 0, 2000)
    const rows = await world.calls()
    assert.equal(rows[0]?.call_direction, 'inbound')
    assert.deepEqual(await world.calls(theirs), [])
    const hangup = { call_uuid: rows[0]?.call_uuid }
    assert.equal((await world.tandem.call('POST', '/api/v1/active-calls/hangup', hangup, theirs)).status, 404)
    assert.equal(call.state, 'up')
  } finally {
    stranger.close()
  }
})

test('a number nobody has is refused, and no call stays', async () => {
  const call = carrier.call('12025559999')
  await carrier.until(() => call.state === 'over', 8000, 'refusal')
  assert.equal(call.failure, 404)
  await world.eventually('nothing is listed', async () => (await world.calls()).length === 0, 3000)
})
