import { CallModel } from './calls.ts'
import type { Change } from './changes.ts'
import { type FindGatewayOwner, GatewayModel } from './gateways.ts'
import type { FindDomain } from './leg.ts'
import { RegistrationModel } from './registrations.ts'
import type { EventLike } from './values.ts'

/** Whose a domain name or a gateway is, answered at once. */
export interface Owners {
  readonly domain: FindDomain
  readonly gateway: FindGatewayOwner
}

/**
 * Events the model lives on. Together they are a quarter of the bytes of all events of a call (facts 5): the two small
 * ones tell every state and every trip through the dialplan, CREATE, ANSWER and BRIDGE carry the variables that name
 * the tenant, HANGUP_COMPLETE is the end in case CALLSTATE's was missed.
 */
export const liveEvents = [
  'CHANNEL_CREATE',
  'CHANNEL_STATE',
  'CHANNEL_CALLSTATE',
  'CHANNEL_ANSWER',
  'CHANNEL_BRIDGE',
  'CHANNEL_UNBRIDGE',
  'CHANNEL_UUID',
  'CHANNEL_HANGUP_COMPLETE',
] as const

/** Subclasses of CUSTOM events, likewise. */
export const liveCustomEvents = [
  'sofia::register',
  'sofia::unregister',
  'sofia::expire',
  'sofia::gateway_state',
  'sofia::gateway_add',
  'sofia::gateway_delete',
] as const

/** Everything known of one switch. It asks nobody: events and snapshots go in, changes come out. */
export class NodeModel {
  readonly calls: CallModel
  readonly registrations: RegistrationModel
  readonly gateways: GatewayModel

  constructor(owners: Owners) {
    this.calls = new CallModel(owners.domain)
    this.registrations = new RegistrationModel(owners.domain)
    this.gateways = new GatewayModel(owners.gateway)
  }

  /** Takes one event in, in the order the switch sent them; what is not understood changes nothing. */
  apply(event: EventLike, nowMs: number): Change[] {
    if (event.name !== 'CUSTOM') return this.calls.apply(event, nowMs)
    const { subclass = '' } = event
    if (subclass.startsWith('sofia::gateway_')) return this.gateways.apply(event, nowMs)
    return this.registrations.apply(event, nowMs)
  }

  /** Looks again whose things are whose, after the lists of domains and gateways changed. */
  reconsider(): Change[] {
    return [this.calls, this.registrations, this.gateways].flatMap((model) => model.reconsider())
  }

  /** What only time tells. */
  tick(nowMs: number): Change[] {
    return [...this.calls.tick(nowMs), ...this.registrations.tick(nowMs)]
  }
}
