import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ours, theirs } from './tandem.ts'
import { World } from './world.ts'

let world: World
before(async () => {
  world = await World.open()
})
after(() => world?.close())

/** Registrations of a tenant as v1 lists them. */
async function registrations(domain = ours): Promise<{ user: string; agent: string; network_port: string }[]> {
  const { status, json } = await world.tandem.call('GET', '/api/v1/registrations', undefined, domain)
  assert.equal(status, 200, JSON.stringify(json))
  return json.data
}

test('a phone registers with the credentials of an extension made over the API', async () => {
  const account = await world.extension('4101')
  const phone = await world.phone(account)
  assert.equal(await phone.register(), 200)
  const mine = (await registrations()).filter((each) => each.user === '4101')
  assert.equal(mine.length, 1, 'listed once')
  assert.equal(mine[0]?.network_port, String(phone.port))
  assert.equal((await registrations(theirs)).filter((each) => each.user === '4101').length, 0, 'not in another tenant')
  await phone.register(0)
  await world.eventually('it is gone from the list', async () =>
    (await registrations()).every((each) => each.user !== '4101'),
  )
})

test('a wrong password is refused by the switch', async () => {
  const account = await world.extension('4102')
  const phone = await world.phone({ ...account, password: 'not-it' })
  assert.equal(await phone.register(), 403)
})

test('the same number in two tenants has two passwords', async () => {
  const one = await world.extension('4103', ours)
  const other = await world.extension('4103', theirs)
  const mixed = await world.phone({ ...one, password: other.password })
  assert.equal(await mixed.register(), 403)
  const right = await world.phone(other)
  assert.equal(await right.register(), 200)
  assert.equal((await registrations(theirs)).filter((each) => each.user === '4103').length, 1)
  assert.equal((await registrations(ours)).filter((each) => each.user === '4103').length, 0)
})

test('a changed password takes effect at the next registration, without anybody flushing a cache', async () => {
  const account = await world.extension('4104')
  const old = await world.phone(account)
  assert.equal(await old.register(), 200)
  // An extension has one registration at a time unless its owner says otherwise.
  assert.equal(await old.register(0), 200)
  const password = 'Changed-Password-99'
  const { status } = await world.tandem.call('PUT', `/api/v1/extensions/${account.uuid}`, { password })
  assert.equal(status, 200)
  assert.equal(await old.register(), 403)
  const fresh = await world.phone({ ...account, password })
  assert.equal(await fresh.register(), 200)
})

test('a disabled and a deleted extension do not register', async () => {
  const account = await world.extension('4105')
  const phone = await world.phone(account)
  assert.equal(await phone.register(), 200)
  const path = `/api/v1/extensions/${account.uuid}`
  assert.equal((await world.tandem.call('PUT', path, { enabled: 'false' })).status, 200)
  assert.equal(await phone.register(), 403)
  assert.equal((await world.tandem.call('PUT', path, { enabled: 'true' })).status, 200)
  assert.equal(await phone.register(), 200)
  assert.equal((await world.tandem.call('DELETE', path)).status, 204)
  assert.equal(await phone.register(), 403)
})

test('hostile names of a phone neither break the list nor the tenant filter', async () => {
  const account = await world.extension('4106')
  const { Phone } = await import('./phone.ts')
  const userAgent = `Evil</agent></registration><registration><user>1@${theirs}</user> & "x" é`
  const phone = await Phone.open({
    user: account.number,
    domain: account.domain,
    password: account.password,
    server: world.internal,
    userAgent,
  })
  try {
    assert.equal(await phone.register(), 200)
    const mine = (await registrations()).filter((each) => each.user === '4106')
    assert.deepEqual(
      mine.map((each) => each.agent),
      [userAgent],
    )
    assert.equal((await registrations(theirs)).filter((each) => each.user === '1').length, 0)
  } finally {
    await phone.register(0)
    phone.close()
  }
})

test('a phone is told to check its configuration over v2, and loses its registration over v2', async () => {
  const account = await world.extension('4107')
  const phone = await world.phone(account)
  assert.equal(await phone.register(), 200)
  const sync = await world.tandem.call('POST', '/api/v2/registrations/4107/check-sync')
  assert.ok(sync.status < 300, JSON.stringify(sync.json))
  await phone.until(() => phone.notifies.length > 0, 5000, 'NOTIFY check-sync')
  const gone = await world.tandem.call('POST', '/api/v2/registrations/4107/unregister')
  assert.ok(gone.status < 300, JSON.stringify(gone.json))
  const contact = await world.api('sofia_contact', `*/4107@${ours}`)
  assert.equal(contact, 'error/user_not_registered')
  assert.equal((await registrations()).filter((each) => each.user === '4107').length, 0)
})
