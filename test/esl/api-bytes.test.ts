import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { command, EslClient } from '../../src/esl/index.ts'
import { type FakeSwitch, startFakeSwitch } from '../support/switch/fake-switch.ts'

let fake: FakeSwitch
let client: EslClient
before(async () => {
  fake = await startFakeSwitch()
  client = new EslClient({ host: fake.host, port: fake.port, password: fake.password }).start()
  await client.ready()
})
after(async () => {
  await client.close()
  await fake[Symbol.asyncDispose]()
})

const large = (letter: string): string => letter.repeat(700_000)
const show = command('show', 'channels', 'as', 'json')

test('a large answer comes as its bytes, and its place is used again only when its reader is done', async () => {
  let answer = ''
  fake.onApi(/^show channels/, () => answer)
  answer = large('a')
  const places: ArrayBufferLike[] = []
  const kept: string[] = []
  await client.apiBytes(show, (bytes) => {
    places.push(bytes.buffer)
    kept.push(bytes.toString())
  })
  // Two at once: neither may see the other's bytes, however slowly it reads.
  answer = large('b')
  const slow = client.apiBytes(show, async (bytes) => {
    places.push(bytes.buffer)
    await pause(150)
    return bytes.toString()
  })
  await pause(50)
  answer = large('c')
  const quick = await client.apiBytes(show, (bytes) => {
    places.push(bytes.buffer)
    return bytes.toString()
  })
  assert.deepEqual(
    [kept[0], await slow, quick].map((text) => (text === undefined ? text : [text[0], text.length])),
    [
      ['a', 700_000],
      ['b', 700_000],
      ['c', 700_000],
    ],
  )
  assert.ok(kept[0] === large('a') && (await slow) === large('b') && quick === large('c'))
  assert.equal(places[1], places[0], 'the place is used again')
  assert.notEqual(places[2], places[1], 'but not while somebody reads it')
})

test('small answers, refusals and readers that throw', async () => {
  fake.forgetOverrides()
  assert.equal(
    await client.apiBytes(command('uuid_exists', '00000000-0000-4000-8000-000000000000'), (bytes) => bytes.toString()),
    'false',
  )
  assert.match(await client.apiBytes(command('no_such_command'), (bytes) => bytes.toString()), /^-ERR/)
  const broken = client.apiBytes(show, () => {
    throw new RangeError('no')
  })
  await assert.rejects(broken, RangeError)
  assert.equal((await client.api(command('switchname'))).trim(), 'pbx1', 'the connection goes on')
})
