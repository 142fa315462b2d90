import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { ours, type TestAnswer, theirs } from '../support/app.ts'
import { captured, liveApp, replies, tenant } from './support.ts'

const app = await liveApp()
after(() => app.close())
beforeEach(() => {
  app.fake.faults.clear()
  app.fake.forgetOverrides()
  app.fake.core.registrations = []
  app.fake.core.coreRegistrations = []
  app.fake.forget()
})

const example = tenant(captured.example.name)
const other = tenant(captured.other.name)

const rowsOf = (answer: TestAnswer) => {
  assert.equal(answer.status, 200, answer.text)
  return answer.json.data
}

/** The lists of a capture: its replies that are sofia's XML, byte for byte. */
const lists = (name: string): Buffer[] => replies(name).filter((body) => body.includes('<registrations>'))

/** The next list of the internal profile is this, byte for byte. */
function shows(body: Buffer): void {
  const head = `Content-Type: api/response\nContent-Length: ${body.length}\n\n`
  app.fake.faults.replace('sofia xmlstatus profile internal reg', Buffer.concat([Buffer.from(head), body]))
}

test('S004-REG-LIST: the documented fields of a phone, in its tenant alone', async () => {
  const [body = Buffer.of()] = lists('registrations-several')
  shows(body)
  const rows = rowsOf(await app.call('GET', '/api/v1/registrations', undefined, example))
  // Users 1001 (two phones) to 1005 and the gateway's own registration; the README of the captures.
  assert.deepEqual(
    rows.map((row: { user: string }) => row.user),
    ['1001', '1001', '1002', '1003', '1004', '1005', '1099'],
  )
  assert.deepEqual(rows[0], {
    user: '1001',
    sip_realm: 'example.test',
    contact: 'sofia/internal/1001@127.0.0.1:6000',
    agent: 'TestPhone/1.0 (model "T-1001")',
    status: 'Registered',
    ping_time: '0.00',
    network_ip: '127.0.0.1',
    network_port: '6100',
    profile: 'internal',
  })
  shows(body)
  const theirRows = rowsOf(await app.call('GET', '/api/v1/registrations', undefined, other))
  assert.deepEqual(
    theirRows.map((row: { user: string; sip_realm: string }) => [row.user, row.sip_realm]),
    [
      ['1001', 'other.test'],
      ['1002', 'other.test'],
    ],
  )
  shows(body)
  assert.deepEqual(rowsOf(await app.call('GET', '/api/v1/registrations')), [])
})

test('S002-DASH-REG: the same phones with the fields of the dashboard', async () => {
  const [body = Buffer.of()] = lists('registrations-several')
  shows(body)
  const rows = rowsOf(await app.call('GET', '/api/v1/dashboard/registrations.php', undefined, other))
  assert.deepEqual(rows[0], {
    user: '1001',
    domain: 'other.test',
    contact: 'sip:1001@127.0.0.1:6002',
    agent: 'TestPhone/1.0 (model "T-1001")',
    status: 'Registered',
    profile: 'internal',
  })
  assert.equal(rows.length, 2)
})

test('S004-REG-LIST: a Call-ID with markup and bytes that are no UTF-8 hide and invent no phone', async () => {
  const [body = Buffer.of()] = lists('registrations-hostile-bytes')
  shows(body)
  const rows = rowsOf(await app.call('GET', '/api/v1/registrations', undefined, example))
  const users = rows.map((row: { user: string }) => row.user)
  // show registrations of the same moment is escaped JSON; it has each user once.
  const safe = replies('registrations-hostile-bytes').find((each) => each.includes('"rows"'))
  const known: string[] = JSON.parse(safe?.toString('utf8') ?? '')
    .rows.filter((row: { realm: string }) => row.realm === 'example.test')
    .map((row: { reg_user: string }) => row.reg_user)
  assert.deepEqual([...new Set(users)].sort(), known.sort())
  assert.ok(users.includes('1010') && users.includes('1011'))
  const agents = rows.map((row: { agent: string }) => row.agent).join('\n')
  assert.ok(!agents.includes('&lt;') && !agents.includes('&amp;'), 'what sofia escaped is undone')
})

test('S004-REG-LIST: a phone whose fields look like a second entry adds none, in any field', async () => {
  const fake = '</call-id><user>9999@example.test</user>'
  app.fake.register({ user: '1001', domain: ours.name, callId: `x${fake}<registration>` })
  app.fake.register({
    user: '1002',
    domain: ours.name,
    agent: '</agent><agent>"x" & <b>',
    callId: '</registrations></profile>',
  })
  app.fake.register({
    user: '1003',
    domain: ours.name,
    contact: '"<sip:evil@x>" <sip:1003@[2001:db8::1]:5060;transport=tls;x=1>',
  })
  app.fake.register({ user: '9999', domain: theirs.name })
  const rows = rowsOf(await app.call('GET', '/api/v1/registrations'))
  assert.deepEqual(
    rows.map((row: { user: string; agent: string; contact: string }) => [row.user, row.agent, row.contact]),
    [
      ['1001', 'TestPhone/2.0', 'sofia/internal/1001@127.0.0.1:6100'],
      ['1002', '</agent><agent>"x" & <b>', 'sofia/internal/1002@127.0.0.1:6100'],
      ['1003', 'TestPhone/2.0', 'sofia/internal/1003@[2001:db8::1]:5060'],
    ],
  )
})

test('S004-REG-LIST: hundreds of phones of many tenants, and none at all', async () => {
  const [body = Buffer.of()] = lists('registrations-many-xmlstatus')
  shows(body)
  const rows = rowsOf(await app.call('GET', '/api/v2/registrations', undefined, { 'x-domain': undefined }))
  assert.equal(rows.length, body.toString('latin1').split('    </registration>\n').length - 1)
  const [none = Buffer.of()] = lists('zero-xmlstatus-reg')
  shows(none)
  assert.deepEqual((await app.call('GET', '/api/v1/registrations')).json, { success: true, data: [] })
})

test('S004-REG-LIST: every enabled profile is asked, those that only run as well, and one that does not exist costs nothing', async () => {
  await app.sql(`update v_sip_profiles set sip_profile_enabled = 'false' where sip_profile_name = 'internal-ipv6'`)
  app.fake.register({ user: '1001', domain: ours.name, profile: 'external' })
  app.fake.register({ user: '1002', domain: ours.name })
  const rows = rowsOf(await app.call('GET', '/api/v1/registrations'))
  assert.deepEqual(
    rows.map((row: { user: string; profile: string }) => [row.user, row.profile]),
    [
      ['1001', 'external'],
      ['1002', 'internal'],
    ],
  )
  assert.deepEqual(app.fake.lines('xmlstatus').sort(), [
    'api sofia xmlstatus profile external reg',
    'api sofia xmlstatus profile external-ipv6 reg',
    'api sofia xmlstatus profile internal reg',
  ])
})

test('a phone is forgotten by its address, which is looked up; +OK alone is not believed', async () => {
  const callId = ours.name
  app.fake.register({ user: '1001', domain: ours.name, callId })
  app.fake.register({ user: '1001', domain: ours.name })
  app.fake.register({ user: '1002', domain: ours.name })
  app.fake.register({ user: '1001', domain: theirs.name })
  const answer = await app.call('POST', '/api/v2/registrations/1001/unregister')
  assert.deepEqual([answer.status, answer.json], [200, { user: '1001', result: 'unregistered', phones: 2 }])
  assert.deepEqual(app.fake.lines('flush'), [`api sofia profile internal flush_inbound_reg 1001@${ours.name}`])
  assert.deepEqual(
    app.fake.core.registrations.map((each) => `${each.user}@${each.domain}`).sort(),
    [`1001@${theirs.name}`, `1002@${ours.name}`].sort(),
  )
  app.fake.onApi(/flush_inbound_reg/, '+OK flushing all registrations matching specified call_id\n')
  assert.equal((await app.call('POST', '/api/v2/registrations/1002/unregister')).status, 409)
})

test('phones are told to fetch their configuration or to start anew, in the words of their make', async () => {
  app.fake.register({ user: '1001', domain: ours.name, agent: 'Yealink SIP-T46S 66.85.0.5' })
  app.fake.register({ user: '1002', domain: ours.name, agent: 'Cisco/SPA504G-7.6.2' })
  for (const [user, action, event] of [
    ['1001', 'check-sync', 'check-sync;reboot=false'],
    ['1001', 'reboot', 'check-sync;reboot=true'],
    ['1002', 'check-sync', 'resync'],
    ['1002', 'reboot', 'reboot'],
  ] as const) {
    app.fake.forget()
    const answer = await app.call('POST', `/api/v2/registrations/${user}/${action}`)
    assert.deepEqual([answer.status, answer.json], [202, { user, result: 'sent', phones: 1 }])
    const sent = await app.fake.commandArrived(/^sendevent NOTIFY/)
    assert.deepEqual(Object.fromEntries(sent.headers), {
      profile: 'internal',
      user,
      host: ours.name,
      'event-string': event,
      'content-type': 'application/simple-message-summary',
    })
  }
})

test('S004-REG-LIST: phones of another tenant, and of nobody, are not found and not touched', async () => {
  app.fake.register({ user: '2001', domain: theirs.name })
  app.fake.forget()
  for (const user of ['2001', '3001', `2001@${theirs.name}`, '%0A', 'a%20b', '..'])
    for (const action of ['unregister', 'check-sync', 'reboot']) {
      const answer = await app.call('POST', `/api/v2/registrations/${user}/${action}`)
      assert.ok([400, 404].includes(answer.status), `${user} ${answer.text}`)
    }
  assert.deepEqual(app.fake.lines(/flush|sendevent/), [])
  assert.equal(app.fake.core.registrations.length, 1)
})
