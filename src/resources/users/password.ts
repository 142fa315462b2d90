import bcrypt from '@node-rs/bcrypt'
import type { Fault } from '../../errors.ts'
import type { SettingReader } from '../../fields/field.ts'

/** PHP's password_hash as FusionPBX calls it: bcrypt, cost 10, prefix `$2y$` (facts 11). Runs off the main thread. */
export const hashPassword = (password: string): Promise<string> => bcrypt.hash(password, { cost: 10, version: '2y' })

/** FusionPBX's rules about passwords of users, each switched by a setting of category `users` (facts 11, forms). */
const rules = [
  { setting: 'password_number', pattern: /\d/, text: 'must hold a digit' },
  { setting: 'password_lowercase', pattern: /\p{Ll}/u, text: 'must hold a lower-case letter' },
  { setting: 'password_uppercase', pattern: /\p{Lu}/u, text: 'must hold an upper-case letter' },
  { setting: 'password_special', pattern: /[^\p{L}\p{N}]/u, text: 'must hold a special character' },
] as const

export const passwordSettings = [
  ['users', 'password_length'],
  ...rules.map((rule) => ['users', rule.setting] as const),
] as const

/** What is wrong with a password by the rules in force. */
export function passwordFaults(password: string, settings: SettingReader): Fault[] {
  const fault = (text: string): Fault => ({ field: 'password', label: 'Password', text })
  const length = Number(settings.text('users', 'password_length') ?? 12)
  return [
    ...(password.length < length ? [fault(`must be at least ${length} characters long`)] : []),
    // bcrypt reads no more than 72 bytes: what follows would not protect anything.
    ...(Buffer.byteLength(password) > 72 ? [fault('must be at most 72 bytes long')] : []),
    ...rules.flatMap((rule) =>
      settings.text('users', rule.setting) === 'true' && !rule.pattern.test(password) ? [fault(rule.text)] : [],
    ),
  ]
}
