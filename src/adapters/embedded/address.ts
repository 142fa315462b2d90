import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Account } from './runner.ts'

/** Where a server listens. */
export interface Address {
  /** Folder of the unix socket, or a host name. */
  host: string
  port: number
  /** Needed on TCP only; a socket is guarded by its folder. */
  password?: string
}

/** Name of the one role: the owner of everything in the cluster. */
export const role = 'fusionpbx'

/** With a socket the port is only part of the file's name, so PostgreSQL's own number does. */
export const socketPort = 5432

/** Longest path of a unix socket that every system takes (macOS: 104 bytes with the closing zero). */
const longestSocketPath = 103

const temporaryPrefix = 'tandem-'

/**
 * Connection string of one database. Port and encryption are spelt out because drivers otherwise take them from PGPORT
 * and PGSSLMODE, which are meant for some other server.
 */
export function urlAt(address: Address, database: string): string {
  const path = encodeURIComponent(database)
  const password = address.password ? `:${encodeURIComponent(address.password)}` : ''
  if (!address.host.startsWith('/')) {
    return `postgresql://${role}${password}@${address.host}:${address.port}/${path}?sslmode=disable`
  }
  return `postgresql://${role}@/${path}?host=${encodeURIComponent(address.host)}&port=${address.port}&sslmode=disable`
}

/** The connection string of another database on the same server. */
export function withDatabase(url: string, database: string): string {
  return url.replace(/^(\w+:\/\/[^/]*\/)[^?]*/, (_, start: string) => `${start}${encodeURIComponent(database)}`)
}

/** A place to listen at: a socket in `folder`, in a short private folder if that path is too long, on Windows a free port. */
export async function newAddress(folder: string, account?: Account): Promise<Address> {
  if (process.platform === 'win32') return { host: '127.0.0.1', port: await freePort() }
  if (fitsSocket(folder)) return { host: folder, port: socketPort }
  const place = fitsSocket(join(tmpdir(), `${temporaryPrefix}XXXXXX`)) ? tmpdir() : '/tmp'
  const host = mkdtempSync(join(place, temporaryPrefix))
  if (account) chownSync(host, account.uid, account.gid)
  return { host, port: socketPort }
}

/** Whether a socket in this folder has a path short enough for the system. */
export function fitsSocket(folder: string): boolean {
  return Buffer.byteLength(join(folder, `.s.PGSQL.${socketPort}`)) <= longestSocketPath
}

/** Removes the short folder `newAddress` may have made. */
export function releaseAddress(address: Address, folder: string): void {
  const { host } = address
  const ours = basename(host).startsWith(temporaryPrefix) && [tmpdir(), '/tmp'].includes(dirname(host))
  if (host !== folder && ours) rmSync(host, { recursive: true, force: true })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const place = server.address()
      server.close(() => resolve(typeof place === 'object' && place ? place.port : 0))
    })
  })
}
