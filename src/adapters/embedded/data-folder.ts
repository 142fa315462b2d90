import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { role } from './address.ts'
import type { Binaries } from './binaries.ts'
import { serverEnvironment } from './environment.ts'
import { type Choice, command, credentials } from './runner.ts'

/** Start of the name of a cluster that is being made; one found later is left over from a process that died meanwhile. */
const unfinished = 'data.new'

/** The cluster's files inside the folder we are given. */
export const dataIn = (folder: string): string => join(folder, 'data')

/** The password of the TCP address used on Windows. */
export function readPassword(folder: string): string | undefined {
  const path = join(folder, 'password')
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}

/** Whether there is a cluster; throws a sentence when there is something else, or one another release wrote. */
export function hasCluster(folder: string, binaries: Binaries): boolean {
  const data = dataIn(folder)
  const versionFile = join(data, 'PG_VERSION')
  if (existsSync(versionFile)) {
    const found = readFileSync(versionFile, 'utf8').trim()
    const carried = binaries.version.split('.')[0]
    if (found === carried) return true
    throw new Error(
      `The data in ${data} was written by PostgreSQL ${found}, and this Tandem carries PostgreSQL ${carried}, which cannot read it. Move it over with pg_dump of release ${found}, or choose another folder with TANDEM_DATA_DIR.`,
    )
  }
  if (existsSync(data) && readdirSync(data).length > 0) {
    throw new Error(`${data} holds files that are not a PostgreSQL cluster. Move them away, or set TANDEM_DATA_DIR.`)
  }
  return false
}

/**
 * Makes a cluster beside its place and moves it there when it is complete, so that a process that dies meanwhile leaves
 * nothing that looks like a cluster. If another process was faster, its cluster is kept.
 */
export async function createCluster(folder: string, choice: Choice, durable: boolean): Promise<void> {
  const { runner, binaries } = choice
  const fresh = mkdtempSync(join(folder, `${unfinished}-`))
  if (runner.account) chownSync(fresh, runner.account.uid, runner.account.gid)
  try {
    await run(choice, binaries.initdb, [
      ...['-D', fresh, '-U', role, '--encoding=UTF8', '--no-instructions'],
      // The collation PostgreSQL brings itself: the same on every system, and no data changes order when libc does.
      ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...authentication(folder),
      ...(durable ? [] : ['--no-sync']),
    ])
    renameSync(fresh, dataIn(folder))
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(join(dataIn(folder), 'PG_VERSION'))) throw error
    return
  }
  if (durable) syncFolder(folder)
}

/** Removes what processes that died while they made a cluster left behind. */
export function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(unfinished)) continue
    try {
      rmSync(join(folder, name), { recursive: true, force: true })
    } catch {
      // Its program may still be writing; it dies soon, and the next start removes the rest.
    }
  }
}

function authentication(folder: string): string[] {
  // Whoever can reach the socket in its 0700 folder could read the files as well.
  if (process.platform !== 'win32') return ['--auth=trust']
  const path = join(folder, 'password')
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('base64url'), { mode: 0o600 })
  return ['--auth=scram-sha-256', `--pwfile=${path}`]
}

/** Runs a program to its end. Its output goes through a pipe, so that it dies of it when we are killed. */
function run(choice: Choice, program: string, args: readonly string[]): Promise<void> {
  const [first, rest] = command(choice.runner, program, args)
  return new Promise((resolve, reject) => {
    const child = spawn(first, rest, {
      cwd: '/',
      env: serverEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      ...credentials(choice.runner),
    })
    let output = ''
    const collect = (chunk: Buffer) => {
      output = (output + chunk).slice(-4000)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`PostgreSQL could not create its data folder: ${output.trim() || `code ${code}`}`))
    })
  })
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
