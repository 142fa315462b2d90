import { randomUUID } from 'node:crypto'
import type { Effect } from '../../adapters/effects.ts'
import type { AfterEffect, Change } from '../core/define.ts'
import type { ExtensionFields } from './fields.ts'

type After = AfterEffect<ExtensionFields>
type Row = NonNullable<Change<ExtensionFields>['after']>

/** The directory entries of one extension: FusionPBX caches one per name it answers to (facts 2). */
const entries = (row: Row | null, domain: string): string[] =>
  [row?.extension, row?.number_alias].flatMap((name) =>
    name ? [`directory:${name}@${row?.user_context ?? domain}`] : [],
  )

/** Access lists name the domains that have an enabled extension (facts 9), so they are read again. */
export const reloadAccessLists: After = () => [{ to: 'switch', command: ['reloadacl'] }]

/** Forgets the directory entries under the old and the new names, aliases and contexts. */
export const forgetDirectory: After = ({ before, after, domain }) =>
  [...new Set([...entries(before, domain.name), ...entries(after, domain.name)])].map(
    (key): Effect => ({ to: 'cache', key }),
  )

/** Lamps of other phones show who is not to be disturbed: what FusionPBX fires when that or a forward changes (forms). */
export const tellLamps: After = ({ before, after, domain }) => {
  const changed = (['do_not_disturb', 'forward_all_enabled'] as const).some(
    (field) => after?.[field] !== undefined && (before?.[field] ?? false) !== (after[field] ?? false),
  )
  const number = after?.extension ?? before?.extension
  if (!changed || !number) return []
  const isBusy = (after?.do_not_disturb ?? before?.do_not_disturb) === true
  const headers = {
    proto: 'sip',
    login: `${number}@${domain.name}`,
    from: `${number}@${domain.name}`,
    status: 'Active (1 waiting)',
    rpid: 'unknown',
    event_type: 'presence',
    alt_event_type: 'dialog',
    event_count: '1',
    'unique-id': randomUUID(),
    'Presence-Call-Direction': 'outbound',
    'answer-state': isBusy ? 'confirmed' : 'terminated',
  }
  return [{ to: 'event', name: 'PRESENCE_IN', headers }]
}
