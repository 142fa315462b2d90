import type { Effect } from '../adapters/effects.ts'
import { boolean, computed, integer, text } from '../fields/field.ts'
import { displayName, givenSecret, identifier, note, sipHost, sipWord } from '../fields/telephony.ts'
import { ownContext } from './core/context.ts'
import { type AfterEffect, type Check, resource } from './core/define.ts'

/** What a switch says of the gateway. The row holds nothing of it; null is the documented word for no switch (S002-GW-GET). */
const saidBySwitch = (about: string) => computed(text({ nullable: true, about }), 'text', () => 'null::text')

const fields = {
  gateway: text({
    ...displayName,
    label: 'Gateway name',
    required: true,
    shown: 'list',
    filter: true,
    about: 'Name of the trunk, for people.',
    example: 'carrier1',
  }),
  username: text({ ...sipWord, shown: 'list', about: 'User it registers as.' }),
  password: text({ ...givenSecret, secret: 'strong', about: 'Password it registers with.' }),
  auth_username: text({ ...sipWord, about: 'User for authentication, if another.' }),
  realm: text({ ...sipHost, about: 'Authentication realm.' }),
  from_user: text({ ...sipWord, about: 'User in the From header.' }),
  from_domain: text({ ...sipHost, about: 'Host in the From header.' }),
  proxy: text({
    ...sipHost,
    label: 'Proxy address',
    required: true,
    shown: 'list',
    about: "The carrier's host or address.",
    example: 'sip.carrier.com',
  }),
  register_proxy: text({ ...sipHost, about: 'Where it registers, if elsewhere.' }),
  outbound_proxy: text({ ...sipHost, about: 'Proxy that calls leave through.' }),
  expire_seconds: integer({ min: 1, max: 86_400, default: 800, about: 'Registration time in seconds.' }),
  register: boolean({ shown: 'list', default: false, about: 'Registers with the carrier.' }),
  register_transport: text({ choices: ['udp', 'tcp', 'tls'], about: 'Transport of the registration.' }),
  contact_params: text({ ...sipWord, about: 'Parameters of the Contact header.' }),
  retry_seconds: integer({ min: 1, max: 86_400, default: 30, about: 'Seconds between attempts to register.' }),
  extension: text({ ...sipWord, about: 'Number that calls from the carrier are sent to.' }),
  ping: integer({ min: 0, max: 86_400, about: 'Seconds between pings.' }),
  ping_min: integer({ min: 0, max: 1000, about: 'Answers before it counts as up.' }),
  ping_max: integer({ min: 0, max: 1000, about: 'Missed answers before it counts as down.' }),
  contact_in_ping: boolean({ default: false, about: 'Pings carry the Contact header.' }),
  caller_id_in_from: boolean({ default: false, about: "The caller's number goes into the From header." }),
  supress_cng: boolean({ default: false, about: 'No comfort noise.' }),
  sip_cid_type: text({ choices: ['none', 'pid', 'rpid'], about: 'How caller ID is sent.' }),
  codec_prefs: text({ ...sipWord, about: 'Codecs, separated by commas.', example: 'PCMU,PCMA' }),
  channels: integer({ min: 0, max: 100_000, default: 0, about: 'Calls at once; 0 is any number.' }),
  extension_in_contact: text({ choices: ['true', 'false'], about: 'The extension goes into the Contact header.' }),
  distinct_to: boolean({ default: false, about: 'The To header differs from the request.' }),
  context: text({ ...identifier, about: 'Dialplan context of calls from the carrier.' }),
  profile: text({ ...identifier, shown: 'list', default: 'external', about: 'SIP profile it belongs to.' }),
  hostname: text({ ...identifier, about: 'The only switch that loads it.' }),
  enabled: boolean({ shown: 'list', default: true, filter: true, about: 'The switch loads it.' }),
  description: text({ ...note, shown: 'list', about: 'A note for people.' }),
  registration_status: saidBySwitch('running, stopped (not loaded), error, or null without a switch.'),
  registration_state: saidBySwitch('REGED, UNREGED and the like, or null without a switch.'),
}

type Row = { profile?: string | null; enabled?: boolean | null } | null
type After = AfterEffect<typeof fields>

/** A gateway that registers needs somebody to register as (facts 4). An old row without does not stop other changes. */
const credentialsToRegister: Check<typeof fields> = (values, { sent }) => {
  const credentials = ['username', 'password'] as const
  const isAsked = !sent || ['register', ...credentials].some((field) => field in sent)
  if (values.register !== true || !isAsked) return []
  return credentials.flatMap((field) =>
    values[field]
      ? []
      : [{ field, label: field === 'username' ? 'Username' : 'Password', text: 'is required to register' }],
  )
}

/** Without these the switch could not load the gateway, so FusionPBX's form lets nobody empty them (facts 4). */
const neverEmpty: Check<typeof fields> = (values, { operation, sent }) =>
  (['expire_seconds', 'retry_seconds', 'profile'] as const).flatMap((field) =>
    (operation === 'create' ? values : (sent ?? {}))[field] === null
      ? [{ field, label: field.charAt(0).toUpperCase() + field.slice(1).replace('_', ' '), text: 'is required' }]
      : [],
  )

const profileOf = (row: Row): string => row?.profile ?? 'external'

/** Sofia's configuration is cached for each switch by its host name (facts 2). */
const forgetSofia: After = () => [{ to: 'cache', key: 'configuration:sofia.conf', perHost: true }]

/** Columns that the switch is never told. */
const forPeople: readonly string[] = ['gateway', 'description', 'channels', 'codec_prefs']

/**
 * A loaded gateway is not read again by a rescan, so it goes first (facts 4). Sofia knows it by its lower-case UUID. One
 * that the switch would read the same stays, and keeps its registration.
 */
const unload: After = ({ key, operation, before, after }) => {
  const [old, fresh] = [{ ...before } as Record<string, unknown>, { ...after } as Record<string, unknown>]
  const isSame = Object.keys(fresh).every((name) => forPeople.includes(name) || old[name] === fresh[name])
  return operation === 'update' && isSame
    ? []
    : [{ to: 'switch', command: ['sofia', 'profile', profileOf(before), 'killgw', key] }]
}

const rescan: After = ({ before, after }) =>
  [...new Set([before, after].flatMap((row) => (row ? [profileOf(row)] : [])))].map(
    (profile): Effect => ({ to: 'switch', command: ['sofia', 'profile', profile, 'rescan'] }),
  )

/** SIP trunks (FusionPBX app/gateways; demands S002-GW-*, S004-GW-*; facts 4). */
export const gateways = resource({
  name: 'gateways',
  title: 'Gateway',
  about: 'SIP trunks to carriers and other exchanges.',
  table: 'v_gateways',
  key: 'gateway_uuid',
  scope: 'both',
  permission: 'gateway',
  quota: 'gateways',
  app: { name: 'gateways', uuid: '297ab33e-2c2f-8196-552c-f3567d2caaf8' },
  fields,
  live: ['registration_status', 'registration_state'],
  sort: ['gateway'],
  unique: [{ fields: ['gateway'], within: 'tenant' }],
  checks: [credentialsToRegister, neverEmpty],
  // No limit is the number 0 (facts 4).
  complete: (values) => (values.channels === null ? { ...values, channels: 0 } : values),
  effects: {
    proof: 'gateway',
    inside: { create: [ownContext('context')], update: [ownContext('context')] },
    after: {
      create: [forgetSofia, rescan],
      update: [unload, forgetSofia, rescan],
      remove: [unload, forgetSofia, rescan],
    },
  },
})
