import type { Command } from 'commander'
import type { Shown } from '../config/setting.ts'
import type { CliContext } from './context.ts'
import { type CommonOptions, print, withJson } from './output.ts'
import { formatTable } from './table.ts'

const text = (value: Shown): string => (typeof value === 'object' ? value.join(', ') : String(value))

/** `tandem config print`: every setting, its value (secrets masked) and where that came from. JSON: an array of these. */
export function addConfig(program: Command, context: CliContext): void {
  const config = program.command('config').description('look at the configuration')
  withJson(config.command('print'))
    .description('print every setting with its value and where that came from; secrets are masked')
    .action((options: CommonOptions) => {
      const settings = context.config().explain()
      const rows = settings.map(({ key, value, source }) => [key, text(value), source])
      print(context, options, settings, formatTable(['SETTING', 'VALUE', 'SOURCE'], rows))
    })
}
