import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { captured, liveApp, reply, tenant } from './support.ts'

const app = await liveApp()
after(() => app.close())

const rows = (answer: { json: { data: Record<string, unknown>[] } }) => answer.json.data

test('S004-CALLS-LIST S002-DASH-CALLS: many calls of every kind at one moment: each is one row, in its tenant alone', async () => {
  app.fake.onApi('show channels as json', reply('many-show-channels-json'))
  const example = await app.call('GET', '/api/v1/active-calls', undefined, tenant(captured.example.name))
  console.log(example.text)
  const other = await app.call('GET', '/api/v1/active-calls', undefined, tenant(captured.other.name))
  console.log(other.text)
  console.log(
    (await app.call('GET', '/api/v1/dashboard/active-calls.php', undefined, tenant(captured.other.name))).text,
  )
  console.log((await app.call('GET', '/readyz')).text)
  console.log((await app.call('GET', '/version')).text)
  console.log((await app.call('GET', '/api/v1/registrations')).text)
  console.log((await app.call('GET', '/api/v1/dashboard/stats.php')).text)
  console.log(app.fake.lines())
  assert.equal(rows(example).length, 1)
})
