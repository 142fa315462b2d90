import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { type SettingKey, settings } from '../settings.ts'
import { parseConfigConf } from './config-conf.ts'
import type { Entry, Layer } from './layer.ts'

/** Where FusionPBX looks for its own configuration, in its order (Linux, BSD). The first that exists counts. */
export const fusionpbxConfigFiles: readonly string[] = [
  '/etc/fusionpbx/config.conf',
  '/usr/local/etc/fusionpbx/config.conf',
]

type Conf = ReadonlyMap<string, string>

/** The first of the keys that has a value. */
const firstOf = (conf: Conf, ...keys: string[]): string => keys.map((key) => conf.get(key)).find(Boolean) ?? ''

const inUrl = (host: string): string => (isIPv6(host) ? `[${host}]` : encodeURIComponent(host))

/** True for Unix sockets and loopback: nothing travels where others could read it. */
const isLocal = (host: string): boolean => host.startsWith('/') || /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)

/**
 * How the driver has to be told what libpq means by FusionPBX's sslmode. The driver reads `prefer` and `require` as
 * "verify everything", which no stock installation passes (its certificate is self-signed); `uselibpqcompat` gives
 * them libpq's meaning. It cannot fall back from TLS to plain text within a connection, so that on the host itself,
 * where TLS protects nothing, `prefer` becomes `disable`, which every server accepts; so does `allow`, which
 * starts in plain text.
 */
function sslParameters(conf: Conf, host: string): URLSearchParams {
  const authority = conf.get('database.0.cert_authority')
  const secure = conf.get('database.0.secure') === 'true'
  const mode = secure ? 'verify-ca' : firstOf(conf, 'database.0.sslmode') || 'prefer'
  if (mode === 'disable' || mode === 'allow' || (mode === 'prefer' && isLocal(host))) {
    return new URLSearchParams({ sslmode: 'disable' })
  }
  return new URLSearchParams({
    sslmode: mode,
    uselibpqcompat: 'true',
    ...(authority ? { sslrootcert: authority } : {}),
  })
}

function databaseUrl(conf: Conf): string {
  const host = firstOf(conf, 'database.0.host', 'database.0.hostaddr') || '127.0.0.1'
  const port = conf.get('database.0.port') || '5432'
  const user = encodeURIComponent(conf.get('database.0.username') || 'fusionpbx')
  const password = encodeURIComponent(conf.get('database.0.password') ?? '')
  const name = encodeURIComponent(conf.get('database.0.name') || 'fusionpbx')
  return `postgres://${user}:${password}@${inUrl(host)}:${port}/${name}?${sslParameters(conf, host)}`
}

/** FusionPBX's own order of keys and its own fallbacks: without any of the keys it calls the stock event socket. */
function switchUrl(conf: Conf): string {
  const host = firstOf(conf, 'switch.event_socket.host', 'event_socket.ip_address') || '127.0.0.1'
  const port = firstOf(conf, 'switch.event_socket.port', 'event_socket.port') || '8021'
  const password = firstOf(conf, 'switch.event_socket.password', 'event_socket.password') || 'ClueCon'
  return `esl://:${encodeURIComponent(password)}@${inUrl(host)}:${port}`
}

function readFirst(
  paths: readonly string[],
): { path: string; text: string } | { path: string; code: string } | undefined {
  for (const path of paths) {
    try {
      return { path, text: readFileSync(path, 'utf8') }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      if (code !== 'ENOENT' && code !== 'ENOTDIR') return { path, code }
    }
  }
  return undefined
}

/** Settings that FusionPBX's own configuration on this host answers. The file is read and never written. */
export function fusionpbxLayer(paths: readonly string[]): Layer {
  const entries = new Map<SettingKey, Entry>()
  const found = readFirst(paths)
  if (found === undefined) return { entries, faults: [] }
  const source = `detected in ${found.path}`
  // A PBX host whose database is not known must stop the start: the embedded one would be a silent surprise there.
  const noDatabase = (problem: string): Layer => ({
    entries,
    faults: [{ key: 'database_url', problem, allowed: settings.database_url.allowed, source }],
  })
  if ('code' in found) return noDatabase(`is not set, and the file cannot be read (${found.code})`)
  const conf = parseConfigConf(found.text)
  const give = (key: SettingKey, given: string): void => {
    if (given !== '') entries.set(key, { given, source })
  }
  give('switch_url', switchUrl(conf))
  give('freeswitch.voicemail_dir', firstOf(conf, 'switch.voicemail.dir'))
  give('freeswitch.recordings_dir', firstOf(conf, 'switch.recordings.dir'))
  give('freeswitch.cache_dir', firstOf(conf, 'cache.location'))
  give('freeswitch.cache_method', firstOf(conf, 'cache.method'))
  give('freeswitch.sounds_dir', firstOf(conf, 'switch.sounds.dir'))
  const type = conf.get('database.0.type') || 'pgsql'
  if (type !== 'pgsql') return noDatabase(`is not set, and FusionPBX here runs on ${JSON.stringify(type)}`)
  give('database_url', databaseUrl(conf))
  return { entries, faults: [] }
}
