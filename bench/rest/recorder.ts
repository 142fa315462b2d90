import pg from 'pg'

/** One statement as the driver was given it. */
export interface Statement {
  readonly text: string
  readonly values?: unknown[]
  readonly name?: string
}

type Query = (this: pg.Client, ...args: unknown[]) => unknown

/** Notes every statement that any connection of this process runs, until it is stopped. */
export function recordStatements(note: (statement: Statement) => void): { stop(): void } {
  const prototype = pg.Client.prototype as unknown as { query: Query }
  const original = prototype.query
  prototype.query = function (...args) {
    const [first, second] = args
    if (typeof first === 'string') note({ text: first, ...(Array.isArray(second) ? { values: second } : {}) })
    else {
      const { text, values, name } = first as Statement
      note({ text, ...(values ? { values } : {}), ...(name === undefined ? {} : { name }) })
    }
    return original.apply(this, args)
  }
  return {
    stop() {
      prototype.query = original
    },
  }
}

/** Runs recorded statements with the bare driver: those of a transaction on one connection, others on any. */
export async function replay(pool: pg.Pool, statements: readonly Statement[]): Promise<void> {
  let client: pg.PoolClient | undefined
  for (const statement of statements) {
    if (/^begin\b/i.test(statement.text)) client = await pool.connect()
    await (client ?? pool).query(statement as pg.QueryConfig)
    if (/^commit\b/i.test(statement.text)) {
      client?.release()
      client = undefined
    }
  }
}
