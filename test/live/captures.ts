import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeEvent, type EslEvent, type Frame, Framer, isEvent } from '../../src/esl/index.ts'
import type { Change } from '../../src/services/live/changes.ts'
import type { Owners } from '../../src/services/live/node-model.ts'
import type { CallView, Owner } from '../../src/services/live/values.ts'

const folder = join(process.cwd(), 'test', 'fixtures', 'freeswitch', 'esl')

interface Step {
  readonly from: 'client' | 'server' | 'note'
  readonly text?: string
  readonly base64?: string
}

/** All frames that a real FreeSWITCH sent in one recorded exchange. */
export function framesOf(name: string): Frame[] {
  const { steps } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as { steps: Step[] }
  const framer = new Framer()
  const frames: Frame[] = []
  for (const step of steps.filter(({ from }) => from === 'server')) {
    framer.push(step.base64 ? Buffer.from(step.base64, 'base64') : Buffer.from(step.text ?? ''))
    for (let frame = framer.next(); frame; frame = framer.next()) frames.push(frame)
  }
  return frames
}

/** The events of a recorded exchange, in their order. */
export const eventsOf = (name: string): EslEvent[] => framesOf(name).filter(isEvent).map(decodeEvent)

/** The text of the first api/response of a recorded exchange that is JSON. */
export const replyOf = (name: string): string =>
  framesOf(name)
    .filter((frame) => frame.type === 'api/response')
    .map((frame) => frame.body.toString('utf8'))
    .find((text) => text.startsWith('{')) ?? ''

/** The tenants of the recordings. */
export const example: Owner = { uuid: 'd0000000-0000-4000-8000-000000000001', name: 'example.test' }
export const other: Owner = { uuid: 'd0000000-0000-4000-8000-000000000002', name: 'other.test' }

export const firstGateway = '11111111-0000-4000-8000-000000000001'

/** Whose is what in the recordings: two domains, and one gateway of the first. */
export const owners: Owners = {
  domain: (nameOrUuid) =>
    [example, other].find(({ uuid, name }) => uuid === nameOrUuid || name === nameOrUuid.toLowerCase()),
  gateway: (uuid) => (uuid === firstGateway ? example : null),
}

/** The call in a change's body. */
export const callIn = (change: Change): CallView => change.body.call as CallView

/** `call.created example.test`: what happened and to whom it is told. */
export const told = ({ type, audience }: Change): string => {
  const tenant =
    audience.tenant === null || audience.tenant === 'every' ? String(audience.tenant) : audience.tenant.name
  return `${type} ${tenant}${audience.system ? '+system' : ''}`
}
