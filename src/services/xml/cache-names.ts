/** What of a request decides the answer that FusionPBX has kept in a file. */
export type CachedRequest = Readonly<Record<string, string>>

const directory = (fields: CachedRequest): CachedRequest => ({
  section: 'directory',
  tag_name: 'domain',
  key_name: 'name',
  ...fields,
})

const configuration = (name: string, fields: CachedRequest = {}): CachedRequest => ({
  section: 'configuration',
  tag_name: 'configuration',
  key_name: 'name',
  key_value: name,
  ...fields,
})

/** A kind of file: what its name looks like, and the request whose answer it holds. */
type Kind = readonly [pattern: RegExp, request: (...parts: string[]) => CachedRequest]

/** Keys of FusionPBX's handler as names of files, `:` written as `.` (facts fusionpbx-behaviour 0.4, 2). */
const kinds: readonly Kind[] = [
  [/^directory\.groups\.(.+)$/, (domain = '') => directory({ key_value: domain, action: 'group_call', domain })],
  [/^directory\.(.+)@([^@]+)$/, (user = '', domain = '') => directory({ key_value: domain, key: 'id', user, domain })],
  // In public contexts one file holds one number, which has no dot; contexts of tenants are names of domains.
  [/^dialplan\.(public|public@.+|.+\.public)\.([^.]+)$/, (context = '', number = '') => dialplan(context, number)],
  [/^dialplan\.(.+)$/, (context = '') => dialplan(context, '')],
  [
    /^(.+)\.configuration\.(sofia|callcenter)\.conf$/,
    (hostname = '', name = '') => configuration(`${name}.conf`, { hostname }),
  ],
  [/^configuration\.(acl|local_stream|translate)\.conf$/, (name = '') => configuration(`${name}.conf`)],
  [/^configuration\.ivr\.conf\.([0-9a-f-]{36})$/i, (menu = '') => configuration('ivr.conf', { 'Menu-Name': menu })],
  [
    /^languages\.([^.]+)\.([0-9a-f-]{36})$/i,
    (lang = '', name = '') => ({ section: 'languages', lang, macro_name: name }),
  ],
]

const dialplan = (context: string, number: string): CachedRequest => ({
  section: 'dialplan',
  'Hunt-Context': context,
  'Caller-Destination-Number': number,
})

/** Files of the cache beside the answers: settings, and how the dialplan is looked up. */
const beside = /^(setting\.|dialplan\.(mode|destination)$)/

/** The request whose answer a file of FusionPBX's cache holds, by the file's name; undefined for another file. */
export function cachedRequest(file: string): CachedRequest | undefined {
  if (beside.test(file)) return undefined
  for (const [pattern, request] of kinds) {
    const found = pattern.exec(file)
    if (found) return request(...found.slice(1))
  }
  return undefined
}
