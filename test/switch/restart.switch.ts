import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Phone } from './phone.ts'
import { World } from './world.ts'

let world: World
let anna: Phone
let bert: Phone

before(async () => {
  world = await World.open()
  anna = await world.registered('4301')
  bert = await world.registered('4302')
})
after(() => world?.close())

test('killing and restarting the switch mid-call heals without a restart of ours, with no call lost or invented', async () => {
  bert.onRing = 'answer'
  const call = anna.call('4302')
  await anna.until(() => call.state === 'up', 5000, 'answer')
  await world.eventually('listed', async () => (await world.calls()).length === 1, 3000)

  const answers: { status: number; tookMs: number }[] = []
  let asking = true
  const asker = (async () => {
    while (asking) {
      const started = Date.now()
      const { status } = await world.tandem.call('GET', '/api/v1/active-calls')
      answers.push({ status, tookMs: Date.now() - started })
      const rows = await world.tandem.call('GET', '/api/v1/extensions?per_page=1')
      assert.equal(rows.status, 200, 'the database keeps answering')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })()
  await world.restartSwitch()
  await world.eventually(
    'Tandem is back',
    async () => (await world.tandem.call('GET', '/api/v1/active-calls')).status === 200,
    30_000,
    100,
  )
  asking = false
  await asker

  assert.ok(
    answers.every(({ status }) => status === 200 || status === 503),
    JSON.stringify(new Set(answers.map((each) => each.status))),
  )
  assert.ok(
    Math.max(...answers.map(({ tookMs }) => tookMs)) < 2500,
    `an answer took ${Math.max(...answers.map(({ tookMs }) => tookMs))} ms`,
  )
  assert.deepEqual(await world.calls(), [], 'the call of before is not there any more')

  // The phones do not know yet that the call is gone; a new one works at once.
  assert.equal(await anna.register(), 200)
  assert.equal(await bert.register(), 200)
  const second = anna.call('4302')
  await anna.until(() => second.state === 'up', 8000, 'answer after the restart')
  await world.eventually('listed once', async () => (await world.calls()).length === 1, 3000)
  const events = await world.tandem.call('GET', '/readyz')
  assert.equal(events.json.parts.switch.status, 'ok')
})

test('SIP profiles that start from the XML door listen where the variables of the switch say', async () => {
  const { profiles } = JSON.parse(await world.api('sofia', 'jsonstatus'))
  assert.equal(profiles.internal.info['sip-ip'], world.internal.host)
  assert.match(profiles.internal.status.data, new RegExp(`:${world.internal.port}$`))
})

test('writes made while the switch is away take effect once it is back', async () => {
  const account = await world.extension('4303')
  await world.restartSwitch()
  const phone = await world.phone(account)
  await world.eventually('the phone registers', async () => (await phone.register()) === 200, 20_000, 500)
})
