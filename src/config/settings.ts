import {
  assignments,
  databaseUrl,
  endpoints,
  flag,
  folder,
  headerSecret,
  host,
  oneOf,
  optionalFolder,
  origins,
  passphrase,
  ranges,
  switchUrls,
  whole,
} from './kinds.ts'
import type { Setting } from './setting.ts'

const perMinute = [1, 1_000_000] as const
const perHour = [1, 100_000_000] as const
const perPage = [1, 10_000] as const

/**
 * Every setting of Tandem by its dotted key: kind, default, one sentence. The type of the values, loading, checking,
 * printing and the names of the environment variables all follow from this list. The keys below `version`,
 * `rate_limit`, `pagination`, `cache`, `security`, `freeswitch` and `logging` are those of the documented API's own
 * configuration file, with its defaults.
 */
export const settings = {
  host: host('127.0.0.1', 'Address to listen on.'),
  port: whole(8080, [0, 65_535], 'Port to listen on; 0 takes a free one.'),
  data_dir: folder('.tandem', 'Folder of the embedded database, exports and secrets made here.'),
  database_url: databaseUrl(
    "FusionPBX's PostgreSQL; when it is not set and none is detected, or when a file sets it to empty text, the embedded database.",
  ),
  switch_url: switchUrls('Event sockets, one for each FreeSWITCH; without one, endpoints that need it answer 503.'),
  api_key: headerSecret("The global API key; when it is not set, the one in FusionPBX's default settings."),
  secret_key: passphrase('Encrypts stored secrets; when it is not set, one is made and kept in the data folder.'),
  log_level: oneOf(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    'info',
    'Least severe lines logged.',
  ),
  version: oneOf(['1.0'], '1.0', 'Version of the documented API that is served.'),

  'rate_limit.enabled': flag(true, 'Limits requests on the clean surface.'),
  'rate_limit.requests_per_minute': whole(60, perMinute, 'Requests a minute on the clean surface.'),
  'rate_limit.requests_per_hour': whole(1000, perHour, 'Requests an hour on the clean surface.'),
  'rate_limit.by_key': flag(true, 'Counts requests on the clean surface by API key; false counts by address.'),
  'native.rate_limit.enabled': flag(true, 'Limits requests on the native surface.'),
  'native.rate_limit.requests_per_minute': whole(600, perMinute, 'Requests a minute and key on the native surface.'),
  'native.rate_limit.requests_per_hour': whole(20_000, perHour, 'Requests an hour and key on the native surface.'),
  'actions.rate_limit.enabled': flag(false, 'Limits requests on the action surface, which documents no limit.'),
  'actions.rate_limit.requests_per_minute': whole(600, perMinute, 'Requests a minute and key on the action surface.'),
  'actions.rate_limit.requests_per_hour': whole(20_000, perHour, 'Requests an hour and key on the action surface.'),
  'ceiling.enabled': flag(true, 'Refuses an address that keeps failing to authenticate, on every surface.'),
  'ceiling.requests': whole(600, [1, 1_000_000], 'Failed authentications an address may have within the window.'),
  'ceiling.seconds': whole(10, [1, 3600], 'Length of that window in seconds.'),

  'pagination.default_per_page': whole(50, perPage, 'Rows on a page when the request does not say.'),
  'pagination.max_per_page': whole(100, perPage, 'Most rows on a page; a request for more gets this many.'),
  'pagination.min_per_page': whole(1, perPage, 'Fewest rows on a page.'),

  'cache.enabled': flag(true, 'Sends ETag and answers 304 when nothing changed.'),
  'cache.ttl': whole(300, [0, 86_400], 'Seconds a stored answer is used, when bodies are stored.'),
  'cache.body': flag(false, "Stores answers; off, because FusionPBX's own pages write behind us."),
  'cache.exclude_endpoints': endpoints(
    ['active-calls', 'registrations', 'dashboard/stats'],
    'Endpoints whose answers are never cached.',
  ),

  'security.require_https': flag(false, 'Refuses requests that did not reach a trusted proxy by HTTPS.'),
  'security.allowed_origins': origins(
    'Origins browsers may call from; * alone is any origin, and never goes with credentials.',
  ),
  'security.max_request_size': whole(10_485_760, [1024, 1_073_741_824], 'Most bytes of a request body.'),
  'security.auth_mode': oneOf(
    ['global_key', 'per_key', 'both'],
    'global_key',
    'Keys that are accepted: the global one, those of a domain, or both (those of a domain tried first).',
  ),
  'security.allowed_ips': ranges('Addresses that may call; none listed is everyone.'),
  'security.trusted_proxies': ranges('Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.'),

  'freeswitch.auto_regenerate_xml': flag(true, 'Writes dialplan XML anew when its parts change.'),
  'freeswitch.clear_cache_on_update': flag(true, "Empties FusionPBX's cache of what a write changed."),
  'freeswitch.voicemail_dir': optionalFolder('Folder of voicemail messages; empty where it cannot be reached.'),
  'freeswitch.cache_dir': optionalFolder("Folder of FusionPBX's file cache; empty where it cannot be reached."),
  'freeswitch.cache_method': oneOf(
    ['file', 'memcache'],
    'file',
    'Where FusionPBX keeps its cache: its `cache.method`.',
  ),

  'freeswitch.sounds_dir': optionalFolder(
    'Folder of sounds as the switch knows it; empty leaves that to its own variable sounds_dir.',
  ),
  'freeswitch.recordings_dir': optionalFolder(
    "Folder of recordings as the switch sees it; empty asks the switch (FusionPBX's layout lies below it).",
  ),

  'calls.originates_at_once': whole(5, [1, 1000], 'Calls that a domain may have set up over the API at once.'),
  'calls.originates_per_minute': whole(30, [1, 100_000], 'Calls a minute that a domain may have set up over the API.'),

  'events.heartbeat_seconds': whole(15, [1, 3600], 'Seconds between signs of life on a quiet stream of events.'),
  'events.slow_seconds': whole(10, [1, 3600], 'Seconds a reader of a stream may take nothing before it is cut.'),
  'events.recheck_seconds': whole(30, [1, 55], 'Seconds after which a stream asks again whether its key still holds.'),
  'events.max_listeners': whole(10_000, [1, 1_000_000], 'Streams of events open at once.'),
  'events.kept_seconds': whole(600, [1, 86_400], 'Seconds past events are kept for streams that resume.'),
  'events.kept_bytes': whole(134_217_728, [65_536, 17_179_869_184], 'Most bytes of past events kept.'),
  'events.check_seconds': whole(
    30,
    [1, 3600],
    "Seconds between comparisons of live state with the switch's own tables.",
  ),

  'logging.enabled': flag(true, 'Writes a log.'),
  'logging.log_requests': flag(true, 'Logs every request.'),
  'logging.log_errors': flag(true, 'Logs every error.'),
  'logging.log_slow_requests': flag(true, 'Logs slow requests as warnings.'),
  'logging.slow_request_threshold': whole(1000, [0, 600_000], 'Milliseconds from which a request is slow.'),

  'database.pool_size': whole(10, [1, 1000], 'Most connections to the database held at once.'),
  'database.prepared': flag(true, 'Uses named prepared statements; off behind a pooler in transaction mode.'),
  'database.statement_timeout_ms': whole(15_000, [0, 3_600_000], 'Milliseconds a statement may run; 0 is for ever.'),

  'mail.user_created': flag(false, "Queues FusionPBX's mail to a user who was created."),
  'hooks.xml.enabled': flag(true, 'Answers what mod_xml_curl of FreeSWITCH asks at /hooks/xml.'),
  'hooks.xml.allowed_ips': ranges('Addresses that may ask there; the answers hold SIP passwords.', [
    '127.0.0.0/8',
    '::1',
  ]),
  'hooks.xml.user': headerSecret('User of the basic authentication there; when user and password are empty, none.'),
  'hooks.xml.password': headerSecret('Password of the basic authentication there.'),
  'hooks.xml.max_body_bytes': whole(262_144, [4096, 16_777_216], 'Most bytes of a request there.'),
  'hooks.xml.cacheable_ms': whole(
    0,
    [0, 86_400_000],
    'Milliseconds the switch may keep a user it was told of; 0 is not at all.',
  ),
  'hooks.xml.files_root': folder(
    '/',
    'Folder below which the files of the switch are found from here: / on its own host; elsewhere any that holds none.',
  ),
  'hooks.xml.variables': assignments(
    'Global variables of the switch, name=value; those that are not known are left for the switch to fill in.',
  ),
  'receipts.kept_days': whole(90, [1, 3650], 'Days that receipts are kept; what is still owed is kept longer.'),
  'server.shutdown_grace_ms': whole(10_000, [0, 600_000], 'Milliseconds running requests have when the server stops.'),
} as const satisfies Readonly<Record<string, Setting<unknown>>>

/** A dotted key of the list. */
export type SettingKey = keyof typeof settings

/** All keys, in the order of the list. */
export const settingKeys = Object.keys(settings) as readonly SettingKey[]

/** The setting of a key, seen without the type of its value. */
export const settingOf = (key: SettingKey): Setting<unknown> => settings[key]

/** True for text that is a key of the list. */
export const isSettingKey = (text: string): text is SettingKey => Object.hasOwn(settings, text)

/** Name of a setting in the environment: `rate_limit.by_key` is `TANDEM_RATE_LIMIT__BY_KEY`. */
export const environmentName = (key: string): string => `TANDEM_${key.toUpperCase().replaceAll('.', '__')}`

type Head<K> = K extends `${infer H}.${string}` ? H : K
type Below<S, H extends string> = { [K in keyof S as K extends `${H}.${infer R}` ? R : never]: S[K] }
type Nested<S> = {
  readonly [H in Head<keyof S & string>]: H extends keyof S
    ? S[H] extends Setting<infer V>
      ? V
      : never
    : Nested<Below<S, H>>
}

/** The values of all settings, nested by the dots of their keys. */
export type Values = Nested<typeof settings>
