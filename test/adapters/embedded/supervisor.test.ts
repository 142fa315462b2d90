import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { serverState } from '../../../src/adapters/embedded/pid-file.ts'
import { type EmbeddedDatabase, startEmbedded } from '../../../src/adapters/embedded/supervisor.ts'

/** This file is also the program that owns a cluster and is killed: it says what it got and then waits. */
const ownerFolder = process.env.TANDEM_TEST_OWNER
if (ownerFolder !== undefined) await beOwner(ownerFolder)
else tests()

async function beOwner(folder: string) {
  const say = (line: object) => console.log(JSON.stringify(line))
  try {
    const { url, adopted } = await startEmbedded({ folder, durable: process.env.TANDEM_TEST_DURABLE === 'yes' })
    say({ url, adopted })
    setInterval(() => undefined, 1000)
  } catch (error) {
    say({ error: (error as Error).message })
  }
}

interface Said {
  url?: string
  adopted?: boolean
  error?: string
}

interface Owner {
  child: ChildProcess
  next(): Promise<Said>
}

function startOwner(folder: string, options: { durable?: boolean; uid?: number; gid?: number } = {}): Owner {
  const { durable, ...account } = options
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...environment, TANDEM_TEST_OWNER: folder, TANDEM_TEST_DURABLE: durable ? 'yes' : 'no' },
    stdio: ['ignore', 'pipe', 'inherit'],
    ...account,
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    async next() {
      const { value, done } = await lines.next()
      assert.ok(!done, 'the owner said nothing more')
      return JSON.parse(value)
    },
  }
}

async function kill(owner: Owner) {
  const gone = once(owner.child, 'exit')
  owner.child.kill('SIGKILL')
  await gone
}

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

function tests() {
  const base = mkdtempSync(join(tmpdir(), 'tandem-embedded-test-'))
  chmodSync(base, 0o755)
  const folderFor = (name: string) => join(base, name)
  const start = (folder: string, onLost: (sentence: string) => void = assert.fail) =>
    startEmbedded({ folder, durable: false, onLost })
  after(() => {
    // A test that failed half-way may have left its server.
    for (const name of readdirSync(base)) {
      const state = serverState(join(base, name, 'data'))
      if (state.kind === 'running') process.kill(state.file.pid, 'SIGQUIT')
    }
    rmSync(base, { recursive: true, force: true, maxRetries: 5 })
  })

  describe('the embedded database', () => {
    const folder = folderFor('main')

    test('a first start makes a UTF-8 database in a folder only its owner can enter', async () => {
      const database = await startEmbedded({ folder })
      assert.equal(database.adopted, false)
      assert.equal(statSync(folder).mode & 0o777, 0o700)
      const [row] = await ask(
        database.url,
        `select current_database() as name, pg_encoding_to_char(encoding) as encoding, datlocale as locale,
                current_setting('listen_addresses') as listens, current_setting('fsync') as fsync, lower('Ä') as lower
         from pg_database where datname = current_database()`,
      )
      assert.deepEqual(row, {
        name: 'fusionpbx',
        encoding: 'UTF8',
        locale: 'C.UTF-8',
        listens: '',
        fsync: 'on',
        lower: 'ä',
      })
      await ask(database.url, `create table kept as select 'first' as word`)
      await database.stop()
      assert.equal(serverState(join(folder, 'data')).kind, 'absent')
    })

    test('a second start finds the data of the first', async () => {
      const database = await startEmbedded({ folder })
      assert.deepEqual(await ask(database.url, 'select word from kept'), [{ word: 'first' }])
      await database.stop()
      await database.stop()
    })

    test('databases are made, copied from a template and dropped', async () => {
      const database = await startEmbedded({ folder })
      const copy = await database.createDatabase('copy "one"', 'fusionpbx')
      assert.equal(copy, database.urlOf('copy "one"'))
      assert.deepEqual(await ask(copy, 'select word from kept'), [{ word: 'first' }])
      await database.dropDatabase('copy "one"')
      await assert.rejects(ask(copy, 'select 1'), /does not exist/)
      await database.stop()
    })
  })

  describe('one owner at a time', () => {
    const folder = folderFor('owned')
    let owner: Owner

    test('a second process on the folder is told who has it', async () => {
      owner = startOwner(folder)
      const { url } = await owner.next()
      await ask(url as string, `create table kept as select 'acknowledged' as word`)
      await assert.rejects(start(folder), new RegExp(`Another Tandem \\(process ${owner.child.pid}\\) already uses`))
    })

    test('the server of a killed process is taken over with its data', async () => {
      await kill(owner)
      assert.equal(serverState(join(folder, 'data')).kind, 'running', 'the server outlives its owner')
      owner = startOwner(folder)
      const { url, adopted } = await owner.next()
      assert.equal(adopted, true)
      assert.deepEqual(await ask(url as string, 'select word from kept'), [{ word: 'acknowledged' }])
    })

    test('a server that was started with other settings is restarted when it is taken over', async () => {
      await kill(owner)
      const sentences: string[] = []
      const report = (sentence: string) => sentences.push(sentence)
      const database = await startEmbedded({ folder, durable: false, maxConnections: 33, report })
      assert.match(sentences.join(), /Restarting the embedded database/)
      assert.deepEqual(await ask(database.url, 'show max_connections'), [{ max_connections: '33' }])
      await database.stop()
    })

    test('a server whose process cannot be seen, as from another container, is not started a second time', async () => {
      const other = startOwner(folder)
      await other.next()
      const pidFile = join(folder, 'data', 'postmaster.pid')
      const text = readFileSync(pidFile, 'utf8')
      // Numbers of processes mean something else in another container.
      writeFileSync(pidFile, text.replace(/^\d+/, '4194303'))
      await assert.rejects(start(folder), /Another Tandem/)
      writeFileSync(pidFile, text)
      await kill(other)
      await (await start(folder)).stop()
    })

    test('of two processes that start at once, one gets the folder and the other a sentence', async () => {
      const fresh = folderFor('contested')
      const owners = [startOwner(fresh), startOwner(fresh)]
      const said = await Promise.all(owners.map((one) => one.next()))
      assert.equal(said.filter(({ url }) => url !== undefined).length, 1)
      assert.equal(said.filter(({ error }) => error?.startsWith('Another Tandem')).length, 1)
      for (const one of owners) if (one.child.exitCode === null) await kill(one)
      await (await start(fresh)).stop()
    })
  })

  describe('after accidents', () => {
    const folder = folderFor('accidents')
    const data = join(folder, 'data')

    test('a half-made folder is replaced', async () => {
      mkdirSync(join(folder, 'data.new-killed'), { recursive: true })
      writeFileSync(join(folder, 'data.new-killed', 'PG_VERSION'), '17\n')
      const database = await start(folder)
      assert.throws(() => statSync(join(folder, 'data.new-killed')), /ENOENT/)
      await ask(database.url, `create table kept as select 'whole' as word`)
      await database.stop()
    })

    test('a server killed with its owner recovers every acknowledged row', async () => {
      const owner = startOwner(folder, { durable: true })
      const { url } = await owner.next()
      await ask(url as string, `insert into kept select 'row ' || n from generate_series(1, 500) as n`)
      const state = serverState(data)
      assert.ok(state.kind === 'running')
      await kill(owner)
      process.kill(state.file.pid, 'SIGKILL')
      const database = await start(folder)
      assert.equal(database.adopted, false)
      assert.deepEqual(await ask(database.url, 'select count(*)::int as rows from kept'), [{ rows: 501 }])
      await database.stop()
    })

    test('a pid file that names a stranger is overcome and the stranger lives', async () => {
      const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
      writeFileSync(join(data, 'postmaster.pid'), `${stranger.pid}\n${data}\n1\n5432\n${folder}\n\n 1 1\nready   \n`)
      writeFileSync(join(folder, '.s.PGSQL.5432.lock'), `${stranger.pid}\n${data}\n1\n5432\n${folder}\n`)
      try {
        const database = await start(folder)
        assert.equal(database.adopted, false)
        assert.deepEqual(await ask(database.url, 'select count(*)::int as rows from kept'), [{ rows: 501 }])
        await database.stop()
        assert.equal(stranger.exitCode, null)
      } finally {
        assert.ok(stranger.kill())
      }
    })

    test('the owner is told when the server dies', async () => {
      const losses: string[] = []
      const database = await start(folder, (sentence) => losses.push(sentence))
      const state = serverState(data)
      assert.ok(state.kind === 'running')
      process.kill(state.file.pid, 'SIGKILL')
      for (let tries = 0; losses.length === 0 && tries < 500; tries++) await pause(10)
      assert.match(losses.join(), /^[^.]+ is lost: its server ended\.$/)
      await database.stop()
    })

    test('the crash of one backend is survived without losing the folder', async () => {
      const database = await start(folder)
      const [other] = await ask(database.url, 'select pg_backend_pid() as pid')
      const client = new pg.Client({ connectionString: database.url })
      client.on('error', () => undefined)
      await client.connect()
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      assert.notEqual(rows[0]?.pid, other?.pid)
      const ended = new Promise<void>((resolve) => client.once('end', resolve))
      process.kill(rows[0]?.pid as number, 'SIGKILL')
      await ended
      assert.deepEqual(await untilAnswered(database), [{ rows: 501 }])
      // The owner comes back a moment later than the server does.
      for (let tries = 0; tries < 200; tries += 1) {
        const [held] = await ask(
          database.url,
          `select count(*)::int as owners from pg_locks where locktype = 'advisory'`,
        )
        if (held?.owners === 1) break
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      await assert.rejects(start(folder), /already uses/)
      await database.stop()
    })

    test('data of another release is refused with a sentence', async () => {
      const version = join(data, 'PG_VERSION')
      const found = readFileSync(version, 'utf8')
      writeFileSync(version, '12\n')
      await assert.rejects(start(folder), /was written by PostgreSQL 12, and this Tandem carries PostgreSQL 17/)
      writeFileSync(version, found)
    })

    test('a folder with something else in the place of the data is left alone', async () => {
      const strange = folderFor('strange')
      mkdirSync(join(strange, 'data'), { recursive: true })
      writeFileSync(join(strange, 'data', 'letter.txt'), 'dear reader')
      await assert.rejects(start(strange), /holds files that are not a PostgreSQL cluster/)
      assert.equal(readFileSync(join(strange, 'data', 'letter.txt'), 'utf8'), 'dear reader')
    })
  })

  describe('places', () => {
    test('a path too long for a socket gets a short private folder, and is found again after a kill', async () => {
      const folder = join(folderFor('long'), 'x'.repeat(120), 'é &?#%')
      const owner = startOwner(folder)
      const { url } = await owner.next()
      const host = new URL((url as string).replace('@/', '@host/')).searchParams.get('host') as string
      assert.ok(host.length < 80)
      assert.equal(statSync(host).mode & 0o777, 0o700)
      await kill(owner)
      const database = await start(folder)
      assert.equal(database.adopted, true)
      assert.equal(database.url, url)
      await database.stop()
      assert.throws(() => statSync(host), /ENOENT/)
    })

    test('a normal user runs it as well', {
      skip: process.getuid?.() !== 0 && 'needs root to become one',
    }, async () => {
      const folder = folderFor('user')
      mkdirSync(folder)
      const account = { uid: 65534, gid: 65534 }
      chownSync(folder, account.uid, account.gid)
      const owner = startOwner(folder, account)
      const { url, error } = await owner.next()
      assert.equal(error, undefined)
      await kill(owner)
      // Root that comes later works as the owner of the files, so that the user finds them his again.
      const database = await start(folder)
      assert.equal(database.url, url)
      await database.stop()
      const again = await start(folder)
      await again.stop()
      assert.equal(statSync(join(folder, 'data')).uid, account.uid)
      assert.equal(statSync(join(folder, 'data', 'base')).uid, account.uid)
    })
  })
}

async function untilAnswered(database: EmbeddedDatabase) {
  for (;;) {
    try {
      return await ask(database.url, 'select count(*)::int as rows from kept')
    } catch (error) {
      if (!/starting up|recovery mode|not yet accepting|ECONN|EPIPE|terminat/.test((error as Error).message))
        throw error
      await pause(10)
    }
  }
}
