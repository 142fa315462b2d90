/** One thing the switch does when the conditions before it hold (`action`) or do not (`anti-action`). */
export interface Action {
  tag: 'action' | 'anti-action'
  application: string
  data: string
  /** `true` runs it while the dialplan is still being read; absent prints nothing. */
  inline?: string
}

/** One `<condition>` with the actions it decides about. */
export interface Condition {
  /** Attributes in the order they are printed. */
  attributes: readonly (readonly [name: string, value: string])[]
  /** `never`, `on-true`, `on-false` or `always`. */
  break?: string
  /** Alternatives of a condition of the kind `regex="all|any|xor"`. */
  regexes?: readonly (readonly [field: string, expression: string])[]
  actions: readonly Action[]
}

/** The attributes of an `<extension>`. `continue` is a text because FusionPBX's pages write yes and no in many ways. */
export interface Extension {
  name: string
  uuid: string
  continue: string
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeXml = (text: string) => text.replace(/[&<>"]/g, (character) => escapes[character] as string)
const attribute = ([name, value]: readonly [string, string]) => ` ${name}="${escapeXml(value)}"`

/** A condition on one channel variable or field. */
export function condition(
  field: string,
  expression: string,
  actions: readonly Action[] = [],
  breaks?: string,
): Condition {
  const attributes = [['field', field] as const, ['expression', expression] as const]
  return { attributes, actions, ...(breaks === undefined ? {} : { break: breaks }) }
}

/** An action; `inline` is what FusionPBX stores: `true`, `false` or nothing. */
export function action(application: string, data = '', inline?: 'true' | 'false'): Action {
  return { tag: 'action', application, data, ...(inline === undefined ? {} : { inline }) }
}

function actionXml({ tag, application, data, inline }: Action): string {
  const run = `\t\t<${tag}${attribute(['application', application])}${attribute(['data', data])}`
  return inline === undefined ? `${run}/>` : `${run}${attribute(['inline', inline])}/>`
}

function conditionXml({ attributes, break: breaks, regexes = [], actions }: Condition): string {
  const open = `\t<condition${attributes.map(attribute).join('')}${breaks ? attribute(['break', breaks]) : ''}`
  if (regexes.length + actions.length === 0) return `${open}/>`
  const inner = [
    ...regexes.map(([field, expression]) => {
      return `\t\t<regex${attribute(['field', field])}${attribute(['expression', expression])}/>`
    }),
    ...actions.map(actionXml),
  ]
  return `${open}>\n${inner.join('\n')}\n\t</condition>`
}

/** The text of `dialplan_xml`, laid out as FusionPBX lays it out, with every value escaped. */
export function extensionXml(extension: Extension, conditions: readonly Condition[]): string {
  const { name, uuid, continue: goOn } = extension
  const head = (
    [
      ['name', name],
      ['continue', goOn],
      ['uuid', uuid],
    ] as const
  ).map(attribute)
  return [`<extension${head.join('')}>`, ...conditions.map(conditionXml), '</extension>'].join('\n')
}
