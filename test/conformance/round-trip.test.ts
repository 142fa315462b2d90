import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ours, testApp, theirs } from '../support/app.ts'
import { storedRow } from './rows.ts'
import { next, seed, written } from './samples.ts'
import { actions, clean } from './wires.ts'

/** Clients read a row, change one member and send all of it back. */
const app = await testApp()
after(() => app.close())

for (const sample of written)
  for (const wire of [clean, actions])
    test(`a row of ${wire.name} ${sample.name} that is sent back as it was read changes nothing, not even its stamps`, async () => {
      const { name, table, key } = sample
      await seed(app, sample, theirs)
      const made = await app.call('POST', wire.path('create', name), sample.body(next()).text)
      assert.equal(made.status, 201, made.text)
      // One row that we made, and one that FusionPBX made: mostly NULL.
      for (const uuid of [made.json.data[key], await seed(app, sample, ours)]) {
        const before = await storedRow(app, table, key, uuid)
        const read = await app.call('GET', wire.path('get', name, uuid))
        assert.equal(read.status, 200)
        const sent = await app.call('PUT', wire.path('update', name, uuid), read.json.data)
        assert.equal(sent.status, 200, sent.text)
        assert.deepEqual(await storedRow(app, table, key, uuid), before)
        assert.deepEqual((await app.call('GET', wire.path('get', name, uuid))).json, read.json)
      }
    })
