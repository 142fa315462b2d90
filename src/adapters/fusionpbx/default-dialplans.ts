// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the switch writes its variables
import { randomUUID } from 'node:crypto'
import type { Detail } from './dialplan/details.ts'
import { type Dialplan, detailedDialplan } from './dialplan/rows.ts'
import type { NewRow } from './rows.ts'

/**
 * The dialplans a fresh installation starts with: the few that calls between extensions need, under the names, numbers
 * and applications FusionPBX gives them, in words of our own and with modules every FreeSWITCH has.
 */
interface Default {
  name: string
  app: string
  order: number
  number?: string
  continue: boolean
  enabled?: boolean
  details: readonly Detail[]
}

const when = (type: string, data: string, breaks?: string): Detail => ({ tag: 'condition', type, data, break: breaks })
const always = when('', '')
const run = (type: string, data = ''): Detail => ({ tag: 'action', type, data })
/** Set while the dialplan is still being read, so that later conditions see it. */
const now = (type: string, data: string): Detail => ({ tag: 'action', type, data, inline: 'true' })
/** Numbers the details' groups: each list is a group of its own. */
const groups = (...lists: Detail[][]): Detail[] => lists.flatMap((list, group) => list.map((d) => ({ ...d, group })))

/** What is looked up about the called user, for the dialplans after it. */
const aboutUser = ['extension_uuid', 'call_timeout', 'toll_allow', 'forward_all_enabled', 'forward_all_destination']

/** A feature code: one number, answered. */
const code = (pattern: string, ...actions: Detail[]): Detail[] => [
  when('destination_number', pattern),
  run('answer'),
  ...actions,
]

/** For calls from outside, before anyone knows whose they are. */
const publicDefaults: readonly Default[] = [
  {
    name: 'caller-details',
    app: 'b1cd7509-5576-469a-892d-d0cfb66a4197',
    order: 10,
    continue: true,
    details: [when('', '', 'never'), now('set', 'caller_destination=${destination_number}')],
  },
  {
    name: 'not-found',
    app: '23d198e5-7a8e-4af7-b573-2d166c1c24ff',
    order: 999,
    continue: false,
    details: [
      always,
      run('log', 'NOTICE no inbound route for ${destination_number} from ${network_addr}'),
      run('respond', '404 Not Found'),
    ],
  },
]

/** For every domain's calls. */
const globalDefaults: readonly Default[] = [
  {
    name: 'user_exists',
    app: '897845b0-1f13-444c-84fe-432fd47338ca',
    order: 10,
    continue: true,
    details: groups(
      [always, now('set', 'user_exists=${user_exists id ${destination_number} ${domain_name}}')],
      [
        when('${user_exists}', '^true$'),
        ...aboutUser.map((name) => {
          return now('set', `${name}=\${user_data \${destination_number}@\${domain_name} var ${name}}`)
        }),
      ],
    ),
  },
  {
    name: 'caller-details',
    app: '5c491a3e-f587-44df-970a-cd4352aa6f64',
    order: 15,
    continue: true,
    details: [when('${caller_destination}', '^$', 'never'), now('export', 'caller_destination=${destination_number}')],
  },
  {
    name: 'call-direction',
    app: '3780f814-5543-4350-b65d-563512d1fe71',
    order: 35,
    continue: true,
    details: [when('${call_direction}', '^$', 'never'), now('export', 'call_direction=local')],
  },
  {
    name: 'send_to_voicemail',
    number: '*99[ext]',
    app: '001d5dab-e0c6-4352-8f06-e9986ee7b0d8',
    order: 310,
    continue: false,
    details: code('^\\*99(\\d{2,12})$', run('sleep', '500'), run('voicemail', 'default ${domain_name} $1')),
  },
  {
    name: 'vmain',
    number: '*98',
    app: 'd085a1e3-c53a-4480-9ca6-6a362899a681',
    order: 320,
    continue: false,
    details: code('^(?:vmain|\\*98)$', run('sleep', '500'), run('voicemail', 'check default ${domain_name}')),
  },
  {
    name: 'vmain_user',
    number: '*97',
    app: '5d47ab13-f25d-4f62-a68e-2a7d945d05b7',
    order: 330,
    continue: false,
    details: code('^\\*97$', run('sleep', '500'), run('voicemail', 'check default ${domain_name} ${user_name}')),
  },
  {
    name: 'echo',
    number: '*9196',
    app: '1f894dfb-0567-4e20-9026-d538bbaa5261',
    order: 350,
    continue: false,
    details: code('^\\*9196$', run('echo')),
  },
  {
    name: 'milliwatt',
    number: '*9197',
    app: '296acca3-d30f-42a0-ba90-5af2208ad7f8',
    order: 360,
    continue: false,
    details: code('^\\*9197$', run('playback', 'tone_stream://%(10000,0,1004);loops=-1')),
  },
  {
    name: 'hold_music',
    number: '*9664',
    app: 'b824b88a-e6da-486e-9f17-7b93cbaa318e',
    order: 380,
    continue: false,
    details: code('^\\*9664$', run('playback', '${hold_music}')),
  },
  {
    name: 'call-forward-all',
    app: '57cf8f1f-9a2e-4996-bd80-d9300249b1ca',
    order: 515,
    continue: false,
    details: [
      when('${user_exists}', '^true$'),
      when('${forward_all_enabled}', '^true$'),
      run('transfer', '${forward_all_destination} XML ${domain_name}'),
    ],
  },
  {
    name: 'local_extension',
    number: '[ext]',
    app: '71cf1310-b6e3-415b-8745-3cbdc8e15212',
    order: 890,
    continue: true,
    details: [
      when('${user_exists}', '^true$'),
      now('export', 'dialed_extension=${destination_number}'),
      run('set', 'hangup_after_bridge=true'),
      run('set', 'continue_on_fail=true'),
      run('bridge', 'user/${destination_number}@${domain_name}'),
    ],
  },
  {
    name: 'voicemail',
    number: '[ext]',
    app: 'e3c14f2f-7697-4b5d-9c62-2443c0e22bf2',
    order: 900,
    continue: false,
    details: [
      when('${user_exists}', '^true$'),
      run('answer'),
      run('sleep', '500'),
      run('voicemail', 'default ${domain_name} ${destination_number}'),
    ],
  },
]

/** Of which each domain has a copy of its own, to switch on and off. */
const domainDefaults: readonly Default[] = [
  {
    name: 'domain-variables',
    app: '9f356fe7-8cf8-4c14-8fe2-6daf89304458',
    order: 20,
    continue: true,
    details: [always, run('export', 'origination_callee_id_name=${caller_destination}')],
  },
  {
    name: 'call-limit',
    app: '4670c44c-45dd-4bae-97ba-b0dfe0aca639',
    order: 25,
    continue: true,
    enabled: false,
    details: [
      when('${call_direction}', '^(?:inbound|outbound)$'),
      run('limit', 'hash ${domain_name} ${call_direction} ${limit_max} !USER_BUSY'),
    ],
  },
  {
    // Switched on by FusionPBX when the first number is blocked.
    name: 'call_block',
    app: 'b1b31930-d0ee-4395-a891-04df94599f1f',
    order: 40,
    continue: true,
    enabled: false,
    details: [when('${call_direction}', '^(?:inbound|outbound)$'), run('lua', 'app.lua call_block')],
  },
  {
    name: 'operator',
    number: '0',
    app: '0e1cd2d7-9d84-4959-8b6c-0cb23de4de59',
    order: 480,
    continue: false,
    enabled: false,
    details: [when('destination_number', '^(?:0|operator)$'), run('transfer', '${operator} XML ${domain_name}')],
  },
]

/** Rows of `v_dialplans` and `v_dialplan_details`. */
export interface DialplanRows {
  dialplans: NewRow[]
  details: NewRow[]
}

function rowsOf(defaults: readonly Default[], context: string, domain?: Dialplan['domain']): DialplanRows {
  const all = defaults.map(({ details, ...plan }) => {
    return detailedDialplan({ ...plan, uuid: randomUUID(), context, domain }, details)
  })
  return { dialplans: all.flatMap((one) => one.dialplans), details: all.flatMap((one) => one.details) }
}

/** The default dialplans that belong to no domain. */
export function globalDialplanRows(): DialplanRows {
  const outside = rowsOf(publicDefaults, 'public')
  const inside = rowsOf(globalDefaults, 'global')
  return {
    dialplans: [...outside.dialplans, ...inside.dialplans],
    details: [...outside.details, ...inside.details],
  }
}

/** The default dialplans a new domain gets. */
export function domainDialplanRows(domain: { uuid: string; name: string }): DialplanRows {
  return rowsOf(domainDefaults, domain.name, domain)
}
