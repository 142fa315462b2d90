import { createHash } from 'node:crypto'
import pg from 'pg'

/** What a row looks like as it comes from the driver: numeric, timestamps and JSON stay text (see `textTypes`). */
export type Row = Record<string, unknown>

/** Anything that runs one parameterised statement: the pool, or a connection inside a transaction. */
export interface Queryable {
  /** Runs one statement with `$1…` parameters and answers its rows. */
  query<R extends Row = Row>(text: string, values?: readonly unknown[]): Promise<R[]>
}

/** A PostgreSQL database behind a pool of connections. */
export interface Database extends Queryable {
  /** Runs `work` between BEGIN and COMMIT; an error rolls everything back and is thrown on. */
  transaction<T>(work: (connection: Queryable) => Promise<T>): Promise<T>
  /** Waits for running statements and closes every connection. */
  close(): Promise<void>
  readonly pool: pg.Pool
}

export interface DatabaseOptions {
  url: string
  /** Most connections held at once. */
  poolSize: number
  /** Named prepared statements; off behind a pooler in transaction mode, where names collide between clients. */
  prepared: boolean
  /** A statement that runs longer is cancelled by the server; 0 is never. */
  statementTimeoutMs: number
  /** Shown in pg_stat_activity. */
  applicationName?: string
  /** Called when an idle connection breaks (the pool replaces it by itself). */
  onConnectionError?: (error: Error) => void
}

/**
 * Type parsers that keep dates, numerics, bigints and JSON as the text PostgreSQL sent. Parsing them costs a third of
 * the client's time on a list and loses precision; field types read the text where they need more.
 */
const parsed = new Map<number, (text: string) => unknown>([
  [16, (text) => text === 't'],
  [21, Number],
  [23, Number],
])
const textTypes = {
  getTypeParser(oid: number, format?: string) {
    if (format === 'binary') return pg.types.getTypeParser(oid, 'binary')
    return parsed.get(oid) ?? ((text: string) => text)
  },
} as pg.CustomTypesConfig

/** Statement names are the hash of the text, so that equal statements share one plan on a connection. */
const statementName = (() => {
  const names = new Map<string, string>()
  return (text: string): string => {
    let name = names.get(text)
    if (name === undefined) {
      name = createHash('sha1').update(text).digest('base64url')
      if (names.size < 2000) names.set(text, name)
    }
    return name
  }
})()

/** Opens a pool. No connection is made before the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: options.applicationName ?? 'tandem',
    types: textTypes,
    connectionTimeoutMillis: 5000,
    // Idle connections are kept: there are few of them, and a timer for each answer costs more.
    idleTimeoutMillis: 0,
    ...(options.statementTimeoutMs > 0 ? { statement_timeout: options.statementTimeoutMs } : {}),
  })
  pool.on('error', (error) => options.onConnectionError?.(error))

  const statement = (text: string, values: readonly unknown[] | undefined): pg.QueryConfig => ({
    text,
    ...(values === undefined ? {} : { values: values as unknown[] }),
    ...(options.prepared && values !== undefined ? { name: statementName(text) } : {}),
  })
  const on = (target: pg.Pool | pg.PoolClient): Queryable => ({
    async query<R extends Row>(text: string, values?: readonly unknown[]) {
      return (await target.query<R>(statement(text, values))).rows
    },
  })

  return {
    pool,
    ...on(pool),
    async transaction(work) {
      const client = await pool.connect()
      try {
        await client.query('BEGIN')
        const answer = await work(on(client))
        await client.query('COMMIT')
        client.release()
        return answer
      } catch (error) {
        // A connection that cannot even roll back is thrown away, never put back half-way through a transaction.
        await client.query('ROLLBACK').then(
          () => client.release(),
          (rollbackError) => client.release(rollbackError),
        )
        throw error
      }
    },
    async close() {
      await pool.end()
    },
  }
}

/**
 * A URL with `sslmode=prefer`, which libpq reads as "TLS if the server has it", made definite: the driver cannot fall
 * back by itself. Other URLs are answered as they are, and nothing is connected to for them.
 */
export async function settleTls(url: string): Promise<string> {
  if (!/[?&]sslmode=prefer(&|$)/.test(url)) return url
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  try {
    await client.connect()
    await client.end()
  } catch (error) {
    if (error instanceof Error && /does not support SSL/.test(error.message))
      return url.replace(/([?&])sslmode=prefer/, '$1sslmode=disable')
  }
  // Whatever else is wrong is told where the database is used.
  return url
}
