import { parseLenient, type XmlElement, XmlSyntaxError } from './lenient.ts'
import { element } from './write.ts'

/** How many texts are remembered; a host of 500 tenants has about this many dialplans with different texts. */
const mostRemembered = 50_000

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
  return (text) => {
    let fragment = known.get(text)
    if (fragment === undefined) {
      fragment = read(text)
      // The oldest goes first; in a circle of more texts than fit, remembering would help nobody anyway.
      if (known.size >= mostRemembered) known.delete(known.keys().next().value as string)
      known.set(text, fragment)
    }
    return fragment
  }
}
