import { accessSync, chmodSync, constants, existsSync, mkdirSync, realpathSync } from 'node:fs'
import { releaseAddress, urlAt } from './address.ts'
import { findBinaries } from './binaries.ts'
import { createCluster, hasCluster, removeUnfinished } from './data-folder.ts'
import { type Databases, databasesAt } from './databases.ts'
import { ownerOf, takeOwnership } from './ownership.ts'
import { chooseRunner } from './runner.ts'
import {
  type OwningConnection,
  type Reached,
  reachRunning,
  reachServer,
  type ServerSettings,
  settingsMark,
  stopServer,
} from './server.ts'

/** The database FusionPBX's tables are in. */
export const databaseName = 'fusionpbx'

export interface EmbeddedOptions {
  /** Where the cluster lives; made with mode 0700. One process at a time. */
  folder: string
  /** Whether a commit waits for the disk. Off for tests only. */
  durable?: boolean
  maxConnections?: number
  /** Told, in whole sentences, what an operator may want to know. */
  report?: (sentence: string) => void
  /** Told once if the server is gone though nobody stopped it; nothing works any more, so end the process. */
  onLost?: (sentence: string) => void
}

/** A PostgreSQL server of our own, held by this process until `stop`. */
export interface EmbeddedDatabase extends Databases {
  /** Connection string of the database `fusionpbx`. */
  url: string
  /** True when a server left behind by a process that died was taken over. */
  adopted: boolean
  /** Stops the server, closing every connection; safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts PostgreSQL on the folder, or takes over the server that a killed process left running on it. Throws a sentence
 * when another living process holds the folder or the machine cannot run it. The server is apart from this process: only
 * `stop` stops it.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const folder = prepareFolder(options.folder)
  const binaries = findBinaries()
  const report = options.report ?? (() => undefined)
  const settings: ServerSettings = { durable: options.durable ?? true, maxConnections: options.maxConnections ?? 100 }
  const choose = () => chooseRunner(binaries, folder)
  const start = () => reachServer(folder, settings, choose, report)

  if (!hasCluster(folder, binaries)) {
    report('Creating the embedded database.')
    await createCluster(folder, choose(), settings.durable)
  }
  let reached = await own(await start(), folder)
  const { adopted } = reached
  if (adopted && !(await suits(reached, settingsMark(settings, binaries)))) {
    report('Restarting the embedded database, which a former process left running with other settings.')
    await reached.client.end()
    await stopServer(folder, () => binaries.control)
    reached = await own(await start(), folder)
  } else if (adopted) {
    report('Took over the embedded database, which a former process left running.')
  }
  removeUnfinished(folder)

  const { address } = reached
  const databases = databasesAt(urlAt(address, databaseName))
  const found = await reached.client.query('select from pg_database where datname = $1', [databaseName])
  if (found.rowCount === 0) await databases.createDatabase(databaseName)

  const guard = watch(reached, folder, options.onLost ?? report)
  let stopping: Promise<void> | undefined
  const stop = async () => {
    if (await guard.release()) await stopServer(folder, () => binaries.control)
    releaseAddress(address, folder)
  }
  return {
    ...databases,
    url: databases.urlOf(databaseName),
    adopted,
    stop() {
      stopping ??= stop()
      return stopping
    },
  }
}

/**
 * The database of a server that another process holds on this folder, or undefined when none runs: for commands that
 * work beside a running Tandem. Nothing is started, owned or stopped.
 */
export async function runningEmbedded(folder: string): Promise<string | undefined> {
  if (!existsSync(folder)) return undefined
  const reached = await reachRunning(realpathSync(folder))
  if (reached === undefined) return undefined
  await reached.client.end()
  return urlAt(reached.address, databaseName)
}

function prepareFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    chmodSync(path, 0o700)
  } catch (cause) {
    throw new Error(
      `The folder ${path} of the embedded database cannot be used: ${(cause as Error).message}. Choose another with TANDEM_DATA_DIR.`,
      { cause },
    )
  }
  // A running server is recognised by its folder's true name.
  return realpathSync(path)
}

/** Takes the server for this process, or says who has it. */
async function own(reached: Reached, folder: string): Promise<Reached> {
  if (await takeOwnership(reached.client)) return reached
  const owner = await ownerOf(reached.client)
  await reached.client.end()
  throw new Error(
    `Another Tandem (process ${owner}) already uses the embedded database in ${folder}. Stop it, choose another folder with TANDEM_DATA_DIR, or give both one server with TANDEM_DATABASE_URL.`,
  )
}

async function suits(reached: Reached, mark: string): Promise<boolean> {
  const { rows } = await reached.client.query<{ mark: string | null }>(
    `select current_setting('tandem.settings', true) as mark`,
  )
  return rows[0]?.mark === mark
}

/** Keeps the connection that owns the cluster, and tells when the server is lost. */
function watch(reached: Reached, folder: string, onLost: (sentence: string) => void) {
  let owner = reached.client
  let state: 'held' | 'released' | 'lost' = 'held'
  const hold = (client: OwningConnection) => {
    owner = client
    // The supervisor alone is no reason for the process to live on.
    client.unref()
    client.once('end', () => void regain())
  }
  /** After the crash of one backend the server drops every connection and goes on by itself. */
  const regain = async () => {
    if (state !== 'held') return
    const next = await reachRunning(folder).catch(() => undefined)
    if (next && (await takeOwnership(next.client).catch(() => false))) return hold(next.client)
    await next?.client.end()
    state = 'lost'
    onLost(`The embedded database in ${folder} is lost: ${next ? 'another process took it' : 'its server ended'}.`)
  }
  hold(owner)
  return {
    /** Lets go; true when the server was still ours. */
    async release(): Promise<boolean> {
      if (state !== 'held') return false
      state = 'released'
      owner.ref()
      await owner.end().catch(() => undefined)
      return true
    },
  }
}
