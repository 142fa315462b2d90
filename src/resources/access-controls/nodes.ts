import { uuid } from '../../fields/field.ts'
import { resource } from '../core/define.ts'
import { accessControlsApp, listChanged } from './effects.ts'
import { nodeFields } from './fields.ts'

/** Networks of access lists, one by one (demands S004-ACLN-*; facts 9). */
export const accessControlNodes = resource({
  name: 'access-controls/nodes',
  title: 'Access control node',
  about: 'Networks of all access lists.',
  table: 'v_access_control_nodes',
  key: 'access_control_node_uuid',
  scope: 'global',
  permission: 'access_control_node',
  app: accessControlsApp,
  fields: {
    access_control_uuid: uuid({
      label: 'Access control',
      required: true,
      shown: 'list',
      filter: true,
      references: { table: 'v_access_controls', key: 'access_control_uuid', global: true },
      about: 'The list it stands in.',
    }),
    ...nodeFields,
  },
  sort: ['node_cidr'],
  effects: { after: listChanged },
})
