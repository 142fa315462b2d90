import pg from 'pg'
import { loadConfig } from '../../src/config/config.ts'
import { serve } from '../../src/server.ts'
import { serveCommands, usage } from '../support/child.ts'
import { recordStatements, replay, type Unit } from './tape.ts'

/** The real server with its real start; beside it, what only the benchmarks ask for. */
const config = loadConfig()
const { database_url: url, database } = config.values
let recorder: { stop(): Unit[] } | undefined
let tape: readonly Unit[] = []
let pool: pg.Pool | undefined

const commands = {
  usage,
  start: () => serve(config),

  record(): void {
    recorder = recordStatements()
  },

  endRecord(): { units: number; statements: number } {
    tape = recorder?.stop() ?? []
    return { units: tape.length, statements: tape.reduce((sum, unit) => sum + unit.length, 0) }
  },

  /**
   * Runs what was recorded with the bare driver, from the start and over again if `again`, with as many connections to
   * the database as the server has.
   */
  async replay(callers: number, limit: { seconds: number; again: boolean }) {
    pool ??= new pg.Pool({ connectionString: url, max: database.pool_size, idleTimeoutMillis: 0 })
    const on = pool
    const last = limit.again ? Number.POSITIVE_INFINITY : tape.length
    const before = usage().cpuMicros
    const began = performance.now()
    let started = 0
    await Promise.all(
      Array.from({ length: callers }, async () => {
        while (started < last && performance.now() - began < limit.seconds * 1000) {
          const unit = tape[started % tape.length] ?? []
          started += 1
          await replay(on, unit)
        }
      }),
    )
    return { units: started, cpuMicros: usage().cpuMicros - before }
  },
}

export type ServerCommands = typeof commands

serveCommands(commands)
