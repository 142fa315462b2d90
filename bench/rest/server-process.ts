import pg from 'pg'
import { loadConfig } from '../../src/config/config.ts'
import { serve } from '../../src/server.ts'
import { serveCommands, usage } from '../support/child.ts'
import { recordStatements, replay, type Statement } from './recorder.ts'

/** The real server with its real start; beside it, what only the benchmarks ask for. */
const config = loadConfig()
const { database_url: url, database } = config.values
let pool: pg.Pool | undefined
/** Statements of recorded requests, one list for each. */
let recordings: Statement[][] = []
let recorder: { stop(): void } | undefined

const commands = {
  usage,
  start: () => serve(config),

  /** Starts recording; every call afterwards begins the list of another request. */
  record(): void {
    if (!recorder) {
      recordings = []
      recorder = recordStatements((statement) => recordings.at(-1)?.push(statement))
    }
    recordings.push([])
  },

  /** Ends recording and answers how many statements a request took on average. */
  endRecord(): number {
    recorder?.stop()
    recorder = undefined
    return recordings.reduce((sum, statements) => sum + statements.length, 0) / recordings.length
  },

  /**
   * Runs what was recorded with the bare driver, with as many connections to the database as the server has: from the
   * start, each at most once where `count` says so, because a created row cannot be created twice.
   */
  async replay(callers: number, limit: { seconds: number; count?: number }) {
    pool ??= new pg.Pool({ connectionString: url, max: database.pool_size })
    const on = pool
    const before = usage().cpuMicros
    const began = performance.now()
    let started = 0
    let done = 0
    await Promise.all(
      Array.from({ length: callers }, async () => {
        while (started < (limit.count ?? Number.POSITIVE_INFINITY) && performance.now() - began < limit.seconds * 1000) {
          const statements = recordings[started % recordings.length] ?? []
          started += 1
          await replay(on, statements)
          done += 1
        }
      }),
    )
    return { done, cpuMicros: usage().cpuMicros - before, seconds: (performance.now() - began) / 1000 }
  },
}

export type ServerCommands = typeof commands

serveCommands(commands)
