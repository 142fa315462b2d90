/** Attributes of an element in the order they are written. */
export type Attributes = Readonly<Record<string, string>>

/** Characters that XML 1.0 cannot hold, not even by reference (XML 1.0 section 2.2). */
const unholdable =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/**
 * `<` in front of `!` where a quote follows. When FreeSWITCH writes a document that it has read, to keep or to merge it,
 * it takes `<!` for the beginning of a comment and escapes nothing behind it: the quote would end the attribute, and
 * what follows would be elements of the tenant's choice.
 */
const unsafeForSwitch = /<+(?=!.*")/gs

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

const needsCare = /[&<>"'\u0000-\u001f\ud800-\udfff\ufffe\uffff]|\$\$\{|x-pre-process/i

/** Halves of characters, which no text of a database or request can hold: they mark what only we may write. */
const open = '\ud800'
const close = '\udfff'
const reference = /\ud800([\w.-]+)\udfff/

/** A global variable of the switch inside a value: FreeSWITCH puts its own in when it reads the answer. */
export const globalVariable = (name: string): string => `${open}${name}${close}`

/**
 * Text as an attribute holds it. Besides XML's own characters two things are written as references, because
 * FreeSWITCH runs every answer of mod_xml_curl through its preprocessor before it parses it: `$${` would be replaced
 * by one of its global variables, and a line with `X-PRE-PROCESS` is a command or is dropped. Tabs and ends of lines
 * are the blanks that XML makes of them in an attribute (section 3.3.3); as references they would get into headers of
 * SIP. What XML or FreeSWITCH cannot hold is left out.
 */
export function escapeXml(text: string): string {
  if (!needsCare.test(text)) return text
  return text.includes(open) ? text.split(reference).map(escapePart).join('') : escaped(text)
}

/** Names of variables stand at the odd places between the parts of a text that was split by `reference`. */
const escapePart = (part: string, index: number): string => (index % 2 === 0 ? escaped(part) : `$\${${part}}`)

function escaped(text: string): string {
  return text
    .replace(unholdable, '')
    .replace(unsafeForSwitch, '')
    .replace(/\r\n|[\t\n\r]/g, ' ')
    .replace(/[&<>"']/g, (character) => references[character] as string)
    .replaceAll('$${', '&#36;${')
    .replace(/x-pre-process/gi, (word) => word.replace('-', '&#45;'))
}

/**
 * The text without `$`. FreeSWITCH replaces `${…}` in what a channel holds, and `${name arguments}` runs a command of
 * its own; FusionPBX therefore drops every `$` from what tenants write (README of the captured pairs), and so do we.
 */
export const inert = (text: string): string => (text.includes('$') ? text.replaceAll('$', '') : text)

const attributesOf = (attributes: Attributes): string => {
  let text = ''
  for (const name in attributes) text += ` ${name}="${escapeXml(attributes[name] as string)}"`
  return text
}

/** `text` without `$` but in front of these names in braces, which are safe to fill in: `uuid}`, `strftime`. */
export const inertBut = (text: string, allowed: readonly string[]): string =>
  allowed.reduce((made, name) => made.replaceAll(`{${name}`, `\${${name}`), inert(text))

/** An element on lines of its own: the preprocessor of FreeSWITCH reads lines, and a short one costs it least. */
export const element = (name: string, attributes: Attributes, children?: string): string =>
  children === undefined
    ? `<${name}${attributesOf(attributes)}/>\n`
    : `<${name}${attributesOf(attributes)}>\n${children}</${name}>\n`

/** `<param name="…" value="…"/>` */
export const param = (name: string, value: string): string => element('param', { name, value })

/** `<variable name="…" value="…"/>` */
export const variable = (name: string, value: string): string => element('variable', { name, value })

/** A whole answer. The declaration has a line of its own, since FreeSWITCH skips the line it is on. */
export const xmlDocument = (section: string, body: string, more: Attributes = {}): string =>
  `<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n${element(
    'document',
    { type: 'freeswitch/xml' },
    element('section', { name: section, ...more }, body),
  )}`

/** What FreeSWITCH takes for "ask the files" (facts freeswitch-esl 8): an answer of status 200 nevertheless. */
export const notFound = xmlDocument('result', element('result', { status: 'not found' }))
