import assert from 'node:assert/strict'
import { theirs } from '../support/app.ts'
import { type Capture, derive, formsDomain, type JsonRow, readCapture, rowOf } from './capture.ts'
import { type Replay, replayForms } from './replay.ts'
import type { Laid } from './world.ts'

const add = readCapture('device-add')
const duplicate = readCapture('device-add-duplicate')
const edit = readCapture('device-edit')
const toggle = readCapture('device-toggle')
const remove = readCapture('device-delete')

const alice: Laid = ['v_users', rowOf(readCapture('user-add'), 'v_users', 'after')]
const uuidOf = (capture: Capture) => String(rowOf(capture, 'v_devices', 'before').device_uuid)

/** What belongs to the device that was added, but for its second key. */
const belongings: Laid[] = [
  ['v_device_lines', rowOf(add, 'v_device_lines', 'after')],
  ['v_device_lines', rowOf(add, 'v_device_lines', 'after', 1)],
  ['v_device_keys', rowOf(add, 'v_device_keys', 'after')],
  ['v_device_settings', rowOf(add, 'v_device_settings', 'after')],
]
const [firstKey, secondKey] = [0, 1].map((index) => rowOf(add, 'v_device_keys', 'after', index).device_key_uuid)

const captured: Replay[] = [
  {
    capture: add,
    title: 'adding a device with lines, keys and a setting (S002-DEV-CREATE, S002-DEV-LINE, S002-DEV-CREATE-FX)',
    verb: 'create',
  },
  {
    capture: duplicate,
    title: 'adding an address that another device has is refused (S002-ERR-DUPLICATE)',
    status: 409,
    verb: 'create',
    world: [
      [
        'v_devices',
        { ...rowOf(duplicate, 'v_devices', 'after'), device_uuid: uuidOf(edit), device_address: '0015.65aa.bb02' },
      ],
    ],
  },
  {
    capture: edit,
    title: 'changing the label of a device and of one of its keys (S002-DEV-UPDATE)',
    verb: 'update',
    uuid: uuidOf(edit),
    world: belongings,
    body: (body, variant) =>
      variant === 'page'
        ? body
        : {
            ...body,
            device_keys: [
              { device_key_uuid: firstKey, device_key_type: '15' },
              { device_key_uuid: secondKey, device_key_type: '16', device_key_label: 'Bob' },
            ],
          },
  },
  {
    capture: toggle,
    title: 'disabling a device',
    verb: 'update',
    uuid: uuidOf(toggle),
    variants: ['typed'],
    body: () => ({ device_enabled: 'false' }),
  },
  {
    capture: remove,
    title: 'deleting a device takes its lines, keys and settings with it (S002-DEV-DELETE)',
    verb: 'remove',
    uuid: uuidOf(remove),
    variants: ['typed'],
  },
]

const line = rowOf(add, 'v_device_lines', 'after')
const secondLine = rowOf(add, 'v_device_lines', 'after', 1)
const setting = rowOf(add, 'v_device_settings', 'after')
const plain = derive(duplicate, 'device-add+plain', {})

/** The form that adds a device of this address and nothing else. */
const addresses = (
  name: string,
  address: string,
  vendor: string | null,
  more: { stored?: string; template?: string } = {},
) =>
  derive(plain, `device-add+${name}`, {
    form: { device_address: address, ...(more.template ? { device_template: more.template } : {}) },
    rows: [
      {
        table: 'v_devices',
        after: {
          device_address: more.stored ?? address,
          device_vendor: vendor,
          device_template: more.template ?? null,
        },
      },
    ],
  })
const adding = (title: string, capture: Capture): Replay => ({ capture, title, verb: 'create', variants: ['page'] })

/** A setting of the tenant. */
const provisioned = (name: string, value: string, index: number): Laid => [
  'v_domain_settings',
  {
    domain_uuid: formsDomain.uuid,
    domain_setting_uuid: `55555555-0000-4000-8000-00000000000${index}`,
    domain_setting_category: 'provision',
    domain_setting_subcategory: name,
    domain_setting_name: 'text',
    domain_setting_value: value,
    domain_setting_enabled: true,
  },
]

/** A row that a device form writes although nothing of it changed: it does not. */
const edited = (row: JsonRow, changes: JsonRow) => ({ before: row, after: { ...row, ...changes, update_date: 'now' } })
const lists = (body: Record<string, unknown>, name: string) => body[name] as Record<string, unknown>[]

const derived: Replay[] = [
  adding(
    'an address with dots loses them (S002-MAC)',
    addresses('dots', '0015.65AA.BB03', 'yealink', { stored: '0015.65aa.bb03' }),
  ),
  adding(
    'an address in capitals with dashes (S002-MAC)',
    addresses('dashes', '00-15-65-AA-BB-04', 'yealink', { stored: '001565aabb04' }),
  ),
  {
    ...adding(
      'an address that is too short is refused (S002-MAC)',
      addresses('short', '00:15:65', 'yealink', { stored: '001565' }),
    ),
    also: ({ answer }) => assert.match(answer.text, /"Invalid MAC address format"/),
  },
  adding(
    'a maker is known by the address',
    addresses('avaya', '00:04:0d:aa:bb:05', 'avaya', { stored: '00040daabb05' }),
  ),
  adding(
    'another maker is known by the address',
    addresses('cisco', '00:18:73:aa:bb:06', 'cisco', { stored: '001873aabb06' }),
  ),
  adding('a maker that FusionPBX misses', addresses('fanvil', '0c:38:3e:aa:bb:07', null, { stored: '0c383eaabb07' })),
  adding('an address of no known maker', addresses('unknown', '02:aa:bb:cc:dd:08', null, { stored: '02aabbccdd08' })),
  adding(
    'a template tells the maker that the address does not',
    addresses('template', '02:aa:bb:cc:dd:09', null, { stored: '02aabbccdd09', template: 'yealink/t46s' }),
  ),
  adding(
    'a template and an address that disagree about the maker',
    addresses('disagreeing', '00:04:f2:aa:bb:0a', 'polycom', { stored: '0004f2aabb0a', template: 'yealink/t46s' }),
  ),
  {
    ...adding(
      'an address that a device of another tenant has is refused',
      derive(plain, 'device-add+taken-elsewhere', { refused: 'Duplicate' }),
    ),
    status: 409,
    world: [['v_devices', { ...rowOf(plain, 'v_devices', 'after'), domain_uuid: theirs.uuid }]],
  },
  {
    ...adding('the address of no device may repeat', addresses('zeroes', '000000000000', null)),
    world: [['v_devices', { ...rowOf(plain, 'v_devices', 'after'), device_address: '000000000000' }]],
  },
  {
    capture: derive(add, 'device-add+everything', {
      form: {
        device_user_uuid: String(alice[1].user_uuid),
        device_profile_uuid: '55555555-0000-4000-8000-0000000000a1',
        device_uuid_alternate: '55555555-0000-4000-8000-0000000000a2',
        device_username: 'admin',
        device_password: 'phone-pw',
        device_location: 'Lobby',
        device_serial_number: 'SN-1',
        device_model: 'T46S',
        device_firmware_version: '66.86.0.15',
        device_enabled: 'false',
      },
      rows: [
        {
          table: 'v_devices',
          after: {
            device_user_uuid: alice[1].user_uuid,
            device_profile_uuid: '55555555-0000-4000-8000-0000000000a1',
            device_uuid_alternate: '55555555-0000-4000-8000-0000000000a2',
            device_username: 'admin',
            device_password: 'phone-pw',
            device_location: 'Lobby',
            device_serial_number: 'SN-1',
            device_model: 'T46S',
            device_firmware_version: '66.86.0.15',
            device_enabled: false,
          },
        },
      ],
    }),
    title: 'a device with everything that can be said of one',
    verb: 'create',
    variants: ['page'],
    world: [
      alice,
      [
        'v_device_profiles',
        { device_profile_uuid: '55555555-0000-4000-8000-0000000000a1', device_profile_name: 'desks' },
      ],
      [
        'v_devices',
        {
          device_uuid: '55555555-0000-4000-8000-0000000000a2',
          domain_uuid: formsDomain.uuid,
          device_address: '001565aabb0b',
        },
      ],
    ],
  },
  {
    capture: derive(add, 'device-add+line', {
      without: Object.keys(add.form).filter((name) =>
        /^device_(lines\[1|lines\[0\]\[(server|label|display|auth|sip|reg|enabled)|keys|settings)/.test(name),
      ),
      drop: ['v_device_keys', 'v_device_settings', 'v_device_lines'],
      more: [
        {
          table: 'v_device_lines',
          op: 'insert',
          after: { ...line, server_address: null, auth_id: null, label: null, display_name: null },
        },
      ],
    }),
    title: 'a line of a user and a password is completed (S002-DEV-LINE)',
    verb: 'create',
    variants: ['typed'],
  },
  {
    capture: derive(add, 'device-add+provisioned', {
      rows: [0, 1].map((index) => ({
        table: 'v_device_lines',
        index,
        after: {
          outbound_proxy_primary: 'proxy1.example.com',
          outbound_proxy_secondary: 'proxy2.example.com',
          server_address_primary: 'sip1.example.com',
          server_address_secondary: 'sip2.example.com',
        },
      })),
    }),
    title: "new lines take the tenant's servers and proxies from its settings",
    verb: 'create',
    variants: ['page'],
    world: [
      provisioned('outbound_proxy_primary', 'proxy1.example.com', 1),
      provisioned('outbound_proxy_secondary', 'proxy2.example.com', 2),
      provisioned('server_address_primary', 'sip1.example.com', 3),
      provisioned('server_address_secondary', 'sip2.example.com', 4),
    ],
  },
  {
    capture: derive(edit, 'device-edit+lines', {
      form: {
        'device_lines[0][password]': 'NewPass-201-xyz',
        'device_lines[2][line_number]': '3',
        'device_lines[2][server_address]': 'forms.example.com',
        'device_lines[2][user_id]': '203',
        'device_lines[2][auth_id]': '203',
        'device_lines[2][password]': 'pw-203-AbCdEfGh1234',
        'device_settings[0][device_setting_value]': 'other',
        'device_settings[0][device_setting_enabled]': 'false',
      },
      more: [
        { table: 'v_device_lines', op: 'update', ...edited(line, { password: 'NewPass-201-xyz' }) },
        {
          table: 'v_device_lines',
          op: 'insert',
          after: {
            ...line,
            device_line_uuid: '55555555-0000-4000-8000-0000000000b1',
            line_number: '3',
            user_id: '203',
            auth_id: '203',
            password: 'pw-203-AbCdEfGh1234',
            label: null,
            display_name: null,
          },
        },
        {
          table: 'v_device_settings',
          op: 'update',
          ...edited(setting, { device_setting_value: 'other', device_setting_enabled: false }),
        },
      ],
    }),
    title: 'a line is changed and another added, a setting is changed (S002-DEV-UPDATE)',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
    world: belongings.slice(1, 3),
  },
  {
    capture: derive(edit, 'device-edit+rows-removed', {
      more: [
        { table: 'v_device_lines', op: 'delete', before: secondLine },
        { table: 'v_device_keys', op: 'delete', before: rowOf(add, 'v_device_keys', 'after') },
        { table: 'v_device_settings', op: 'delete', before: setting },
      ],
    }),
    title: 'a line, a key and a setting that are left out of their lists are removed (S002-DEV-UPDATE)',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
    body: (body) => ({
      ...body,
      device_lines: lists(body, 'device_lines').slice(0, 1),
      device_keys: lists(body, 'device_keys').slice(1),
      device_settings: [],
    }),
    world: belongings.slice(0, 1),
  },
  {
    capture: derive(edit, 'device-edit+taken', {
      form: { device_address: '00:15:65:aa:bb:0c' },
      rows: [{ table: 'v_devices', after: { device_address: '001565aabb0c' } }],
    }),
    title: 'a device that is given the address of another is refused (S002-ERR-DUPLICATE)',
    status: 409,
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
    world: [
      ...belongings,
      [
        'v_devices',
        { ...rowOf(plain, 'v_devices', 'after'), device_address: '001565aabb0c', domain_uuid: theirs.uuid },
      ],
    ],
  },
  {
    capture: derive(edit, 'device-edit+no-maker', {
      form: { device_vendor: '' },
    }),
    title: 'a maker that is emptied follows from address and template again',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
    world: belongings,
  },
  {
    capture: derive(toggle, 'device-toggle+on', {
      rows: [
        { table: 'v_devices', before: { device_enabled: false }, after: { device_enabled: true, update_date: 'now' } },
      ],
    }),
    title: 'enabling a device',
    verb: 'update',
    uuid: uuidOf(toggle),
    variants: ['typed'],
    body: () => ({ device_enabled: 'true' }),
  },
]

replayForms('device', [...captured, ...derived])
