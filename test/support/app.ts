import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import pino from 'pino'
import { readColumns } from '../../src/adapters/database/columns.ts'
import { type Database, openDatabase, type Row } from '../../src/adapters/database/database.ts'
import { migrate } from '../../src/adapters/database/migrations.ts'
import { openSwitch, type SwitchPort } from '../../src/adapters/switch/switch.ts'
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/config.ts'
import { effectsOf } from '../../src/services/effects/index.ts'
import type { Outbox } from '../../src/services/effects/outbox.ts'
import { liveCustomEvents, liveEvents } from '../../src/services/live/node-model.ts'
import { cloneDatabase } from './cluster.ts'

/** The key every test presents unless it says otherwise. */
export const globalKey = 'test-global-key-0123456789abcdef'

/** Two tenants that every test application has: ours, and one whose rows must never be seen. */
export const ours = { uuid: '5a0e8400-e29b-41d4-a716-446655440001', name: 'example.com' } as const
export const theirs = { uuid: '5a0e8400-e29b-41d4-a716-446655440002', name: 'other.example.net' } as const

export interface TestAnswer {
  status: number
  headers: Record<string, string | undefined>
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads from an answer is for the test to know
  json: any
}

export interface TestApp {
  readonly app: FastifyInstance
  readonly database: Database
  readonly url: string
  /** Folders that stand for FusionPBX's cache and voicemail storage. */
  readonly cacheDir: string
  readonly voicemailDir: string
  /** Every FreeSWITCH given in the options. */
  readonly switch: SwitchPort
  readonly effects: Outbox
  /** Log lines of the application, parsed. */
  readonly log: Record<string, unknown>[]
  /** A request with the global key and our tenant; a header of `undefined` is not sent. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string | undefined>): Promise<TestAnswer>
  /** One statement on the database, past the application. */
  sql<R extends Row = Row>(text: string, values?: readonly unknown[]): Promise<R[]>
  close(): Promise<void>
}

export interface TestAppOptions {
  /** Column types: FusionPBX 5.6's (the default) or 5.4's, or the demo tenant of the embedded default. */
  template?: '5.6' | '5.4' | 'demo'
  /** Settings as environment variables; limits are off unless set here. */
  env?: Record<string, string>
  /** False: FusionPBX's cache and voicemail folders are not in reach. */
  folders?: boolean
  /** The global key; "" to have none configured. */
  key?: string
  /** Event sockets, `esl://:PASSWORD@HOST:PORT`; none unless given. */
  switchUrls?: readonly string[]
}

/** An application on its own clone of a template database, with two tenants, on real PostgreSQL, injected in process. */
export async function testApp(options: TestAppOptions = {}): Promise<TestApp> {
  const clone = await cloneDatabase(options.template ?? '5.6')
  const folder = mkdtempSync(join(tmpdir(), 'tandem-test-'))
  const cacheDir = join(folder, 'cache')
  const voicemailDir = join(folder, 'voicemail')
  const { mkdir } = await import('node:fs/promises')
  await mkdir(cacheDir, { recursive: true })
  await mkdir(voicemailDir, { recursive: true })
  const { values: config } = loadConfig({
    env: { TANDEM_RATE_LIMIT__ENABLED: 'false', TANDEM_NATIVE__RATE_LIMIT__ENABLED: 'false', ...options.env },
    files: { fusionpbx: [] },
  })
  const database = openDatabase({
    url: clone.url,
    poolSize: 6,
    prepared: config.database.prepared,
    statementTimeoutMs: 15_000,
  })
  await migrate(database)
  await database.query(
    `insert into v_domains (domain_uuid, domain_name, domain_enabled) values ($1, $2, 'true'), ($3, $4, 'true')`,
    [ours.uuid, ours.name, theirs.uuid, theirs.name],
  )
  const log: Record<string, unknown>[] = []
  const logger = pino(
    { level: config.logging.enabled ? config.log_level : 'silent' },
    { write: (line: string) => log.push(JSON.parse(line)) },
  )
  const port = openSwitch({ urls: options.switchUrls ?? [], events: liveEvents, custom: liveCustomEvents, logger })
  const columns = await readColumns(database)
  const folders = { cache_dir: cacheDir, voicemail_dir: voicemailDir }
  const effects = effectsOf(
    { ...config.freeswitch, ...(options.folders === false ? {} : folders) },
    { database, columns, switch: port, logger },
  )
  const app = await buildApp({
    config,
    database,
    columns,
    effects,
    switch: port,
    logger,
    globalKey: options.key ?? globalKey,
  })
  await app.ready()
  return {
    app,
    database,
    url: clone.url,
    cacheDir,
    voicemailDir,
    switch: port,
    effects,
    log,
    async call(method, path, body, headers = {}) {
      const all: Record<string, string | undefined> = {
        'x-api-key': globalKey,
        'x-domain': ours.name,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      }
      const answer = await app.inject({
        method: method as 'GET',
        url: path,
        headers: Object.fromEntries(
          Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
        ),
        ...(body === undefined
          ? {}
          : { payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
      })
      let json: unknown
      try {
        json = JSON.parse(answer.payload)
      } catch {
        json = undefined
      }
      return {
        status: answer.statusCode,
        headers: answer.headers as Record<string, string | undefined>,
        text: answer.payload,
        json,
      }
    },
    sql: (text, values) => database.query(text, values ?? []),
    async close() {
      await app.close()
      await effects.stop()
      await port.close()
      await database.close()
      await clone.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Inserts one row past the application; booleans may be given as 'true'/'false', which fit every column type. */
export async function insertRow(app: TestApp, table: string, row: Record<string, unknown>): Promise<void> {
  const columns = Object.keys(row)
  await app.sql(
    `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(row),
  )
}
