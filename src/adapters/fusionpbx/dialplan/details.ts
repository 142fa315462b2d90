import { type Action, action, type Condition, extensionXml } from './xml.ts'

/** A row of `v_dialplan_details`, without the names' prefix. */
export interface Detail {
  tag: 'condition' | 'regex' | 'action' | 'anti-action'
  /** Field of a condition, application of an action. */
  type: string
  /** Expression of a condition, argument of an action. */
  data: string
  break?: string | undefined
  /** Stored as text: `true`, `false` or nothing. */
  inline?: string | undefined
  /** Conditions of one group share the actions of that group. */
  group?: number | undefined
  /** Place in the group; details without one keep the order they are given in. */
  order?: number | undefined
  /** Nothing means yes; null is stored as nothing. */
  enabled?: boolean | null | undefined
}

/** What the text says about its dialplan besides the details. */
export interface Plan {
  uuid: string
  name: string
  continue: boolean
  context: string
  /** Absent on a dialplan of all domains. */
  domain?: { uuid: string; name: string } | undefined
}

/** Conditions about the time are attributes of one tag, so neighbours are merged. */
const timeFields = new Set(
  'hour minute minute-of-day mday mweek mon time-of-day yday year wday week date-time'.split(' '),
)
const ranks = { condition: 0, regex: 1, action: 2, 'anti-action': 3 } as const

/** In public contexts nothing has said yet whose call it is. */
function introduction(plan: Plan): Action[] {
  if (plan.context !== 'public' && !plan.context.startsWith('public@')) return []
  return [
    action('export', 'call_direction=inbound', 'true'),
    ...(plan.domain
      ? [
          action('set', `domain_uuid=${plan.domain.uuid}`, 'true'),
          action('set', `domain_name=${plan.domain.name}`, 'true'),
        ]
      : []),
  ]
}

/** A `$$` would be expanded when the switch reads its files, which does not happen to a dialplan from the database. */
const unescaped = (data: string) => data.replaceAll('$$', '$')

function toAction({ tag, type, data, inline }: Detail): Action {
  return { tag: tag as Action['tag'], application: type, data: unescaped(data), ...(inline ? { inline } : {}) }
}

type Draft = { -readonly [K in keyof Condition]: Condition[K] } & { isTime: boolean }

function addCondition(conditions: Draft[], { type, data, break: breaks }: Detail): void {
  const isTime = timeFields.has(type)
  const last = conditions.at(-1)
  if (isTime && last?.isTime) {
    last.attributes = [...last.attributes, [type, data]]
    if (breaks) last.break = breaks
    return
  }
  const attributes: Condition['attributes'] = isTime
    ? [[type, data]]
    : type === 'regex'
      ? [['regex', data]]
      : [
          ['field', type],
          ['expression', unescaped(data)],
        ]
  conditions.push({ attributes, actions: [], isTime, ...(breaks ? { break: breaks } : {}) })
}

function groupConditions(details: readonly Detail[], plan: Plan): Condition[] {
  const conditions: Draft[] = []
  for (const detail of details) {
    if (detail.tag === 'condition') addCondition(conditions, detail)
    const last = conditions.at(-1)
    if (detail.tag === 'regex' && last) last.regexes = [...(last.regexes ?? []), [detail.type, detail.data]]
  }
  const actions = details.filter(({ tag }) => tag === 'action' || tag === 'anti-action').map(toAction)
  if (actions.length === 0) return conditions
  // Actions need a condition to stand in; an empty one always holds.
  if (conditions.length === 0) addCondition(conditions, { tag: 'condition', type: '', data: '' })
  const last = conditions.at(-1) as Draft
  last.actions = [...introduction(plan), ...actions]
  return conditions
}

/** Details in the order they take effect: by group, conditions first, then by their own order. */
export function inOrder(details: readonly Detail[]): Detail[] {
  return details
    .map((detail, position) => ({ detail, position }))
    .sort(
      (a, b) =>
        (a.detail.group ?? 0) - (b.detail.group ?? 0) ||
        ranks[a.detail.tag] - ranks[b.detail.tag] ||
        (a.detail.order ?? 0) - (b.detail.order ?? 0) ||
        a.position - b.position,
    )
    .map(({ detail }) => detail)
}

/** The text of `dialplan_xml` that FusionPBX's dialplan editor makes of the details. */
export function dialplanXml(plan: Plan, details: readonly Detail[]): string {
  const byGroup = new Map<number, Detail[]>()
  for (const detail of inOrder(details.filter(({ enabled }) => enabled !== false))) {
    const group = detail.group ?? 0
    byGroup.set(group, [...(byGroup.get(group) ?? []), detail])
  }
  const conditions = [...byGroup.values()].flatMap((group) => groupConditions(group, plan))
  return extensionXml({ name: plan.name, uuid: plan.uuid, continue: plan.continue ? '1' : '' }, conditions)
}
