import { randomUUID } from 'node:crypto'
import type { TestApp } from '../support/app.ts'
import { insertKnown, type Tenant } from './rows.ts'
import type { Verb } from './wires.ts'

type Values = Record<string, unknown>

/**
 * What the matrix knows of a resource, as literals: what the documents require, a body in both spellings, what the body
 * becomes in the table. A resource without a sample fails the first test of the matrix.
 */
export interface Sample {
  readonly name: string
  readonly title: string
  readonly table: string
  readonly key: string
  readonly verbs: readonly Verb[]
  /** Fields that must be sent, and the action dialect's sentence about it. */
  readonly required: readonly (readonly [field: string, sentence: string])[]
  /** A body for `create`; different numbers make bodies that do not collide. */
  body(n: number): { readonly text: Values; readonly plain: Values }
  /** The columns it becomes, as text. */
  stored(n: number): Record<string, string | null>
  /** A change of one field. */
  readonly change: {
    readonly field: string
    readonly text: unknown
    readonly plain: unknown
    readonly stored: string
  }
  /** The field whose value no other row may have; `everywhere` beyond the tenant too. */
  readonly unique: { readonly field: string; readonly everywhere: boolean }
  /** Columns of a row inserted by SQL. */
  row(n: number): Values
  /** Column that lists are ordered by. */
  readonly sort: string
  /** Names and element fields of lists that may be sent inside. */
  readonly lists?: readonly string[]
  /** Rows of the whole system: `open` ones a tenant's key may read, `closed` ones not. No key of a tenant writes them. */
  readonly global?: 'open' | 'closed'
  /** Table and key of the row above it. */
  readonly parent?: { readonly name: string; readonly table: string; readonly key: string }
}

const mac = (n: number): string => (0xa0b1c2000000 + n).toString(16).padStart(12, '0')
const spelledMac = (n: number): string => mac(n).toUpperCase().match(/../g)?.join(':') ?? ''

const all: readonly Verb[] = ['list', 'get', 'create', 'update', 'remove']

const readOnly = {
  verbs: ['list'],
  required: [],
  body: () => ({ text: {}, plain: {} }),
  stored: () => ({}),
  change: { field: '', text: '', plain: '', stored: '' },
  unique: { field: '', everywhere: false },
} as const

/** Rows that tests of the whole system refer to; `layStock` inserts them. */
export const stock = {
  providers: '7a1f0000-0000-4000-8000-000000000001',
  profile: '7a1f0000-0000-4000-8000-000000000002',
} as const

/** Inserts what samples of the whole system refer to. */
export async function layStock(app: TestApp): Promise<void> {
  // FusionPBX brings hundreds of these, more than one page.
  await app.sql('delete from v_sip_profile_settings')
  await insertKnown(app, 'v_access_controls', {
    access_control_uuid: stock.providers,
    access_control_name: 'stock',
    access_control_default: 'deny',
  })
  await insertKnown(app, 'v_sip_profiles', {
    sip_profile_uuid: stock.profile,
    sip_profile_name: 'stock',
    sip_profile_enabled: 'true',
  })
}

/** A body that both spellings write alike. */
const same = (values: Values) => ({ text: values, plain: values })

export const samples: readonly Sample[] = [
  {
    name: 'extensions',
    title: 'Extension',
    table: 'v_extensions',
    key: 'extension_uuid',
    verbs: all,
    required: [['extension', 'Extension number is required']],
    body: (n) => ({
      text: {
        extension: String(40_000 + n),
        effective_caller_id_name: `Room ${n}`,
        limit_max: '7',
        enabled: 'false',
        description: `Extension ${n}`,
      },
      plain: {
        extension: String(40_000 + n),
        effective_caller_id_name: `Room ${n}`,
        limit_max: 7,
        enabled: false,
        description: `Extension ${n}`,
      },
    }),
    stored: (n) => ({
      extension: String(40_000 + n),
      effective_caller_id_name: `Room ${n}`,
      limit_max: '7',
      enabled: 'false',
      description: `Extension ${n}`,
    }),
    change: { field: 'limit_max', text: '9', plain: 9, stored: '9' },
    unique: { field: 'extension', everywhere: false },
    row: (n) => ({
      extension: String(40_000 + n),
      password: 'a1b2c3d4e5f60718',
      user_context: 'example.com',
      max_registrations: '1',
      enabled: 'true',
    }),
    sort: 'extension',
  },
  {
    name: 'users',
    title: 'User',
    table: 'v_users',
    key: 'user_uuid',
    verbs: all,
    required: [
      ['username', 'Username is required'],
      ['password', 'Password is required'],
    ],
    body: (n) => {
      const body = { username: `user${n}`, password: 'SecurePassword123!', user_email: `user${n}@example.com` }
      return { text: { ...body, user_enabled: 'false' }, plain: { ...body, user_enabled: false } }
    },
    stored: (n) => ({ username: `user${n}`, user_email: `user${n}@example.com`, user_enabled: 'false' }),
    change: {
      field: 'user_email',
      text: 'changed@example.com',
      plain: 'changed@example.com',
      stored: 'changed@example.com',
    },
    unique: { field: 'username', everywhere: false },
    row: (n) => ({ username: `user${n}`, password: '$2y$10$notahash', user_type: 'default', user_enabled: 'true' }),
    sort: 'username',
    lists: ['groups'],
  },
  {
    name: 'gateways',
    title: 'Gateway',
    table: 'v_gateways',
    key: 'gateway_uuid',
    verbs: all,
    required: [
      ['gateway', 'Gateway name is required'],
      ['proxy', 'Proxy address is required'],
    ],
    body: (n) => {
      const body = { gateway: `carrier${n}`, proxy: 'sip.carrier.com', description: `Trunk ${n}` }
      return {
        text: { ...body, expire_seconds: '3600', enabled: 'false' },
        plain: { ...body, expire_seconds: 3600, enabled: false },
      }
    },
    stored: (n) => ({
      gateway: `carrier${n}`,
      proxy: 'sip.carrier.com',
      description: `Trunk ${n}`,
      expire_seconds: '3600',
      enabled: 'false',
    }),
    change: { field: 'retry_seconds', text: '45', plain: 45, stored: '45' },
    unique: { field: 'gateway', everywhere: false },
    row: (n) => ({
      gateway: `carrier${n}`,
      proxy: 'sip.carrier.com',
      username: 'account123',
      password: 'secret',
      register: 'true',
      profile: 'external',
      // FusionPBX's form lets nobody leave these out.
      expire_seconds: 800,
      retry_seconds: 30,
      context: 'public',
      channels: 0,
      enabled: 'true',
    }),
    sort: 'gateway',
  },
  {
    name: 'devices',
    title: 'Device',
    table: 'v_devices',
    key: 'device_uuid',
    verbs: all,
    required: [['device_address', 'MAC address is required']],
    body: (n) => {
      const body = { device_address: spelledMac(n), device_vendor: 'Yealink', device_label: `Phone ${n}` }
      return { text: { ...body, device_enabled: 'false' }, plain: { ...body, device_enabled: false } }
    },
    stored: (n) => ({
      device_address: mac(n),
      device_vendor: 'Yealink',
      device_label: `Phone ${n}`,
      device_enabled: 'false',
    }),
    change: { field: 'device_location', text: 'Lobby', plain: 'Lobby', stored: 'Lobby' },
    unique: { field: 'device_address', everywhere: true },
    row: (n) => ({ device_address: mac(n), device_vendor: 'Yealink', device_enabled: 'true' }),
    sort: 'device_address',
    lists: ['lines', 'keys', 'settings'],
  },
  {
    name: 'voicemails',
    title: 'Voicemail',
    table: 'v_voicemails',
    key: 'voicemail_uuid',
    verbs: all,
    required: [['voicemail_id', 'Voicemail ID is required']],
    body: (n) => {
      const body = {
        voicemail_id: String(50_000 + n),
        voicemail_password: '123456',
        voicemail_mail_to: 'box@example.com',
        voicemail_description: `Box ${n}`,
      }
      return { text: { ...body, voicemail_enabled: 'false' }, plain: { ...body, voicemail_enabled: false } }
    },
    stored: (n) => ({
      voicemail_id: String(50_000 + n),
      voicemail_password: '123456',
      voicemail_mail_to: 'box@example.com',
      voicemail_description: `Box ${n}`,
      voicemail_enabled: 'false',
    }),
    change: {
      field: 'voicemail_mail_to',
      text: 'new@example.com',
      plain: 'new@example.com',
      stored: 'new@example.com',
    },
    unique: { field: 'voicemail_id', everywhere: false },
    row: (n) => ({ voicemail_id: String(50_000 + n), voicemail_password: '123456', voicemail_enabled: 'true' }),
    sort: 'voicemail_id',
    lists: ['voicemail_options', 'voicemail_destinations'],
  },
  {
    ...readOnly,
    name: 'voicemails/messages',
    title: 'Voicemail message',
    table: 'v_voicemail_messages',
    key: 'voicemail_message_uuid',
    row: (n) => ({ created_epoch: 1_700_000_000 + n, caller_id_name: 'Caller', caller_id_number: '5551234567' }),
    sort: 'created_epoch',
    parent: { name: 'voicemails', table: 'v_voicemails', key: 'voicemail_uuid' },
  },
  {
    ...readOnly,
    name: 'domains',
    title: 'Domain',
    table: 'v_domains',
    key: 'domain_uuid',
    row: (n) => ({ domain_name: `tenant${n}.example.org`, domain_enabled: 'true' }),
    sort: 'domain_name',
  },
  {
    name: 'pin-numbers',
    title: 'PIN number',
    table: 'v_pin_numbers',
    key: 'pin_number_uuid',
    verbs: all,
    required: [['pin_number', 'PIN number is required']],
    body: (n) => {
      const body = { pin_number: String(60_000 + n), accountcode: 'sales', description: `PIN ${n}` }
      return { text: { ...body, enabled: 'false' }, plain: { ...body, enabled: false } }
    },
    stored: (n) => ({
      pin_number: String(60_000 + n),
      accountcode: 'sales',
      description: `PIN ${n}`,
      enabled: 'false',
    }),
    change: { field: 'accountcode', text: 'support', plain: 'support', stored: 'support' },
    unique: { field: 'pin_number', everywhere: false },
    row: (n) => ({ pin_number: String(60_000 + n), enabled: 'true', description: `PIN ${n}` }),
    sort: 'description',
  },
  {
    name: 'access-controls',
    title: 'Access control',
    table: 'v_access_controls',
    key: 'access_control_uuid',
    verbs: all,
    required: [['access_control_name', 'Access control name is required']],
    body: (n) =>
      same({
        access_control_name: `list${n}`,
        access_control_default: 'deny',
        access_control_description: `List ${n}`,
      }),
    stored: (n) => ({
      access_control_name: `list${n}`,
      access_control_default: 'deny',
      access_control_description: `List ${n}`,
    }),
    change: { field: 'access_control_default', text: 'allow', plain: 'allow', stored: 'allow' },
    unique: { field: 'access_control_name', everywhere: true },
    row: (n) => ({ access_control_name: `list${n}`, access_control_default: 'deny' }),
    sort: 'access_control_name',
    lists: ['access_control_nodes', 'nodes'],
    global: 'closed',
  },
  {
    name: 'access-controls/nodes',
    title: 'Access control node',
    table: 'v_access_control_nodes',
    key: 'access_control_node_uuid',
    verbs: all,
    required: [
      ['access_control_uuid', 'Access control is required'],
      ['node_type', 'Node type is required'],
      ['node_cidr', 'Network is required'],
    ],
    body: (n) =>
      same({ access_control_uuid: stock.providers, node_type: 'allow', node_cidr: `10.${n >> 8}.${n & 255}.0/24` }),
    stored: (n) => ({
      access_control_uuid: stock.providers,
      node_type: 'allow',
      node_cidr: `10.${n >> 8}.${n & 255}.0/24`,
    }),
    change: { field: 'node_type', text: 'deny', plain: 'deny', stored: 'deny' },
    unique: { field: '', everywhere: true },
    row: (n) => ({
      access_control_uuid: stock.providers,
      node_type: 'allow',
      node_cidr: `10.${n >> 8}.${n & 255}.0/24`,
    }),
    sort: 'node_cidr',
    global: 'closed',
  },
  {
    name: 'number-translations',
    title: 'Number translation',
    table: 'v_number_translations',
    key: 'number_translation_uuid',
    verbs: all,
    required: [['number_translation_name', 'Number translation name is required']],
    body: (n) => {
      const body = { number_translation_name: `rules${n}`, number_translation_description: `Rules ${n}` }
      return {
        text: { ...body, number_translation_enabled: 'false' },
        plain: { ...body, number_translation_enabled: false },
      }
    },
    stored: (n) => ({
      number_translation_name: `rules${n}`,
      number_translation_enabled: 'false',
      number_translation_description: `Rules ${n}`,
    }),
    change: {
      field: 'number_translation_description',
      text: 'other rules',
      plain: 'other rules',
      stored: 'other rules',
    },
    unique: { field: 'number_translation_name', everywhere: true },
    row: (n) => ({ number_translation_name: `rules${n}`, number_translation_enabled: 'true' }),
    sort: 'number_translation_name',
    lists: ['number_translation_details', 'details'],
    global: 'open',
  },
  {
    name: 'sip-profiles',
    title: 'SIP profile',
    table: 'v_sip_profiles',
    key: 'sip_profile_uuid',
    verbs: all,
    required: [['sip_profile_name', 'SIP profile name is required']],
    body: (n) => {
      const body = { sip_profile_name: `profile${n}`, sip_profile_description: `Profile ${n}` }
      return { text: { ...body, sip_profile_enabled: 'false' }, plain: { ...body, sip_profile_enabled: false } }
    },
    stored: (n) => ({
      sip_profile_name: `profile${n}`,
      sip_profile_enabled: 'false',
      sip_profile_description: `Profile ${n}`,
    }),
    change: { field: 'sip_profile_description', text: 'another', plain: 'another', stored: 'another' },
    unique: { field: 'sip_profile_name', everywhere: true },
    row: (n) => ({ sip_profile_name: `profile${n}`, sip_profile_enabled: 'true' }),
    sort: 'sip_profile_name',
    lists: ['sip_profile_settings', 'settings', 'sip_profile_domains', 'domains'],
    global: 'closed',
  },
  {
    name: 'sip-profiles/settings',
    title: 'SIP profile setting',
    table: 'v_sip_profile_settings',
    key: 'sip_profile_setting_uuid',
    verbs: all,
    required: [
      ['sip_profile_uuid', 'SIP profile is required'],
      ['sip_profile_setting_name', 'Setting name is required'],
    ],
    body: (n) => {
      const body = {
        sip_profile_uuid: stock.profile,
        sip_profile_setting_name: `setting-${n}`,
        sip_profile_setting_value: '$${local_ip_v4}',
      }
      return {
        text: { ...body, sip_profile_setting_enabled: 'false' },
        plain: { ...body, sip_profile_setting_enabled: false },
      }
    },
    stored: (n) => ({
      sip_profile_uuid: stock.profile,
      sip_profile_setting_name: `setting-${n}`,
      sip_profile_setting_value: '$${local_ip_v4}',
      sip_profile_setting_enabled: 'false',
    }),
    change: { field: 'sip_profile_setting_value', text: 'PCMA', plain: 'PCMA', stored: 'PCMA' },
    unique: { field: '', everywhere: true },
    row: (n) => ({
      sip_profile_uuid: stock.profile,
      sip_profile_setting_name: `setting-${n}`,
      sip_profile_setting_enabled: 'true',
    }),
    sort: 'sip_profile_setting_name',
    global: 'closed',
  },
  {
    name: 'call-block',
    title: 'Call block',
    table: 'v_call_block',
    key: 'call_block_uuid',
    verbs: all,
    required: [],
    body: (n) => {
      const body = { call_block_number: String(70_000 + n), call_block_name: `Spam ${n}` }
      return { text: { ...body, call_block_enabled: 'false' }, plain: { ...body, call_block_enabled: false } }
    },
    stored: (n) => ({
      call_block_number: String(70_000 + n),
      call_block_name: `Spam ${n}`,
      call_block_enabled: 'false',
    }),
    change: { field: 'call_block_app', text: 'busy', plain: 'busy', stored: 'busy' },
    unique: { field: '', everywhere: false },
    row: (n) => ({ call_block_number: String(70_000 + n), call_block_app: 'reject', call_block_enabled: 'true' }),
    sort: 'call_block_number',
  },
]

/** Resources of tenants whose rows can be written. */
export const written = samples.filter((sample) => sample.verbs.includes('create') && !sample.global)

/** Resources whose rows belong to the whole system. */
export const systemWide = samples.filter((sample) => sample.global)

/** Resources whose rows belong to a tenant: all but the tenants themselves, and what belongs to the system. */
export const owned = samples.filter((sample) => sample.name !== 'domains' && !sample.global)

/** The sample of this name. */
export function sampleOf(name: string): Sample {
  const sample = samples.find((candidate) => candidate.name === name)
  if (!sample) throw new Error(`no sample of ${name}`)
  return sample
}

let counter = 1000
/** A number that no other row of this run has. */
export const next = (): number => {
  counter += 1
  return counter
}

/** Inserts a row of a tenant past the application and answers its UUID. */
export async function seed(
  app: TestApp,
  sample: Sample,
  tenant: Tenant,
  values: Record<string, unknown> = {},
): Promise<string> {
  const uuid = randomUUID()
  await insertKnown(app, sample.table, {
    [sample.key]: uuid,
    domain_uuid: tenant.uuid,
    ...sample.row(next()),
    ...values,
  })
  return uuid
}
