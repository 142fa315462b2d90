/** What a source says about a setting: text, or a list of texts. Every kind of setting reads its value from this. */
export type Given = string | readonly string[]

/** The outcome of reading: a value, or everything that is wrong with what was given. */
export type Reading<T> = { readonly value: T } | { readonly problems: readonly string[] }

/** How a value is printed: as it is in JSON, secrets already masked. */
export type Shown = string | number | boolean | readonly string[]

/** One setting, described once: its default, what it accepts, one sentence about it, and how it is read and shown. */
export interface Setting<T> {
  readonly default: T
  /** One sentence for the reference and for people reading `config print`. */
  readonly about: string
  /** What is accepted, in the words faults and documents use. */
  readonly allowed: string
  /** A secret is never printed, neither by `config print` nor in a fault. */
  readonly secret: boolean
  /** Reads what a source gave. Problems say what is wrong with the value and never contain a secret. */
  read(given: Given): Reading<T>
  /** The value for printing. */
  show(value: T): Shown
}

/** Text shown in place of a secret that is set. */
export const masked = '***'

/** A value as faults quote it: in quotes, and short enough for one line. */
export function quote(text: string): string {
  const quoted = JSON.stringify(text)
  return quoted.length > 60 ? `${quoted.slice(0, 57)}…"` : quoted
}
