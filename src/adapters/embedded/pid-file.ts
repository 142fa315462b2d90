import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a running server writes about itself into `postmaster.pid`. */
export interface PidFile {
  pid: number
  port: number
  /** Folder of its unix socket; empty where it listens on TCP. */
  socketFolder: string
  /** True from the moment it takes connections until it begins to stop. */
  ready: boolean
}

/** Who stands behind a data folder's pid file. */
export type ServerState =
  /** No file, or its process is gone: PostgreSQL itself clears that up when it starts. */
  | { kind: 'absent'; file?: PidFile }
  /** The number now belongs to another program, as after a reboot. */
  | { kind: 'foreign'; file: PidFile }
  | { kind: 'running'; file: PidFile }

/** Reads the lines of a pid file: process, data folder, start, port, socket folder, address, shared memory, status. */
export function parsePidFile(text: string): PidFile | undefined {
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number.parseInt(lines[0] ?? '', 10)
  if (!(pid > 0)) return undefined
  return {
    pid,
    port: Number.parseInt(lines[3] ?? '', 10) || 0,
    socketFolder: lines[4] ?? '',
    ready: lines[7] === 'ready',
  }
}

/** Looks at the pid file of a data folder and at the process it names. */
export function serverState(data: string): ServerState {
  const file = readPidFile(data)
  if (!file) return { kind: 'absent' }
  if (!isAlive(file.pid)) return { kind: 'absent', file }
  return { kind: worksIn(file.pid, data) ? 'running' : 'foreign', file }
}

function readPidFile(data: string): PidFile | undefined {
  try {
    return parsePidFile(readFileSync(join(data, 'postmaster.pid'), 'utf8'))
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: there is such a process, of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether the process is a PostgreSQL server of exactly this data folder: a server works inside its data folder. */
function worksIn(pid: number, data: string): boolean {
  if (process.platform === 'linux') {
    try {
      const place = statSync(`/proc/${pid}/cwd`)
      const folder = statSync(data)
      return place.ino === folder.ino && place.dev === folder.dev
    } catch {
      return false
    }
  }
  // Windows hides other processes' arguments; there the connection that follows decides.
  if (process.platform === 'win32') return true
  const args = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? ''
  return args.includes('postgres') && args.includes(data)
}

/**
 * Frees a data folder whose pid file names a stranger, without harming him. PostgreSQL ignores a file that names its
 * parent, us, and then still makes sure by the shared memory it notes that no process of the old server is left.
 */
export function disownPidFile(data: string, foreign: PidFile): void {
  const path = join(data, 'postmaster.pid')
  const text = readFileSync(path, 'utf8')
  if (parsePidFile(text)?.pid !== foreign.pid) return
  if (process.platform === 'win32') rmSync(path, { force: true })
  else writeFileSync(path, text.replace(/^\s*\d+/, String(process.pid)))
  if (foreign.socketFolder) rmSync(join(foreign.socketFolder, `.s.PGSQL.${foreign.port}.lock`), { force: true })
}
