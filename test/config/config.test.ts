import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { type Config, loadConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/fault.ts'
import { environmentName, settingKeys, settingOf } from '../../src/config/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'tandem-config-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
/** Writes a file for one test and answers its path. */
function file(text: string, name = 'config.yaml'): string {
  files += 1
  const path = join(folder, `${files}-${name}`)
  writeFileSync(path, text)
  return path
}

/** Loads from these sources alone; whatever FusionPBX has on the machine is not looked at. */
const load = (env: Record<string, string>, fusionpbx: string[] = []): Config =>
  loadConfig({ env, files: { fusionpbx } })

const fromFile = (text: string, env: Record<string, string> = {}): Config => load({ ...env, TANDEM_CONFIG: file(text) })

const sourceOf = (config: Config, key: string): string | undefined =>
  config.explain().find((line) => line.key === key)?.source

/** The faults of a configuration that must be refused, as "key problem". */
function faultsOf(work: () => Config): string[] {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    // Every fault is one line of the message, and the message has no other lines but its first.
    assert.equal(error.message.split('\n').length, error.faults.length + 1)
    for (const fault of error.faults) assert.ok(error.message.includes(`${fault.allowed} (${fault.source})`))
    return error.faults.map(({ key, problem }) => `${key} ${problem}`)
  }
  assert.fail('the configuration was accepted')
}

describe('defaults', () => {
  it('S004-CFG-VERSION the version is 1.0, also where YAML would read a number', () => {
    assert.equal(load({}).values.version, '1.0')
    assert.equal(fromFile('version: 1.0').values.version, '1.0')
    assert.deepEqual(
      faultsOf(() => load({ TANDEM_VERSION: '2.0' })),
      ['version "2.0" is not known'],
    )
  })

  it('are those of the documented configuration file', () => {
    const { values } = load({})
    assert.deepEqual(values.rate_limit, {
      enabled: true,
      requests_per_minute: 60,
      requests_per_hour: 1000,
      by_key: true,
    })
    assert.deepEqual(values.pagination, { default_per_page: 50, max_per_page: 100, min_per_page: 1 })
    assert.deepEqual(values.cache, {
      enabled: true,
      ttl: 300,
      body: false,
      exclude_endpoints: ['active-calls', 'registrations', 'dashboard/stats'],
    })
    assert.deepEqual(values.security, {
      require_https: false,
      allowed_origins: [],
      max_request_size: 10_485_760,
      auth_mode: 'global_key',
      allowed_ips: [],
      trusted_proxies: [],
    })
    assert.deepEqual(values.logging, {
      enabled: true,
      log_requests: true,
      log_errors: true,
      log_slow_requests: true,
      slow_request_threshold: 1000,
    })
    assert.equal(values.freeswitch.auto_regenerate_xml, true)
    assert.equal(values.freeswitch.clear_cache_on_update, true)
  })

  it('are those of the contract for everything else', () => {
    const { values } = load({})
    assert.deepEqual(
      [values.host, values.port, values.data_dir, values.log_level],
      ['127.0.0.1', 8080, '.tandem', 'info'],
    )
    assert.deepEqual([values.database_url, values.switch_url, values.api_key], ['', [], ''])
    assert.equal(values.mail.user_created, false)
    assert.equal(values.actions.rate_limit.enabled, false)
    assert.equal(values.native.rate_limit.requests_per_minute, 600)
  })

  for (const key of settingKeys) {
    it(`of ${key} is a value that ${key} accepts from the environment and shows again`, () => {
      const setting = settingOf(key)
      const shown = setting.show(setting.default)
      const text = Array.isArray(shown) ? JSON.stringify(shown) : String(shown)
      const config = load({ [environmentName(key)]: text })
      assert.deepEqual(config.explain().find((line) => line.key === key)?.value, shown)
      assert.match(setting.about, /^[A-Z].*\.$/)
    })
  }

  it('cannot be changed by whoever reads them', () => {
    const { values } = load({})
    assert.throws(() => Object.assign(values.rate_limit, { enabled: false }), TypeError)
    assert.throws(() => (values.security.allowed_ips as string[]).push('::/0'), TypeError)
  })
})

describe('sources', () => {
  const path = file(`
# what an administrator would write
port: 9000
rate_limit:
  requests_per_minute: 5
  by_key: false
security:
  allowed_ips: [10.0.0.0/8, "2001:db8::/32"]
logging:
`)

  it('the environment goes before the file, the file before the default', () => {
    const config = load({ TANDEM_CONFIG: path, TANDEM_PORT: '9001' })
    const { port, rate_limit, security } = config.values
    assert.deepEqual([port, rate_limit.requests_per_minute, rate_limit.by_key], [9001, 5, false])
    assert.deepEqual(security.allowed_ips, ['10.0.0.0/8', '2001:db8::/32'])
    assert.equal(sourceOf(config, 'port'), 'environment TANDEM_PORT')
    assert.equal(sourceOf(config, 'rate_limit.by_key'), `file ${path}`)
    assert.equal(sourceOf(config, 'rate_limit.enabled'), 'default')
  })

  it('a file may be JSON, and may write a key with dots', () => {
    const { values } = fromFile('{"rate_limit": {"enabled": false}, "database.pool_size": 3, "host": null}')
    assert.deepEqual([values.rate_limit.enabled, values.database.pool_size, values.host], [false, 3, '127.0.0.1'])
  })

  it('an empty file and a file of comments set nothing', () => {
    for (const text of ['', '# nothing yet\n', '{}']) assert.equal(fromFile(text).values.port, 8080)
  })

  it('anchors of YAML are followed', () => {
    const { values } = fromFile('rate_limit: &limit {requests_per_minute: 7}\nnative:\n  rate_limit: *limit\n')
    assert.equal(values.native.rate_limit.requests_per_minute, 7)
  })

  it('an empty variable counts as not set', () => {
    const config = load({ TANDEM_CONFIG: path, TANDEM_PORT: '', DATABASE_URL: '' })
    assert.deepEqual([config.values.port, config.values.database_url], [9000, ''])
  })

  it('DATABASE_URL is taken for the database, after the name of our own', () => {
    const general = 'postgres://a:b@general/db'
    const config = load({ DATABASE_URL: general })
    assert.equal(config.values.database_url, general)
    assert.equal(sourceOf(config, 'database_url'), 'environment DATABASE_URL')
    const own = load({ DATABASE_URL: general, TANDEM_DATABASE_URL: 'postgres://a:b@own/db' })
    assert.equal(own.values.database_url, 'postgres://a:b@own/db')
  })

  it('TANDEM_CONFIG and the variables of the test tools are no settings', () => {
    assert.equal(load({ TANDEM_CONFIG: path, TANDEM_TEST_CLUSTER: 'x', OTHER: 'y' }).values.port, 9000)
  })

  it('lists are read between commas and as JSON, without repetitions', () => {
    const read = (text: string): readonly string[] =>
      load({ TANDEM_SECURITY__ALLOWED_IPS: text }).values.security.allowed_ips
    assert.deepEqual(read('10.0.0.1, ::1 ,10.0.0.1,'), ['10.0.0.1', '::1'])
    assert.deepEqual(read('["10.0.0.1","::1"]'), ['10.0.0.1', '::1'])
    assert.deepEqual(read('[]'), [])
  })

  it('several switches are told apart though a password holds a comma', () => {
    const { switch_url: urls } = load({ TANDEM_SWITCH_URL: 'esl://:a,b@one:8021, esl://:c@[::1]:8022' }).values
    assert.deepEqual(urls, ['esl://:a,b@one:8021', 'esl://:c@[::1]:8022'])
  })
})

describe('faults', () => {
  it('are all listed at once, each with key, problem, what is allowed and source', () => {
    const path = file(
      'rate_limit:\n  requests_per_minute: often\nsecurity:\n  allowed_origins: [https://a.example/, "*"]\n',
    )
    const env = { TANDEM_CONFIG: path, TANDEM_PORT: '70000', TANDEM_LOGGING__ENABLED: 'perhaps', TANDEM_RATELIMIT: '1' }
    try {
      load(env)
      assert.fail('accepted')
    } catch (error) {
      assert.ok(error instanceof ConfigError)
      assert.deepEqual(error.message.split('\n'), [
        'The configuration has 5 faults:',
        '  TANDEM_RATELIMIT is no setting; allowed: the variables that `tandem config print` lists (environment TANDEM_RATELIMIT)',
        '  port 70000 is too large; allowed: a whole number from 0 to 65535 (environment TANDEM_PORT)',
        `  rate_limit.requests_per_minute "often" is no whole number; allowed: a whole number from 1 to 1000000 (file ${path})`,
        `  security.allowed_origins "https://a.example/" is not accepted; allowed: origins such as https://app.example.com (scheme, host and port, nothing after), or * (file ${path})`,
        '  logging.enabled "perhaps" is neither true nor false; allowed: true or false (environment TANDEM_LOGGING__ENABLED)',
      ])
    }
  })

  it('of a file are found even where the environment overrides them', () => {
    assert.deepEqual(
      faultsOf(() => fromFile('port: x', { TANDEM_PORT: '1' })),
      ['port "x" is no whole number'],
    )
  })

  it('an unknown key is refused and the meant one suggested', () => {
    assert.throws(
      () => fromFile('rate_limits:\n  enabled: true'),
      /rate_limits\.enabled is no setting; allowed: rate_limit\.enabled/,
    )
    assert.throws(
      () => load({ TANDEM_DATABSE_URL: 'x' }),
      /TANDEM_DATABSE_URL is no setting; allowed: TANDEM_DATABASE_URL/,
    )
  })

  it('a key of the wrong shape is refused', () => {
    assert.deepEqual(
      faultsOf(() =>
        fromFile('port: {number: 1}\nrate_limit: true\ncache:\n  exclude_endpoints: [{a: b}]\nhost: [a, b]\n'),
      ),
      [
        'port has "port.number" below it',
        'rate_limit has a value of its own',
        'cache.exclude_endpoints is a list of other things than texts',
        'host is a list where one value belongs',
      ],
    )
    assert.deepEqual(
      faultsOf(() => fromFile('rate_limit.enabled: true\nrate_limit:\n  enabled: false')),
      ['rate_limit.enabled is given twice'],
    )
  })

  it('a file that is missing, unreadable as YAML or no mapping is refused', () => {
    assert.deepEqual(
      faultsOf(() => load({ TANDEM_CONFIG: join(folder, 'missing.yaml') })),
      ['TANDEM_CONFIG names a file that cannot be read (ENOENT)'],
    )
    assert.match(faultsOf(() => fromFile('api_key: "hunter2'))[0] ?? '', /^TANDEM_CONFIG does not parse: .* at line 1/)
    assert.deepEqual(
      faultsOf(() => fromFile('- a\n- b')),
      ['TANDEM_CONFIG holds no settings'],
    )
  })

  const refused: Record<string, [name: string, value: string, problem: RegExp][]> = {
    'URLs of a database': [
      ['TANDEM_DATABASE_URL', 'not a url', /is no URL/],
      ['TANDEM_DATABASE_URL', 'mysql://u:p@h/db', /begins with "mysql:"/],
      ['DATABASE_URL', 'postgres://u:p@h', /names no database/],
      ['TANDEM_DATABASE_URL', 'postgres://u:100%@h/db', /% that is no percent-encoding/],
      ['TANDEM_DATABASE_URL', 'postgres://u:p@h/db?sslmode=maybe', /unknown sslmode "maybe"/],
    ],
    'URLs of a switch': [
      ['TANDEM_SWITCH_URL', 'esl://127.0.0.1:8021', /has no password/],
      ['TANDEM_SWITCH_URL', 'http://:p@h:8021', /begins with "http:"/],
      ['TANDEM_SWITCH_URL', 'esl://:p@a:8021,esl://:p@b:port', /URL 2 is no URL/],
      ['TANDEM_SWITCH_URL', 'esl://:p@h:8021/x', /something after the port/],
    ],
    'addresses and origins': [
      ['TANDEM_SECURITY__ALLOWED_IPS', '10.0.0.0/33', /"10\.0\.0\.0\/33" is not accepted/],
      ['TANDEM_SECURITY__TRUSTED_PROXIES', 'proxy.example.com', /is not accepted/],
      ['TANDEM_SECURITY__ALLOWED_ORIGINS', 'app.example.com', /is not accepted/],
      ['TANDEM_SECURITY__ALLOWED_ORIGINS', 'https://app.example.com:443', /is not accepted/],
    ],
    'other values': [
      ['TANDEM_HOST', 'http://127.0.0.1', /is not accepted/],
      ['TANDEM_PORT', '80.5', /is no whole number/],
      ['TANDEM_PORT', '-1', /is too small/],
      ['TANDEM_API_KEY', 'two words', /is not accepted/],
      ['TANDEM_SECRET_KEY', 'short', /is not accepted/],
      ['TANDEM_SECURITY__AUTH_MODE', 'none', /"none" is not known; allowed: one of global_key, per_key, both/],
      ['TANDEM_FREESWITCH__CACHE_DIR', 'relative', /an absolute path, or empty/],
      ['TANDEM_CACHE__EXCLUDE_ENDPOINTS', '/dashboard', /without a leading slash/],
    ],
  }
  for (const [what, cases] of Object.entries(refused)) {
    it(`${what} are checked`, () => {
      for (const [name, value, problem] of cases) assert.throws(() => load({ [name]: value }), problem, value)
    })
  }

  it('pages that contradict each other are refused', () => {
    assert.deepEqual(
      faultsOf(() => load({ TANDEM_PAGINATION__DEFAULT_PER_PAGE: '200' })),
      ['pagination.default_per_page 200 does not fit'],
    )
    assert.deepEqual(
      faultsOf(() => load({ TANDEM_PAGINATION__MIN_PER_PAGE: '101' })),
      ['pagination.min_per_page 101 is too large'],
    )
  })

  it('never show a secret', () => {
    const path = file('secret_key: hunter2\napi_key: "hunter2 hunter2"\n')
    const env = {
      TANDEM_CONFIG: path,
      TANDEM_DATABASE_URL: 'postgres://u:hunter2@h',
      TANDEM_SWITCH_URL: 'esl://:hunter2#@h:8021',
    }
    try {
      load(env)
      assert.fail('accepted')
    } catch (error) {
      assert.ok(error instanceof ConfigError)
      assert.equal(error.faults.length, 4)
      assert.doesNotMatch(error.message, /hunter2/)
    }
  })
})

describe('printing', () => {
  it('masks secrets and the passwords inside URLs, and nothing else', () => {
    const lines = load({
      TANDEM_API_KEY: 'hunter2-hunter2',
      TANDEM_SECRET_KEY: 'hunter2-hunter2-hunter2',
      TANDEM_DATABASE_URL: 'postgres://pbx:hunter2@db.example.com:5433/fusionpbx?sslmode=require&password=hunter2',
      TANDEM_SWITCH_URL: 'esl://:hunter2@10.0.0.1:8021,esl://:hunter2@10.0.0.2:8021',
    }).explain()
    assert.doesNotMatch(JSON.stringify(lines), /hunter2/)
    const shown = (key: string): unknown => lines.find((line) => line.key === key)?.value
    assert.equal(shown('api_key'), '***')
    assert.equal(shown('database_url'), 'postgres://pbx:***@db.example.com:5433/fusionpbx?sslmode=require&password=***')
    assert.deepEqual(shown('switch_url'), ['esl://:***@10.0.0.1:8021', 'esl://:***@10.0.0.2:8021'])
    const socket = 'postgres://pbx:hunter2@/fusionpbx?host=%2Fvar%2Frun%2Fpostgresql'
    const printed = load({ TANDEM_DATABASE_URL: socket }).explain()
    assert.equal(printed.find((line) => line.key === 'database_url')?.value, socket.replace('hunter2', '***'))
    assert.equal(printed.find((line) => line.key === 'api_key')?.value, '')
  })
})

describe('detection of FusionPBX', () => {
  const stock = `
#database system settings
database.0.type = pgsql
database.0.host = 127.0.0.1
database.0.port = 5432
database.0.sslmode = prefer
database.0.name = fusionpbx
database.0.username = fusionpbx
database.0.password = p@ss/w#rd%

#database switch settings
database.1.type = sqlite
database.1.path = /var/lib/freeswitch/db
database.1.name = core.db

project.path =

#cache settings
cache.method = file
cache.location = /var/cache/fusionpbx
switch.voicemail.dir = /var/lib/freeswitch/storage/voicemail
switch.recordings.dir = /var/lib/freeswitch/recordings
`
  const detect = (text: string, env: Record<string, string> = {}): Config => load(env, [file(text, 'config.conf')])
  const urlOf = (change: (text: string) => string): URL => new URL(detect(change(stock)).values.database_url)

  it('takes database, event socket and folders from a stock installation', () => {
    const path = file(stock, 'config.conf')
    const config = load({}, [join(folder, 'missing.conf'), path, file('database.0.type = mysql')])
    const url = new URL(config.values.database_url)
    assert.deepEqual([url.username, url.host, url.pathname], ['fusionpbx', '127.0.0.1:5432', '/fusionpbx'])
    assert.equal(decodeURIComponent(url.password), 'p@ss/w#rd%')
    assert.deepEqual(config.values.switch_url, ['esl://:ClueCon@127.0.0.1:8021'])
    assert.equal(config.values.freeswitch.voicemail_dir, '/var/lib/freeswitch/storage/voicemail')
    assert.equal(config.values.freeswitch.recordings_dir, '/var/lib/freeswitch/recordings')
    assert.equal(config.values.freeswitch.cache_dir, '/var/cache/fusionpbx')
    assert.equal(sourceOf(config, 'database_url'), `detected in ${path}`)
    assert.equal(sourceOf(config, 'port'), 'default')
  })

  it('gives sslmode the meaning FusionPBX gives it', () => {
    const parameters = (change: (text: string) => string): string => urlOf(change).search
    assert.equal(
      parameters((text) => text),
      '?sslmode=disable',
      'loopback',
    )
    const remote = (text: string): string => text.replace('host = 127.0.0.1', 'host = db.example.com')
    assert.equal(parameters(remote), '?sslmode=prefer&uselibpqcompat=true')
    assert.equal(
      parameters((text) => remote(text).replace('prefer', 'disable')),
      '?sslmode=disable',
    )
    assert.equal(
      parameters((text) => text.replace('prefer', 'require')),
      '?sslmode=require&uselibpqcompat=true',
    )
    const secure = 'database.0.secure = true\ndatabase.0.cert_authority = /etc/ca.pem\n'
    assert.equal(
      parameters((text) => remote(text) + secure),
      '?sslmode=verify-ca&uselibpqcompat=true&sslrootcert=%2Fetc%2Fca.pem',
    )
  })

  it('understands hosts of every kind', () => {
    assert.equal(urlOf((text) => text.replace('host = 127.0.0.1', 'host = ::1')).hostname, '[::1]')
    assert.equal(urlOf((text) => text.replace('database.0.host', 'database.0.hostaddr')).hostname, '127.0.0.1')
    const socket = urlOf((text) => text.replace('host = 127.0.0.1', 'host = /var/run/postgresql'))
    assert.equal(decodeURIComponent(socket.hostname), '/var/run/postgresql')
    assert.equal(socket.search, '?sslmode=disable')
  })

  it('reads the event socket by the keys of today, then by the older ones', () => {
    const older = 'event_socket.ip_address = 10.0.0.5\nevent_socket.port = 8022\nevent_socket.password = old\n'
    assert.deepEqual(detect(stock + older).values.switch_url, ['esl://:old@10.0.0.5:8022'])
    const today = 'switch.event_socket.host = fs\nswitch.event_socket.password = "n,w ; x"\n'
    const [url = ''] = detect(stock + older + today).values.switch_url
    assert.deepEqual([new URL(url).host, decodeURIComponent(new URL(url).password)], ['fs:8022', 'n,w ; x'])
  })

  it('reads quotes and comments as PHP does', () => {
    const text = stock.replace('/var/cache/fusionpbx', '"/var/cache/a b" ; moved').replace('# cache', '; cache')
    assert.equal(detect(text).values.freeswitch.cache_dir, '/var/cache/a b')
  })

  it('yields to the environment and to a file', () => {
    const env = { TANDEM_DATABASE_URL: 'postgres://x:y@z/db', TANDEM_FREESWITCH__CACHE_DIR: '/elsewhere' }
    const { values } = detect(stock, env)
    assert.deepEqual([values.database_url, values.freeswitch.cache_dir], ['postgres://x:y@z/db', '/elsewhere'])
    const embedded = detect(stock, { TANDEM_CONFIG: file("database_url: ''\nswitch_url: []") }).values
    assert.deepEqual([embedded.database_url, embedded.switch_url], ['', []])
  })

  it('stops where FusionPBX runs on no PostgreSQL, unless a database is given', () => {
    const sqlite = stock.replace('pgsql', 'sqlite')
    assert.deepEqual(
      faultsOf(() => detect(sqlite)),
      ['database_url is not set, and FusionPBX here runs on "sqlite"'],
    )
    assert.equal(detect(sqlite, { DATABASE_URL: 'postgres://x:y@z/db' }).values.database_url, 'postgres://x:y@z/db')
  })

  it('stops where the file may not be read, instead of serving an empty database of its own', (t) => {
    const path = file(stock, 'config.conf')
    chmodSync(path, 0)
    // A folder in its place cannot be read by anyone, root included.
    const unreadable = process.getuid?.() === 0 ? folder : path
    t.after(() => chmodSync(path, 0o600))
    assert.match(
      faultsOf(() => load({}, [unreadable]))[0] ?? '',
      /^database_url is not set, and the file cannot be read/,
    )
  })

  it('never writes the file', () => {
    const path = file(stock, 'config.conf')
    chmodSync(path, 0o400)
    assert.equal(load({}, [path]).values.database_url.startsWith('postgres://'), true)
  })
})
