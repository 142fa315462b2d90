import type { NodeStatus, SwitchNode } from '../../adapters/switch/switch.ts'
import { type Command, CommandError, command } from '../../esl/index.ts'
import type { Change } from './changes.ts'
import { type ChannelFacts, channelOfRow } from './channel.ts'
import type { Leg } from './leg.ts'
import { NodeModel, type Owners } from './node-model.ts'
import { registrationOfRow } from './registrations.ts'
import { gatewaysIn, pingsIn, showCount, showRows } from './snapshot.ts'
import type { EventLike } from './values.ts'

/** Where a node's model stands; docs/events.md has the table of transitions. */
export type SyncState = 'unsynced' | 'snapshotting' | 'live' | 'checking'

/** What differed between the model and the switch's own tables. */
export type Difference =
  | 'missed_channel'
  | 'ghost_channel'
  | 'channel_state'
  | 'missed_registration'
  | 'ghost_registration'
  | 'gateway'

/** What a node's model reports to. */
export interface SyncListener {
  changes(changes: readonly Change[]): void
  state(state: SyncState): void
  differences(kind: Difference, count: number): void
  failed(error: unknown, what: string): void
}

export interface SyncOptions {
  readonly node: SwitchNode
  readonly owners: Owners
  readonly listener: SyncListener
  /** Milliseconds between two looks at the switch's own tables. */
  readonly checkEveryMs: number
  readonly now?: () => number
}

/** Most events kept while a snapshot is read; more means that reading it again is cheaper. */
const maxWaiting = 100_000
/** `show` lags: 1.2 s at worst (facts 1). What moved within this time is not compared. */
const lagMs = 2000
/** The first look after a snapshot: late enough to see what the lag hid from the snapshot. */
const firstCheckMs = 2500
/** How long a gateway that was added takes to its first state. */
const settledMs = 1000
/** A snapshot that failed is tried again. */
const retryMs = 1000
/** Looks at the whole list although the number of channels is right. */
const fullEvery = 4
/** Questions under way at once; more gain nothing on one connection (facts-limits). */
const atOnce = 50
/** Tables of thousands of rows take FreeSWITCH a third of a second (facts-limits). */
const tableTimeoutMs = 15_000
const maxQuestions = 3

const showChannels = command('show', 'channels', 'as', 'json')
const countChannels = command('show', 'channels', 'count', 'as', 'json')
const showRegistrations = command('show', 'registrations', 'as', 'json')
const sofiaStatus = command('sofia', 'jsonstatus')
const sofiaGateways = command('sofia', 'xmlstatus', 'gateway')

/** A command with words that came from outside; undefined when they cannot be words. */
function worded(...words: [string, ...string[]]): Command | undefined {
  try {
    const [name, ...rest] = words
    return command(name, ...rest)
  } catch (error) {
    if (error instanceof CommandError) return undefined
    throw error
  }
}

/**
 * Keeps the model of one node in step with it. While a snapshot is read, events wait; afterwards they are applied in
 * their order, and since a snapshot only adds what exists and ends what does not (asked of the switch channel by
 * channel, which does not lag), nothing is lost, invented or told twice.
 */
export class Synchroniser {
  readonly model: NodeModel
  readonly #options: SyncOptions
  readonly #now: () => number
  #state: SyncState = 'unsynced'
  #waiting: EventLike[] = []
  /** Grows when the node goes: answers to questions of before are not used. */
  #generation = 0
  #checks = 0
  #nextCheckMs = Number.POSITIVE_INFINITY
  #retryAtMs = Number.POSITIVE_INFINITY
  #isUp = false
  /** When gateways are to be read: one that does not register is added without a word about its state. */
  #gatewaysAtMs = Number.POSITIVE_INFINITY
  #asked = new WeakMap<Leg, number>()

  constructor(options: SyncOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.model = new NodeModel(options.owners)
  }

  get state(): SyncState {
    return this.#state
  }

  /** The node came or went. */
  status(status: NodeStatus): void {
    const isUp = status.state === 'up'
    if (isUp === this.#isUp) return
    this.#isUp = isUp
    this.#generation += 1
    if (isUp) void this.#synchronise()
    else {
      this.#waiting = []
      this.#retryAtMs = Number.POSITIVE_INFINITY
      this.#enter('unsynced')
    }
  }

  /** Events of the node were lost on the way: what was built from the others is not to be trusted. */
  lost(): void {
    this.#waiting = []
    this.#generation += 1
    if (this.#isUp) void this.#synchronise()
  }

  /** An event of the node. */
  event(event: EventLike): void {
    if (event.subclass === 'sofia::gateway_add') this.#gatewaysAtMs = this.#now() + settledMs
    if (this.#state === 'live' || this.#state === 'checking') {
      this.#tell(this.model.apply(event, this.#now()))
      return
    }
    this.#waiting.push(event)
    if (this.#waiting.length > maxWaiting) this.lost()
  }

  /** Once a second: what time brings, and what is due. */
  tick(): void {
    const now = this.#now()
    if (now >= this.#retryAtMs && this.#isUp) void this.#synchronise()
    if (this.#state !== 'live') return
    this.#tell(this.model.tick(now))
    void this.#askOwners()
    if (now >= this.#gatewaysAtMs) void this.#readGateways()
    if (now >= this.#nextCheckMs) void this.check()
  }

  /** Compares with the switch's own tables, tells of differences and heals them. */
  async check(): Promise<void> {
    if (this.#state !== 'live') return
    const generation = this.#generation
    this.#enter('checking')
    this.#checks += 1
    try {
      const count = await this.#options.node.api(countChannels, tableTimeoutMs)
      const isDue =
        this.#checks % fullEvery === 1 || this.#isRefusal(count) || showCount(count) !== this.model.calls.size
      if (isDue && generation === this.#generation) await this.#compare(generation, lagMs, true)
    } catch (error) {
      if (generation === this.#generation) this.#options.listener.failed(error, 'a look at the switch')
    }
    if (generation !== this.#generation) return
    this.#nextCheckMs = this.#now() + this.#options.checkEveryMs
    this.#enter('live')
  }

  async #synchronise(): Promise<void> {
    const generation = this.#generation
    this.#retryAtMs = Number.POSITIVE_INFINITY
    this.#enter('snapshotting')
    try {
      await this.#compare(generation, 0, false)
    } catch (error) {
      if (generation !== this.#generation) return
      this.#options.listener.failed(error, 'the snapshot of the switch')
      this.#retryAtMs = this.#now() + retryMs
      return
    }
    if (generation !== this.#generation) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const event of waiting) this.#tell(this.model.apply(event, this.#now()))
    this.#checks = 0
    this.#nextCheckMs = this.#now() + firstCheckMs
    this.#enter('live')
  }

  async #compare(generation: number, graceMs: number, counts: boolean): Promise<void> {
    const askedMs = this.#now()
    const { node } = this.#options
    const [channels, registrations, status, gateways] = await Promise.all(
      [showChannels, showRegistrations, sofiaStatus, sofiaGateways].map((line) => node.api(line, tableTimeoutMs)),
    )
    if (generation !== this.#generation) return
    await this.#compareChannels(channels ?? '', generation, askedMs - graceMs, counts)
    await this.#compareRegistrations(registrations ?? '', generation, askedMs - graceMs, counts)
    if (generation === this.#generation) this.#compareGateways(status ?? '', gateways ?? '', counts)
  }

  async #compareChannels(text: string, generation: number, beforeMs: number, counts: boolean): Promise<void> {
    const { calls } = this.model
    if (this.#isRefusal(text)) return
    const rows = showRows(text).flatMap((row) => channelOfRow(row, this.#now()) ?? [])
    const shown = new Set(rows.map(({ uuid }) => uuid))
    const isUnknown = ({ uuid }: ChannelFacts): boolean => !calls.legs.has(uuid) && !calls.hasEnded(uuid)
    const candidates = rows.filter(isUnknown)
    // Rows lag, so after a gap in the events a row proves nothing for a channel that was known before.
    const suspects = [...calls.legs.values()].filter(
      (leg) => leg.heardMs <= beforeMs && (!counts || !shown.has(leg.uuid)),
    )
    const exists = await this.#whichExist([...candidates, ...suspects].map(({ uuid }) => uuid))
    if (generation !== this.#generation) return
    // Events went on while the switch was asked, and know better.
    const missed = candidates.filter((facts) => exists.get(facts.uuid) === true && isUnknown(facts))
    const ghosts = suspects.filter(({ uuid }) => exists.get(uuid) === false && calls.legs.has(uuid))
    const now = this.#now()
    this.#tell(calls.adopt(missed, now))
    this.#tell(
      calls.bury(
        ghosts.map(({ uuid }) => uuid),
        now,
      ),
    )
    const stale = rows.filter((row) => this.#isStale(row, beforeMs))
    for (const row of stale) this.#tell(calls.correct(row, now))
    if (!counts) return
    this.#differ('missed_channel', missed.length)
    this.#differ('ghost_channel', ghosts.length)
    this.#differ('channel_state', stale.length)
  }

  /** A leg that no event spoke of lately and that a row shows in another state. */
  #isStale(row: ChannelFacts, beforeMs: number): boolean {
    const leg = this.model.calls.legs.get(row.uuid)
    if (!leg || leg.heardMs > beforeMs || row.state === undefined || row.state === 'ended') return false
    return row.state !== leg.state && row.state !== 'new'
  }

  async #compareRegistrations(text: string, generation: number, beforeMs: number, counts: boolean): Promise<void> {
    const { registrations } = this.model
    if (this.#isRefusal(text)) return
    const rows = showRows(text).flatMap((row) => registrationOfRow(row, this.#now()) ?? [])
    const suspects = registrations.ghosts(rows, beforeMs)
    const gone = new Set<string>()
    await this.#each(suspects, async ({ user, realm }) => {
      const line = worded('sofia_contact', `*/${user}@${realm}`)
      const answer = line && (await this.#options.node.api(line))
      if (answer?.startsWith('error/user_not_registered')) gone.add(`${user}@${realm}`)
    })
    if (generation !== this.#generation) return
    const ghosts = suspects.filter(({ user, realm }) => gone.has(`${user}@${realm}`))
    const missed = registrations.missing(rows)
    this.#tell(registrations.adopt(missed))
    this.#tell(registrations.bury(ghosts, this.#now()))
    if (!counts) return
    this.#differ('missed_registration', missed.length)
    this.#differ('ghost_registration', ghosts.length)
  }

  #compareGateways(status: string, xml: string, counts: boolean): void {
    if (this.#isRefusal(status)) return
    const pings = pingsIn(xml)
    const found = gatewaysIn(status).map((facts) => ({ ...facts, ping: pings.get(facts.name) }))
    if (counts) this.#differ('gateway', this.model.gateways.differing(found))
    this.#tell(this.model.gateways.replace(found, this.#options.node.status().hostname ?? ''))
  }

  /** A core without tables or a switch without mod_sofia says so: events are then all there is. */
  #isRefusal(text: string): boolean {
    const isRefused = text.startsWith('-')
    if (isRefused) this.#options.listener.failed(new Error(text.trim().slice(0, 200)), 'a table of the switch')
    return isRefused
  }

  async #readGateways(): Promise<void> {
    const generation = this.#generation
    this.#gatewaysAtMs = Number.POSITIVE_INFINITY
    const { node, listener } = this.#options
    try {
      const [status, xml] = await Promise.all([node.api(sofiaStatus), node.api(sofiaGateways)])
      if (generation === this.#generation) this.#compareGateways(status, xml, false)
    } catch (error) {
      listener.failed(error, 'the state of gateways')
    }
  }

  /** Which channels the switch has: this look-up does not lag (facts 1). What cannot be asked is left out. */
  async #whichExist(uuids: readonly string[]): Promise<Map<string, boolean>> {
    const exists = new Map<string, boolean>()
    await this.#each(uuids, async (uuid) => {
      const line = worded('uuid_exists', uuid)
      const answer = line && (await this.#options.node.api(line)).trim()
      if (answer === 'true' || answer === 'false') exists.set(uuid, answer === 'true')
    })
    return exists
  }

  async #each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    for (let at = 0; at < items.length; at += atOnce) await Promise.all(items.slice(at, at + atOnce).map(work))
  }

  /** Asks for the variables of legs whose tenant neither presence id nor context told (facts 3). */
  async #askOwners(): Promise<void> {
    const legs = this.model.calls
      .legsWithoutOwner()
      .filter((leg) => (this.#asked.get(leg) ?? 0) < maxQuestions)
      .slice(0, atOnce)
    const generation = this.#generation
    for (const leg of legs) this.#asked.set(leg, (this.#asked.get(leg) ?? 0) + 1)
    try {
      await this.#each(legs, async ({ uuid }) => {
        const line = worded('uuid_getvar', uuid, 'domain_name')
        const answer = line && (await this.#options.node.api(line)).trim()
        if (!answer || answer === '_undef_' || answer.startsWith('-') || generation !== this.#generation) return
        this.#tell(this.model.calls.learn(uuid, { domainName: answer }))
      })
    } catch (error) {
      if (generation === this.#generation) this.#options.listener.failed(error, 'a question whose call it is')
    }
  }

  #differ(kind: Difference, count: number): void {
    if (count > 0) this.#options.listener.differences(kind, count)
  }

  #tell(changes: readonly Change[]): void {
    if (changes.length > 0) this.#options.listener.changes(changes)
  }

  #enter(state: SyncState): void {
    if (state === this.#state) return
    this.#state = state
    this.#options.listener.state(state)
  }
}
