import { isOn, type TextRow, textOf } from '../columns.ts'
import type { XmlAnswerer, XmlWorld } from '../door.ts'
import { element, inert } from '../write.ts'
import { configuration } from './document.ts'

type NodeRow = TextRow<'list' | 'node_type' | 'node_cidr' | 'node_description'>

/** Lists through which the users of every domain pass by their addresses (facts 9, access controls). */
const withDomains: ReadonlySet<string> = new Set(['providers', 'domains'])

/** Access lists: FusionPBX's access controls, with the domains that have users. */
export function acl({ database, columns }: XmlWorld): XmlAnswerer {
  const control = (column: string): string => textOf(columns, 'v_access_controls', 'a', column)
  const node = (column: string): string => textOf(columns, 'v_access_control_nodes', 'n', column)
  const lists = `select a.access_control_uuid::text as uuid, ${control('access_control_name')} as name,
    ${control('access_control_default')} as standard from v_access_controls a order by a.access_control_name, a.ctid`
  const nodes = `select n.access_control_uuid::text as list, ${node('node_type')} as node_type,
    ${node('node_cidr')} as node_cidr, ${node('node_description')} as node_description
    from v_access_control_nodes n where n.node_cidr <> '' order by n.ctid`
  const domains = `select d.domain_name as name, ${textOf(columns, 'v_domains', 'd', 'domain_description')} as description
    from v_domains d where ${isOn(columns, 'v_domains', 'd', 'domain_enabled')}
      and exists (select from v_extensions e where e.domain_uuid = d.domain_uuid and ${isOn(columns, 'v_extensions', 'e', 'enabled')})
    order by d.ctid`
  return async () => {
    const [listRows, nodeRows, domainRows] = await Promise.all([
      database.query<TextRow<'uuid' | 'name' | 'standard'>>(lists, []),
      database.query<NodeRow>(nodes, []),
      database.query<TextRow<'name' | 'description'>>(domains, []),
    ])
    const addresses = (list: string): string =>
      nodeRows
        .filter((row) => row.list === list)
        .map(({ node_type, node_cidr, node_description }) =>
          element('node', {
            type: inert(node_type),
            cidr: inert(node_cidr),
            description: inert(node_description),
          }),
        )
        .join('')
    const everyDomain = domainRows
      .map(({ name, description }) =>
        element('node', { type: 'allow', domain: inert(name), description: inert(description) }),
      )
      .join('')
    const body = listRows.map(({ uuid, name, standard }) =>
      element(
        'list',
        { name: inert(name), default: inert(standard) },
        addresses(uuid) + (withDomains.has(name) ? everyDomain : ''),
      ),
    )
    return configuration('acl', 'Network Lists', element('network-lists', {}, body.join('')))
  }
}
