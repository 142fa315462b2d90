import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { cloneDatabase } from '../support/cluster.ts'
import type { SwitchEnvironment } from './environment.ts'

const run = promisify(execFile)

/** The key of the suite's Tandem. */
export const suiteKey = 'switch-suite-key-0123456789abcdef'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads from an answer is for the test to know
  readonly json: any
}

/** The program itself, as `tandem serve` starts it, on a database of its own with the demo tenant and a second one. */
export interface RunningTandem {
  readonly url: string
  call(method: string, path: string, body?: unknown, domain?: string): Promise<Answer>
  sql(text: string, values?: unknown[]): Promise<pg.QueryResult>
  /** What it has logged so far. */
  log(): string
  stop(): Promise<void>
}

/** The tenant everything happens in, and the one that must see nothing of it. */
export const ours = 'demo.example.com'
export const theirs = 'other.example.net'
const theirsUuid = '5a0e8400-e29b-41d4-a716-446655440002'

/** Starts Tandem on the port that the switch asks; fails with its log when it does not listen within half a minute. */
export async function startTandem(
  environment: SwitchEnvironment,
  prepare?: (sql: RunningTandem['sql']) => Promise<void>,
): Promise<RunningTandem> {
  const clone = await cloneDatabase('demo')
  const pool = new pg.Pool({ connectionString: clone.url, max: 2 })
  pool.on('error', () => {})
  const sql: RunningTandem['sql'] = (text, values) => pool.query(text, values)
  await sql(`insert into v_domains (domain_uuid, domain_name, domain_enabled) values ($1, $2, 'true')`, [
    theirsUuid,
    theirs,
  ])
  await prepare?.(sql)
  const folder = mkdtempSync(join(tmpdir(), 'tandem-switch-suite-'))
  const env = {
    ...process.env,
    TANDEM_PORT: String(environment.tandemPort),
    TANDEM_DATABASE_URL: clone.url,
    TANDEM_DATA_DIR: folder,
    TANDEM_API_KEY: suiteKey,
    TANDEM_SWITCH_URL: environment.url,
    TANDEM_RATE_LIMIT__ENABLED: 'false',
    TANDEM_NATIVE__RATE_LIMIT__ENABLED: 'false',
  }
  await run(process.execPath, ['bin/tandem.js', 'migrate'], { env })
  const child = spawn(process.execPath, ['bin/tandem.js', 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += String(data)))
  const url = `http://127.0.0.1:${environment.tandemPort}`
  const stop = async () => {
    await ended(child)
    await pool.end()
    await clone.drop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await listening(child, url, () => log)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    sql,
    log: () => log,
    stop,
    async call(method, path, body, domain = ours) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          'x-api-key': suiteKey,
          'x-domain': domain,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      const json = (response.headers.get('content-type') ?? '').includes('json') ? JSON.parse(text) : undefined
      return { status: response.status, headers: response.headers, json }
    },
  }
}

async function listening(child: ChildProcess, url: string, log: () => string): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    if (child.exitCode !== null) throw new Error(`Tandem ended:\n${log()}`)
    const alive = await fetch(`${url}/livez`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (alive) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`Tandem does not listen:\n${log()}`)
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve()
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 15_000)
  return new Promise((resolve) =>
    child.once('exit', () => {
      clearTimeout(hard)
      resolve()
    }),
  )
}
