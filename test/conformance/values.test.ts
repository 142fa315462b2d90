import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ours, testApp } from '../support/app.ts'
import { nothingBroke, storedRow } from './rows.ts'
import { sampleOf, seed, written } from './samples.ts'
import { emptied, wrongValues } from './values.ts'
import { wires } from './wires.ts'

const app = await testApp()
after(() => app.close())

for (const sample of written)
  for (const wire of wires) {
    wrongValues(app, sample, wire)
    emptied(app, sample, wire)
  }

test('S004-NULLS, S004-NUMTEXT: a text column that holds no number can be emptied and overwritten by its integer field', async () => {
  const sample = sampleOf('extensions')
  for (const wire of wires) {
    const uuid = await seed(app, sample, ours, { max_registrations: 'many' })
    const write = async (value: unknown) => {
      const path = wire.path('update', 'extensions', uuid)
      assert.equal((await app.call(wire.methods.update, path, { max_registrations: value })).status, 200)
      return (await storedRow(app, 'v_extensions', 'extension_uuid', uuid))?.max_registrations
    }
    assert.equal(await write(null), null, wire.name)
    await app.sql(`update v_extensions set max_registrations = 'many' where extension_uuid = $1`, [uuid])
    assert.equal(await write(3), '3', wire.name)
  }
})

nothingBroke(app, 'values')
