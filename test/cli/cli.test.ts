import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { type Database, openDatabase } from '../../src/adapters/database/database.ts'
import { migrate, migrationNames } from '../../src/adapters/database/migrations.ts'
import { createProgram, run } from '../../src/cli/program.ts'
import { formatTable } from '../../src/cli/table.ts'
import { loadConfig } from '../../src/config/config.ts'
import { packageVersion } from '../../src/root.ts'
import { verifyKey } from '../../src/services/keys.ts'
import { cloneDatabase } from '../support/cluster.ts'

/** Runs a command line with this environment and nothing else, and answers what it wrote. */
async function tandem(argv: readonly string[], env: Record<string, string> = {}) {
  const written = { status: 0, out: '', err: '' }
  written.status = await run(argv, {
    out: (text) => {
      written.out += text
    },
    err: (text) => {
      written.err += text
    },
    config: () => loadConfig({ env, files: { fusionpbx: [] } }),
  })
  return written
}

type Command = ReturnType<typeof createProgram>

/** The commands that do something, with the words that call them. */
function leaves(command: Command, words: string[] = []): { words: string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ words, command }]
  return command.commands.flatMap((inner) => leaves(inner as Command, [...words, inner.name()]))
}

const program = createProgram({ out() {}, err() {}, config: () => loadConfig({ env: {}, files: { fusionpbx: [] } }) })

describe('every command', () => {
  for (const { words, command } of leaves(program)) {
    it(`${words.join(' ')} has help that says what it does`, async () => {
      const { status, out, err } = await tandem([...words, '--help'])
      assert.deepEqual([status, err], [0, ''])
      assert.ok(out.includes(`Usage: tandem ${words.join(' ')}`))
      assert.ok(command.description() !== '' && out.replace(/\s+/g, ' ').includes(command.description()))
    })

    it(`${words.join(' ')} refuses what it does not know, in one sentence on standard error`, async () => {
      const { status, out, err } = await tandem([...words, '--unknown'])
      assert.deepEqual([status, out], [1, ''])
      assert.match(err, /^error: (unknown option '--unknown'|required option)/)
    })
  }

  it('prints JSON on request', () => {
    for (const { words, command } of leaves(program)) {
      assert.ok(
        command.options.some(({ long }) => long === '--json'),
        words.join(' '),
      )
    }
  })

  it('fails where the configuration does, with every fault', async () => {
    const env = { TANDEM_PORT: 'x', TANDEM_LOG_LEVEL: 'loud' }
    for (const words of [['config', 'print'], ['migrate'], ['keys', 'list']]) {
      const { status, out, err } = await tandem(words, env)
      assert.deepEqual([status, out], [1, ''])
      assert.match(
        err,
        /^The configuration has 2 faults:\n {2}port "x" is no whole number.*\n {2}log_level "loud" is not known.*\n$/,
      )
    }
  })

  it('says so when the database cannot be reached', async () => {
    const { status, err } = await tandem(['keys', 'list'], {
      TANDEM_DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/db',
    })
    assert.equal(status, 1)
    assert.match(err, /^The database cannot be reached: .*ECONNREFUSED 127\.0\.0\.1:1\.\n$/)
  })

  it('without a command helps and fails, and --version tells the version', async () => {
    assert.deepEqual(await tandem(['--version']), { status: 0, out: `${packageVersion}\n`, err: '' })
    const { status, err } = await tandem([])
    assert.equal(status, 1)
    assert.match(err, /^Usage: tandem/)
  })
})

describe('tandem config print', () => {
  it('shows every setting, its value and its source, secrets masked', async () => {
    const { status, out } = await tandem(['config', 'print'], { TANDEM_API_KEY: 'hunter2', TANDEM_PORT: '9000' })
    assert.equal(status, 0)
    assert.match(out, /^SETTING +VALUE +SOURCE\n/)
    assert.match(out, /\nport +9000 +environment TANDEM_PORT\n/)
    assert.match(out, /\napi_key +\*\*\* +environment TANDEM_API_KEY\n/)
    assert.match(out, /\ncache\.exclude_endpoints +active-calls, registrations, dashboard\/stats +default\n/)
  })

  it('gives programs typed values', async () => {
    const { out } = await tandem(['config', 'print', '--json'], { TANDEM_RATE_LIMIT__ENABLED: 'false' })
    const settings: unknown = JSON.parse(out)
    assert.ok(Array.isArray(settings))
    assert.deepEqual(
      settings.filter(({ key }) => key === 'rate_limit.enabled' || key === 'port'),
      [
        { key: 'port', value: 8080, source: 'default' },
        { key: 'rate_limit.enabled', value: false, source: 'environment TANDEM_RATE_LIMIT__ENABLED' },
      ],
    )
  })
})

describe('tables for people', () => {
  it('align columns and show a dash for nothing', () => {
    const rows = [
      ['crm', 1, null],
      ['a longer name', 22, 'x'],
    ]
    assert.equal(
      formatTable(['NAME', 'N', 'LAST'], rows),
      'NAME           N   LAST\ncrm            1   -\na longer name  22  x\n',
    )
  })
})

describe('commands on a database', () => {
  const domain = { uuid: randomUUID(), name: 'cli.example.com' }
  let db: Database
  let env: Record<string, string>
  let drop: () => Promise<void>

  before(async () => {
    const clone = await cloneDatabase('5.6')
    env = { TANDEM_DATABASE_URL: clone.url }
    db = openDatabase({ url: clone.url, poolSize: 1, prepared: true, statementTimeoutMs: 15_000 })
    await db.query(`insert into v_domains (domain_uuid, domain_name, domain_enabled) values ($1, $2, 'true')`, [
      domain.uuid,
      domain.name,
    ])
    drop = () => db.close().then(() => clone.drop())
  })
  after(() => drop())
  beforeEach(async () => {
    await migrate(db)
    await db.query('delete from tandem.api_keys')
  })

  /** Runs a command that must succeed, and reads its JSON. */
  async function json(...argv: string[]) {
    const { status, out, err } = await tandem([...argv, '--json'], env)
    assert.deepEqual([status, err], [0, ''])
    return JSON.parse(out)
  }

  it('migrate applies what is pending, once', async () => {
    await db.query('drop schema tandem cascade')
    assert.deepEqual(await json('migrate'), { applied: migrationNames })
    assert.deepEqual(await json('migrate'), { applied: [] })
    assert.deepEqual(await tandem(['migrate'], env), { status: 0, out: 'The schema is up to date.\n', err: '' })
  })

  it('keys need migrated tables and say so', async () => {
    await db.query('drop schema tandem cascade')
    const { status, err } = await tandem(['keys', 'list'], env)
    assert.equal(status, 1)
    assert.match(err, /^The schema tandem .* run tandem migrate first\.\n$/)
  })

  it('keys create prints a key that works, once', async () => {
    const { status, out, err } = await tandem(['keys', 'create', '--domain', 'CLI.example.com', '--name', 'crm'], env)
    assert.deepEqual([status, err], [0, ''])
    const [key = '', empty, about] = out.split('\n')
    assert.equal(empty, '')
    assert.equal(about, 'A key for cli.example.com, with *:read, *:write.')
    assert.equal((await verifyKey(db, key))?.domainUuid, domain.uuid)
    assert.equal((await tandem(['keys', 'list'], env)).out.includes(key.slice(15)), false)
  })

  it('keys create takes scopes, an end and the whole system', async () => {
    const created = await json(
      'keys',
      'create',
      '--system',
      '--name',
      'ops',
      '--scopes',
      '*:read, secrets:read',
      '--expires',
      '2099-01-01',
    )
    assert.equal((await verifyKey(db, created.key))?.keyUuid, created.api_key_uuid)
    assert.deepEqual(
      [created.domain_uuid, created.domain_name, created.scopes, created.expires_at],
      [null, null, ['*:read', 'secrets:read'], '2099-01-01T00:00:00.000Z'],
    )
  })

  const refused: [argv: string[], sentence: RegExp][] = [
    [['create', '--name', 'x', '--domain', 'nowhere.example.com'], /^There is no domain "nowhere\.example\.com"\.\n$/],
    [['create', '--name', 'x', '--domain', randomUUID()], /^There is no domain /],
    [['create', '--name', 'x'], /^Name a domain with --domain, or ask for --system\.\n$/],
    [
      ['create', '--name', 'x', '--domain', 'a', '--system'],
      /^error: option '--system' cannot be used with option '--domain/,
    ],
    [['create', '--domain', domain.name], /^error: required option '--name <name>' not specified\n$/],
    [['create', '--name', 'x', '--system', '--scopes', 'all'], /^"all" is no scope: /],
    [['create', '--name', 'x', '--domain', domain.name, '--scopes', 'system:read'], /needs a system-wide key\.\n$/],
    [['create', '--name', 'x', '--system', '--expires', '2001-01-01'], /^A key must expire in the future\.\n$/],
    [['create', '--name', 'x', '--system', '--expires', '2099-02-30'], /^error: .*Give a day \(2027-01-01\)/],
    [['create', '--name', 'x', '--system', '--expires', 'tomorrow'], /^error: .*Give a day \(2027-01-01\)/],
    [['revoke', 'abcdefghij'], /^There is no key "abcdefghij"\.\n$/],
    [['rotate', 'abcdefghij'], /^There is no key "abcdefghij"\.\n$/],
    [['rotate', 'abcdefghij', '--grace', '-1'], /^error: .*whole number of seconds/],
  ]
  for (const [argv, sentence] of refused) {
    it(`keys ${argv.join(' ').replace(/[0-9a-f-]{36}/, 'UUID')} fails with one clear sentence`, async () => {
      const { status, out, err } = await tandem(['keys', ...argv], env)
      assert.deepEqual([status, out], [1, ''])
      assert.match(err, sentence)
    })
  }

  it('keys list shows whose they are and in what state', async () => {
    assert.equal((await tandem(['keys', 'list'], env)).out, 'There are no keys.\n')
    const own = await json('keys', 'create', '--domain', domain.uuid, '--name', 'crm')
    const system = await json('keys', 'create', '--system', '--name', 'ops')
    await json('keys', 'revoke', own.prefix)
    const { out } = await tandem(['keys', 'list'], env)
    assert.match(out, new RegExp(`\n${own.prefix} +crm +cli\\.example\\.com +revoked +\\*:read,\\*:write +- +-\n`))
    assert.match(out, new RegExp(`\n${system.prefix} +ops +\\(system\\) +live `))
    const prefixes = async (...argv: string[]): Promise<string[]> =>
      (await json('keys', 'list', ...argv)).map(({ prefix }: { prefix: string }) => prefix)
    assert.deepEqual(await prefixes(), [own.prefix, system.prefix])
    assert.deepEqual(await prefixes('--domain', domain.name), [own.prefix])
    assert.deepEqual(await prefixes('--system'), [system.prefix])
  })

  it('keys rotate gives a new key and tells how long the old one works', async () => {
    const old = await json('keys', 'create', '--domain', domain.name, '--name', 'crm')
    const rotated = await json('keys', 'rotate', `tdm_${old.prefix}`, '--grace', '600')
    assert.deepEqual([rotated.name, rotated.domain_name, rotated.rotated_from], ['crm', domain.name, old.api_key_uuid])
    assert.equal(rotated.previous.prefix, old.prefix)
    for (const { key } of [old, rotated]) assert.notEqual(await verifyKey(db, key), undefined)
    const { out } = await tandem(['keys', 'rotate', rotated.prefix, '--grace', '0'], env)
    assert.match(out, new RegExp(`^tdm_.*\n\nThe old key ${rotated.prefix} \\(crm\\) no longer works\\.\n`))
    assert.equal(await verifyKey(db, rotated.key), undefined)
  })

  it('keys revoke ends a key at once', async () => {
    const { key, prefix } = await json('keys', 'create', '--system', '--name', 'ops')
    assert.equal((await tandem(['keys', 'revoke', prefix], env)).out, `The key ${prefix} (ops) is revoked.\n`)
    assert.equal(await verifyKey(db, key), undefined)
  })
})
