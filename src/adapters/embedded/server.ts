import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { type Address, newAddress, releaseAddress, urlAt } from './address.ts'
import type { Binaries } from './binaries.ts'
import { dataIn, readPassword } from './data-folder.ts'
import { serverEnvironment } from './environment.ts'
import { disownPidFile, type PidFile, serverState } from './pid-file.ts'
import { type Choice, command, credentials } from './runner.ts'

/** What a server is started with. */
export interface ServerSettings {
  /** Off: no waiting for the disk, for data nobody would miss. */
  durable: boolean
  maxConnections: number
}

/** A server that answers, and the first connection to it. */
export interface Reached {
  address: Address
  client: OwningConnection
  /** True when it ran before we looked. */
  adopted: boolean
}

/** Database that always exists, for work about other databases. */
export const maintenanceDatabase = 'postgres'

/** Milliseconds between two looks at a server that starts or stops. */
const lookEveryMs = 15
/** How long a server that runs may refuse to be reached before we say so. */
const unreachableMs = 15_000
const logBytesMax = 1_000_000

/** The settings in one word, which a running server can be asked for to see whether it suits. */
export function settingsMark(settings: ServerSettings, binaries: Binaries): string {
  return `${binaries.version}-${settings.durable ? 'durable' : 'fast'}-${settings.maxConnections}`
}

function serverSettings(address: Address, settings: ServerSettings, mark: string): Record<string, string | number> {
  const socket = address.host.startsWith('/')
  return {
    'tandem.settings': mark,
    listen_addresses: socket ? '' : address.host,
    unix_socket_directories: socket ? address.host : '',
    unix_socket_permissions: '0700',
    port: address.port,
    max_connections: settings.maxConnections,
    TimeZone: 'UTC',
    log_timezone: 'UTC',
    // Starts, stops and crashes only: failing statements hold passwords and other people's numbers.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
    // Nothing ever replicates from here.
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_logical_replication_workers: 0,
    ...(settings.durable ? {} : forgetful),
  }
}

/** For data nobody would miss. Autovacuum is off because its visits would make cloning a database wait. */
const forgetful = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_wal_size: '4GB',
  checkpoint_timeout: '1d',
}

/** A connection that can be kept from holding the process alive. */
export type OwningConnection = pg.Client & { ref(): void; unref(): void }

/** Opens a connection, or answers undefined while the server cannot be reached; `starting` when it says so itself. */
async function connect(address: Address): Promise<OwningConnection | 'starting' | undefined> {
  const client = new pg.Client({
    connectionString: urlAt(address, maintenanceDatabase),
    application_name: `tandem owner ${process.pid}`,
    connectionTimeoutMillis: 5000,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client as OwningConnection
  } catch (error) {
    void client.end().catch(() => undefined)
    if (!(error instanceof pg.DatabaseError)) return undefined
    // The server starts, stops or recovers; or all its connections are taken.
    if (error.code === '57P03' || error.code === '53300') return 'starting'
    throw error
  }
}

/** Where a running server listens. */
export function addressOf(folder: string, file: PidFile): Address {
  if (file.socketFolder) return { host: file.socketFolder, port: file.port }
  const password = readPassword(folder)
  return { host: '127.0.0.1', port: file.port, ...(password === undefined ? {} : { password }) }
}

/** Connects to the server that runs on the folder; undefined when there is none (any more). */
export async function reachRunning(
  folder: string,
): Promise<{ address: Address; client: OwningConnection } | undefined> {
  let giveUpAt = Date.now() + unreachableMs
  for (;;) {
    const state = serverState(dataIn(folder))
    if (state.kind !== 'running') return undefined
    const address = addressOf(folder, state.file)
    const client = state.file.ready ? await connect(address) : 'starting'
    if (client === 'starting') giveUpAt = Date.now() + unreachableMs
    else if (client) return { address, client }
    if (Date.now() > giveUpAt) {
      throw new Error(
        `A PostgreSQL server (process ${state.file.pid}) runs on ${dataIn(folder)} but does not answer. Stop it, then start again.`,
      )
    }
    await pause(lookEveryMs)
  }
}

/**
 * Connects to a server whose process cannot be seen from here, as that of another container on the same volume. Starting
 * a second one beside it would destroy the data; its socket tells that it lives.
 */
async function reachUnseen(folder: string): Promise<{ address: Address; client: OwningConnection } | undefined> {
  const state = serverState(dataIn(folder))
  if (!state.file?.ready || state.file.socketFolder === '') return undefined
  const address = addressOf(folder, state.file)
  const client = await connect(address)
  return client && client !== 'starting' ? { address, client } : undefined
}

/** Connects to the server of the folder, starting it when it does not run. `choose` is asked only when it must start. */
export async function reachServer(
  folder: string,
  settings: ServerSettings,
  choose: () => Choice,
  report: (sentence: string) => void,
): Promise<Reached> {
  const running = (await reachRunning(folder)) ?? (await reachUnseen(folder))
  if (running) return { ...running, adopted: true }
  const state = serverState(dataIn(folder))
  if (state.kind === 'foreign') {
    report(
      `The process ${state.file.pid} noted in ${dataIn(folder)} is not a PostgreSQL server of it; the note is stale.`,
    )
    disownPidFile(dataIn(folder), state.file)
  }
  return launch(folder, settings, choose(), report)
}

async function launch(
  folder: string,
  settings: ServerSettings,
  choice: Choice,
  report: (sentence: string) => void,
): Promise<Reached> {
  const place = await newAddress(folder, choice.runner.account)
  const password = place.host.startsWith('/') ? undefined : readPassword(folder)
  const address: Address = password === undefined ? place : { ...place, password }
  const log = join(folder, 'server.log')
  const values = serverSettings(address, settings, settingsMark(settings, choice.binaries))
  const giveUpAt = Date.now() + unreachableMs
  for (;;) {
    const started = spawnServer(folder, log, choice, values)
    const client = await firstConnection(folder, address, started, report)
    if (client) return { address, client, adopted: false }
    // Another process may have started one at the same moment: PostgreSQL lets only one through.
    const other = await reachRunning(folder)
    if (other || Date.now() > giveUpAt || !waitsForPredecessor(log)) {
      releaseAddress(address, folder)
      if (other) return { ...other, adopted: true }
      throw new Error(`The embedded PostgreSQL did not start: ${started.ended()}. The end of ${log}:\n${tail(log)}`)
    }
    await pause(100)
  }
}

/** Waits for the server to take connections; undefined when it ended instead. */
async function firstConnection(
  folder: string,
  address: Address,
  started: { ended(): string | undefined },
  report: (sentence: string) => void,
): Promise<OwningConnection | undefined> {
  let tellAt = Date.now() + 5000
  while (!started.ended()) {
    const state = serverState(dataIn(folder))
    if (state.kind === 'running' && state.file.ready) {
      const client = await connect(address)
      if (client && client !== 'starting') return client
    }
    if (Date.now() > tellAt) {
      report('The embedded PostgreSQL is still starting: it recovers what a crash left unfinished.')
      tellAt = Number.POSITIVE_INFINITY
    }
    await pause(lookEveryMs)
  }
  return undefined
}

/** Whether the start failed only because processes of a killed server have not ended yet, which they do by themselves. */
function waitsForPredecessor(log: string): boolean {
  return tail(log).includes('pre-existing shared memory block')
}

/** Starts the server apart from us: it outlives our death, and a Ctrl-C in our terminal does not reach it. */
function spawnServer(folder: string, log: string, choice: Choice, settings: Record<string, string | number>) {
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let ended: string | undefined
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > logBytesMax) renameSync(log, `${log}.1`)
  if (process.platform === 'win32') {
    // Only pg_ctl can take an administrator's rights away, with which the server refuses to run.
    const quoted = options.map((option) => (option.startsWith('-') ? option : `"${option}"`)).join(' ')
    const args = ['start', '-w', '-D', dataIn(folder), '-l', log, '-o', quoted]
    const control = spawn(choice.binaries.control, args, {
      env: serverEnvironment(),
      stdio: 'ignore',
      windowsHide: true,
    })
    control.on('error', (error) => {
      ended = error.message
    })
    control.on('exit', (code) => {
      if (code !== 0) ended = `pg_ctl ended with code ${code}`
    })
    return { ended: () => ended }
  }
  const handle = openSync(log, 'a', 0o600)
  const [program, args] = command(choice.runner, choice.binaries.postgres, ['-D', dataIn(folder), ...options])
  const child: ChildProcess = spawn(program, args, {
    cwd: '/',
    detached: true,
    env: serverEnvironment(),
    stdio: ['ignore', handle, handle],
    ...credentials(choice.runner),
  })
  closeSync(handle)
  child.unref()
  child.on('error', (error) => {
    ended = error.message
  })
  child.on('exit', (code, signal) => {
    ended = `it ended with ${signal ?? `code ${code}`}`
  })
  return { ended: () => ended }
}

function tail(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-8).join('\n')
}

/** Stops the server of the folder and waits for its end: running transactions are rolled back, the data is checkpointed. */
export async function stopServer(folder: string, control: () => string): Promise<void> {
  const state = serverState(dataIn(folder))
  if (state.kind !== 'running') return
  if (process.platform === 'win32') {
    await new Promise((resolve) => {
      execFile(control(), ['stop', '-m', 'fast', '-w', '-D', dataIn(folder)], { windowsHide: true }, resolve)
    })
    return
  }
  const { pid } = state.file
  process.kill(pid, 'SIGINT')
  const hurryAt = Date.now() + 30_000
  let hurried = false
  for (;;) {
    const now = serverState(dataIn(folder))
    if (now.kind !== 'running' || now.file.pid !== pid) return
    if (!hurried && Date.now() > hurryAt) {
      // A disk that hangs: leave without the checkpoint, which the next start makes good from the log.
      process.kill(pid, 'SIGQUIT')
      hurried = true
    }
    await pause(lookEveryMs)
  }
}
