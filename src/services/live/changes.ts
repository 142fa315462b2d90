import type { Owner } from './values.ts'

/** Everything a listener can be told of, in the order of the reference. */
export const changeTypes = [
  'call.created',
  'call.ringing',
  'call.answered',
  'call.bridged',
  'call.held',
  'call.unheld',
  'call.transferred',
  'call.ended',
  'registration.added',
  'registration.expired',
  'gateway.up',
  'gateway.down',
  'configuration.changed',
  'switch.up',
  'switch.down',
] as const

/** The name of one kind of change. */
export type ChangeType = (typeof changeTypes)[number]

/** What the part of a type before the point is called: `call`, `registration` and so on. */
export type ChangeGroup = 'call' | 'registration' | 'gateway' | 'configuration' | 'switch'

/** The group of a type. */
export const groupOf = (type: ChangeType): ChangeGroup => type.slice(0, type.indexOf('.')) as ChangeGroup

/** Who a change is for. The one place that reads it is `hears` in audience.ts. */
export interface Audience {
  /** The tenant it belongs to; null where it belongs to none or is not known yet; `every` is each of them. */
  readonly tenant: Owner | null | 'every'
  /** Listeners of the whole system are told as well. */
  readonly system: boolean
}

/** Something that happened: what, whose, and the fields of its event. */
export interface Change {
  readonly type: ChangeType
  readonly audience: Audience
  readonly body: Readonly<Record<string, unknown>>
}
