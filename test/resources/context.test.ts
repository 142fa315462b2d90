import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type TestApp, testApp, theirs } from '../support/app.ts'

describe('dialplan contexts', () => {
  let app: TestApp
  before(async () => {
    app = await testApp()
  })
  after(() => app.close())

  test('S002-ISO: an extension or gateway cannot be put into another tenant’s dialplan', async () => {
    for (const [path, body, field] of [
      ['/api/v1/extensions', { extension: '301' }, 'user_context'],
      ['/api/v1/gateways', { gateway: 'g', proxy: 'sip.example.net' }, 'context'],
    ] as const) {
      for (const context of [theirs.name, theirs.name.toUpperCase()]) {
        const answer = await app.call('POST', path, { ...body, [field]: context })
        assert.equal(answer.status, 400)
        assert.equal(answer.json.error.errors[0].field, field)
      }
      const made = await app.call('POST', path, { ...body, [field]: 'public' })
      assert.equal(made.status, 201)
      const [uuid] = Object.values<string>(made.json.data)
      assert.equal((await app.call('PUT', `${path}/${uuid}`, { [field]: theirs.name })).status, 400)
    }
    assert.deepEqual(await app.sql('select 1 from v_extensions where lower(user_context) = $1', [theirs.name]), [])
  })

  test('limits of FusionPBX’s category limit are kept, by concurrent creators too', async () => {
    await app.sql(
      `insert into v_default_settings (default_setting_uuid, default_setting_category, default_setting_subcategory, default_setting_name, default_setting_value, default_setting_enabled)
       values (gen_random_uuid(), 'limit', 'devices', 'numeric', '2', 'true')`,
    )
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        app.call('POST', '/api/v1/devices', { device_address: `0011223344${String(10 + index)}` }),
      ),
    )
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 201, 403, 403, 403, 403])
  })

  test('S002-ERR-DUPLICATE: of many concurrent creators of one number exactly one succeeds', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () =>
        app.call('POST', '/api/v1/extensions', { extension: '555', voicemail_enabled: 'true' }),
      ),
    )
    assert.equal(answers.filter((answer) => answer.status === 201).length, 1)
    assert.ok(answers.every((answer) => answer.status === 201 || answer.json.error.code === 'DUPLICATE_ERROR'))
    assert.equal((await app.sql(`select 1 from v_extensions where extension = '555'`)).length, 1)
    assert.equal((await app.sql(`select 1 from v_voicemails where voicemail_id = '555'`)).length, 1)
  })

  test('concurrent changes of one row all arrive, and none loses another’s field', async () => {
    const { json } = await app.call('POST', '/api/v1/extensions', { extension: '556' })
    const path = `/api/v1/extensions/${json.data.extension_uuid}`
    const changes = {
      description: 'a',
      accountcode: 'b',
      call_group: 'c',
      hold_music: 'd',
      outbound_caller_id_name: 'e',
    }
    await Promise.all(Object.entries(changes).map(([name, value]) => app.call('PUT', path, { [name]: value })))
    const [row] = await app.sql(
      `select description, accountcode, call_group, hold_music, outbound_caller_id_name from v_extensions where extension = '556'`,
    )
    assert.deepEqual(row, changes)
  })
})
