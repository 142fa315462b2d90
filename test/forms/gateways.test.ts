import { type Capture, cacheEvent, derive, readCapture, rowOf } from './capture.ts'
import { type Replay, replayForms } from './replay.ts'

const add = readCapture('gateway-add')
const invalid = readCapture('gateway-add-invalid')
const edit = readCapture('gateway-edit')
const toggle = readCapture('gateway-toggle')
const remove = readCapture('gateway-delete')

const uuidOf = (capture: Capture) => String(rowOf(capture, 'v_gateways', 'before').gateway_uuid)

const captured: Replay[] = [
  { capture: add, title: 'adding a gateway (S002-GW-CREATE, S002-GW-CREATE-FX)', verb: 'create' },
  {
    capture: invalid,
    title: 'adding a gateway that registers without credentials is refused',
    verb: 'create',
  },
  { capture: edit, title: 'editing a gateway (S002-GW-UPDATE)', verb: 'update', uuid: uuidOf(edit) },
  {
    capture: toggle,
    title: 'disabling a gateway',
    verb: 'update',
    uuid: uuidOf(toggle),
    variants: ['typed'],
    body: () => ({ enabled: 'false' }),
  },
  {
    capture: remove,
    title: 'deleting a gateway (S002-GW-DELETE)',
    verb: 'remove',
    uuid: uuidOf(remove),
    variants: ['typed'],
  },
]

const forgets = cacheEvent('pbx1.configuration.sofia.conf')
const stored = rowOf(edit, 'v_gateways', 'before')

/** Every optional column of a gateway, as typed and as stored. */
const options = {
  auth_username: 'auth1',
  realm: 'carrier.example',
  from_user: 'fromuser',
  from_domain: 'from.example',
  register_proxy: 'register.example:5080',
  outbound_proxy: 'outbound.example;transport=tcp',
  register_transport: 'tcp',
  contact_params: 'transport=tcp',
  extension: '12025550123',
  ping: '25',
  ping_min: '1',
  ping_max: '3',
  sip_cid_type: 'rpid',
  codec_prefs: 'PCMU,PCMA',
  extension_in_contact: 'true',
  context: 'carriers',
  profile: 'internal',
  hostname: 'pbx2',
  description: 'every option',
}

const derived: Replay[] = [
  {
    capture: derive(add, 'gateway-add+all-input', {
      form: {
        ...options,
        distinct_to: 'true',
        contact_in_ping: 'true',
        caller_id_in_from: 'true',
        supress_cng: 'true',
        expire_seconds: '300',
        retry_seconds: '15',
        channels: '30',
        enabled: 'false',
      },
      rows: [
        {
          table: 'v_gateways',
          after: {
            ...options,
            distinct_to: true,
            contact_in_ping: true,
            caller_id_in_from: true,
            supress_cng: true,
            expire_seconds: 300,
            retry_seconds: 15,
            channels: 30,
            enabled: false,
          },
        },
      ],
    }),
    title: 'a gateway with every option (S002-GW-CREATE-OPT, S004-GW-CREATE-OPT)',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'gateway-add+no-registration', {
      form: { register: 'false', username: '', password: '' },
      rows: [{ table: 'v_gateways', after: { register: false, username: null, password: null } }],
    }),
    title: 'a gateway that does not register needs no credentials',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'gateway-add+least-input', {
      form: { gateway: 'least', proxy: 'sip.carrier.example' },
      without: ['username', 'password', 'register', 'enabled', 'profile', 'from_domain', 'description'],
      rows: [
        {
          table: 'v_gateways',
          after: { gateway: 'least', username: null, password: null, from_domain: null, description: null },
        },
      ],
    }),
    title: 'a gateway of a name and a proxy takes the defaults of the documents (S004-GW-CREATE)',
    verb: 'create',
    variants: ['typed'],
  },
  ...(['expire_seconds', 'retry_seconds', 'profile', 'proxy', 'gateway'] as const).map(
    (column): Replay => ({
      capture: derive(add, `gateway-add+no-${column}`, {
        form: { [column]: '' },
        refused: `Required Fields: ${column}`,
      }),
      title: `a gateway whose ${column} is emptied is refused`,
      verb: 'create',
      variants: ['page'],
    }),
  ),
  {
    capture: derive(add, 'gateway-add+no-context', { form: { context: '' }, refused: 'Required Fields: Context' }),
    title: 'a gateway may have no context of its own (S002-GW-CREATE-OPT)',
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'gateway-add+taken', {}),
    title: 'a gateway by the name of another is refused (S002-ERR-DUPLICATE)',
    status: 409,
    verb: 'create',
    variants: ['page'],
    world: [['v_gateways', stored]],
  },
  {
    capture: derive(edit, 'gateway-edit+profile', {
      form: { profile: 'internal' },
      rows: [{ table: 'v_gateways', after: { profile: 'internal' } }],
    }),
    title:
      'a gateway that moves to another profile leaves the one and is read by the other (S002-FS-RELOAD, S002-FS-REG)',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
  },
  {
    capture: derive(edit, 'gateway-edit+no-password', {
      form: { password: '' },
      refused: 'Required Fields: Password',
    }),
    title: 'a gateway that registers does not lose its password',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
    world: [['v_gateways', stored]],
  },
  {
    capture: derive(edit, 'gateway-edit+description', {
      form: {
        proxy: 'sip.carrier.example',
        password: 'gwpass1',
        expire_seconds: '800',
        description: 'a note',
        channels: '',
      },
      rows: [{ table: 'v_gateways', after: { ...stored, description: 'a note', update_date: 'now' } }],
    }),
    title: 'a gateway whose description changes keeps its registration',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
  },
  {
    capture: derive(toggle, 'gateway-toggle+on', {
      rows: [
        {
          table: 'v_gateways',
          before: { enabled: false, profile: 'internal' },
          after: { enabled: true, update_date: 'now' },
        },
      ],
      esl: [forgets, 'api sofia profile internal rescan'],
    }),
    title: 'enabling a gateway has its own profile rescanned',
    verb: 'update',
    uuid: uuidOf(toggle),
    variants: ['typed'],
    body: () => ({ enabled: 'true' }),
  },
]

replayForms('gateway', [...captured, ...derived])
