import { CommandError } from './errors.ts'

/** What a client wants to hear of. */
export class Subscriptions {
  readonly #names = new Set<string>()
  readonly #custom = new Set<string>()
  /** Names somebody asked for, as opposed to those the client needs for itself. */
  readonly #wanted = new Set<string>()

  /** The command that would ask for nothing. */
  static readonly none = eventLine([], [])

  /** True when events of this name are for the listeners too. */
  isWanted(name: string): boolean {
    return this.#wanted.has(name) || this.#wanted.has('ALL')
  }

  hears(name: string): boolean {
    return this.#names.has(name) || this.#names.has('ALL')
  }

  add(names: readonly string[], custom: readonly string[], wanted: boolean): void {
    for (const name of names) {
      this.#names.add(name)
      if (wanted) this.#wanted.add(name)
    }
    for (const subclass of custom) this.#custom.add(subclass)
  }

  remove(names: readonly string[], custom: readonly string[]): void {
    for (const name of names) {
      this.#names.delete(name)
      this.#wanted.delete(name)
    }
    for (const subclass of custom) this.#custom.delete(subclass)
  }

  /** The command that asks for all of them. */
  line(): string {
    return eventLine([...this.#names], [...this.#custom])
  }
}

/** Names as FreeSWITCH knows them: in capitals. Throws CommandError for what is no name. */
export function eventNames(names: readonly string[]): string[] {
  return names.map((name, index) => {
    if (!/^[A-Z0-9_]{1,64}$/i.test(name)) throw new CommandError(`event ${index + 1} has no name of an event`)
    return name.toUpperCase()
  })
}

/** Subclasses may be any word without quotes. Throws CommandError. */
export function subclassNames(names: readonly string[]): string[] {
  return names.map((name, index) => {
    if (!/^[\w:.@/-]{1,128}$/.test(name)) throw new CommandError(`subclass ${index + 1} has no name of a subclass`)
    return name
  })
}

/** JSON, because the plain form cannot be decoded exactly; CUSTOM last, because it takes every word behind it (facts 5). */
export function eventLine(names: readonly string[], custom: readonly string[]): string {
  const others = names.filter((name) => name !== 'CUSTOM')
  const last = custom.length > 0 || others.length < names.length ? ['CUSTOM', ...custom] : []
  return ['event', 'json', ...others, ...last].join(' ')
}
