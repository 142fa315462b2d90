import { join } from 'node:path'
import { type Database, openDatabase, settleTls } from '../adapters/database/database.ts'
import { migrate, pendingMigrations } from '../adapters/database/migrations.ts'
import type { Config } from '../config/config.ts'
import { CliError } from './failure.ts'

/** A database opened for one command. */
export interface OpenedDatabase {
  readonly database: Database
  readonly url: string
  /** True for the embedded one: a running server's, or one started for the command and stopped with it. */
  readonly embedded: boolean
  close(): Promise<void>
}

/** Folder of the embedded cluster inside the data folder. */
export const embeddedFolder = (config: Config): string => join(config.values.data_dir, 'postgres')

function open(config: Config, url: string): Database {
  const { prepared, statement_timeout_ms: statementTimeoutMs } = config.values.database
  // A command runs one statement after another and needs no more than one connection.
  return openDatabase({ url, poolSize: 1, prepared, statementTimeoutMs, applicationName: 'tandem-cli' })
}

/** Opens the configured database, or where none is configured the embedded one. */
export async function openConfiguredDatabase(config: Config): Promise<OpenedDatabase> {
  const { database_url: url } = config.values
  if (url !== '') {
    const settled = await settleTls(url)
    const database = open(config, settled)
    return { database, url: settled, embedded: false, close: () => database.close() }
  }
  // Loaded only here: commands on a real database need none of it.
  const { runningEmbedded, startEmbedded } = await import('../adapters/embedded/supervisor.ts')
  const running = await runningEmbedded(embeddedFolder(config))
  if (running !== undefined) {
    const database = open(config, running)
    return { database, url: running, embedded: true, close: () => database.close() }
  }
  const server = await startEmbedded({ folder: embeddedFolder(config) })
  const database = open(config, server.url)
  return {
    database,
    url: server.url,
    embedded: true,
    async close() {
      await database.close()
      await server.stop()
    },
  }
}

/** Runs `work` on the configured database and closes it, whatever happens. */
export async function withDatabase<T>(config: Config, work: (opened: OpenedDatabase) => Promise<T>): Promise<T> {
  const opened = await openConfiguredDatabase(config)
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}

/**
 * The same for commands that need the tables of Tandem. The embedded database is brought up to date on the way, as a
 * start does it; on a database of others that is for `tandem migrate`, which someone decides to run.
 */
export async function withMigratedDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  return withDatabase(config, async ({ database, embedded }) => {
    if (embedded) await migrate(database)
    else if ((await pendingMigrations(database)).length > 0) {
      throw new CliError('The schema tandem of this database is missing or not up to date; run tandem migrate first.')
    }
    return work(database)
  })
}
