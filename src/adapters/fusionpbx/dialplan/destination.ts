import type { Detail } from './details.ts'
import { action, condition, extensionXml } from './xml.ts'

/** What the dialplan of an inbound destination depends on. */
export interface DestinationPlan {
  dialplanUuid: string
  name: string
  numberRegex: string
  domain: { uuid: string; name: string }
  /** What happens to the call, one after another. */
  actions: readonly { application: string; data: string }[]
}

/** Expression for a dialled number with an optional country prefix, a leading plus tolerated where there is a prefix. */
export function destinationRegex(number: string, prefix?: string): string {
  const pattern = (text: string) => text.replace(/[NXZ]/g, (wildcard) => wildcards[wildcard] as string)
  if (number.startsWith('+')) return `^\\+(${pattern(number.slice(1))})$`
  if (!prefix) return `^(${pattern(number)})$`
  return `^\\+?${prefix.length === 1 ? `${prefix}?` : `(?:${prefix})?`}(${pattern(number)})$`
}

const wildcards: Record<string, string> = { N: '[2-9]', X: '[0-9]', Z: '[1-9]' }

/** XML of an inbound destination: says whose call it is, then acts. */
export function destinationXml(destination: DestinationPlan): string {
  const { domain } = destination
  return extensionXml({ name: destination.name, uuid: destination.dialplanUuid, continue: 'false' }, [
    condition('destination_number', destination.numberRegex, [
      action('export', 'call_direction=inbound', 'true'),
      action('set', `domain_uuid=${domain.uuid}`, 'true'),
      action('set', `domain_name=${domain.name}`, 'true'),
      ...destination.actions.map(({ application, data }) => action(application, data)),
    ]),
  ])
}

/** The details kept beside it, which lack what the context adds by itself. */
export function destinationDetails(destination: DestinationPlan): Detail[] {
  return [
    { tag: 'condition', type: 'destination_number', data: destination.numberRegex, order: 20 },
    ...destination.actions.map(({ application, data }, position) => ({
      tag: 'action' as const,
      type: application,
      data,
      order: 40 + 10 * position,
    })),
  ]
}
