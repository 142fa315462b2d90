import type { Command } from 'commander'
import type { CliContext } from './context.ts'

/** Options every command has. */
export interface CommonOptions {
  json?: boolean
}

/** Adds `--json` to a command. */
export const withJson = (command: Command): Command => command.option('--json', 'print JSON for programs')

/** Prints a result: for programs as JSON, for people as the given text. */
export function print(context: CliContext, options: CommonOptions, result: unknown, forPeople: string): void {
  context.out(options.json ? `${JSON.stringify(result, null, 2)}\n` : forPeople)
}
