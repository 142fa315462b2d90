import { boolean, text } from '../fields/field.ts'
import { resource } from './core/define.ts'

/** The tenants themselves (FusionPBX core/domains; demands S002-DOM-LIST, S004-DOM-LIST, C-02). */
export const domains = resource({
  name: 'domains',
  title: 'Domain',
  about: 'Tenants of the system.',
  table: 'v_domains',
  key: 'domain_uuid',
  scope: 'tenants',
  operations: ['list'],
  permission: 'domain',
  app: { name: 'domains', uuid: '8b91605b-f6d2-42e6-a56d-5d1ded01bb44' },
  sort: ['domain_name'],
  fields: {
    domain_name: text({ shown: 'list', filter: true, about: 'Name that users and phones log in with.' }),
    domain_enabled: boolean({ shown: 'list', about: 'Its phones may register and its key may be used.' }),
    domain_description: text({ shown: 'list', about: 'A note for people.' }),
  },
})
