import type { Fields } from '../../fields/field.ts'
import type { AfterEffect } from '../core/define.ts'

/** The switch reads its access lists anew, and not from the cache (facts 9; S004-ACL-CREATE). */
const reload: AfterEffect<Fields> = () => [
  { to: 'cache', key: 'configuration:acl.conf' },
  { to: 'switch', command: ['reloadacl'] },
]

/** What every change of a list, or of a network in it, has to tell. */
export const listChanged = { create: [reload], update: [reload], remove: [reload] }

/** FusionPBX's application (app/access_controls/app_config.php). */
export const accessControlsApp = { name: 'access_controls', uuid: '1416a250-f6e1-4edc-91a6-5c9b883638fd' }
