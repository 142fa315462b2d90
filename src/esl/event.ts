import { repeatedKeys } from './repeated-keys.ts'

/** Header values by name: an object without prototype or one that JSON.parse made. Names come from strangers. */
export type EventFields = Readonly<Record<string, unknown>>

/**
 * One event. Header names come from SIP and may be any string, `__proto__` too; values are strings, and headers that
 * repeat or hold an array have several (facts 5).
 */
export class EslEvent {
  /** `Event-Name`; empty when the event has none. */
  readonly name: string
  /** `Event-Subclass`, of CUSTOM events. */
  readonly subclass: string | undefined
  /** What follows the headers: the result of a BACKGROUND_JOB, say. */
  readonly body: string | undefined
  readonly #fields: EventFields
  /** The JSON text, which knows of keys that stand there twice; undefined for fields that know themselves. */
  #json: string | undefined
  #repeated: ReadonlyMap<string, readonly string[]> | undefined

  constructor(fields: EventFields, body: string | undefined, json?: string) {
    this.#fields = fields
    this.#json = json
    this.body = body
    this.name = this.get('Event-Name') ?? ''
    this.subclass = this.get('Event-Subclass')
  }

  /** `Event-Sequence`: grows by one with each event of the core, across all connections. */
  get sequence(): number | undefined {
    const text = this.get('Event-Sequence')
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
  }

  /** A header's value; of several the last. Undefined when it is not there. */
  get(header: string): string | undefined {
    const value = this.#field(header)
    return typeof value === 'string' ? value : valuesOf(value).at(-1)
  }

  /** All values of a header, in their order: an array's, and those of a header that is there more than once. */
  getAll(header: string): readonly string[] {
    return this.#repeatedKeys().get(header) ?? valuesOf(this.#field(header))
  }

  has(header: string): boolean {
    return this.get(header) !== undefined
  }

  /** Every header once, in the order of the event; those with several values have an array. */
  *headers(): Generator<[header: string, value: string | string[]]> {
    for (const header of Object.keys(this.#fields)) {
      const values = this.getAll(header)
      if (values.length > 0 && header !== '_body') yield [header, values.length === 1 ? (values[0] ?? '') : [...values]]
    }
  }

  #field(header: string): unknown {
    return Object.hasOwn(this.#fields, header) ? this.#fields[header] : undefined
  }

  /** JSON.parse keeps only the last of a key's values. Few ask for the others, so they are looked for on demand. */
  #repeatedKeys(): ReadonlyMap<string, readonly string[]> {
    this.#repeated ??= this.#json === undefined ? new Map() : repeatedKeys(this.#json, valuesOf)
    this.#json = undefined
    return this.#repeated
  }
}

/** FreeSWITCH writes strings and arrays of strings; anything else is a stranger's, and only plain values count. */
function valuesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string')
  return typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : []
}
