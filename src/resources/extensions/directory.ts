import type { Effect } from '../../adapters/effects.ts'
import type { AfterEffect, Change } from '../core/define.ts'
import { boxNumber, boxNumbers, messageLamp } from '../voicemails/box.ts'
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

/** The box's directory on disk follows the row (facts 3). */
export const followBoxOnDisk: After = ({ operation, before, after, given, domain }) => {
  if (operation === 'remove')
    return boxNumbers(before ?? {}).map(
      (box): Effect => ({ to: 'files', action: 'remove-voicemail', domain: domain.name, box }),
    )
  const [from, to] = [before && boxNumber(before), after && boxNumber(after)]
  const effects: Effect[] =
    from && to && from !== to
      ? [{ to: 'files', action: 'move-voicemail', domain: domain.name, box: from, target: to }]
      : []
  if (given.voicemail_enabled === true && to)
    effects.push({ to: 'files', action: 'make-voicemail', domain: domain.name, box: to })
  return effects
}

/** Clears the lamps of boxes that are gone. */
export const clearLamps: After = ({ before, domain }) =>
  boxNumbers(before ?? {}).map((box) => messageLamp(box, domain.name))
