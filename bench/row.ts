import type { Progress } from './support/progress.ts'

/** One row of the table. */
export interface Row {
  /** Unique: what was measured, and after the colon the baseline. */
  readonly name: string
  /** What the ratio compares with, in words. */
  readonly baseline: string
  /** The baseline's cost divided by ours: 1 is as cheap as the baseline, 0.5 is twice its cost. */
  readonly ratio: number
  /** What the row should reach, in words and whether it did; rows that only inform have none. */
  readonly target: { readonly wants: string; readonly met: boolean } | undefined
  /** Measured values, by name and unit. */
  readonly figures: Readonly<Record<string, number>>
}

/** What a suite is asked for. */
export interface Order {
  /** Names of the rows to measure. */
  readonly chosen: ReadonlySet<string>
  readonly progress: Progress
  /** Folder of the built benchmarks, from which processes are started. */
  readonly built: string
}

/** Benchmarks that share what they need: one database, one set of processes. */
export interface Suite {
  /** Names of all rows it can measure, in the order of the table. */
  readonly rows: readonly string[]
  /** Measures the chosen rows; nothing is left running afterwards, even when it throws. */
  run(order: Order): Promise<Row[]>
}
