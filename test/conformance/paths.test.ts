import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testApp } from '../support/app.ts'
import { nothingBroke } from './rows.ts'
import { samples, written } from './samples.ts'
import { assertError, assertRefused, wires } from './wires.ts'

const app = await testApp()
after(() => app.close())

const allMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const some = '550e8400-e29b-41d4-a716-446655440000'

test('S002-HTTP-404, S004-ERR-NOT_FOUND: a resource that nobody knows is not found, in each dialect', async () => {
  for (const wire of wires)
    for (const verb of ['list', 'get', 'create', 'update', 'remove'] as const)
      for (const name of ['unicorns', 'extension', 'v_extensions', 'Extensions', 'constructor', '__proto__']) {
        const path = wire.path(verb, name, verb === 'list' || verb === 'create' ? undefined : some)
        const answer = await app.call(wire.methods[verb], path, {})
        assertError(wire, answer, 404, 'NOT_FOUND')
      }
})

test('S002-HTTP-501, S002-ERR-NOT-IMPL: an action that a known resource does not have is not implemented', async () => {
  const [, actions] = wires
  assert.ok(actions)
  for (const sample of samples.filter((candidate) => candidate.parent === undefined))
    for (const action of ['frobnicate', 'copy', 'LIST', 'remove'])
      for (const method of allMethods) {
        const answer = await app.call(method, `/api/v1/${sample.name}/${action}.php`)
        assertError(actions, answer, 501, 'NOT_IMPLEMENTED')
        assert.equal(answer.json.error.field, undefined)
      }
  for (const action of ['get', 'create', 'update', 'delete'])
    assertError(actions, await app.call('GET', `/api/v1/domains/${action}.php`), 501, 'NOT_IMPLEMENTED')
})

test('S004-ERR-NOT_IMPLEMENTED: something unknown below a row of a known resource is not implemented', async () => {
  const [clean] = wires
  assert.ok(clean)
  assertError(clean, await app.call('POST', `/api/v1/extensions/${some}/frobnicate`, {}), 501, 'NOT_IMPLEMENTED')
})

test('S002-ERR-MISSING-UUID: an action about one row without its UUID says so', async () => {
  const [, actions] = wires
  assert.ok(actions)
  for (const sample of written)
    for (const verb of ['get', 'update', 'remove'] as const)
      for (const end of ['', '?uuid=', '?id=550e8400-e29b-41d4-a716-446655440000']) {
        const answer = await app.call(actions.methods[verb], `${actions.path(verb, sample.name)}${end}`, {})
        assertError(actions, answer, 400, 'MISSING_UUID')
      }
  assertError(actions, await app.call('GET', '/api/v1/voicemails/messages.php'), 400, 'MISSING_UUID')
})

const oddSegments: [about: string, text: string][] = [
  ['bytes that are no UTF-8', '%ff'],
  ['a broken escape', '%zz'],
  ['a lone percent sign', '%'],
  ['NUL', '%00'],
  ['an escaped slash', 'a%2Fb'],
  ['dots', 'not.a.uuid'],
  ['escaped steps upwards', '..%2f..'],
  ['600 letters', 'a'.repeat(600)],
  ['9,000 letters', 'a'.repeat(9000)],
  ['a sign that turns the writing direction', '%E2%80%AE'],
]
for (const [about, text] of oddSegments)
  test(`S004-UUIDCHECK: a UUID that is ${about} is a bad request or not found in every dialect`, async () => {
    for (const wire of wires)
      for (const method of ['GET', wire.methods.update, 'DELETE']) {
        const verb = method === 'GET' ? 'get' : method === 'DELETE' ? 'remove' : 'update'
        const answer = await app.call(method, wire.path(verb, 'extensions', text), method === 'GET' ? undefined : {})
        assertRefused(wire, answer)
        assert.ok([400, 404, 414].includes(answer.status), `${wire.name} ${method}: ${answer.status}`)
      }
  })

test('queries that no list knows never become a server error', async () => {
  const odd = [
    'page=%00',
    'extension=%00',
    '%00=1',
    'page=%ff',
    'a=%zz',
    '__proto__=x',
    'constructor=1',
    'page[]=1',
    'uuid[a]=1',
  ]
  for (const wire of wires)
    for (const text of [...odd, `extension=${'x'.repeat(8000)}`, 'page=1&page=2', 'enabled=maybe', 'enabled=']) {
      const answer = await app.call('GET', `${wire.path('list', 'extensions')}?${text}`)
      if (answer.status !== 200) assertRefused(wire, answer)
      assert.ok(answer.status === 200 || answer.status === 400, `${text}: ${answer.status}`)
    }
})

nothingBroke(app, 'paths')
