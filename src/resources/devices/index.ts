import { boolean, type DefaultFacts, type Fields, integer, mac, text, timestamp, uuid } from '../../fields/field.ts'
import { dialable, displayName, identifier, note, sipHost, sipSecret, sipWord } from '../../fields/telephony.ts'
import { type AfterEffect, child, resource } from '../core/define.ts'
import { vendorOf } from './vendors.ts'

/** FusionPBX fills a new line from the settings of category `provision`. */
const provisioned =
  (subcategory: string) =>
  ({ settings }: DefaultFacts): string | undefined =>
    settings.text('provision', subcategory)

const lines = child({
  table: 'v_device_lines',
  key: 'device_line_uuid',
  names: ['device_lines', 'lines'],
  about: 'SIP accounts the phone registers.',
  identity: ['line_number'],
  sort: ['line_number'],
  max: 100,
  fields: {
    line_number: integer({ min: 1, max: 999, default: 1, about: 'Line on the phone.' }),
    server_address: text({
      ...sipHost,
      default: ({ domain }) => domain.name,
      about: 'SIP server; the domain when not sent.',
    }),
    server_address_primary: text({
      ...sipHost,
      default: provisioned('server_address_primary'),
      about: 'First server.',
    }),
    server_address_secondary: text({
      ...sipHost,
      default: provisioned('server_address_secondary'),
      about: 'Second server.',
    }),
    outbound_proxy_primary: text({
      ...sipHost,
      default: provisioned('outbound_proxy_primary'),
      about: 'First outbound proxy.',
    }),
    outbound_proxy_secondary: text({
      ...sipHost,
      default: provisioned('outbound_proxy_secondary'),
      about: 'Second outbound proxy.',
    }),
    display_name: text({ ...displayName, about: 'Name on the display.' }),
    user_id: text({ ...dialable, about: 'Extension number.' }),
    auth_id: text({ ...dialable, about: 'Authentication ID; the user ID when not sent.' }),
    password: text({ ...sipSecret, secret: 'strong', about: 'SIP password.' }),
    label: text({ ...displayName, about: 'Label beside the key.' }),
    sip_port: integer({
      min: 1,
      max: 65_535,
      default: ({ settings }) => Number(settings.text('provision', 'line_sip_port') ?? 5060),
      about: 'SIP port.',
    }),
    sip_transport: text({
      ...identifier,
      default: ({ settings }) => settings.text('provision', 'line_sip_transport') ?? 'tcp',
      about: 'udp, tcp, tls or dns srv.',
    }),
    register_expires: integer({
      min: 1,
      max: 86_400,
      default: ({ settings }) => Number(settings.text('provision', 'line_register_expires') ?? 120),
      about: 'Registration time in seconds.',
    }),
    shared_line: text({ ...identifier, about: 'Shared line appearance.' }),
    enabled: boolean({ default: true, about: 'The line is provisioned.' }),
  },
  complete: (values, { operation }) =>
    operation === 'update' || values.auth_id || !values.user_id ? values : { ...values, auth_id: values.user_id },
})

const keys = child({
  table: 'v_device_keys',
  key: 'device_key_uuid',
  names: ['device_keys', 'keys'],
  about: 'Programmable keys.',
  identity: ['device_key_category', 'device_key_id'],
  sort: ['device_key_category', 'device_key_id'],
  max: 500,
  fields: {
    device_key_category: text({ ...identifier, default: 'line', about: 'line, memory, programmable or expansion-N.' }),
    device_key_id: integer({ min: 0, max: 9999, required: true, about: 'Number of the key.' }),
    device_key_vendor: text({
      ...displayName,
      // FusionPBX's page shows a type only beside its vendor, and drops it on the next save.
      default: ({ parent }) => {
        const vendor = parent?.device_vendor
        return typeof vendor === 'string' ? vendor.toLowerCase() : undefined
      },
      about: "Vendor whose key types are meant; the device's when not sent.",
    }),
    device_key_type: text({ ...displayName, about: "Type in the vendor's own words." }),
    device_key_subtype: text({ ...displayName, about: 'Subtype.' }),
    device_key_line: integer({ min: 0, max: 999, default: 0, about: 'Line it works on.' }),
    device_key_value: text({ max: 1024, about: 'What it dials or watches.' }),
    device_key_extension: text({ ...sipWord, about: 'Extension for pickup.' }),
    device_key_protected: text({ choices: ['true', 'false'], about: 'The user may not change it.' }),
    device_key_label: text({ ...displayName, about: 'Label.' }),
    device_key_icon: text({ ...displayName, about: 'Icon.' }),
  },
})

const settings = child({
  table: 'v_device_settings',
  key: 'device_setting_uuid',
  names: ['device_settings', 'settings'],
  about: 'Provisioning settings of this device alone.',
  identity: ['device_setting_subcategory'],
  sort: ['device_setting_subcategory'],
  max: 500,
  fields: {
    device_setting_category: text({ ...identifier, about: 'Category.' }),
    device_setting_subcategory: text({ ...identifier, required: true, about: "The setting's name." }),
    device_setting_name: text({ ...identifier, about: 'Its type.' }),
    device_setting_value: text({ max: 4096, secret: 'strong', about: 'Its value; many are passwords.' }),
    device_setting_enabled: boolean({ default: true, about: 'It is provisioned.' }),
    device_setting_description: text({ max: 1024, about: 'A note for people.' }),
  },
})

/** Where files are kept for phones, every change of a phone writes them anew (facts 6; S002-DEV-CREATE). */
const renderFiles: AfterEffect<Fields> = ({ before, after, settings }) => {
  const folder = settings.text('provision', 'path')
  const device = String(after?.device_address ?? before?.device_address ?? '')
  return folder === undefined || device === '' ? [] : [{ to: 'provisioning', device, folder }]
}

/** Phones that are provisioned (FusionPBX app/devices; demands S002-DEV-*, S004-DEV-LIST; facts 6). */
export const devices = resource({
  name: 'devices',
  title: 'Device',
  about: 'Phones with their lines and keys.',
  table: 'v_devices',
  key: 'device_uuid',
  scope: 'tenant',
  permission: 'device',
  quota: 'devices',
  app: { name: 'devices', uuid: '4efa1a1a-32e7-bf83-534b-6c8299958a8e' },
  fields: {
    device_address: mac({
      label: 'MAC address',
      required: true,
      shown: 'list',
      filter: true,
      about: 'MAC address; separators are removed.',
      example: 'a0:b1:c2:d3:e4:f5',
    }),
    device_vendor: text({
      ...displayName,
      shown: 'list',
      about: 'Maker; from the template or the address when not sent.',
      example: 'Yealink',
    }),
    device_model: text({ ...displayName, shown: 'list', about: 'Model.', example: 'SIP-T46U' }),
    device_enabled: boolean({ shown: 'list', default: true, filter: true, about: 'It is provisioned.' }),
    device_label: text({ ...displayName, shown: 'list', about: 'Name on the display and in lists.' }),
    device_description: text({ ...note, shown: 'list', about: 'A note for people.' }),
    device_template: text({
      max: 255,
      pattern: /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_.-]+)*$/,
      says: 'must be like vendor/model',
      about: 'Provisioning template.',
      example: 'yealink/t46s',
    }),
    device_profile_uuid: uuid({
      references: { table: 'v_device_profiles', key: 'device_profile_uuid', shared: true },
      about: 'Profile whose keys and settings it takes.',
    }),
    device_user_uuid: uuid({ references: { table: 'v_users', key: 'user_uuid' }, about: 'User it belongs to.' }),
    device_uuid_alternate: uuid({
      references: { table: 'v_devices', key: 'device_uuid' },
      about: 'Device that takes its place.',
    }),
    device_username: text({ ...sipWord, about: "User of the phone's own pages." }),
    device_password: text({ max: 255, secret: 'strong', about: 'Its password.' }),
    device_location: text({ ...displayName, about: 'Where it stands.' }),
    device_serial_number: text({ ...displayName, about: 'Serial number.' }),
    device_firmware_version: text({ ...displayName, about: 'Firmware.' }),
    device_enabled_date: timestamp({ writable: 'never', about: 'When it was enabled.' }),
    device_provisioned_date: timestamp({ writable: 'never', about: 'When it last fetched its configuration.' }),
    device_provisioned_method: text({ writable: 'never', about: 'How.' }),
    device_provisioned_ip: text({ writable: 'never', about: 'From where.' }),
    device_provisioned_agent: text({ writable: 'never', about: 'With what firmware.' }),
  },
  sort: ['device_address'],
  // FusionPBX keeps dots, so the same phone may stand there as 0015.65aa.bb02 (facts 6).
  unique: [
    {
      fields: ['device_address'],
      within: 'everywhere',
      ignoreCase: true,
      comparable: (column) => `translate(${column}, ':-. ', '')`,
      except: ['000000000000'],
    },
  ],
  settings: [
    ['provision', 'line_sip_port'],
    ['provision', 'line_sip_transport'],
    ['provision', 'line_register_expires'],
    ['provision', 'server_address_primary'],
    ['provision', 'server_address_secondary'],
    ['provision', 'outbound_proxy_primary'],
    ['provision', 'outbound_proxy_secondary'],
    ['provision', 'path'],
  ],
  effects: { after: { create: [renderFiles], update: [renderFiles], remove: [renderFiles] } },
  children: [lines, keys, settings],
  // A maker that is left empty follows from what else is known, as on FusionPBX's page.
  complete(values, { operation }) {
    const { device_vendor: vendor, device_template: template, device_address: address } = values
    const isOpen = vendor === null || (vendor === undefined && operation === 'create')
    return isOpen ? { ...values, device_vendor: vendorOf(template, address) } : values
  },
})
