import pg from 'pg'

/** One statement as the driver was given it. */
export interface Statement {
  readonly text: string
  readonly values?: unknown[]
  readonly name?: string
}

/** Statements that belong on one connection: a whole transaction, or one statement outside of any. */
export type Unit = readonly Statement[]

type Query = (this: pg.Client, ...args: unknown[]) => unknown

const begins = (statement: Statement): boolean => /^begin\b/i.test(statement.text)
const ends = (statement: Statement): boolean => /^(commit|rollback)\b/i.test(statement.text)

function statementOf(args: readonly unknown[]): Statement {
  const [first, second] = args
  if (typeof first === 'string') return { text: first, ...(Array.isArray(second) ? { values: second } : {}) }
  const { text, values, name } = first as Statement
  return { text, ...(values ? { values } : {}), ...(name === undefined ? {} : { name }) }
}

/** Notes every statement that any connection of this process runs, until `stop` answers what was noted. */
export function recordStatements(): { stop(): Unit[] } {
  const prototype = pg.Client.prototype as unknown as { query: Query }
  const original = prototype.query
  const units: Statement[][] = []
  const open = new WeakMap<pg.Client, Statement[]>()
  prototype.query = function (...args) {
    const statement = statementOf(args)
    const unit = open.get(this) ?? []
    unit.push(statement)
    if (unit.length === 1) units.push(unit)
    if (begins(statement)) open.set(this, unit)
    else if (ends(statement)) open.delete(this)
    return original.apply(this, args)
  }
  return {
    stop() {
      prototype.query = original
      // What was begun when the recording ended, or before it began, is not whole.
      return units.filter(
        ([first, ...rest]) => first && !ends(first) && (begins(first) ? rest.some(ends) : rest.length === 0),
      )
    },
  }
}

/** Runs one unit with nothing but the driver. */
export async function replay(pool: pg.Pool, unit: Unit): Promise<void> {
  const [only] = unit
  if (unit.length === 1) {
    await pool.query(only as pg.QueryConfig)
    return
  }
  const client = await pool.connect()
  for (const statement of unit) await client.query(statement as pg.QueryConfig)
  client.release()
}
