import type { XmlRequest } from '../../services/xml/door.ts'

/** Fields that mod_xml_curl writes as they are, in front of all others (facts freeswitch-esl 8). */
const unencoded: ReadonlySet<string> = new Set(['hostname', 'section', 'tag_name', 'key_name', 'key_value'])

function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    // Bytes that are no UTF-8: what was sent stands for itself, and matches no row.
    return text
  }
}

/**
 * Reads the body of a request of mod_xml_curl. The first value of a field counts: a key with `&` in it, which is not
 * encoded, would otherwise add fields that replace those of the switch. `+` is a plus, as this sender means it.
 */
export function parseForm(body: string): XmlRequest {
  const values = new Map<string, string>()
  for (const pair of body.replace(/[\r\n]+$/, '').split('&')) {
    const at = pair.indexOf('=')
    const name = decode(at < 0 ? pair : pair.slice(0, at))
    if (name !== '' && !values.has(name)) values.set(name, at < 0 ? '' : pair.slice(at + 1))
  }
  const read = (name: string): string => {
    const text = values.get(name) ?? ''
    // PostgreSQL's texts hold no NUL, so that neither does a name that could be found.
    return (unencoded.has(name) ? text : decode(text)).replaceAll('\0', '')
  }
  return {
    section: read('section'),
    tagName: read('tag_name'),
    keyName: read('key_name'),
    keyValue: read('key_value'),
    get: (field) => read(field) || undefined,
  }
}
