import { text } from '../../fields/field.ts'
import { identifier, note } from '../../fields/telephony.ts'
import { child, resource } from '../core/define.ts'
import { accessControlsApp, listChanged } from './effects.ts'
import { nodeFields, verdicts } from './fields.ts'

const nodes = child({
  table: 'v_access_control_nodes',
  key: 'access_control_node_uuid',
  names: ['access_control_nodes', 'nodes'],
  about: 'Networks that the list tells apart.',
  identity: ['node_cidr'],
  sort: ['node_cidr'],
  max: 5000,
  fields: nodeFields,
})

/**
 * Access lists of the switch (FusionPBX app/access_controls; demands S004-ACL-*; facts 9). They hold the addresses of
 * every tenant's carriers, so a tenant's key does not read them.
 */
export const accessControls = resource({
  name: 'access-controls',
  title: 'Access control',
  about: 'Access lists: which addresses may do what on the switch.',
  table: 'v_access_controls',
  key: 'access_control_uuid',
  scope: 'global',
  permission: 'access_control',
  app: accessControlsApp,
  fields: {
    access_control_name: text({
      ...identifier,
      label: 'Access control name',
      required: true,
      shown: 'list',
      filter: true,
      about: 'Name by which SIP profiles and extensions refer to the list.',
      example: 'carriers',
    }),
    access_control_default: text({
      choices: verdicts,
      default: 'deny',
      shown: 'list',
      about: 'What holds for addresses in none of its networks.',
    }),
    access_control_description: text({ ...note, shown: 'list', about: 'A note for people.' }),
  },
  sort: ['access_control_name'],
  unique: [{ fields: ['access_control_name'], within: 'everywhere' }],
  checks: [
    // The switch takes a list without a default for one that denies; a person should not have to know.
    (values) =>
      values.access_control_default === null
        ? [{ field: 'access_control_default', label: 'Access control default', text: 'is required' }]
        : [],
  ],
  children: [nodes],
  effects: { after: listChanged },
})
