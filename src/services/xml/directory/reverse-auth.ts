import type { TextRow } from '../columns.ts'
import { isOn, textList } from '../columns.ts'
import { domainNameOf, type XmlAnswerer, type XmlWorld } from '../door.ts'
import { element, inert, param, xmlDocument } from '../write.ts'

/** The name and password with which the switch itself answers a challenge for a user. */
export function reverseAuth({ database, columns }: XmlWorld): XmlAnswerer {
  const statement = `select d.domain_name, ${textList(columns, 'v_extensions', 'e', ['extension', 'number_alias', 'password'])}
    from v_domains d join v_extensions e on e.domain_uuid = d.domain_uuid
    where d.domain_name = $1 and ${isOn(columns, 'v_domains', 'd', 'domain_enabled')}
      and (e.extension = $2 or e.number_alias = $2) and ${isOn(columns, 'v_extensions', 'e', 'enabled')}
    order by (e.extension = $2) desc limit 1`
  return async (request) => {
    const [row] = await database.query<TextRow<'domain_name' | 'extension' | 'number_alias' | 'password'>>(statement, [
      domainNameOf(request) ?? '',
      request.get('user') ?? '',
    ])
    if (row === undefined) return undefined
    const alias = row.number_alias === '' ? {} : { 'number-alias': inert(row.number_alias) }
    const params = param('reverse-auth-user', inert(row.extension)) + param('reverse-auth-pass', row.password)
    const user = element('user', { id: inert(row.extension), ...alias }, element('params', {}, params))
    return xmlDocument('directory', element('domain', { name: inert(row.domain_name), alias: 'true' }, user))
  }
}
