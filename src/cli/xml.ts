import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { readColumns } from '../adapters/database/columns.ts'
import type { Database } from '../adapters/database/database.ts'
import { parseForm } from '../dialects/hooks/form.ts'
import { type CachedRequest, cachedRequest } from '../services/xml/cache-names.ts'
import { compareAnswer, dialplanRanks, tenantOf } from '../services/xml/compare.ts'
import type { XmlRequest } from '../services/xml/door.ts'
import type { XmlDifference } from '../services/xml/equivalent.ts'
import { xmlAnswers } from '../services/xml/sections.ts'
import { xmlWorld } from '../xml-world.ts'
import type { CliContext } from './context.ts'
import { withDatabase } from './database.ts'
import { CliError } from './failure.ts'
import { type CommonOptions, print, withJson } from './output.ts'

interface CompareOptions extends CommonOptions {
  request?: string
  hostname?: string
}

/** A file with an answer of FusionPBX's, and its request. */
interface Captured {
  readonly file: string
  readonly request: XmlRequest
}

interface Compared {
  readonly file: string
  readonly differences: readonly XmlDifference[]
}

const asForm = (fields: CachedRequest): XmlRequest =>
  parseForm(
    Object.entries(fields)
      .map(([name, value]) => `${encodeURIComponent(name)}=${name === 'key_value' ? value : encodeURIComponent(value)}`)
      .join('&'),
  )

/** Files of a folder, or the file itself. */
const filesOf = (path: string): string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .map((name) => join(path, name))
    : [path]

/** The request that a file's name tells, with what the name leaves out; undefined for files that hold no answer. */
async function byName(file: string, database: Database, hostname: string | undefined): Promise<Captured | undefined> {
  const told = cachedRequest(basename(file))
  if (told === undefined) return undefined
  const owned = told['Menu-Name'] ?? told.macro_name
  const tenant = owned === undefined ? undefined : await tenantOf(database, owned)
  return {
    file,
    request: asForm({
      ...(hostname === undefined ? {} : { hostname }),
      ...told,
      ...(tenant === undefined ? {} : { variable_domain_name: tenant }),
    }),
  }
}

async function captures(paths: readonly string[], options: CompareOptions, database: Database): Promise<Captured[]> {
  const files = paths.flatMap(filesOf)
  if (options.request !== undefined) {
    if (files.length !== 1) throw new CliError('--request belongs to one answer; name one file.')
    return [{ file: files[0] as string, request: parseForm(readFileSync(options.request, 'utf8')) }]
  }
  const found: Captured[] = []
  for (const file of files) {
    const captured = await byName(file, database, options.hostname)
    if (captured) found.push(captured)
  }
  return found
}

const forPeople = ({ file, differences }: Compared): string =>
  differences.length === 0
    ? `${basename(file)}: the same\n`
    : `${basename(file)}: ${differences.length} differences\n${differences
        .map(
          ({ at, fusionpbx, tandem }) =>
            `  ${at}\n    FusionPBX  ${fusionpbx ?? '-'}\n    Tandem     ${tandem ?? '-'}\n`,
        )
        .join('')}`

async function compare(context: CliContext, paths: readonly string[], options: CompareOptions): Promise<void> {
  const config = context.config()
  const compared = await withDatabase(config, async ({ database }) => {
    const warn = (facts: object, sentence: string): void => context.err(`${sentence}: ${JSON.stringify(facts)}\n`)
    const answer = xmlAnswers(xmlWorld(config.values, database, await readColumns(database), warn))
    const ranks = await dialplanRanks(database)
    const results: Compared[] = []
    for (const { file, request } of await captures(paths, options, database))
      results.push({ file, differences: await compareAnswer(readFileSync(file, 'utf8'), request, answer, ranks) })
    return results
  })
  if (compared.length === 0)
    throw new CliError('None of these files holds an answer of FusionPBX; see docs/xml-door.md.')
  print(context, options, compared, compared.map(forPeople).join(''))
  const unlike = compared.filter(({ differences }) => differences.length > 0).length
  if (unlike > 0) throw new CliError(`${unlike} of ${compared.length} answers differ.`)
}

/**
 * `tandem xml compare`: FusionPBX's answers beside ours. JSON: an array of `{file, differences: [{at, fusionpbx,
 * tandem}]}`. The status is 1 when any differs.
 */
export function addXml(program: Command, context: CliContext): void {
  const xml = program.command('xml').description('look at the XML door')
  withJson(xml.command('compare'))
    .description("compare FusionPBX's answers with Tandem's; files of its cache tell their request by their names")
    .argument('<answers...>', "files with answers, or the folder of FusionPBX's file cache")
    .option('--request <file>', 'the request of one answer, as mod_xml_curl posts it')
    .option('--hostname <name>', 'host name of the switch, for rows that belong to one host')
    .action((answers: string[], options: CompareOptions) => compare(context, answers, options))
}
