import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { openDatabase } from '../src/adapters/database/database.ts'
import { migrate } from '../src/adapters/database/migrations.ts'
import { packageRoot } from '../src/root.ts'
import { databaseFault } from '../src/server.ts'
import { type Clone, cloneDatabase } from './support/cluster.ts'

const key = 'server-test-key-0123456789'

interface Running {
  child: ChildProcess
  base: string
  output: () => string
}

async function start(url: string, env: Record<string, string> = {}): Promise<Running> {
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'tandem.js'), 'serve'], {
    env: {
      PATH: process.env.PATH,
      TANDEM_PORT: '0',
      TANDEM_DATABASE_URL: url,
      TANDEM_API_KEY: key,
      TANDEM_RATE_LIMIT__ENABLED: 'false',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      output += chunk
    })
  for (let waited = 0; waited < 20_000; waited += 50) {
    const base = /listening on (http:\S+)/.exec(output)?.[1]
    if (base) return { child, base, output: () => output }
    if (child.exitCode !== null) throw new Error(`it ended: ${output}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  child.kill('SIGKILL')
  throw new Error(`it did not listen: ${output}`)
}

describe('the server as a process', () => {
  let clone: Clone
  before(async () => {
    clone = await cloneDatabase('demo')
    const database = openDatabase({ url: clone.url, poolSize: 1, prepared: false, statementTimeoutMs: 0 })
    await migrate(database)
    await database.close()
  })
  after(() => clone.drop())

  test('a stop loses no request: those that run are answered, and the process ends by itself', async () => {
    const { child, base } = await start(clone.url)
    const holder = new pg.Client(clone.url)
    await holder.connect()
    await holder.query('begin; lock table v_extensions in access exclusive mode')
    const headers = { 'X-API-Key': key, 'X-Domain': 'demo.example.com', 'Content-Type': 'application/json' }
    const numbers = Array.from({ length: 8 }, (_, index) => String(7000 + index))
    const answers = Promise.all(
      numbers.map((extension) =>
        fetch(`${base}/api/v1/extensions`, { method: 'POST', headers, body: JSON.stringify({ extension }) }),
      ),
    )
    // pg_locks, because pg_stat_activity stands still inside a transaction.
    for (let waiting = 0, tries = 0; waiting < numbers.length && tries < 500; tries += 1) {
      const { rows } = await holder.query('select count(distinct pid)::int as waiting from pg_locks where not granted')
      waiting = rows[0].waiting
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await holder.query('commit')
    assert.deepEqual(
      (await answers).map((answer) => answer.status),
      Array(numbers.length).fill(201),
    )
    assert.deepEqual(await ended, [0, null])
    const { rows } = await holder.query('select count(*)::int as made from v_extensions where extension = any($1)', [
      numbers,
    ])
    assert.equal(rows[0].made, numbers.length)
    await holder.end()
  })

  test('what cannot be served is refused with one sentence and a status', async () => {
    const empty = new URL(clone.url.replace('@/', '@localhost/'))
    const folder = mkdtempSync(join(tmpdir(), 'tandem-server-'))
    try {
      const url = empty
        .toString()
        .replace('@localhost/', '@/')
        .replace(/\/test_[^?]+/, '/postgres')
      await assert.rejects(
        start(url, { TANDEM_DATA_DIR: folder }),
        /holds no FusionPBX: the table v_domains is missing/,
      )
      await assert.rejects(
        start('postgresql://nobody@127.0.0.1:9/none', { TANDEM_DATA_DIR: folder }),
        /The database cannot be reached/,
      )
      await assert.rejects(
        start(clone.url, { TANDEM_PORT: 'many', TANDEM_RATE_LIMIT__ENABLED: 'perhaps' }),
        (error: Error) => /port/.test(error.message) && /rate_limit\.enabled/.test(error.message),
      )
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('S001-VER-PG: PostgreSQL older than 12 is refused with a sentence, 12 and newer are not', () => {
    assert.match(
      databaseFault({ number: 110022, version: '11.22', fusionpbx: true }) ?? '',
      /PostgreSQL 11\.22 is too old: Tandem needs version 12/,
    )
    assert.equal(databaseFault({ number: 120000, version: '12.0', fusionpbx: true }), undefined)
  })
})
