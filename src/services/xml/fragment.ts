import { parseLenient, type XmlElement, XmlSyntaxError } from './lenient.ts'
import { element } from './write.ts'

/** Characters that are remembered of all texts: those of a host of a hundred tenants, in 16 MB. */
const mostRemembered = 8_000_000

/** A part of a dialplan as it goes into an answer; or why it cannot. */
export type Fragment = { readonly xml: string } | { readonly fault: string }

/** The preprocessor's own element runs commands on the host of the switch: nobody writes one in a dialplan. */
const isCommand = (name: string): boolean => name.toLowerCase() === 'x-pre-process'

/** Names that XML allows: what else a lenient reader takes for one would break the document of everybody. */
const isName = (name: string): boolean => /^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(name)

function written({ name, attributes, children }: XmlElement): string {
  if (!isName(name) || ![...attributes.keys()].every(isName))
    throw new XmlSyntaxError(`<${name}> has a name that is none`, 0)
  const inner = children.filter((child) => !isCommand(child.name)).map(written)
  return element(name, Object.fromEntries(attributes), inner.length === 0 ? undefined : inner.join(''))
}

function read(text: string): Fragment {
  try {
    const extensions = parseLenient(text).filter(({ name }) => name === 'extension')
    return { xml: extensions.map(written).join('') }
  } catch (error) {
    if (error instanceof XmlSyntaxError) return { fault: error.message }
    throw error
  }
}

/**
 * Reads texts of dialplans as FreeSWITCH would, and writes them anew so that none can break the document around it.
 * What was read is remembered by the text itself, which cannot go stale: another text is another entry.
 */
export function fragmentReader(): (text: string) => Fragment {
  const known = new Map<string, Fragment>()
  let remembered = 0
  const sizeOf = (text: string, fragment: Fragment): number =>
    text.length + ('xml' in fragment ? fragment.xml.length : 0)
  return (text) => {
    let fragment = known.get(text)
    if (fragment === undefined) {
      fragment = read(text)
      remembered += sizeOf(text, fragment)
      known.set(text, fragment)
      // The oldest go first; in a circle of more texts than fit, remembering would help nobody anyway.
      for (const [old, its] of known) {
        if (remembered <= mostRemembered) break
        known.delete(old)
        remembered -= sizeOf(old, its)
      }
    }
    return fragment
  }
}
