import type { RowValues, Writer } from '../../adapters/database/writer.ts'
import type { Effect } from '../../adapters/effects.ts'

/**
 * The number under which an extension's voicemail box is kept: its alias when that is a number, else its own (facts 3).
 */
export function boxNumber(extension: { extension?: string | null; number_alias?: string | null }): string {
  const alias = extension.number_alias
  return alias && /^\d+$/.test(alias) ? alias : (extension.extension ?? '')
}

/** Every number under which an extension may have a box: one from before it got its alias is its own too (forms). */
export const boxNumbers = (extension: Parameters<typeof boxNumber>[0]): string[] => [
  ...new Set([boxNumber(extension), extension.extension ?? ''].filter((number) => number !== '')),
]

/** The same rule in SQL, for a row with this alias. */
export const boxNumberSql = (row: string): string =>
  `case when ${row}.number_alias ~ '^[0-9]+$' then ${row}.number_alias else ${row}.extension end`

/** Everything that goes with a box: options, messages, copies in both directions, greetings (facts 8). */
export async function removeBoxRows(
  writer: Writer,
  box: { voicemail_uuid: string; voicemail_id: string; domain_uuid: string },
): Promise<void> {
  const { voicemail_uuid, voicemail_id, domain_uuid } = box
  await writer.remove('v_voicemail_options', { voicemail_uuid })
  await writer.remove('v_voicemail_messages', { voicemail_uuid })
  await writer.remove('v_voicemail_destinations', { voicemail_uuid })
  await writer.remove('v_voicemail_destinations', { voicemail_uuid_copy: voicemail_uuid })
  await writer.remove('v_voicemail_greetings', { voicemail_id, domain_uuid })
}

/** The box of a tenant with this number, locked. */
export async function findBox(
  writer: Writer,
  domain_uuid: string,
  voicemail_id: string,
): Promise<RowValues | undefined> {
  const [row] = await writer.select(
    'v_voicemails',
    { domain_uuid, voicemail_id },
    { lock: true, order: 'voicemail_uuid' },
  )
  return row
}

/** Lights or clears the message lamp of a box (facts 8). */
export const messageLamp = (box: string, domain: string): Effect => ({
  to: 'switch',
  command: ['luarun', 'app.lua', 'voicemail', 'mwi', `${box}@${domain}`],
})
