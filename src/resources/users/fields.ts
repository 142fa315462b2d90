import { randomUUID } from 'node:crypto'
import { boolean, type DefaultFacts, elsewhere, input, text, textList, uuid } from '../../fields/field.ts'
import { displayName, identifier, mailAddresses } from '../../fields/telephony.ts'
import { hashPassword } from './password.ts'

const contactColumn = (column: string) => (row: string) =>
  `(select c.${column} from v_contacts c where c.contact_uuid = ${row}.contact_uuid and c.domain_uuid = ${row}.domain_uuid)`

const setting = (subcategory: string) => (row: string) =>
  `(select s.user_setting_value from v_user_settings s where s.user_uuid = ${row}.user_uuid
     and s.user_setting_category = 'domain' and s.user_setting_subcategory = '${subcategory}' order by s.user_setting_uuid limit 1)`

/** Fields that make a contact when one of them is sent (S002-USER-CREATE-FX). */
export const contactFields = [
  'contact_name_given',
  'contact_name_family',
  'contact_organization',
  'contact_email',
  'contact_url',
  'contact_nickname',
] as const

const contactWhenNamed = ({ given }: DefaultFacts): string | null =>
  contactFields.some((name) => given[name]) ? randomUUID() : null

const isTimeZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/**
 * The columns of `v_users` and what FusionPBX keeps beside them: settings, groups and the contact (facts 11). Passwords
 * and API keys are written, never read (S002-SEC-PWD).
 */
export const userFields = {
  username: text({
    label: 'Username',
    required: true,
    shown: 'list',
    filter: true,
    max: 255,
    pattern: /^[^\s"'<>&\\]+$/,
    says: 'must not hold white space, quotes, angle brackets, & or \\',
    about: 'Log-in name, unique in the tenant.',
    example: 'jdoe',
  }),
  password: text({
    label: 'Password',
    required: true,
    shown: 'never',
    secret: 'strong',
    max: 255,
    seal: hashPassword,
    about: 'Log-in password; stored as a bcrypt hash.',
    example: 'SecurePassword123!',
  }),
  user_email: text({
    ...mailAddresses,
    shown: 'list',
    filter: true,
    about: "E-mail address. FusionPBX's page asks for one before it saves a user.",
  }),
  user_enabled: boolean({ shown: 'list', default: true, filter: true, about: 'May log in.' }),
  user_status: text({ ...displayName, about: 'Status, as call-centre agents have one.' }),
  user_language: elsewhere(
    text({ ...identifier, about: 'Language of the pages.', example: 'en-us' }),
    'text',
    setting('language'),
  ),
  user_time_zone: elsewhere(
    text({
      max: 64,
      pattern: /^[A-Za-z0-9_+/-]+$/,
      says: 'must be a time zone such as America/New_York',
      accepts: isTimeZone,
      about: 'Time zone.',
      example: 'America/New_York',
    }),
    'text',
    setting('time_zone'),
  ),
  api_key: text({
    label: 'API key',
    shown: 'never',
    secret: 'strong',
    max: 255,
    about: "Log-in key of FusionPBX's own pages.",
  }),
  groups: input(
    textList({
      maxItems: 100,
      of: { max: 255 },
      about: "Names of the groups the user is in. FusionPBX's page asks for one before it saves a user.",
      example: ['user'],
    }),
  ),
  contact_uuid: uuid({ writable: 'never', default: contactWhenNamed, about: 'The contact that holds the name.' }),
  contact_name_given: elsewhere(text({ max: 255, about: 'First name.' }), 'text', contactColumn('contact_name_given')),
  contact_name_family: elsewhere(text({ max: 255, about: 'Last name.' }), 'text', contactColumn('contact_name_family')),
  contact_organization: elsewhere(text({ max: 255, about: 'Company.' }), 'text', contactColumn('contact_organization')),
  contact_email: elsewhere(
    text({ ...mailAddresses, about: "The contact's e-mail; the user's when not sent." }),
    'text',
    (row) =>
      `(select e.email_address from v_contact_emails e where e.contact_uuid = ${row}.contact_uuid and e.domain_uuid = ${row}.domain_uuid order by e.insert_date, e.contact_email_uuid limit 1)`,
  ),
  contact_url: elsewhere(text({ max: 1024, about: 'Website.' }), 'text', contactColumn('contact_url')),
  contact_nickname: elsewhere(
    text({ max: 255, about: 'Nickname; the username when not sent.' }),
    'text',
    contactColumn('contact_nickname'),
  ),
  user_type: text({
    shown: 'never',
    writable: 'never',
    default: 'default',
    about: 'FusionPBX lets only default users log in.',
  }),
  add_date: text({
    shown: 'never',
    writable: 'never',
    default: () =>
      new Date()
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, '.000000+0000'),
    about: "When it was made, in FusionPBX's words.",
  }),
}

export type UserFields = typeof userFields
