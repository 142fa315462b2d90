import type { Command } from 'commander'
import { migrate } from '../adapters/database/migrations.ts'
import { migrateJobs } from '../services/effects/outbox.ts'
import type { CliContext } from './context.ts'
import { withDatabase } from './database.ts'
import { type CommonOptions, print, withJson } from './output.ts'

/** `tandem migrate`: brings schema tandem up to date. JSON: `{"applied": [names]}`. */
export function addMigrate(program: Command, context: CliContext): void {
  withJson(program.command('migrate'))
    .description("bring Tandem's own schema up to date; FusionPBX's tables are never touched")
    .action(async (options: CommonOptions) => {
      const applied = await withDatabase(context.config(), async ({ database, url }) => {
        const steps = await migrate(database)
        await migrateJobs(url)
        return steps
      })
      const forPeople =
        applied.length === 0
          ? 'The schema is up to date.\n'
          : `${applied.map((name) => `applied ${name}`).join('\n')}\n`
      print(context, options, { applied }, forPeople)
    })
}
