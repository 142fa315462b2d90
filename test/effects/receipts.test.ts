import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { globalKey, insertRow, ours, type TestAnswer, type TestApp, testApp, theirs } from '../support/app.ts'
import { type FakeSwitch, startFakeSwitch } from '../support/switch/fake-switch.ts'

interface Entry {
  to: string
  what: string
  node?: string
  stage: string
  said: string
}

const header = /^([0-9a-f-]{36}); row=done; cache=(\w+); switch=(\w+)$/

/** The receipt that a write's answer names: from its header, and as the API shows it. */
async function receiptOf(app: TestApp, answer: TestAnswer) {
  const [, id = '', cache, switched] = header.exec(answer.headers['x-tandem-receipt'] ?? '') ?? []
  const shown = await app.call('GET', `/api/v2/receipts/${id}`)
  assert.equal(shown.status, 200, shown.text)
  return { id, cache, switch: switched, shown: shown.json, effects: shown.json.effects as Entry[] }
}

/** A switch that reads the gateways from the rows whenever it scans, as FusionPBX's handler serves them. */
async function readRows(fake: FakeSwitch, app: TestApp): Promise<void> {
  for (const name of [...fake.core.gatewayConfiguration.keys()]) fake.unconfigureGateway(name)
  const rows = await app.sql<{ name: string; username: string; password: string; proxy: string }>(
    `select gateway_uuid::text as name, coalesce(username, '') as username, coalesce(password, '') as password, proxy
       from v_gateways where enabled::text = 'true'`,
  )
  for (const row of rows) fake.configureGateway({ ...row, profile: 'external', proxy: row.proxy, realm: row.proxy })
}

describe('receipts against a switch', () => {
  let fake: FakeSwitch
  let app: TestApp
  before(async () => {
    fake = await startFakeSwitch()
    app = await testApp({ switchUrls: [fake.url] })
    await fake.connected(2)
    fake.beforeApi = (line) => (line.includes('rescan') ? readRows(fake, app) : Promise.resolve())
    while (app.switch.status()[0]?.state !== 'up') await pause(10)
  })
  after(async () => {
    await app.close()
    await fake.kill()
  })
  beforeEach(() => {
    fake.faults.clear()
    fake.forget()
  })

  const gateway = (more: object = {}) => ({
    gateway: `trunk ${Math.random()}`,
    proxy: 'sip.carrier.example',
    username: 'u1',
    password: 'first',
    register: true,
    ...more,
  })

  test('S002-FS-RELOAD S002-FS-REG: a new gateway is scanned and read back before the receipt says done', async () => {
    const made = await app.call('POST', '/api/v2/gateways', gateway())
    assert.equal(made.status, 201, made.text)
    const receipt = await receiptOf(app, made)
    assert.equal(receipt.switch, 'done', JSON.stringify(receipt.shown))
    assert.deepEqual(
      fake.lines(/^(api|bgapi) sofia profile/).map((line) => line.replace(/^bgapi/, 'api')),
      ['api sofia profile external rescan'],
    )
    const proof = receipt.effects.find(({ to }) => to === 'proof')
    assert.equal(proof?.stage, 'done')
    assert.equal(proof?.what, 'is the gateway loaded as its row says')
    assert.equal(proof?.said, 'loaded, REGED')
    assert.match(receipt.effects.find(({ what }) => what.endsWith('rescan'))?.said ?? '', /\+OK scan complete/)
  })

  test('S002-FS-REG: a changed password unloads the gateway first, so that the switch registers with the new one', async () => {
    const made = await app.call('POST', '/api/v2/gateways', gateway())
    const uuid = made.json.gateway_uuid as string
    assert.equal(fake.gateway(uuid)?.password, 'first')
    fake.forget()
    const changed = await app.call('PATCH', `/api/v2/gateways/${uuid}`, { password: 'second' })
    assert.equal(changed.status, 200, changed.text)
    assert.equal((await receiptOf(app, changed)).switch, 'done')
    const told = fake.lines(/sofia profile/)
    assert.match(told[0] ?? '', new RegExp(`killgw ${uuid}$`))
    assert.match(told[1] ?? '', /rescan$/)
    assert.equal(fake.gateway(uuid)?.password, 'second')
  })

  test('S002-FS-CACHE: keys go from the folder and over the event that other nodes listen to, before the scan', async () => {
    const made = await app.call('POST', '/api/v2/gateways', gateway())
    const file = join(app.cacheDir, 'pbx1.configuration.sofia.conf')
    writeFileSync(file, '<x/>')
    fake.forget()
    const changed = await app.call('PATCH', `/api/v2/gateways/${made.json.gateway_uuid}`, {
      proxy: 'sip2.carrier.example',
    })
    assert.equal(existsSync(file), false)
    const receipt = await receiptOf(app, changed)
    assert.equal(receipt.cache, 'done')
    const event = await fake.commandArrived('sendevent CUSTOM')
    assert.deepEqual(Object.fromEntries(event.headers), {
      'Event-Name': 'CUSTOM',
      'Event-Subclass': 'fusion::file',
      'API-Command': 'cache',
      'API-Command-Argument': 'delete pbx1.configuration.sofia.conf',
    })
    const scan = await fake.commandArrived(/rescan$/)
    assert.ok(event.atMs <= scan.atMs)
  })

  test('a gateway that the switch does not load is owed, not done, and the receipt says why', async () => {
    fake.beforeApi = async () => {}
    try {
      const made = await app.call('POST', '/api/v2/gateways', gateway())
      const receipt = await receiptOf(app, made)
      assert.equal(receipt.switch, 'pending')
      assert.match(receipt.effects.find(({ to }) => to === 'proof')?.said ?? '', /not loaded/)
    } finally {
      fake.beforeApi = (line) => (line.includes('rescan') ? readRows(fake, app) : Promise.resolve())
    }
  })

  test('a profile that does not run is a failure with the words of the switch', async () => {
    const made = await app.call('POST', '/api/v2/gateways', gateway({ profile: 'nowhere' }))
    assert.equal(made.status, 201)
    const receipt = await receiptOf(app, made)
    assert.equal(receipt.switch, 'failed')
    assert.match(receipt.effects.find(({ stage }) => stage === 'failed')?.said ?? '', /Invalid Profile/)
  })

  test('an extension is done when the directory serves it, with the password of the row', async () => {
    const made = await app.call('POST', '/api/v2/extensions', { extension: '7001', password: 'Secret.7001' })
    assert.equal((await receiptOf(app, made)).switch, 'pending', 'nobody serves it yet')
    const serve = (password: string) =>
      fake.directory.set('7001@example.com', { var: { extension_uuid: made.json.extension_uuid }, param: { password } })
    serve('another')
    const stale = await app.call('PATCH', `/api/v2/extensions/${made.json.extension_uuid}`, { description: 'a' })
    const stalled = await receiptOf(app, stale)
    assert.equal(stalled.switch, 'pending')
    assert.match(stalled.effects.find(({ to }) => to === 'proof')?.said ?? '', /another password/)
    assert.ok(
      !JSON.stringify(stalled.shown).includes('Secret.7001') && !JSON.stringify(stalled.shown).includes('"another"'),
    )
    serve('Secret.7001')
    const fresh = await app.call('PATCH', `/api/v2/extensions/${made.json.extension_uuid}`, { description: 'b' })
    assert.equal((await receiptOf(app, fresh)).switch, 'done')
    assert.ok(fake.lines('xml_flush_cache id 7001 example.com').length > 0)
  })

  test('switching do-not-disturb tells the lamps that watch the extension, as FusionPBX does', async () => {
    const made = await app.call('POST', '/api/v2/extensions', { extension: '7050' })
    fake.forget()
    const changed = await app.call('PATCH', `/api/v2/extensions/${made.json.extension_uuid}`, { do_not_disturb: true })
    assert.equal(changed.status, 200, changed.text)
    const { headers } = await fake.commandArrived('sendevent PRESENCE_IN')
    const { 'unique-id': id, ...rest } = Object.fromEntries(headers)
    assert.match(id ?? '', /^[0-9a-f-]{36}$/)
    // What FusionPBX's own page sent (fixtures, dnd-set).
    assert.deepEqual(rest, {
      proto: 'sip',
      login: '7050@example.com',
      from: '7050@example.com',
      status: 'Active (1 waiting)',
      rpid: 'unknown',
      event_type: 'presence',
      alt_event_type: 'dialog',
      event_count: '1',
      'Presence-Call-Direction': 'outbound',
      'answer-state': 'confirmed',
    })
    fake.forget()
    await app.call('PATCH', `/api/v2/extensions/${made.json.extension_uuid}`, { description: 'no lamp' })
    assert.deepEqual(fake.lines('PRESENCE_IN'), [])
  })

  test('a write waits a second at most; what is late arrives by itself', async () => {
    fake.faults.slow(/sofia profile external rescan/, 1600)
    const began = performance.now()
    const made = await app.call('POST', '/api/v2/gateways', gateway())
    const took = performance.now() - began
    const receipt = await receiptOf(app, made)
    assert.equal(receipt.switch, 'pending')
    assert.ok(took < 1550, `answered before the switch did, after ${took} ms`)
    for (let n = 0; n < 60 && (await receiptOf(app, made)).shown.switch !== 'done'; n += 1) await pause(50)
    assert.equal((await receiptOf(app, made)).shown.switch, 'done')
  })

  test('writes that come together share one scan', async () => {
    fake.faults.slow(/rescan/, 200)
    const answers = await Promise.all(Array.from({ length: 12 }, () => app.call('POST', '/api/v2/gateways', gateway())))
    for (const answer of answers) assert.equal(answer.status, 201)
    assert.ok(fake.lines(/rescan$/).length <= 4, `${fake.lines(/rescan$/).length} scans`)
    for (const answer of answers) {
      for (let n = 0; n < 60 && (await receiptOf(app, answer)).shown.switch === 'pending'; n += 1) await pause(50)
      assert.equal((await receiptOf(app, answer)).shown.switch, 'done')
    }
  })

  test('S002-FS-REG: a password that changes while another scan runs is not lost to the rows that scan has read', async () => {
    const [one, two] = [
      await app.call('POST', '/api/v2/gateways', gateway()),
      await app.call('POST', '/api/v2/gateways', gateway()),
    ]
    const change = (made: TestAnswer, password: string) =>
      app.call('PATCH', `/api/v2/gateways/${made.json.gateway_uuid}`, { password })
    fake.forget()
    fake.beforeApi = async (line) => {
      if (!line.includes('rescan')) return
      await readRows(fake, app)
      await pause(300)
    }
    try {
      const first = change(one, 'second')
      await fake.commandArrived(/rescan$/)
      await pause(100)
      const [, changed] = await Promise.all([first, change(two, 'second')])
      assert.equal((await receiptOf(app, changed)).switch, 'done')
      assert.equal(fake.gateway(two.json.gateway_uuid)?.password, 'second')
    } finally {
      fake.beforeApi = (line) => (line.includes('rescan') ? readRows(fake, app) : Promise.resolve())
    }
  })

  test('another tenant finds no receipt, nor does a made-up id', async () => {
    const made = await app.call('POST', '/api/v2/extensions', { extension: '7100' })
    const { id } = await receiptOf(app, made)
    const foreign = await app.call('GET', `/api/v2/receipts/${id}`, undefined, { 'x-domain': theirs.name })
    assert.equal(foreign.status, 404)
    assert.equal((await app.call('GET', `/api/v2/receipts/${crypto.randomUUID()}`)).status, 404)
    assert.equal((await app.call('GET', '/api/v2/receipts/nonsense')).status, 400)
    const whole = await app.call('GET', `/api/v2/receipts/${id}`, undefined, { 'x-domain': undefined })
    assert.equal(whole.status, 200)
    assert.equal(whole.json.domain_uuid, ours.uuid)
  })
})

describe('effects that are owed', () => {
  test('S002-FS-RELOAD: a switch that was down hears of everything when it is back, also in another process', async () => {
    const fake = await startFakeSwitch()
    const app = await testApp({ switchUrls: [fake.url] })
    try {
      await app.effects.start(app.url)
      await fake.kill()
      while (app.switch.status()[0]?.state !== 'down') await pause(20)
      const began = performance.now()
      const made = await app.call('POST', '/api/v2/gateways', {
        gateway: 'owed',
        proxy: 'sip.carrier.example',
        register: false,
      })
      assert.ok(performance.now() - began < 1000, 'a switch that is known to be down costs nothing')
      const receipt = await receiptOf(app, made)
      assert.equal(receipt.switch, 'pending')
      assert.equal(receipt.cache, 'done', 'the folder is in reach')
      // What another process committed and never tried, because it died.
      const orphan = crypto.randomUUID()
      await insertRow(app, 'tandem.receipts', {
        receipt_uuid: orphan,
        domain_uuid: ours.uuid,
        resource: 'gateways',
        operation: 'update',
        key: made.json.gateway_uuid,
        effects: JSON.stringify([{ to: 'switch', command: ['sofia', 'profile', 'external', 'rescan'] }]),
        cache: 'none',
        switch: 'pending',
      })
      fake.beforeApi = (line) => (line.includes('rescan') ? readRows(fake, app) : Promise.resolve())
      await fake.start()
      for (const id of [receipt.id, orphan]) {
        let stage = 'pending'
        for (let n = 0; n < 200 && stage === 'pending'; n += 1) {
          await pause(50)
          stage = (await app.call('GET', `/api/v2/receipts/${id}`)).json.switch
        }
        assert.equal(stage, 'done', id)
      }
      assert.ok(fake.gateway(made.json.gateway_uuid))
    } finally {
      await app.close()
      await fake.kill()
    }
  })

  test('every node is told, and one that is down keeps the receipt pending and is named', async () => {
    const [one, two] = [await startFakeSwitch(), await startFakeSwitch({ switchname: 'pbx2' })]
    const app = await testApp({ switchUrls: [one.url, two.url], folders: false })
    try {
      while (app.switch.status().some(({ state }) => state !== 'up')) await pause(10)
      const made = await app.call('POST', '/api/v2/voicemails', { voicemail_id: '7200' })
      assert.equal(made.status, 201, made.text)
      const both = await receiptOf(app, made)
      assert.equal(both.cache, 'sent', 'an event says nothing about who heard it')
      assert.match(both.effects.find(({ to }) => to === 'files')?.said ?? '', /not in reach/)
      await two.kill()
      while (app.switch.status()[1]?.state !== 'down') await pause(20)
      const changed = await app.call('PATCH', `/api/v2/voicemails/${made.json.voicemail_uuid}`, {
        voicemail_password: '4711',
      })
      const half = await receiptOf(app, changed)
      assert.equal(half.cache, 'pending')
      assert.deepEqual(
        [...new Set(half.effects.filter(({ stage }) => stage === 'pending').map(({ node }) => node))],
        [`127.0.0.1:${two.port}`],
      )
    } finally {
      await app.close()
      await one.kill()
    }
  })

  test('a switch that has arrived is not told again because another one is down', async () => {
    const [one, two] = [await startFakeSwitch(), await startFakeSwitch({ switchname: 'pbx2' })]
    const app = await testApp({ switchUrls: [one.url, two.url] })
    try {
      for (const fake of [one, two])
        fake.beforeApi = (line) => (line.includes('rescan') ? readRows(fake, app) : Promise.resolve())
      while (app.switch.status().some(({ state }) => state !== 'up')) await pause(10)
      await app.effects.start(app.url)
      const made = await app.call('POST', '/api/v2/gateways', { gateway: 'steady', proxy: 'sip.carrier.example' })
      assert.equal((await receiptOf(app, made)).switch, 'done')
      await two.kill()
      while (app.switch.status()[1]?.state !== 'down') await pause(20)
      one.forget()
      const path = `/api/v2/gateways/${made.json.gateway_uuid}`
      const changed = await app.call('PATCH', path, { proxy: 'sip2.carrier.example' })
      assert.equal((await receiptOf(app, changed)).switch, 'pending')
      const tried = async () => (await receiptOf(app, changed)).shown.attempts >= 2
      for (let n = 0; n < 100 && !(await tried()); n += 1) await pause(50)
      assert.ok(await tried(), 'tried again for the switch that is down')
      await two.start()
      for (let n = 0; n < 200 && (await receiptOf(app, changed)).shown.switch !== 'done'; n += 1) await pause(50)
      const receipt = await receiptOf(app, changed)
      assert.equal(receipt.shown.switch, 'done')
      assert.equal(receipt.effects.filter(({ to, stage }) => to === 'proof' && stage === 'done').length, 2)
      assert.equal(one.lines(/killgw/).length, 1, 'its registration was dropped once')
      assert.equal(two.gateway(made.json.gateway_uuid)?.proxy, 'sip2.carrier.example')
    } finally {
      await app.close()
      await one.kill()
      await two.kill()
    }
  })

  test('receipts that are old and owe nothing go, others stay', async () => {
    const app = await testApp()
    try {
      const put = (age: string, stage: string) =>
        app.sql(
          `insert into tandem.receipts (receipt_uuid, resource, operation, key, effects, cache, switch, created_at)
            values (gen_random_uuid(), 'extensions', 'update', gen_random_uuid(), '[]', 'done', $2, now() - $1::interval)`,
          [age, stage],
        )
      for (const age of ['91 days', '89 days']) for (const stage of ['done', 'pending']) await put(age, stage)
      assert.equal(await app.effects.purge(90), 1)
      const left = await app.sql('select switch from tandem.receipts order by created_at')
      assert.deepEqual(left.map((row) => row.switch).sort(), ['done', 'pending', 'pending'])
    } finally {
      await app.close()
    }
  })

  test('a password that FreeSWITCH cannot hold is refused, every other one is taken', async () => {
    const app = await testApp()
    try {
      const body = (password: string) => ({
        gateway: `g ${Math.random()}`,
        proxy: 'sip.example.com',
        username: 'u',
        password,
      })
      const refused = await app.call('POST', '/api/v2/gateways', body('Aa1<!"xyz12345'))
      assert.equal(refused.status, 400)
      assert.equal(refused.json.errors[0].field, 'password')
      for (const fine of ['<!x', '"<!', 'a"<&>\'%41', '$${domain}', ']]>'])
        assert.equal((await app.call('POST', '/api/v2/gateways', body(fine))).status, 201, fine)
    } finally {
      await app.close()
    }
  })

  test('where files are kept for phones, the receipt says that only FusionPBX writes them', async () => {
    const app = await testApp()
    try {
      const quiet = await app.call('POST', '/api/v2/devices', { device_address: '001565aabb01' })
      assert.equal(quiet.status, 201, quiet.text)
      assert.deepEqual((await receiptOf(app, quiet)).effects, [])
      await insertRow(app, 'v_default_settings', {
        default_setting_uuid: crypto.randomUUID(),
        default_setting_category: 'provision',
        default_setting_subcategory: 'path',
        default_setting_name: 'text',
        default_setting_value: '/srv/tftp',
        default_setting_enabled: 'true',
      })
      const made = await app.call('POST', '/api/v2/devices', { device_address: '001565aabb02' })
      const [entry] = (await receiptOf(app, made)).effects
      assert.equal(entry?.stage, 'skipped')
      assert.equal(entry?.what, 'write the files of 001565aabb02 to /srv/tftp')
      assert.match(entry?.said ?? '', /only FusionPBX/)
    } finally {
      await app.close()
    }
  })

  test('with both switched off nothing is told and the receipt says skipped', async () => {
    const fake = await startFakeSwitch()
    const app = await testApp({
      switchUrls: [fake.url],
      env: { TANDEM_FREESWITCH__AUTO_REGENERATE_XML: 'false', TANDEM_FREESWITCH__CLEAR_CACHE_ON_UPDATE: 'false' },
    })
    try {
      while (app.switch.status()[0]?.state !== 'up') await pause(10)
      fake.forget()
      const made = await app.call('POST', '/api/v2/extensions', { extension: '7300' })
      const receipt = await receiptOf(app, made)
      assert.deepEqual([receipt.cache, receipt.switch], ['skipped', 'skipped'])
      assert.deepEqual(fake.lines(/sendevent|reloadacl|xml_flush/), [])
    } finally {
      await app.close()
      await fake.kill()
    }
  })

  test('memcache: the key is deleted there and looked for again', async () => {
    const fake = await startFakeSwitch()
    const app = await testApp({ switchUrls: [fake.url], env: { TANDEM_FREESWITCH__CACHE_METHOD: 'memcache' } })
    try {
      while (app.switch.status()[0]?.state !== 'up') await pause(10)
      fake.memcache.set('directory:7400@example.com', '<x/>')
      const made = await app.call('POST', '/api/v2/extensions', { extension: '7400' })
      const receipt = await receiptOf(app, made)
      assert.equal(receipt.cache, 'done', JSON.stringify(receipt.effects))
      assert.equal(fake.memcache.size, 0)
      const event = await fake.commandArrived('sendevent CUSTOM')
      assert.deepEqual(Object.fromEntries(event.headers)['API-Command-Argument'], 'delete directory:7400@example.com')
      assert.deepEqual(Object.fromEntries(event.headers)['Event-Subclass'], 'fusion::memcache')
    } finally {
      await app.close()
      await fake.kill()
    }
  })

  test('hostile names reach no command: a number that no grammar lets through stays a row', async () => {
    assert.ok(globalKey.length > 0)
    const fake = await startFakeSwitch()
    const app = await testApp({ switchUrls: [fake.url] })
    try {
      while (app.switch.status()[0]?.state !== 'up') await pause(10)
      const uuid = crypto.randomUUID()
      // A row as another program might have written it.
      await insertRow(app, 'v_extensions', {
        extension_uuid: uuid,
        domain_uuid: ours.uuid,
        extension: '1001\n\nexit',
        user_context: 'example.com',
        enabled: 'true',
      })
      fake.forget()
      const gone = await app.call('DELETE', `/api/v2/extensions/${uuid}`)
      assert.equal(gone.status, 204, gone.text)
      assert.deepEqual(fake.lines('exit'), [])
      assert.equal(app.switch.status()[0]?.state, 'up')
      const receipt = await receiptOf(app, gone)
      assert.equal(receipt.shown.cache === 'failed' || receipt.shown.cache === 'done', true, receipt.shown.cache)
    } finally {
      await app.close()
      await fake.kill()
    }
  })
})
