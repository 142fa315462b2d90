import type { ColumnCatalog } from '../../adapters/database/columns.ts'
import type { Queryable } from '../../adapters/database/database.ts'
import type { Proof } from '../../adapters/effects.ts'
import type { SwitchNode } from '../../adapters/switch/switch.ts'
import { command } from '../../esl/index.ts'

/** What a switch was asked and showed: `isThere` is what the committed row wants to see. */
export interface Shown {
  readonly what: string
  readonly isThere: boolean
  readonly said: string
}

type Ask = (database: Queryable, node: SwitchNode, key: string, columns: ColumnCatalog) => Promise<Shown>

/** One element of sofia's gateway XML. Only its own lines count: values are not escaped (facts 4). */
const element = (xml: string, name: string): string | undefined =>
  new RegExp(`^ {4}<${name}>(.*)</${name}>$`, 'm').exec(xml)?.[1]

const bareHost = (uri: string | null | undefined): string => (uri ?? '').replace(/^sips?:/, '').toLowerCase()

interface GatewayRow {
  readonly [column: string]: unknown
  readonly enabled: boolean
  readonly profile: string | null
  readonly proxy: string | null
  readonly register_proxy: string | null
  readonly username: string | null
  readonly hostname: string | null
}

/** Is the gateway loaded with what the row says, or gone with it? Its password is never shown by the switch. */
const gateway: Ask = async (database, node, key) => {
  const [row] = await database.query<GatewayRow>(
    `select coalesce(enabled::text, '') = 'true' as enabled, profile, proxy, register_proxy, username, hostname
       from v_gateways where gateway_uuid = $1::uuid`,
    [key],
  )
  const xml = await node.api(command('sofia', 'xmlstatus', 'gateway', key), 1000)
  const isLoaded = element(xml, 'name')?.toLowerCase() === key.toLowerCase()
  const elsewhere = row?.hostname ? row.hostname !== node.status().hostname : false
  if (!row?.enabled || elsewhere)
    return { what: 'is the gateway unloaded', isThere: !isLoaded, said: isLoaded ? 'loaded' : 'not loaded' }
  const what = 'is the gateway loaded as its row says'
  if (!isLoaded) return { what, isThere: false, said: 'not loaded' }
  const different = [
    element(xml, 'profile') === (row.profile ?? 'external') ? '' : 'profile',
    [row.proxy, row.register_proxy].map(bareHost).includes(bareHost(element(xml, 'proxy'))) ? '' : 'proxy',
    !row.username || element(xml, 'username') === row.username ? '' : 'username',
  ].filter((name) => name !== '')
  const state = element(xml, 'state') ?? 'unknown'
  if (different.length === 0) return { what, isThere: true, said: `loaded, ${state}` }
  return { what, isThere: false, said: `loaded with another ${different.join(', ')}` }
}

/** Passwords that every way of serving the directory passes on as they are: FusionPBX's own handler drops `$`. */
const plainPassword = /^[\w.!*?+=,;:@#%/-]+$/

interface ExtensionRow {
  readonly [column: string]: unknown
  readonly extension: string
  readonly password: string | null
  readonly enabled: boolean
  readonly domain_name: string
}

/** Does the switch's directory serve this very extension, with this password? */
const directory: Ask = async (database, node, key) => {
  const [row] = await database.query<ExtensionRow>(
    `select e.extension, e.password, d.domain_name, coalesce(e.enabled::text, '') = 'true' and coalesce(d.domain_enabled::text, '') = 'true' as enabled
       from v_extensions e join v_domains d using (domain_uuid) where e.extension_uuid = $1::uuid`,
    [key],
  )
  if (!row)
    return { what: 'is the extension gone', isThere: true, said: 'its row is gone; its cached entry was deleted' }
  const ask = (kind: 'var' | 'param', name: string): Promise<string> =>
    node.api(command('user_data', `${row.extension}@${row.domain_name}`, kind, name), 1000)
  const served = (await ask('var', 'extension_uuid')).trim()
  if (!row.enabled) {
    const isGone = served.toLowerCase() !== key.toLowerCase()
    return {
      what: 'does the directory no longer serve it',
      isThere: isGone,
      said: isGone ? 'not served' : 'still served',
    }
  }
  const what = 'does the directory serve it'
  if (served.toLowerCase() !== key.toLowerCase()) return { what, isThere: false, said: 'not served' }
  if (row.password === null || !plainPassword.test(row.password)) return { what, isThere: true, said: 'served' }
  const isSame = (await ask('param', 'password')).trim() === row.password
  return { what, isThere: isSame, said: isSame ? 'served, with this password' : 'served, with another password' }
}

/** How a switch is asked whether a row has arrived, by the kind of row. */
export const proofs: Readonly<Record<Proof, Ask>> = { gateway, directory }
