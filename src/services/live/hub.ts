import { randomBytes } from 'node:crypto'
import { belongsTo, type Ear, hears } from './audience.ts'
import { type Change, groupOf } from './changes.ts'
import { type Entry, frameOf } from './entry.ts'
import { Ring, type RingLimits } from './ring.ts'
import { stamp } from './values.ts'

/** One open stream, as the hub sees it. */
export interface Listener {
  readonly ear: Ear
  /** Something it may want was added after all it has. */
  wake(entry: Entry): void
  /** The hub ends it: the reason is told to the other side. */
  end(reason: string): void
}

/** Why a stream cannot go on where it was. */
export type ResumeFault = 'another_process' | 'too_old' | 'unknown_id'

/** Where a stream begins: after this number, with a snapshot unless it goes on exactly where it was. */
export interface Start {
  readonly after: number
  /** Why not where the caller asked for; undefined when it does, or did not ask. */
  readonly fault: ResumeFault | undefined
  readonly isResumed: boolean
}

const idForm = /^([0-9a-z]{1,32})-(\d{1,15})$/

/**
 * Numbers every change, keeps the last ones, and tells whoever listens. Numbers start anew with each process, so ids
 * carry the process's own word in front.
 */
export class Hub {
  /** Names this process's numbering. */
  readonly epoch: string
  readonly #now: () => number
  readonly #ring: Ring
  #last = 0
  readonly #system = new Set<Listener>()
  readonly #tenants = new Map<string, Set<Listener>>()

  constructor(limits: RingLimits, now: () => number = Date.now) {
    this.#ring = new Ring(limits)
    this.#now = now
    this.epoch = `${now().toString(36)}${randomBytes(3).readUIntBE(0, 3).toString(36)}`
  }

  /** Number of the newest event. */
  get last(): number {
    return this.#last
  }

  /** How many streams are open. */
  get listeners(): number {
    let count = this.#system.size
    for (const listeners of this.#tenants.values()) count += listeners.size
    return count
  }

  /** What the memory of past events holds. */
  get kept(): { entries: number; bytes: number } {
    return { entries: this.#ring.size, bytes: this.#ring.bytes }
  }

  /** The id of a number, as streams show it. */
  id(number: number): string {
    return `${this.epoch}-${number}`
  }

  /** Numbers changes, keeps them, and wakes those who hear them. */
  publish(changes: readonly Change[]): void {
    for (const change of changes) this.#publish(change)
  }

  #publish({ type, audience, body }: Change): void {
    this.#last += 1
    const atMs = this.#now()
    const id = this.id(this.#last)
    const group = groupOf(type)
    // A resource below another is opened by that one's scope.
    const subject = group === 'configuration' ? (String(body.resource).split('/')[0] ?? '') : group
    const json = JSON.stringify({ id, type, at: stamp(atMs), ...body })
    const entry: Entry = { number: this.#last, type, audience, subject, atMs, ...frameOf(id, type, json) }
    this.#ring.push(entry)
    for (const listener of this.#near(entry)) if (hears(listener.ear, entry)) listener.wake(entry)
  }

  /** Listeners an event may be for; `hears` decides. */
  *#near({ audience: { tenant } }: Entry): Generator<Listener> {
    yield* this.#system
    if (tenant === 'every') for (const listeners of this.#tenants.values()) yield* listeners
    else if (tenant) yield* this.#tenants.get(tenant.uuid) ?? []
  }

  /**
   * Where a listener begins. `lastId` is the last event it has, as it was told: with one of ours that is still within
   * memory it goes on without loss or repetition, otherwise the fault says honestly why it cannot.
   */
  start(ear: Ear, lastId: string | undefined): Start {
    const fresh = { after: this.#last, isResumed: false }
    if (lastId === undefined || lastId === '') return { ...fresh, fault: undefined }
    const [, epoch, digits] = idForm.exec(lastId) ?? []
    if (epoch === undefined) return { ...fresh, fault: 'unknown_id' }
    if (epoch !== this.epoch) return { ...fresh, fault: 'another_process' }
    const number = Number(digits)
    if (number > this.#last) return { ...fresh, fault: 'unknown_id' }
    if (number < this.goneFor(ear)) return { ...fresh, fault: 'too_old' }
    return { after: number, fault: undefined, isResumed: true }
  }

  /** Highest number lost to this ear. */
  goneFor(ear: Ear): number {
    return this.#ring.gone(ear.domainUuid)
  }

  /** What an ear hears of the next events after a number: the events, and the number up to which was looked. */
  next(ear: Ear, after: number, count: number): { entries: readonly Entry[]; upTo: number } {
    const candidates = this.#ring.after(after, count)
    const last = candidates.at(-1)
    return {
      entries: candidates.filter((entry) => hears(ear, entry)),
      upTo: candidates.length < count || !last ? this.#last : last.number,
    }
  }

  /** True when something an ear's tenant would hear was published after a number. */
  hasNews(domainUuid: string | null, after: number): boolean {
    return this.#ring.after(after, this.#last - after).some((entry) => belongsTo(entry, domainUuid))
  }

  /** Opens a stream; answers how to close it. */
  add(listener: Listener): () => void {
    const { domainUuid } = listener.ear
    const listeners = domainUuid === null ? this.#system : (this.#tenants.get(domainUuid) ?? new Set<Listener>())
    listeners.add(listener)
    if (domainUuid !== null) this.#tenants.set(domainUuid, listeners)
    return () => {
      listeners.delete(listener)
      if (domainUuid !== null && listeners.size === 0 && this.#tenants.get(domainUuid) === listeners)
        this.#tenants.delete(domainUuid)
    }
  }

  /** Forgets events that are too old, also when nothing new pushes them out. */
  trim(): void {
    this.#ring.trim(this.#now())
  }

  /** Ends every stream with a reason. */
  endAll(reason: string): void {
    for (const listener of [...this.#system, ...[...this.#tenants.values()].flatMap((set) => [...set])])
      listener.end(reason)
  }
}
