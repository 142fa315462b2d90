import { saysYes } from '../columns.ts'
import { element, inert, param, variable, xmlDocument } from '../write.ts'
import type { UserRow } from './user-row.ts'

/** Methods that every user may call over JSON-RPC, and events he may hear: mod_verto asks for them. */
const jsonRpc =
  param('jsonrpc-allowed-methods', 'verto') + param('jsonrpc-allowed-event-channels', 'demo,conference,presence')

/** Written when there is something to say. */
const given = (name: string, value: string): string => (value === '' ? '' : variable(name, inert(value)))

/** Written as `true`, or not at all. */
const when = (name: string, value: string): string => (saysYes(value) ? variable(name, 'true') : '')

const yesOrNo = (value: string): string => (saysYes(value) ? 'true' : 'false')

/** The number people see and dial: the alias where there is one. */
const numberOf = (row: UserRow): string => row.number_alias || row.extension

const presenceOf = (row: UserRow): string => `${numberOf(row)}@${row.domain_name}`

/** Where calls to the user go: busy, his own dial string, the tenant's, or all his registrations. */
function dialString(row: UserRow): string {
  if (saysYes(row.do_not_disturb)) return 'error/user_busy'
  const set = row.dial_string || row.dial_string_setting
  if (set !== '') return set
  const presence = presenceOf(row)
  return `{sip_invite_domain=${row.domain_name},presence_id=${presence}}\${sofia_contact(*/${presence})}`
}

function voicemailParams(row: UserRow): string {
  // Without a box FusionPBX says yes: whoever has none is sent to the box of the number he dials.
  const enabled = row.voicemail_uuid === '' ? 'true' : yesOrNo(row.voicemail_enabled)
  const always = param('vm-enabled', enabled)
  if (row.voicemail_mail_to === '') return always
  return (
    always +
    param('vm-password', row.voicemail_password) +
    param('vm-email-all-messages', enabled) +
    param('vm-attach-file', inert(row.voicemail_attach_file)) +
    param('vm-keep-local-after-email', row.voicemail_local_after_email) +
    param('vm-mailto', inert(row.voicemail_mail_to))
  )
}

const settingsOf = (row: UserRow, type: 'param' | 'variable'): string =>
  (row.settings ?? [])
    .filter((setting) => setting[0] === type)
    .map(([, name, value]) => element(type, { name: inert(name ?? ''), value: inert(value ?? '') }))
    .join('')

/** A virtual extension may register from nowhere: an access list of this name never exists. */
const accessList = (row: UserRow): string =>
  row.extension_type === 'virtual' ? `virtual.${Math.random()}` : row.auth_acl

const paramsOf = (row: UserRow): string =>
  param('password', row.password) +
  // Without this FreeSWITCH lets everybody in who gives any password, where none is set.
  (row.password === '' ? param('allow-empty-password', 'false') : '') +
  voicemailParams(row) +
  (row.mwi_account === '' ? '' : param('MWI-Account', inert(row.mwi_account))) +
  (accessList(row) === '' ? '' : param('auth-acl', inert(accessList(row)))) +
  param('dial-string', dialString(row)) +
  param('verto-context', inert(row.user_context)) +
  param('verto-dialplan', 'XML') +
  jsonRpc +
  param('max-registrations-per-extension', row.max_registrations) +
  settingsOf(row, 'param')

const bypass: Readonly<Record<string, string>> = {
  'bypass-media': 'bypass_media',
  'bypass-media-after-bridge': 'bypass_media_after_bridge',
  'proxy-media': 'proxy_media',
}

const fullName = (row: UserRow): string =>
  row.directory_first_name === '' || row.directory_last_name === ''
    ? row.directory_first_name
    : `${row.directory_first_name} ${row.directory_last_name}`

const identity = (row: UserRow): string =>
  variable('domain_uuid', row.domain_uuid) +
  variable('domain_name', inert(row.domain_name)) +
  variable('extension_uuid', row.extension_uuid) +
  given('user_uuid', row.user_uuid) +
  given('contact_uuid', row.contact_uuid) +
  variable('call_timeout', inert(row.call_timeout)) +
  variable('caller_id_name', inert(row.extension)) +
  variable('caller_id_number', inert(numberOf(row))) +
  variable('presence_id', inert(presenceOf(row)))

const calling = (row: UserRow): string =>
  given('call_group', row.call_group) +
  when('call_screen_enabled', row.call_screen_enabled) +
  given('user_record', row.user_record) +
  given('hold_music', row.hold_music) +
  given('toll_allow', row.toll_allow) +
  given('accountcode', row.accountcode) +
  variable('user_context', inert(row.user_context)) +
  given('effective_caller_id_name', row.effective_caller_id_name) +
  given('effective_caller_id_number', row.effective_caller_id_number) +
  given('outbound_caller_id_name', row.outbound_caller_id_name) +
  given('outbound_caller_id_number', row.outbound_caller_id_number) +
  given('emergency_caller_id_name', row.emergency_caller_id_name) +
  given('emergency_caller_id_number', row.emergency_caller_id_number) +
  given('missed_call_app', row.missed_call_app) +
  given('missed_call_data', row.missed_call_data) +
  given('directory_full_name', fullName(row)) +
  when('directory-visible', row.directory_visible) +
  when('directory-exten-visible', row.directory_exten_visible) +
  variable('limit_max', inert(row.limit_max || '5')) +
  given('limit_destination', row.limit_destination)

const media = (row: UserRow): string =>
  given('sip-force-contact', row.sip_force_contact) +
  given('sip-force-expires', row.sip_force_expires) +
  given('nibble_account', row.nibble_account) +
  given('absolute_codec_string', row.absolute_codec_string) +
  when('force_ping', row.force_ping) +
  (Object.hasOwn(bypass, row.sip_bypass_media) ? variable(bypass[row.sip_bypass_media] as string, 'true') : '')

/** Follow me gives way to do not disturb and to forwarding everything. */
const followsMe = (row: UserRow): boolean =>
  saysYes(row.follow_me) && !saysYes(row.do_not_disturb) && !saysYes(row.forward_all_enabled)

const forwarding = (row: UserRow): string =>
  when('forward_all_enabled', row.forward_all_enabled) +
  given('forward_all_destination', row.forward_all_destination) +
  when('forward_busy_enabled', row.forward_busy_enabled) +
  given('forward_busy_destination', row.forward_busy_destination) +
  when('forward_no_answer_enabled', row.forward_no_answer_enabled) +
  given('forward_no_answer_destination', row.forward_no_answer_destination) +
  when('forward_user_not_registered_enabled', row.forward_user_not_registered_enabled) +
  given('forward_user_not_registered_destination', row.forward_user_not_registered_destination) +
  (followsMe(row) ? variable('follow_me_enabled', 'true') : '') +
  when('do_not_disturb', row.do_not_disturb)

const language = (row: UserRow): string =>
  given('default_language', row.extension_language) +
  given('default_dialect', row.extension_dialect) +
  given('default_voice', row.extension_voice)

const variablesOf = (row: UserRow): string =>
  identity(row) +
  calling(row) +
  media(row) +
  forwarding(row) +
  language(row) +
  variable('record_stereo', 'true') +
  variable('transfer_fallback_extension', 'operator') +
  variable('export_vars', 'domain_name,domain_uuid') +
  settingsOf(row, 'variable')

/** Users inside the one group that every domain of FusionPBX has. */
export const inDefaultGroup = (users: string): string =>
  element('groups', {}, element('group', { name: 'default' }, element('users', {}, users)))

/** The directory entry of one user, as FusionPBX's handler writes it (facts 3, Directory XML). */
export function userDocument(row: UserRow, cacheableMs: number): string {
  const user = element(
    'user',
    {
      id: inert(row.extension),
      cidr: inert(row.cidr),
      'number-alias': inert(row.number_alias),
      type: '',
      ...(cacheableMs > 0 ? { cacheable: String(cacheableMs) } : {}),
    },
    element('params', {}, paramsOf(row)) + element('variables', {}, variablesOf(row)),
  )
  const domain = element('params', {}, jsonRpc) + inDefaultGroup(user)
  return xmlDocument('directory', element('domain', { name: inert(row.domain_name), alias: 'true' }, domain))
}
