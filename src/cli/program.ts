import { Command, CommanderError } from 'commander'
import { packageVersion } from '../root.ts'
import { addConfig } from './config.ts'
import type { CliContext } from './context.ts'
import { sentenceOf } from './failure.ts'
import { addKeys } from './keys.ts'
import { addMigrate } from './migrate.ts'
import { runServe } from './serve.ts'
import { addXml } from './xml.ts'

/** The whole command line. Commands throw; nothing in it ends the process. */
export function createProgram(context: CliContext): Command {
  const program = new Command('tandem')
    .description('A REST API, live calls, call records, rating and billing, and a console beside FusionPBX')
    .version(packageVersion)
    .exitOverride()
    .configureOutput({ writeOut: context.out, writeErr: context.err })
  // Subcommands inherit both when they are made, so that this comes before any of them.
  program
    .command('serve')
    .description('serve until told to stop')
    .option('--json', 'tell where it listens as one line of JSON')
    .action((options: { json?: true }) => runServe(context.config(), { json: options.json === true }))
  addMigrate(program, context)
  addKeys(program, context)
  addConfig(program, context)
  addXml(program, context)
  return program
}

/** Runs one command line, without program name, and answers the exit status. */
export async function run(argv: readonly string[], context: CliContext): Promise<number> {
  try {
    await createProgram(context).parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    // Help, version and wrong usage end here too; commander has already written what there is to say.
    if (error instanceof CommanderError) return error.exitCode
    context.err(`${sentenceOf(error)}\n`)
    return 1
  }
}
