import type { ColumnCatalog } from '../../../adapters/database/columns.ts'
import { isOn, type TextRow, textList, textOf } from '../columns.ts'
import { domainNameOf, type XmlAnswerer, type XmlWorld } from '../door.ts'
import { element, inert, param, variable, xmlDocument } from '../write.ts'
import { inDefaultGroup } from './user.ts'

/** Every domain by its name: what FreeSWITCH asks to know whether one exists, and at each rescan. */
export function domainList({ database }: XmlWorld): XmlAnswerer {
  const statement = `select d.domain_name from v_domains d where d.domain_name is not null order by d.ctid`
  return async () => {
    const rows = await database.query<TextRow<'domain_name'>>(statement, [])
    return xmlDocument(
      'directory',
      rows.map(({ domain_name }) => element('domain', { name: inert(domain_name) })).join(''),
    )
  }
}

/** Rows with `domain_name` as one `<domain>` for each run of equal names. */
function byDomain<R extends { domain_name: string }>(rows: readonly R[], user: (row: R) => string): string {
  const users = new Map<string, string>()
  for (const row of rows) users.set(row.domain_name, (users.get(row.domain_name) ?? '') + user(row))
  return [...users]
    .map(([name, inside]) => element('domain', { name: inert(name), alias: 'true' }, inDefaultGroup(inside)))
    .join('')
}

/** Users who are known by their address, for the access lists that name a domain. */
export function networkList({ database, columns }: XmlWorld): XmlAnswerer {
  const statement = `select d.domain_name, ${textList(columns, 'v_extensions', 'e', ['extension', 'cidr'])}
    from v_domains d join v_extensions e on e.domain_uuid = d.domain_uuid
    where e.cidr is not null and e.cidr <> '' and ($1::text is null or d.domain_name = $1) order by d.domain_name, e.ctid`
  return async (request) => {
    const rows = await database.query<TextRow<'domain_name' | 'extension' | 'cidr'>>(statement, [
      domainNameOf(request) ?? null,
    ])
    return xmlDocument(
      'directory',
      byDomain(rows, ({ extension, cidr }) => element('user', { id: inert(extension), cidr: inert(cidr) })),
    )
  }
}

const namesStatement = (columns: ColumnCatalog): string => {
  const on = (table: string, alias: string, column: string): string => isOn(columns, table, alias, column)
  const names = [
    'extension',
    'number_alias',
    'effective_caller_id_name',
    'directory_first_name',
    'directory_last_name',
    'directory_visible',
    'directory_exten_visible',
  ]
  return `select d.domain_name, ${textList(columns, 'v_extensions', 'e', names)}
    from v_domains d join v_extensions e on e.domain_uuid = d.domain_uuid
    where (${on('v_extensions', 'e', 'directory_visible')} or ${on('v_extensions', 'e', 'directory_exten_visible')})
      and ${on('v_extensions', 'e', 'enabled')} and ${on('v_domains', 'd', 'domain_enabled')}
      and ($1::text is null or d.domain_name = $1) order by d.domain_name, e.extension`
}

type NameRow = TextRow<
  | 'domain_name'
  | 'extension'
  | 'number_alias'
  | 'effective_caller_id_name'
  | 'directory_first_name'
  | 'directory_last_name'
  | 'directory_visible'
  | 'directory_exten_visible'
>

function listedUser(row: NameRow): string {
  const filled = (make: (name: string, value: string) => string, name: string, value: string): string =>
    value === '' ? '' : make(name, inert(value))
  const params =
    filled(param, 'directory-visible', row.directory_visible) +
    filled(param, 'directory-exten-visible', row.directory_exten_visible)
  const name = [row.directory_first_name, row.directory_last_name].filter(Boolean).join(' ')
  const variables =
    filled(variable, 'effective_caller_id_name', row.effective_caller_id_name) +
    filled(variable, 'directory_full_name', name)
  return element(
    'user',
    { id: inert(row.extension), ...(row.number_alias === '' ? {} : { 'number-alias': inert(row.number_alias) }) },
    element('params', {}, params) + element('variables', {}, variables),
  )
}

/** Who can be found by name: the list of mod_directory. FusionPBX means to answer it and fails (captured pair). */
export function nameList({ database, columns }: XmlWorld): XmlAnswerer {
  const statement = namesStatement(columns)
  return async (request) =>
    xmlDocument(
      'directory',
      byDomain(await database.query<NameRow>(statement, [domainNameOf(request) ?? null]), listedUser),
    )
}

/** Names of the groups an extension is in: separated by commas, blanks around them do not count. */
const groupsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
]

function groupElements(rows: readonly TextRow<'extension' | 'call_group'>[]): string {
  const members = new Map<string, string[]>()
  for (const { extension, call_group } of rows)
    for (const name of groupsOf(call_group)) members.set(name, [...(members.get(name) ?? []), extension])
  const users = (extensions: string[]): string =>
    extensions.map((extension) => element('user', { id: inert(extension), type: 'pointer' })).join('')
  return [...members]
    .map(([name, extensions]) => element('group', { name: inert(name) }, element('users', {}, users(extensions))))
    .join('')
}

/** Call groups of a domain and who is in them. FusionPBX means to answer it and always answers none (captured pair). */
export function groupList({ database, columns }: XmlWorld): XmlAnswerer {
  const statement = `select d.domain_name, e.extension, ${textOf(columns, 'v_extensions', 'e', 'call_group')} as call_group
    from v_domains d left join v_extensions e on e.domain_uuid = d.domain_uuid and e.call_group <> ''
      and ${isOn(columns, 'v_extensions', 'e', 'enabled')}
    where d.domain_name = $1 and ${isOn(columns, 'v_domains', 'd', 'domain_enabled')} order by e.extension`
  return async (request) => {
    const name = domainNameOf(request)
    if (name === undefined) return undefined
    const rows = await database.query<TextRow<'domain_name' | 'extension' | 'call_group'>>(statement, [name])
    if (rows.length === 0) return undefined
    return xmlDocument(
      'directory',
      element('domain', { name: inert(name) }, element('groups', {}, groupElements(rows))),
    )
  }
}
