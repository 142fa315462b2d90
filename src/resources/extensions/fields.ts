import { boolean, type DefaultFacts, input, integer, text, uuid } from '../../fields/field.ts'
import {
  callerNumber,
  dialable,
  displayName,
  identifier,
  mailAddresses,
  mailContent,
  makeSipPassword,
  note,
  pin,
  sipSecret,
  sipWord,
} from '../../fields/telephony.ts'
import { areAddressRanges, runsNothing, wholeAddresses, wholeContact } from './values.ts'

const number = ({ given }: DefaultFacts): string | undefined =>
  typeof given.extension === 'string' ? given.extension : undefined

/** A destination that a call is sent on to: digits, or a SIP user. */
const forward = (about: string) => text({ ...dialable, max: 255, about })

/**
 * The columns of `v_extensions`, in the order in which spec 004 shows them, then the rest of FusionPBX's form. Defaults
 * are the documents' where they name one (S002-EXT-CREATE-DEF), else FusionPBX's (facts 3).
 */
export const extensionFields = {
  extension: text({
    ...dialable,
    label: 'Extension number',
    required: true,
    shown: 'list',
    filter: true,
    about: 'The number people dial.',
    example: '101',
  }),
  number_alias: text({
    ...dialable,
    shown: 'list',
    nullable: true,
    filter: true,
    about: 'A second number of the same extension.',
    example: '1101',
  }),
  effective_caller_id_name: text({
    ...displayName,
    shown: 'list',
    default: number,
    about: 'Name shown on calls inside the tenant.',
    example: 'John Doe',
  }),
  effective_caller_id_number: text({
    ...callerNumber,
    shown: 'list',
    default: number,
    about: 'Number shown on calls inside the tenant.',
    example: '101',
  }),
  outbound_caller_id_name: text({
    ...displayName,
    shown: 'list',
    about: 'Name shown on calls to the outside.',
    example: 'Main Office',
  }),
  outbound_caller_id_number: text({
    ...callerNumber,
    // Carriers get the number as it is: FusionPBX keeps its digits and a plus.
    tidy: (value) => value.replaceAll(/[ ().-]/g, ''),
    pattern: /^[+0-9]+$/,
    says: 'may hold only digits and +',
    shown: 'list',
    about: 'Number shown on calls to the outside.',
    example: '5551234567',
  }),
  emergency_caller_id_name: text({ ...displayName, about: 'Name sent with emergency calls.' }),
  emergency_caller_id_number: text({ ...callerNumber, about: 'Number sent with emergency calls.' }),
  password: text({
    ...sipSecret,
    label: 'Password',
    secret: 'strong',
    default: makeSipPassword,
    about: 'SIP password; 16 hexadecimal characters are made when none is sent.',
    example: 'a1b2c3d4e5f60718',
  }),
  directory_first_name: text({ ...displayName, about: 'First name in the dial-by-name directory.' }),
  directory_last_name: text({ ...displayName, about: 'Last name in the dial-by-name directory.' }),
  directory_visible: boolean({ default: true, about: 'Listed in the dial-by-name directory.' }),
  directory_exten_visible: boolean({ default: false, about: 'The directory also says the number.' }),
  max_registrations: integer({ min: 1, max: 1000, default: 1, about: 'Phones that may register at once.' }),
  limit_max: integer({
    min: 0,
    max: 10_000,
    default: ({ settings }) => Number(settings.text('extension', 'limit_max') ?? 5),
    about: 'Calls at once.',
  }),
  limit_destination: text({ ...sipWord, default: 'error/user_busy', about: 'Where a call beyond the limit goes.' }),
  user_context: text({
    ...identifier,
    shown: 'list',
    default: ({ domain }) => domain.name,
    about: 'Dialplan context of calls from this extension.',
  }),
  enabled: boolean({ shown: 'list', default: true, filter: true, about: 'Can register and be called.' }),
  description: text({ ...note, shown: 'list', about: 'A note for people.' }),
  forward_all_destination: forward('Where all calls go.'),
  forward_all_enabled: boolean({ about: 'Forward all calls.' }),
  forward_busy_destination: forward('Where calls go when busy.'),
  forward_busy_enabled: boolean({ about: 'Forward when busy.' }),
  forward_no_answer_destination: forward('Where calls go when nobody answers.'),
  forward_no_answer_enabled: boolean({ about: 'Forward when nobody answers.' }),
  forward_user_not_registered_destination: forward('Where calls go when no phone is registered.'),
  forward_user_not_registered_enabled: boolean({ about: 'Forward when no phone is registered.' }),
  follow_me_uuid: uuid({ nullable: true, writable: 'never', about: 'Its follow-me entry.' }),
  follow_me_enabled: boolean({ writable: 'never', about: 'Follow me is on.' }),
  do_not_disturb: boolean({ about: 'Calls are refused as busy.' }),
  accountcode: text({
    ...displayName,
    default: ({ settings, domain }) => settings.text('domain', 'accountcode') ?? domain.name,
    about: 'Account that its calls are billed to.',
  }),
  missed_call_app: text({ choices: ['email', 'text'], about: 'How missed calls are told.' }),
  missed_call_data: text({ max: 1024, tidy: wholeContact, about: 'Whom missed calls are told to.' }),
  toll_allow: text({
    ...sipWord,
    tidy: (value) => value.replaceAll(/\s*[,:]\s*/g, ':'),
    about: 'Classes of outbound calls it may make, separated by commas.',
    example: 'domestic,international',
  }),
  call_timeout: integer({
    min: 1,
    max: 3600,
    default: ({ settings }) => Number(settings.text('extension', 'call_timeout') ?? 30),
    about: 'Seconds it rings.',
  }),
  call_group: text({ ...sipWord, about: 'Pickup groups, separated by commas.' }),
  call_screen_enabled: boolean({ default: false, about: 'Callers have to say their name.' }),
  user_record: text({
    choices: ['all', 'local', 'inbound', 'outbound'],
    default: ({ settings }) => settings.text('extension', 'user_record_default'),
    about: 'Which calls are recorded.',
  }),
  hold_music: text({
    ...sipWord,
    pattern: /^[^\s"'<>&\\]+$/,
    accepts: runsNothing,
    says: 'must not hold white space, quotes, angle brackets, &, \\ or function calls',
    about: 'Music on hold.',
  }),
  auth_acl: text({ ...identifier, about: 'Access list that may register without a password.' }),
  cidr: text({
    max: 1024,
    pattern: /^[0-9A-Fa-f.:/, ]+$/,
    says: 'must be addresses in CIDR form',
    tidy: wholeAddresses,
    accepts: areAddressRanges,
    about: 'Addresses it may register from.',
  }),
  sip_force_contact: text({ ...identifier, about: 'Rewrites of the contact address.' }),
  sip_force_expires: integer({ min: 1, max: 86_400, about: 'Registration time forced on the phone, in seconds.' }),
  nibble_account: text({ ...identifier, about: 'Account of mod_nibblebill.' }),
  mwi_account: text({ ...sipWord, about: 'Box whose messages light the lamp; `@domain` is added.' }),
  sip_bypass_media: text({
    choices: ['bypass-media', 'bypass-media-after-bridge', 'proxy-media'],
    about: 'How media is passed.',
  }),
  absolute_codec_string: text({ ...sipWord, about: 'The only codecs offered.' }),
  force_ping: boolean({ default: false, about: 'Pings the phone.' }),
  dial_string: text({
    max: 1024,
    pattern: /^[^\s"<>&\\]+$/,
    accepts: runsNothing,
    says: 'must not hold white space, ", <, >, &, \\ or functions other than sofia_contact',
    about: 'Dial string instead of the default.',
  }),
  extension_language: text({
    ...identifier,
    pattern: /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+){0,2}$/,
    says: 'must be like en or en/us/callie',
    about: 'Language of prompts; `en/us/callie` says dialect and voice too.',
    example: 'en',
  }),
  extension_dialect: text({ ...identifier, default: 'us', about: 'Dialect of prompts.' }),
  extension_voice: text({ ...identifier, default: 'callie', about: 'Voice of prompts.' }),
  extension_type: text({
    choices: ['default', 'virtual'],
    default: 'default',
    about: 'A virtual extension has no phone.',
  }),
  user_uuid: input(
    uuid({
      label: 'User',
      references: { table: 'v_users', key: 'user_uuid' },
      about: 'User of the tenant that the extension belongs to.',
    }),
  ),
  voicemail_enabled: input(boolean({ about: 'Makes a voicemail box, or switches the one there is on or off.' })),
  voicemail_password: input(
    text({
      ...pin,
      label: 'Voicemail password',
      secret: 'pin',
      about: 'PIN of the box; six digits are made when none is sent.',
      example: '123456',
    }),
  ),
  voicemail_mail_to: input(
    text({ ...mailAddresses, label: 'Voicemail mail address', about: 'Where new messages are mailed to.' }),
  ),
  voicemail_file: input(text({ ...mailContent, about: 'What the mail about a message carries.' })),
  voicemail_local_after_email: input(boolean({ about: 'The message stays in the box after it was mailed.' })),
  voicemail_transcription_enabled: input(boolean({ about: 'Messages are written down.' })),
}

export type ExtensionFields = typeof extensionFields
