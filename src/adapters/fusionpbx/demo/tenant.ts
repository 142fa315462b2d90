import { randomBytes, randomInt } from 'node:crypto'
import type { NewRow } from '../rows.ts'
import { Random } from './random.ts'

/** An extension of the demo tenant, as the other parts refer to it. */
export interface DemoExtension {
  uuid: string
  number: string
  firstName: string
  lastName: string
  /** Full name, shown as caller id. */
  name: string
  sipPassword: string
  voicemailUuid: string
}

/** What every part of the demo tenant builds on. */
export interface Tenant {
  domain: { uuid: string; name: string }
  /** The moment the tenant's history ends. */
  now: Date
  random: Random
  extensions: readonly DemoExtension[]
  /** Number the company shows and is reached at, as carriers write it. */
  mainNumber: string
  companyName: string
  gateways: readonly { uuid: string; name: string }[]
  ringGroup: { uuid: string; extension: string; members: readonly DemoExtension[] }
  ivrMenu: { uuid: string; extension: string }
  queue: { uuid: string; extension: string; agents: readonly { uuid: string; extension: DemoExtension }[] }
}

/** Rows by table, in the order they are written. */
export type Part = readonly (readonly [table: string, rows: readonly NewRow[]])[]

/** UUIDs that the documents' examples use. */
export const documented = {
  domain: '550e8400-e29b-41d4-a716-446655440000',
  firstExtension: '550e8400-e29b-41d4-a716-446655440000',
  firstVoicemail: '770e8400-e29b-41d4-a716-446655440002',
  john: '770e8400-e29b-41d4-a716-446655440000',
  jdoe: '880e8400-e29b-41d4-a716-446655440003',
  gateway: 'bb0e8400-e29b-41d4-a716-446655440007',
  device: 'dd0e8400-e29b-41d4-a716-446655440009',
  deviceLine: 'ee0e8400-e29b-41d4-a716-446655440010',
} as const

const people = [
  'John Doe, Jane Smith, Carlos Rivera, Amina Diallo, Peter Novak, Yuki Tanaka, Laura Bianchi, Omar Haddad',
  'Grace Miller, Ivan Petrov, Sofia Lindberg, David Cohen, Mei Chen, Lucas Silva, Emma Fischer, Noah Brown',
  'Priya Sharma, Tom Wilson, Chloe Martin, Conference Room',
]
  .join(', ')
  .split(', ')

/** Secrets are the one thing that differs between installations: nobody may know them from reading this. */
export const newSipPassword = () => randomBytes(8).toString('hex')
/** A PIN of the given length. */
export const newPin = (digits: number) => String(randomInt(10 ** digits)).padStart(digits, '0')

function makeExtensions(random: Random): DemoExtension[] {
  return people.map((name, position) => {
    const [firstName = '', lastName = ''] = name.split(' ')
    const first = position === 0
    return {
      uuid: first ? documented.firstExtension : random.uuid(),
      number: String(1001 + position),
      firstName,
      lastName,
      name,
      sipPassword: newSipPassword(),
      voicemailUuid: first ? documented.firstVoicemail : random.uuid(),
    }
  })
}

/** Decides who and what the tenant has; the parts turn it into rows. */
export function makeTenant(now: Date): Tenant {
  const random = new Random(1001)
  const extensions = makeExtensions(random)
  return {
    domain: { uuid: documented.domain, name: 'demo.example.com' },
    now,
    random,
    extensions,
    mainNumber: '12025550100',
    companyName: 'Demo Company',
    gateways: [
      { uuid: documented.gateway, name: 'primary' },
      { uuid: random.uuid(), name: 'backup' },
    ],
    ringGroup: { uuid: random.uuid(), extension: '2000', members: extensions.slice(1, 4) },
    ivrMenu: { uuid: random.uuid(), extension: '5000' },
    queue: {
      uuid: random.uuid(),
      extension: '7000',
      agents: extensions.slice(4, 7).map((extension) => ({ uuid: random.uuid(), extension })),
    },
  }
}

/** `app:data` of a transfer inside the tenant. */
export const transferTo = (tenant: Tenant, number: string) => `${number} XML ${tenant.domain.name}`
