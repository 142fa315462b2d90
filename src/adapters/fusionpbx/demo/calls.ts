import type { NewRow } from '../rows.ts'
import { type Leg, legRow, type OutcomeName } from './legs.ts'
import type { Random } from './random.ts'
import type { DemoExtension, Tenant } from './tenant.ts'

/** A call that ended with a message in a box. */
export interface LeftMessage {
  extension: DemoExtension
  /** When the box answered, in seconds since 1970. */
  at: number
  seconds: number
  caller: { name: string; number: string }
}

export interface History {
  /** Rows of `v_xml_cdr`, the oldest first. */
  rows: NewRow[]
  messages: LeftMessage[]
}

/** A call before its time is known: it starts at 0. */
type Sketch = (tenant: Tenant) => Leg[]

const secondsPerDay = 86_400
const historyDays = 30

/** Seconds of talk: most calls are short, a few long. */
const talk = (random: Random) => Math.min(3600, 4 + Math.floor(-Math.log(1 - random.next()) * 170))

const areaCodes = [
  '202',
  '212',
  '213',
  '303',
  '305',
  '312',
  '404',
  '416',
  '512',
  '604',
  '617',
  '702',
  '713',
  '787',
  '876',
]
/** The numbers 555-0100 to 555-0199 belong to nobody in every area. */
const outsideNumber = (random: Random) =>
  `1${random.pick(areaCodes)}55501${String(random.between(0, 99)).padStart(2, '0')}`
const outsideNames = [
  'WIRELESS CALLER',
  'BAKER LISA',
  'NGUYEN PAUL',
  'NORTHWIND INC',
  'CITY LIBRARY',
  'GARCIA ANA',
  'UNKNOWN',
]

const outsideCaller = (random: Random) => ({ name: random.pick(outsideNames), number: outsideNumber(random) })
const insideCaller = (extension: DemoExtension) => ({ name: extension.name, number: extension.number })

/** The other leg of an answered call, tied to the first in both directions. */
function otherLeg(tenant: Tenant, first: Leg, change: Partial<Leg> & { more?: NewRow }): Leg[] {
  const uuid = tenant.random.uuid()
  const tied = { ...first, more: { ...first.more, bridge_uuid: uuid } }
  const other: Leg = {
    ...first,
    uuid,
    side: 'b',
    ...change,
    more: { ...change.more, bridge_uuid: first.uuid, originating_leg_uuid: first.uuid },
  }
  return [tied, other]
}

const outbound: Sketch = (tenant) => {
  const { random, domain } = tenant
  const extension = random.pick(tenant.extensions)
  const outcome = random.weigh<OutcomeName>([
    [76, 'answered'],
    [9, 'unanswered'],
    [6, 'cancelled'],
    [5, 'busy'],
    [2, 'unallocated'],
    [2, 'unreachable'],
  ])
  const failed = outcome === 'unallocated' || outcome === 'unreachable'
  const number = outsideNumber(random)
  const gateway = tenant.gateways[random.chance(0.9) ? 0 : 1]
  const first: Leg = {
    uuid: random.uuid(),
    side: 'a',
    direction: 'outbound',
    outcome,
    start: 0,
    ringSeconds: failed || outcome === 'busy' ? random.between(0, 2) : random.between(3, 40),
    talkSeconds: outcome === 'answered' ? talk(random) : 0,
    extension,
    caller: { name: tenant.companyName, number: tenant.mainNumber },
    destination: number,
    more: {
      accountcode: domain.name,
      caller_destination: number,
      source_number: tenant.mainNumber,
      last_app: 'bridge',
      last_arg: `sofia/gateway/${gateway?.uuid}/${number}`,
    },
  }
  return outcome === 'answered' ? otherLeg(tenant, first, { extension: undefined }) : [first]
}

const local: Sketch = (tenant) => {
  const { random, domain } = tenant
  const caller = random.pick(tenant.extensions)
  const called = random.pick(tenant.extensions.filter((extension) => extension !== caller))
  const outcome = random.weigh<OutcomeName>([
    [70, 'answered'],
    [14, 'voicemail'],
    [8, 'cancelled'],
    [4, 'busy'],
    [4, 'unanswered'],
  ])
  const inBox = outcome === 'voicemail'
  const first: Leg = {
    uuid: random.uuid(),
    side: 'a',
    direction: 'local',
    outcome,
    start: 0,
    ringSeconds: inBox || outcome === 'unanswered' ? 30 : random.between(1, 20),
    talkSeconds: inBox ? random.between(6, 90) : outcome === 'answered' ? talk(random) : 0,
    extension: called,
    caller: insideCaller(caller),
    destination: called.number,
    more: {
      accountcode: domain.name,
      caller_destination: called.number,
      source_number: caller.number,
      last_app: inBox ? 'voicemail' : 'bridge',
      last_arg: inBox ? `default ${domain.name} ${called.number}` : `user/${called.number}@${domain.name}`,
    },
  }
  if (outcome !== 'answered') return [first]
  const more = { accountcode: domain.name, caller_destination: called.number, source_number: called.number }
  return otherLeg(tenant, first, { caller: insideCaller(called), more })
}

/** A call from outside that came through the menu to one extension. */
const inboundToExtension: Sketch = (tenant) => {
  const { random, domain } = tenant
  const extension = random.pick(tenant.extensions)
  const outcome = random.weigh<OutcomeName>([
    [72, 'answered'],
    [18, 'voicemail'],
    [10, 'missed'],
  ])
  const inBox = outcome === 'voicemail'
  const first: Leg = {
    uuid: random.uuid(),
    side: 'a',
    direction: 'inbound',
    outcome,
    start: 0,
    ringSeconds: inBox ? 30 : random.between(3, 29),
    talkSeconds: inBox ? random.between(6, 120) : outcome === 'answered' ? talk(random) : 0,
    extension,
    caller: outsideCaller(random),
    destination: extension.number,
    more: {
      caller_destination: tenant.mainNumber,
      ivr_menu_uuid: tenant.ivrMenu.uuid,
      last_app: inBox ? 'voicemail' : 'bridge',
      last_arg: inBox ? `default ${domain.name} ${extension.number}` : `user/${extension.number}@${domain.name}`,
    },
  }
  if (outcome !== 'answered') return [first]
  const more = { accountcode: domain.name, caller_destination: extension.number, source_number: extension.number }
  return otherLeg(tenant, first, { caller: insideCaller(extension), more })
}

const inboundToRingGroup: Sketch = (tenant) => {
  const { random, domain, ringGroup } = tenant
  const outcome = random.chance(0.8) ? 'answered' : 'missed'
  const member = random.pick(ringGroup.members)
  const first: Leg = {
    uuid: random.uuid(),
    side: 'a',
    direction: 'inbound',
    outcome,
    start: 0,
    ringSeconds: random.between(3, 30),
    talkSeconds: outcome === 'answered' ? talk(random) : 0,
    extension: outcome === 'answered' ? member : undefined,
    caller: outsideCaller(random),
    destination: ringGroup.extension,
    more: {
      caller_destination: tenant.mainNumber,
      ring_group_uuid: ringGroup.uuid,
      last_app: 'bridge',
      last_arg: ringGroup.members.map(({ number }) => `user/${number}@${domain.name}`).join(','),
    },
  }
  if (outcome !== 'answered') return [first]
  const more = { accountcode: domain.name, caller_destination: member.number, source_number: member.number }
  return otherLeg(tenant, first, { caller: insideCaller(member), destination: member.number, more })
}

/** Waiting in a queue counts as talking: the switch has answered. */
const inboundToQueue: Sketch = (tenant) => {
  const { random, domain, queue } = tenant
  const outcome = random.chance(0.82) ? 'answered' : 'abandoned'
  const agent = random.pick(queue.agents)
  const waited = random.between(4, 120)
  const queueName = `${queue.extension}@${domain.name}`
  const first: Leg = {
    uuid: random.uuid(),
    side: 'a',
    direction: 'inbound',
    outcome,
    start: 0,
    ringSeconds: 1,
    talkSeconds: waited + (outcome === 'answered' ? talk(random) : 0),
    caller: outsideCaller(random),
    destination: queue.extension,
    more: {
      caller_destination: tenant.mainNumber,
      last_app: 'callcenter',
      last_arg: queueName,
      cc_side: 'member',
      cc_queue: queueName,
      cc_member_uuid: random.uuid(),
      cc_queue_joined_epoch: 1,
      ...(outcome === 'answered'
        ? { cc_agent: agent.uuid, cc_agent_bridged: 'true', cc_queue_answered_epoch: 1 + waited, cc_cause: 'answered' }
        : { cc_queue_canceled_epoch: 1 + waited, cc_cancel_reason: 'BREAK_OUT', cc_cause: 'cancel' }),
    },
  }
  if (outcome !== 'answered') return [first]
  const { extension } = agent
  const [member, other] = otherLeg(tenant, first, {
    start: 1 + waited - 4,
    ringSeconds: 4,
    talkSeconds: first.talkSeconds - waited,
    extension,
    destination: extension.number,
    more: { accountcode: domain.name, cc_side: 'agent', cc_queue: queueName, cc_agent: agent.uuid },
  }) as [Leg, Leg]
  return [{ ...member, more: { ...member.more, cc_agent_uuid: other.uuid } }, other]
}

const kinds: readonly (readonly [number, Sketch])[] = [
  [34, outbound],
  [26, local],
  [20, inboundToExtension],
  [12, inboundToRingGroup],
  [8, inboundToQueue],
]

/** Share of answered calls whose other leg is kept as well; many installations keep none. */
const keptOtherLegs = 0.3

/** How busy the company is, from 0 to 1; it keeps New York's hours. */
function activity(epoch: number): number {
  const local = new Date((epoch - 5 * 3600) * 1000)
  const hour = local.getUTCHours()
  const byHour = hour >= 9 && hour < 17 ? 1 : hour === 8 || hour === 17 ? 0.5 : 0.05
  return local.getUTCDay() % 6 === 0 ? byHour * 0.15 : byHour
}

/** A likely moment for a call of this length, between the beginning of the history and now. */
function pickStart(tenant: Tenant, seconds: number): number {
  const now = Math.floor(tenant.now.getTime() / 1000)
  const latest = now - seconds - 5
  for (;;) {
    const start = latest - Math.floor(tenant.random.next() * (historyDays * secondsPerDay - seconds - 5))
    if (tenant.random.chance(activity(start))) return start
  }
}

/** Moves every time of a leg from the start of the call to its moment. */
function shift(leg: Leg, by: number): Leg {
  const more = Object.entries(leg.more ?? {}).map(([column, value]) => {
    return [column, column.endsWith('_epoch') ? Number(value) + by : value]
  })
  return { ...leg, start: leg.start + by, more: Object.fromEntries(more) }
}

const lengthOf = (leg: Leg) => leg.start + leg.ringSeconds + leg.talkSeconds

/** Makes `count` call records that end before the tenant's now. */
export function makeHistory(tenant: Tenant, count: number): History {
  const { random } = tenant
  const legs: Leg[] = []
  while (legs.length < count) {
    const sketch = random.weigh(kinds)(tenant)
    const kept = random.chance(keptOtherLegs) && legs.length + sketch.length <= count ? sketch : sketch.slice(0, 1)
    const start = pickStart(tenant, Math.max(...kept.map(lengthOf)))
    legs.push(...kept.map((leg) => shift(leg, start)))
  }
  legs.sort((a, b) => a.start - b.start)
  return { rows: legs.map((leg) => legRow(tenant, leg)), messages: legs.flatMap(leftMessage) }
}

function leftMessage({ outcome, extension, start, ringSeconds, talkSeconds, caller }: Leg): LeftMessage[] {
  if (outcome !== 'voicemail' || !extension) return []
  return [{ extension, at: start + ringSeconds, seconds: talkSeconds, caller }]
}
