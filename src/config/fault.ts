/** One thing that is wrong with the configuration. */
export interface Fault {
  /** Dotted key of a setting, or the name of what is no setting. */
  readonly key: string
  /** What is wrong, without any secret. */
  readonly problem: string
  /** What is accepted instead. */
  readonly allowed: string
  /** Where it came from, as `Config.explain` names sources. */
  readonly source: string
}

const line = ({ key, problem, allowed, source }: Fault): string => `${key} ${problem}; allowed: ${allowed} (${source})`

/** Every fault of a configuration at once. The message has a line for each. */
export class ConfigError extends Error {
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`
    super(`The configuration has ${count}:\n${faults.map((fault) => `  ${line(fault)}`).join('\n')}`)
    this.name = 'ConfigError'
    this.faults = faults
  }
}
