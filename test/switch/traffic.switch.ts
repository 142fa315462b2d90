import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ours, theirs } from './tandem.ts'
import { type ExtensionAccount, World } from './world.ts'

const sipp = spawnSync('sipp', ['-v']).error === undefined
const skip = sipp ? false : 'sipp is not installed'

let world: World
let folder: string
before(async () => {
  if (!sipp) return
  world = await World.open()
  folder = mkdtempSync(join(tmpdir(), 'tandem-sipp-'))
})
after(async () => {
  if (!sipp) return
  await world?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs SIPp against the internal profile; gives its exit code: 0 when every call went as the scenario says. */
function run(scenario: string, account: ExtensionAccount, number: string, options: string[]): Promise<number> {
  const injected = join(folder, `${account.number}-${account.domain}-${scenario}.csv`)
  const fields = [
    account.number,
    account.domain,
    `[authentication username=${account.number} password=${account.password}]`,
    number,
  ]
  writeFileSync(injected, `SEQUENTIAL\n${fields.join(';')};\n`)
  const { host, port } = world.internal
  const args = [`${host}:${port}`, '-sf', `test/switch/sipp/${scenario}.xml`, '-inf', injected, '-i', '127.0.0.1']
  return new Promise((resolve) => {
    execFile(
      'sipp',
      [...args, '-nostdin', '-trace_err', '-error_file', join(folder, `${scenario}.err`), ...options],
      (error) => resolve(error === null ? 0 : Number(error.code ?? 1)),
    )
  })
}

test('a SIPp phone registers with credentials made over the API', { skip }, async () => {
  const account = await world.extension('4401')
  assert.equal(await run('register', account, '', ['-m', '1', '-p', '45401']), 0)
  const { json } = await world.tandem.call('GET', '/api/v1/registrations')
  assert.equal(json.data.filter((each: { user: string }) => each.user === '4401').length, 1)
})

test('forty calls in two tenants come and go: each is listed once, in its tenant, and none stays', {
  skip,
}, async () => {
  const one = await world.extension('4402', ours)
  const other = await world.extension('4402', theirs)
  const traffic = ['-m', '20', '-r', '10', '-d', '3000', '-l', '20']
  const done = Promise.all([
    run('caller', one, '*9196', [...traffic, '-p', '45402', '-mp', '45500']),
    run('caller', other, '*9196', [...traffic, '-p', '45403', '-mp', '45700']),
  ])
  let most = 0
  let over = false
  void done.then(() => {
    over = true
  })
  while (!over) {
    const [mine, others] = await Promise.all([world.calls(ours), world.calls(theirs)])
    const names = mine.map((row) => row.call_uuid)
    assert.equal(new Set(names).size, names.length, 'no call twice')
    assert.ok(
      others.every((row) => !names.includes(row.call_uuid)),
      'no call in two tenants',
    )
    most = Math.max(most, mine.length)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.deepEqual(await done, [0, 0], 'every call went well')
  assert.ok(most >= 15 && most <= 20, `at most ${most} at once`)
  await world.eventually('nothing stays', async () => {
    return (await world.calls(ours)).length === 0 && (await world.calls(theirs)).length === 0
  })
})

test('the switch is killed under traffic: what is listed afterwards is what the switch has', { skip }, async () => {
  const account = await world.extension('4403')
  const traffic = run('caller', account, '*9196', [
    '-m',
    '60',
    '-r',
    '5',
    '-d',
    '2000',
    '-l',
    '30',
    '-p',
    '45404',
    '-mp',
    '45900',
    '-timeout',
    '45',
  ])
  await world.eventually('calls are up', async () => (await world.calls()).length > 3)
  await world.restartSwitch()
  await world.eventually(
    'Tandem is back',
    async () => (await world.tandem.call('GET', '/api/v1/active-calls')).status === 200,
    30_000,
    100,
  )
  await traffic
  await world.quiet()
  await world.eventually('nothing is invented', async () => (await world.calls()).length === 0)
  const again = await run('caller', account, '*9196', [
    '-m',
    '3',
    '-r',
    '3',
    '-d',
    '500',
    '-p',
    '45405',
    '-mp',
    '46100',
  ])
  assert.equal(again, 0, 'new calls work')
})
