import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'

/** The advisory lock that the owning process holds in the maintenance database, as two numbers of our own choice. */
const lock = [0x54616e64, 1] as const

/**
 * Takes the cluster for the process of this connection. The lock lives in the server and ends with the connection, so it
 * is free as soon as its holder dies, however he dies, and cannot be left behind as a file can. A holder killed a moment
 * ago may not have been noticed yet, hence the few tries.
 */
export async function takeOwnership(client: pg.Client): Promise<boolean> {
  for (let tries = 0; tries < 10; tries++) {
    const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [...lock])
    if (rows[0]?.taken) return true
    await pause(30)
  }
  return false
}

/** The process that holds the cluster, as it named itself. */
export async function ownerOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select substring(a.application_name from '\\d+$') as name
     from pg_locks l join pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and l.granted and l.classid = $1 and l.objid = $2`,
    [...lock],
  )
  return rows[0]?.name ?? 'unknown'
}
