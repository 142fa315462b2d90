import { parseLenient, type XmlElement } from './lenient.ts'

/** Something that two answers do not say alike. */
export interface XmlDifference {
  /** Where: names of elements with what tells them apart, as in `domain[xml.example.com]/users/user[101]/…`. */
  readonly at: string
  /** What FusionPBX's answer has there; undefined when it has nothing. */
  readonly fusionpbx: string | undefined
  readonly tandem: string | undefined
}

/** Elements whose place among their siblings means nothing (README of the captured pairs, immaterial differences). */
const unordered: ReadonlySet<string> = new Set([
  'param',
  'variable',
  'gateway',
  'domain',
  'queue',
  'agent',
  'user',
  'group',
  'list',
])

/** Parameters that FusionPBX forgets to cast, so that booleans come as `t` and `f`. */
const booleans: ReadonlySet<string> = new Set(['vm-enabled', 'vm-email-all-messages', 'register'])

/** Attributes of a context that FreeSWITCH ignores: those of whoever called first stay in FusionPBX's cache. */
const ignored: ReadonlySet<string> = new Set(['destination_number', 'hostname'])

function comparable(element: XmlElement, attribute: string, value: string): string {
  if (element.name !== 'param' || attribute !== 'value') return value
  const name = element.attributes.get('name') ?? ''
  if (booleans.has(name)) return value === 't' ? 'true' : value === 'f' ? 'false' : value
  return name === 'auth-acl' ? value.replace(/^virtual\.0\.\d+(e-\d+)?$/, 'virtual.*') : value
}

interface Canonical {
  readonly label: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly Canonical[]
  /** Equal for elements that say the same. */
  readonly text: string
  /** Order among its siblings; of those of one rank the free ones may change places. */
  readonly rank: number
  readonly isFree: boolean
}

const byText = (a: Canonical, b: Canonical): number => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0)

/** What tells an element apart from its siblings. */
const labelOf = ({ name, attributes }: XmlElement): string => {
  const own = ['name', 'id', 'uuid', 'digits', 'cidr', 'domain', 'agent', 'regex', 'application', 'field']
    .map((attribute) => attributes.get(attribute))
    .find(Boolean)
  return own === undefined ? name : `${name}[${own}]`
}

/** Order of extensions of a dialplan, by UUID; those of one rank may change places. */
export type Ranks = ReadonlyMap<string, number>

function canonical(element: XmlElement, ranks: Ranks): Canonical {
  const attributes = new Map(
    [...element.attributes]
      .filter(([name]) => !(element.name === 'context' && ignored.has(name)))
      .map(([name, value]): [string, string] => [name, comparable(element, name, value)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  const made = element.children.map((child) => canonical(child, ranks))
  const children = made.toSorted((a, b) => a.rank - b.rank || (a.isFree && b.isFree ? byText(a, b) : 0))
  const known = ranks.get(element.attributes.get('uuid') ?? '')
  const text = JSON.stringify([element.name, [...attributes], children.map((child) => child.text)])
  const isFree = unordered.has(element.name) || known !== undefined
  return { label: labelOf(element), attributes, children, text, rank: known ?? 0, isFree }
}

const shown = (element: Canonical): string =>
  `<${[element.label.replace(/\[.*/s, ''), ...[...element.attributes].map(([name, value]) => `${name}="${value}"`)].join(' ')}>`

/** Pairs of children with the same label, in order; one without a partner stands alone. */
function pairs(
  ours: readonly Canonical[],
  theirs: readonly Canonical[],
): [Canonical | undefined, Canonical | undefined][] {
  const waiting = new Map<string, Canonical[]>()
  for (const child of ours) waiting.set(child.label, [...(waiting.get(child.label) ?? []), child])
  const matched = theirs.map((child): [Canonical | undefined, Canonical] => {
    const queue = waiting.get(child.label) ?? []
    // An equal one first, so that one changed element of many with the same label is the one that is told.
    const at = Math.max(
      0,
      queue.findIndex((candidate) => candidate.text === child.text),
    )
    return [queue.splice(at, 1)[0], child]
  })
  return [...matched, ...[...waiting.values()].flat().map((child): [Canonical, undefined] => [child, undefined])]
}

function compare(ours: Canonical, theirs: Canonical, at: string): XmlDifference[] {
  if (ours.text === theirs.text) return []
  const names = new Set([...theirs.attributes.keys(), ...ours.attributes.keys()])
  const own = [...names]
    .filter((name) => ours.attributes.get(name) !== theirs.attributes.get(name))
    .map((name) => ({
      at: `${at}@${name}`,
      fusionpbx: theirs.attributes.get(name),
      tandem: ours.attributes.get(name),
    }))
  const inner = pairs(ours.children, theirs.children).flatMap(([mine, other]): XmlDifference[] => {
    const below = `${at}/${(mine ?? other)?.label}`
    if (mine && other) return compare(mine, other, below)
    return [{ at: below, fusionpbx: other && shown(other), tandem: mine && shown(mine) }]
  })
  if (own.length + inner.length > 0) return [...own, ...inner]
  const order = (element: Canonical): string => element.children.map((child) => child.label).join(', ')
  return [{ at: `${at}/order`, fusionpbx: order(theirs), tandem: order(ours) }]
}

/**
 * The differences that matter between FusionPBX's answer and ours; none means that FreeSWITCH does the same with
 * either. Throws an XmlSyntaxError when one of them is no XML.
 */
export function differences(fusionpbx: string, tandem: string, ranks: Ranks = new Map()): XmlDifference[] {
  const read = (text: string): Canonical =>
    canonical({ name: 'answer', attributes: new Map(), children: parseLenient(text) }, ranks)
  return compare(read(tandem), read(fusionpbx), 'answer').map(({ at, ...rest }) => ({
    at: at.replace(/^answer\/document\//, '').replace(/^answer\//, ''),
    ...rest,
  }))
}
