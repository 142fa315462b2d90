import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Queryable } from '../adapters/database/database.ts'
import { createKey, type KeyRecord, listKeys, revokeKey, rotateKey } from '../services/keys.ts'
import type { CliContext } from './context.ts'
import { withMigratedDatabase } from './database.ts'
import { domainNames, findDomain } from './domains.ts'
import { CliError } from './failure.ts'
import { type CommonOptions, print, withJson } from './output.ts'
import { formatTable } from './table.ts'

/** A key in the JSON of these commands: names as in the table, and the domain's name beside its UUID. */
const jsonOf = (record: KeyRecord, domainName: string | null) => ({
  api_key_uuid: record.keyUuid,
  prefix: record.prefix,
  name: record.name,
  domain_uuid: record.domainUuid,
  domain_name: domainName,
  scopes: record.scopes,
  state: record.state,
  created_at: record.createdAt,
  expires_at: record.expiresAt,
  revoked_at: record.revokedAt,
  last_used_at: record.lastUsedAt,
  rotated_from: record.rotatedFrom,
})

async function describe(db: Queryable, records: readonly KeyRecord[]) {
  const names = await domainNames(db, [...new Set(records.flatMap((record) => record.domainUuid ?? []))])
  return records.map((record) => jsonOf(record, names.get(record.domainUuid ?? '') ?? null))
}

async function describeOne(db: Queryable, record: KeyRecord) {
  const [described] = await describe(db, [record])
  return described ?? jsonOf(record, null)
}

const commaSeparated = (text: string): string[] => text.split(',').map((part) => part.trim())

/** A day, which begins at midnight UTC, or a moment with its offset. */
function moment(text: string): Date {
  const complete = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)
  const date = new Date(text)
  // Days that no month has roll over to the next in Date, which would move an expiry silently.
  const exists =
    !Number.isNaN(date.getTime()) && new Date(`${text.slice(0, 10)}T00:00Z`).toJSON().startsWith(text.slice(0, 10))
  if (!complete || !exists)
    throw new InvalidArgumentError('Give a day (2027-01-01) or a moment (2027-01-01T08:00:00Z).')
  return date
}

function seconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number of seconds, 0 or more.')
  return Number(text)
}

const shownOnce = 'Keep it safe: it is not stored and cannot be shown again.'

interface CreateOptions extends CommonOptions {
  domain?: string
  system?: boolean
  name: string
  scopes?: string[]
  expires?: Date
}

function addCreate(keys: Command, context: CliContext): void {
  withJson(keys.command('create'))
    .description('make a key and print it, once')
    .requiredOption('--name <name>', 'who or what will use it')
    .option('--domain <name or uuid>', 'the tenant it belongs to')
    .addOption(new Option('--system', 'a key for the whole system').conflicts('domain'))
    .option('--scopes <scopes>', 'what it may do, between commas (default: everything but secrets)', commaSeparated)
    .option('--expires <date>', 'when it ends: a day (from midnight UTC) or a moment', moment)
    .action(async (options: CreateOptions) => {
      const { domain: wanted, name, scopes, expires } = options
      if (wanted === undefined && !options.system)
        throw new CliError('Name a domain with --domain, or ask for --system.')
      await withMigratedDatabase(context.config(), async (database) => {
        const domain = wanted === undefined ? undefined : await findDomain(database, wanted)
        const wish = { domainUuid: domain?.uuid ?? null, name, scopes, expiresAt: expires }
        const { key, record } = await createKey(database, wish)
        const whose = domain === undefined ? 'the whole system' : domain.name
        const forPeople = `${key}\n\nA key for ${whose}, with ${record.scopes.join(', ')}.\n${shownOnce}\n`
        print(context, options, { key, ...jsonOf(record, domain?.name ?? null) }, forPeople)
      })
    })
}

interface ListOptions extends CommonOptions {
  domain?: string
  system?: boolean
}

function addList(keys: Command, context: CliContext): void {
  withJson(keys.command('list'))
    .description('list keys; their secrets are not stored')
    .option('--domain <name or uuid>', 'only those of one tenant')
    .addOption(new Option('--system', 'only system-wide ones').conflicts('domain'))
    .action(async (options: ListOptions) => {
      await withMigratedDatabase(context.config(), async (database) => {
        const domain = options.domain === undefined ? undefined : await findDomain(database, options.domain)
        const records = await listKeys(database, options.system ? null : domain?.uuid)
        const described = await describe(database, records)
        const rows = described.map((key) => [
          key.prefix,
          key.name,
          key.domain_uuid === null ? '(system)' : (key.domain_name ?? key.domain_uuid),
          key.state,
          key.scopes.join(','),
          key.expires_at,
          key.last_used_at,
        ])
        const headings = ['PREFIX', 'NAME', 'DOMAIN', 'STATE', 'SCOPES', 'EXPIRES', 'LAST USED']
        print(context, options, described, rows.length === 0 ? 'There are no keys.\n' : formatTable(headings, rows))
      })
    })
}

function addRevoke(keys: Command, context: CliContext): void {
  withJson(keys.command('revoke'))
    .description('end a key at once and for ever')
    .argument('<key>', 'its prefix or UUID')
    .action(async (reference: string, options: CommonOptions) => {
      await withMigratedDatabase(context.config(), async (database) => {
        const record = await revokeKey(database, reference)
        const forPeople = `The key ${record.prefix} (${record.name}) is revoked.\n`
        print(context, options, await describeOne(database, record), forPeople)
      })
    })
}

interface RotateOptions extends CommonOptions {
  grace: number
}

function addRotate(keys: Command, context: CliContext): void {
  withJson(keys.command('rotate'))
    .description('replace a key by a new one; the old one lives on for a while')
    .argument('<key>', 'its prefix or UUID')
    .option('--grace <seconds>', 'how long the old key still works', seconds, 86_400)
    .action(async (reference: string, options: RotateOptions) => {
      await withMigratedDatabase(context.config(), async (database) => {
        const { key, record, previous } = await rotateKey(database, reference, options.grace)
        const end = previous.state === 'live' ? `works until ${previous.expiresAt}` : 'no longer works'
        const forPeople = `${key}\n\nThe old key ${previous.prefix} (${previous.name}) ${end}.\n${shownOnce}\n`
        const result = {
          key,
          ...(await describeOne(database, record)),
          previous: await describeOne(database, previous),
        }
        print(context, options, result, forPeople)
      })
    })
}

/** `tandem keys create|list|revoke|rotate`. JSON: keys as `jsonOf` writes them; a new one has `key` as well. */
export function addKeys(program: Command, context: CliContext): void {
  const keys = program.command('keys').description('make and end API keys')
  for (const add of [addCreate, addList, addRevoke, addRotate]) add(keys, context)
}
