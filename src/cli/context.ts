import { type Config, loadConfig } from '../config/config.ts'

/** What commands touch of the outside, so that tests can stand in for it. */
export interface CliContext {
  /** Writes to standard output, exactly as given. */
  out(text: string): void
  /** Writes to standard error, exactly as given. */
  err(text: string): void
  /** The configuration in force; throws a ConfigError. */
  config(): Config
}

/** The context of a real process. */
export const processContext: CliContext = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  config: () => loadConfig(),
}
