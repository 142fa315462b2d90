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
