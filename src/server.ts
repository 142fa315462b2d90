import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pino, { type Logger } from 'pino'
import { readColumns } from './adapters/database/columns.ts'
import { type Database, openDatabase, settleTls } from './adapters/database/database.ts'
import { migrate, pendingMigrations } from './adapters/database/migrations.ts'
import { openSwitch, type SwitchPort } from './adapters/switch/switch.ts'
import { buildApp } from './app.ts'
import type { Config } from './config/config.ts'
import type { Values } from './config/settings.ts'
import { effectsOf } from './services/effects/index.ts'
import { liveCustomEvents, liveEvents } from './services/live/node-model.ts'
import { StartError } from './start-error.ts'

/** Oldest PostgreSQL that is served (demand S001-VER-PG). */
const oldestPostgresql = 120_000

/** What is printed for the person at the terminal, besides the log. */
interface Greeting {
  readonly apiKey?: string
  readonly domain?: string
  readonly username?: string
  readonly password?: string
}

/** Secrets of the embedded default, made once and kept in the data folder for its owner alone. */
function keptSecret(folder: string, name: string, make: () => string): string {
  const file = join(folder, name)
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const secret = make()
  writeFileSync(file, `${secret}\n`, { mode: 0o600 })
  chmodSync(file, 0o600)
  return secret
}

/** Old receipts are looked for this often. */
const purgeEveryMs = 600_000

const randomKey = (): string => randomBytes(24).toString('base64url')

/** Everything that a log line must never show, wherever it stands. */
const redacted = [
  'password',
  'api_key',
  'voicemail_password',
  '*.password',
  '*.api_key',
  '*.voicemail_password',
  'headers.authorization',
  'headers["x-api-key"]',
]

/** The structured log: one JSON line each, secrets masked. */
const makeLogger = (config: Values): Logger =>
  pino(
    { level: config.logging.enabled ? config.log_level : 'silent', redact: { paths: redacted, censor: '********' } },
    pino.destination({ dest: 2, sync: false, minLength: 4096 }),
  )

/** Why a database cannot be served, in a sentence, or undefined. `number` is PostgreSQL's server_version_num. */
export function databaseFault(found: { number: number; version: string; fusionpbx: boolean }): string | undefined {
  if (found.number < oldestPostgresql)
    return `PostgreSQL ${found.version} is too old: Tandem needs version 12 or newer.`
  if (!found.fusionpbx)
    return "This database holds no FusionPBX: the table v_domains is missing. Point TANDEM_DATABASE_URL at FusionPBX's own database."
  return undefined
}

async function refuseUnfit(database: Database): Promise<void> {
  const [row] = await database.query<{ number: string; version: string; fusionpbx: boolean }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as version,
       to_regclass('public.v_domains') is not null as fusionpbx`,
  )
  const fault = row && databaseFault({ ...row, number: Number(row.number) })
  if (fault !== undefined) throw new StartError(fault)
}

/** The database to serve, and how to let go of it. */
interface Opened {
  readonly url: string
  readonly greeting: Greeting
  stop(): Promise<void>
}

/** Starts the embedded database, and fills it the first time. */
async function openEmbedded(config: Values, onLost: (sentence: string) => void): Promise<Opened> {
  const { startEmbedded } = await import('./adapters/embedded/supervisor.ts')
  const embedded = await startEmbedded({ folder: join(config.data_dir, 'postgres'), onLost })
  const { installDemo } = await import('./adapters/fusionpbx/install.ts')
  const password = keptSecret(config.data_dir, 'console-password', () => randomBytes(12).toString('base64url'))
  const demo = await installDemo(embedded.url, { adminPassword: password })
  return { url: embedded.url, greeting: { ...demo, password }, stop: () => embedded.stop() }
}

function open(config: Values, onLost: (sentence: string) => void): Promise<Opened> {
  if (config.database_url === '') return openEmbedded(config, onLost)
  return settleTls(config.database_url).then((url) => ({ url, greeting: {}, stop: async () => {} }))
}

/** Where the server listens and how to come in, for a person or as one line of JSON. */
function greet(address: string, greeting: Greeting, json: boolean): void {
  if (json) {
    const { apiKey, domain, username, password } = greeting
    process.stdout.write(`${JSON.stringify({ address, domain, api_key: apiKey, username, password })}\n`)
    return
  }
  const lines = [
    `Tandem is listening on ${address}`,
    ...(greeting.domain ? [`  demo domain     ${greeting.domain}`] : []),
    ...(greeting.apiKey ? [`  API key         ${greeting.apiKey}`] : []),
    ...(greeting.username ? [`  console login   ${greeting.username}@${greeting.domain}   ${greeting.password}`] : []),
    `  reference       ${address}/docs`,
    ...(greeting.domain
      ? [
          '',
          'Try it:',
          `  curl -H 'X-API-Key: ${greeting.apiKey}' -H 'X-Domain: ${greeting.domain}' '${address}/api/v1/extensions?per_page=2'`,
        ]
      : []),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** Opens everything, listens, and stops cleanly on SIGTERM and SIGINT: no request that was taken is lost. */
export async function serve({ values: config }: Config, options: { json: boolean } = { json: false }): Promise<void> {
  const logger = makeLogger(config)
  const fatal = (sentence: string): void => {
    logger.fatal(sentence)
    process.stderr.write(`${sentence}\n`)
    process.exit(1)
  }
  const opened = await open(config, fatal)
  const { pool_size: poolSize, prepared, statement_timeout_ms: statementTimeoutMs } = config.database
  const database = openDatabase({
    url: opened.url,
    poolSize,
    prepared,
    statementTimeoutMs,
    onConnectionError: (error) => logger.warn({ err: error }, 'an idle database connection broke'),
  })
  let port: SwitchPort | undefined
  try {
    await refuseUnfit(database)
    if (config.database_url === '') await migrate(database)
    const pending = await pendingMigrations(database)
    if (pending.length > 0) logger.warn({ pending }, 'the schema tandem is not up to date: run tandem migrate')
    const embeddedKey = config.database_url === '' ? keptSecret(config.data_dir, 'api-key', randomKey) : ''
    const globalKey = config.api_key || embeddedKey
    port = openSwitch({ urls: config.switch_url, events: liveEvents, custom: liveCustomEvents, logger })
    const { close: closeSwitch } = port
    const columns = await readColumns(database)
    const effects = effectsOf(config.freeswitch, { database, columns, switch: port, logger })
    const app = await buildApp({
      config,
      database,
      columns,
      effects,
      switch: port,
      logger,
      globalKey,
    })
    const address = await app.listen({ host: config.host, port: config.port })
    if (config.switch_url.length > 0) await effects.start(opened.url)
    greet(address, opened.greeting.domain ? { ...opened.greeting, apiKey: globalKey } : {}, options.json)

    const purge = setInterval(() => {
      effects.purge(config.receipts.kept_days).catch((error) => logger.warn({ err: error }, 'old receipts were kept'))
    }, purgeEveryMs)
    purge.unref()

    let stopping = false
    const stop = async (): Promise<void> => {
      if (stopping) return
      stopping = true
      const late = setTimeout(
        () => fatal('Requests were still running when the time to stop was over.'),
        config.server.shutdown_grace_ms,
      )
      // Connections that fall idle while others still run would be kept alive for more than a minute.
      const idle = setInterval(() => app.server.closeIdleConnections(), 50)
      await app.close()
      clearInterval(idle)
      clearInterval(purge)
      await effects.stop()
      await closeSwitch()
      await database.close()
      await opened.stop()
      clearTimeout(late)
      logger.flush()
      process.exit(0)
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop())
  } catch (error) {
    await port?.close()
    await database.close().catch(() => {})
    await opened.stop()
    throw error
  }
}
