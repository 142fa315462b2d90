import { eventNames } from './event-names.ts'
import type { FakeEvent } from './wire.ts'

/** What one connection listens to: `event`, `nixevent`, `noevents`, `filter` and their replies (facts 5). */
export class Subscription {
  format: 'plain' | 'json' = 'plain'
  #on = false
  #all = false
  readonly #names = new Set<string>()
  readonly #custom = new Set<string>()
  #filters: { name: string; value: string }[] = []

  /** Reply to `event WORDS`; `allowed` is what a userauth may listen to. */
  event(words: readonly string[], allowed?: ReadonlySet<string>): string {
    const [first, ...others] = words
    const format = first?.toLowerCase()
    if (format === 'plain' || format === 'json' || format === 'xml') this.format = format === 'json' ? 'json' : 'plain'
    const names = format === 'plain' || format === 'json' || format === 'xml' ? others : words
    let known = 0
    let custom = false
    for (const word of names) {
      const name = word.toUpperCase()
      if (!custom && !eventNames.has(name)) continue
      if (allowed !== undefined && !allowed.has('ALL') && !allowed.has(custom ? word : name)) {
        return '-ERR permission denied'
      }
      if (custom) this.#custom.add(word)
      else {
        known++
        if (name === 'ALL') this.#all = true
        else this.#names.add(name)
        custom = name === 'CUSTOM'
      }
    }
    if (known === 0) return '-ERR no keywords supplied'
    this.#on = true
    return `+OK event listener enabled ${format === 'xml' ? 'xml' : this.format}`
  }

  /** Reply to `nixevent WORDS`. */
  nix(words: readonly string[]): string {
    let known = 0
    let custom = false
    for (const word of words) {
      const name = word.toUpperCase()
      if (custom) this.#custom.delete(word)
      else if (eventNames.has(name)) {
        known++
        custom = name === 'CUSTOM'
        if (name === 'ALL') this.#clear()
        else if (!custom) this.#nixOne(name)
      }
    }
    return known === 0 ? '-ERR no keywords supplied' : '+OK events nixed'
  }

  #nixOne(name: string): void {
    if (this.#all) for (const each of eventNames) if (each !== 'ALL') this.#names.add(each)
    this.#all = false
    this.#names.delete(name)
  }

  #clear(): void {
    this.#all = false
    this.#names.clear()
  }

  /** Reply to `noevents`. */
  none(): string {
    if (!this.#on) return '-ERR not listening for events'
    this.#on = false
    this.#clear()
    this.#custom.clear()
    return '+OK no longer listening for events'
  }

  /** Reply to `filter REST`. */
  filter(rest: string): string {
    const text = rest.replace(/^ +/, '')
    const [name, value] = split(text)
    if (name.toLowerCase() === 'delete' && value !== undefined) return this.#unfilter(value)
    if (value === undefined) return '-ERR invalid syntax'
    const pair = name.toLowerCase() === 'add' ? split(value) : ([name, value] as const)
    this.#filters.push({ name: pair[0], value: pair[1] ?? '' })
    return `+OK filter added. [${pair[0]}]=[${pair[1] ?? ''}]`
  }

  #unfilter(rest: string): string {
    const [name, value] = split(rest)
    this.#filters =
      name.toLowerCase() === 'all'
        ? []
        : this.#filters.filter((each) => each.name !== name || (value !== undefined && each.value !== value))
    return `+OK filter deleted. [${name}][${value ?? ''}]`
  }

  /** Whether this connection gets the event. */
  wants(event: FakeEvent): boolean {
    if (!this.#on) return false
    const get = (name: string) =>
      event.headers.find((pair) => pair[0].toLowerCase() === name.toLowerCase())?.[1] as string | undefined
    const name = get('Event-Name') ?? 'CUSTOM'
    const subclass = get('Event-Subclass')
    const named = this.#names.has(name) && (name !== 'CUSTOM' || subclass === undefined || this.#custom.has(subclass))
    if (!this.#all && !named) return false
    if (this.#filters.length === 0) return true
    return this.#filters.some((each) => get(each.name)?.toLowerCase() === each.value.toLowerCase())
  }
}

function split(text: string): readonly [string, string | undefined] {
  const blank = text.indexOf(' ')
  return blank < 0 ? [text, undefined] : [text.slice(0, blank), text.slice(blank + 1)]
}
