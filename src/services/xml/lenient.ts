/** An element as it was read: text between elements means nothing in FreeSWITCH's documents and is not kept. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
}

/** Text that is no XML even for a lenient reader. */
export class XmlSyntaxError extends Error {
  /** Where reading stopped, in characters from the start. */
  readonly offset: number

  constructor(message: string, offset: number) {
    super(`${message} at character ${offset}`)
    this.name = 'XmlSyntaxError'
    this.offset = offset
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Replaces what is an entity; an `&` that begins none stands for itself, as FreeSWITCH reads it. */
export const unescapeXml = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) => {
        if (name !== undefined) return entities[name.toLowerCase()] as string
        const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
        return code <= 0x10ffff ? String.fromCodePoint(code) : whole
      })
    : text

const nameAt = /[^\s/>="'<]+/y
const blanksAt = /\s*/y

/** How deep elements may be inside each other: FusionPBX's documents have ten levels. */
const mostLevels = 100

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Reads elements up to the end, or up to the closing tag of the element they are in. */
  elements(inside: string | undefined, level = 0): XmlElement[] {
    if (level > mostLevels) throw new XmlSyntaxError('elements are too deep', this.#at)
    const found: XmlElement[] = []
    for (;;) {
      const at = this.#text.indexOf('<', this.#at)
      if (at < 0) {
        if (inside !== undefined) throw new XmlSyntaxError(`<${inside}> does not end`, this.#text.length)
        return found
      }
      this.#at = at
      if (this.#skipMarkup()) continue
      if (this.#text.startsWith('</', at)) {
        this.#closing(inside)
        return found
      }
      found.push(this.#element(level))
    }
  }

  /** Comments, declarations, and text marked as such, none of which says anything. */
  #skipMarkup(): boolean {
    for (const [opening, closing] of [
      ['<!--', '-->'],
      ['<![CDATA[', ']]>'],
      ['<?', '?>'],
      ['<!', '>'],
    ] as const) {
      if (!this.#text.startsWith(opening, this.#at)) continue
      const end = this.#text.indexOf(closing, this.#at + opening.length)
      if (end < 0) throw new XmlSyntaxError(`${opening} does not end`, this.#at)
      this.#at = end + closing.length
      return true
    }
    return false
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #closing(inside: string | undefined): void {
    const at = this.#at
    this.#at += 2
    const name = this.#match(nameAt)
    this.#match(blanksAt)
    if (name !== inside || this.#text[this.#at] !== '>')
      throw new XmlSyntaxError(`</${name}> ends ${inside === undefined ? 'nothing' : `<${inside}>`}`, at)
    this.#at += 1
  }

  #element(level: number): XmlElement {
    this.#at += 1
    const name = this.#match(nameAt)
    if (name === '') throw new XmlSyntaxError('< begins nothing', this.#at - 1)
    const attributes = this.#attributes(name)
    if (this.#text[this.#at] === '/') {
      this.#at += 2
      return { name, attributes, children: [] }
    }
    this.#at += 1
    return { name, attributes, children: this.elements(name, level + 1) }
  }

  /** Attributes up to `>` or `/>`; values may hold `<` and `>`, which FusionPBX does not escape everywhere. */
  #attributes(element: string): Map<string, string> {
    const attributes = new Map<string, string>()
    for (;;) {
      this.#match(blanksAt)
      if (this.#text[this.#at] === '>' || this.#text.startsWith('/>', this.#at)) return attributes
      const at = this.#at
      const name = this.#match(nameAt)
      this.#match(blanksAt)
      const equals = this.#text[this.#at]
      this.#at += 1
      this.#match(blanksAt)
      const quote = this.#text[this.#at]
      if (name === '' || equals !== '=' || (quote !== '"' && quote !== "'"))
        throw new XmlSyntaxError(`<${element}> has an attribute that is none`, at)
      const end = this.#text.indexOf(quote, this.#at + 1)
      if (end < 0) throw new XmlSyntaxError(`attribute ${name} does not end`, at)
      if (!attributes.has(name)) attributes.set(name, unescapeXml(this.#text.slice(this.#at + 1, end)))
      this.#at = end + 1
    }
  }
}

/**
 * Reads XML as FreeSWITCH's own parser does, which is what FusionPBX's texts were written for: an `&` may stand alone
 * and an attribute may hold `<`. Elements must still be inside each other. Throws an XmlSyntaxError.
 */
export const parseLenient = (text: string): XmlElement[] => new Reader(text).elements(undefined)
