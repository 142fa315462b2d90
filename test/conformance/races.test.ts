import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { ours, testApp, theirs } from '../support/app.ts'
import { countRows, nothingBroke } from './rows.ts'
import { next, seed, written } from './samples.ts'
import { wires } from './wires.ts'

/** Everything at once: whatever order the database finds, every answer is one of the documented ones. */
const app = await testApp()
after(() => app.close())

/** Fewer users, whose passwords take their time. */
const times = (name: string): number => (name === 'users' ? 2 : 4)

for (const sample of written.filter(({ unique }) => unique.field !== ''))
  test(`requests for the same ${sample.name} at the same time are answered as if they came one after another`, async () => {
    const { name, table, key, change, unique } = sample
    await seed(app, sample, theirs)
    const [first, second] = [await seed(app, sample, ours), await seed(app, sample, ours)]
    const wanted = sample.body(next())
    const chosen = randomUUID()
    const requests: Promise<{ status: number; text: string }>[] = []
    for (const wire of wires)
      for (let n = 0; n < times(name); n += 1) {
        const body = wanted[wire.spelling]
        const taken = { [unique.field]: body[unique.field], [change.field]: change[wire.spelling] }
        for (const uuid of [first, second]) {
          requests.push(app.call('GET', wire.path('get', name, uuid)))
          requests.push(app.call(wire.methods.update, wire.path('update', name, uuid), taken))
        }
        requests.push(app.call('POST', wire.path('create', name), { ...body, [key]: chosen }))
        if (n === 1) requests.push(app.call('DELETE', wire.path('remove', name, second)))
        requests.push(app.call('GET', wire.path('list', name)))
      }
    const answers = await Promise.all(requests)
    for (const { status, text } of answers) assert.ok([200, 201, 204, 404, 409].includes(status), `${status} ${text}`)
    // One of them got the value; nobody got it twice.
    const value = String(wanted.text[unique.field])
    const stored = unique.field === 'device_address' ? value.replaceAll(':', '').toLowerCase() : value
    assert.equal(await countRows(app, table, `domain_uuid = $1 and ${unique.field} = $2`, [ours.uuid, stored]), 1)
  })

test('extensions that exchange numbers, boxes and phones at the same time neither lose nor double any of them', async () => {
  await app.sql('delete from v_extensions')
  await app.sql('delete from v_voicemails')
  const uuids = []
  for (const extension of ['901', '902', '903']) {
    const made = await app.call('POST', '/api/v1/extensions', { extension, voicemail_enabled: 'true' })
    assert.equal(made.status, 201, made.text)
    uuids.push(made.json.data.extension_uuid)
  }
  const numbers = ['901', '902', '903', '904', '905']
  for (let round = 0; round < 5; round += 1) {
    const answers = await Promise.all(
      uuids.flatMap((uuid, index) =>
        [1, 2].map((step) =>
          app.call('PUT', `/api/v1/extensions/${uuid}`, {
            extension: numbers[(index + round + step) % numbers.length],
            password: `password-${round}-${step}`,
            voicemail_password: String(1000 + round),
          }),
        ),
      ),
    )
    for (const { status, text } of answers) assert.ok([200, 409].includes(status), `${status} ${text}`)
  }
  const rows = await app.sql<{ extension: string }>('select extension from v_extensions order by extension')
  assert.equal(rows.length, 3)
  assert.equal(new Set(rows.map((row) => row.extension)).size, 3)
  const boxes = await app.sql<{ voicemail_id: string }>('select voicemail_id from v_voicemails order by voicemail_id')
  assert.deepEqual(
    boxes.map((box) => box.voicemail_id),
    rows.map((row) => row.extension),
    'each extension has its box',
  )
})

nothingBroke(app, 'the same rows')
