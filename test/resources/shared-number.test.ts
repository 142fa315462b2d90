import assert from 'node:assert/strict'
import { test } from 'node:test'
import { insertRow, ours, testApp } from '../support/app.ts'

test('a box whose number another extension shares stays when one of the two is deleted, and goes with the last', async () => {
  const app = await testApp()
  try {
    const first = await app.call('POST', '/api/v1/extensions', { extension: '700', voicemail_enabled: 'true' })
    const second = '99999999-9999-4999-8999-999999999999'
    // FusionPBX's add page makes a second one of a number whose extension is disabled.
    await insertRow(app, 'v_extensions', {
      extension_uuid: second,
      domain_uuid: ours.uuid,
      extension: '700',
      enabled: 'false',
    })
    assert.equal((await app.call('DELETE', `/api/v1/extensions/${second}`)).status, 204)
    assert.equal((await app.sql(`select 1 from v_voicemails where voicemail_id = '700'`)).length, 1)
    const [receipt] = await app.sql<{ effects: string }>(
      `select effects::text from tandem.receipts where key = $1 and operation = 'remove'`,
      [second],
    )
    assert.doesNotMatch(receipt?.effects ?? '', /remove-voicemail|mwi/)
    assert.equal((await app.call('DELETE', `/api/v1/extensions/${first.json.data.extension_uuid}`)).status, 204)
    assert.deepEqual(await app.sql(`select 1 from v_voicemails where voicemail_id = '700'`), [])
  } finally {
    await app.close()
  }
})
