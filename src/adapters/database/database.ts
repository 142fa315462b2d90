import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import pg from 'pg'

/** What a row looks like as it comes from the driver: numeric, timestamps and JSON stay text (see `textTypes`). */
export type Row = Record<string, unknown>

/** Anything that runs one parameterised statement: the pool, or a connection inside a transaction. */
export interface Queryable {
  /** Runs one statement with `$1…` parameters and answers its rows. */
  query<R extends Row = Row>(text: string, values?: readonly unknown[]): Promise<R[]>
}

/** A connection between BEGIN and COMMIT. */
export interface Transaction extends Queryable {
  /**
   * Runs a statement whose answer nobody needs: it travels with the next one that is waited for, or with COMMIT, in the
   * same write. Its error is thrown there.
   */
  send(text: string, values?: readonly unknown[]): void
}

/** A PostgreSQL database behind a pool of connections. */
export interface Database extends Queryable {
  /** Runs `work` between BEGIN and COMMIT; an error rolls everything back and is thrown on. */
  transaction<T>(work: (connection: Transaction) => Promise<T>): Promise<T>
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

type MakeStatement = (text: string, values: readonly unknown[] | undefined) => pg.QueryConfig

/** A transaction on a client of the pool. BEGIN travels with the first statement; nothing is sent before. */
function transactionOn(client: pg.PoolClient, statement: MakeStatement) {
  let waiting: pg.QueryConfig[] = [{ text: 'BEGIN' }]
  let isBegun = false
  /** Sends all that waits and one more in one write, and answers the last one's result; the first error counts. */
  const flush = async (last: pg.QueryConfig): Promise<pg.QueryResult> => {
    const before = waiting
    waiting = []
    isBegun = true
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
    stream.cork()
    const running = [...before, last].map((config) => client.query(config))
    stream.uncork()
    // All have to end before the connection may be used for anything else, also after an error.
    const ended = await Promise.allSettled(running)
    const failed = ended.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    return (ended.at(-1) as PromiseFulfilledResult<pg.QueryResult>).value
  }
  const transaction: Transaction = {
    query: async <R extends Row>(text: string, values?: readonly unknown[]) =>
      (await flush(statement(text, values))).rows as R[],
    send: (text, values) => void waiting.push(statement(text, values)),
  }
  return { transaction, begun: () => isBegun, end: (word: 'COMMIT') => flush({ text: word }) }
}

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
    // Statements of a transaction that need no answer are sent together (see `Transaction.send`).
    pipeline: true,
    ...(options.statementTimeoutMs > 0 ? { statement_timeout: options.statementTimeoutMs } : {}),
  })
  pool.on('error', (error) => options.onConnectionError?.(error))

  const statement: MakeStatement = (text, values) => ({
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
      const { transaction, begun, end } = transactionOn(client, statement)
      try {
        const answer = await work(transaction)
        await end('COMMIT')
        client.release()
        return answer
      } catch (error) {
        // A connection that cannot even roll back is thrown away, never put back half-way through a transaction.
        if (begun()) await client.query('ROLLBACK').then(() => client.release(), client.release)
        else client.release()
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
