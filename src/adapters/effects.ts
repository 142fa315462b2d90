/**
 * Something outside the database that has to learn of a committed row. Every effect may be repeated safely: clearing a
 * key twice, rescanning twice or making a directory that exists changes nothing.
 */
export type Effect =
  /**
   * Delete one of FusionPBX's cache keys, with colons as its Lua side names it (facts 2). `perHost`: every switch has
   * its own, with its host name and a colon in front.
   */
  | { readonly to: 'cache'; readonly key: string; readonly perHost?: boolean }
  /** An event-socket command, word by word; words never hold separators. */
  | { readonly to: 'switch'; readonly command: readonly [string, ...string[]] }
  /** Configuration files that FusionPBX would render for a phone into `folder` (setting `provision/path`, facts 6). */
  | { readonly to: 'provisioning'; readonly device: string; readonly folder: string }
  /** An event fired on every switch (`sendevent`). */
  | { readonly to: 'event'; readonly name: string; readonly headers: Readonly<Record<string, string>> }
  /** A voicemail box's directory on disk: `<switch/voicemail>/default/<domain>/<box>` (facts 3, 8). */
  | {
      readonly to: 'files'
      readonly action: 'make-voicemail' | 'remove-voicemail'
      readonly domain: string
      readonly box: string
    }
  | {
      readonly to: 'files'
      readonly action: 'move-voicemail'
      readonly domain: string
      readonly box: string
      readonly target: string
    }

/** What became of one part of the effects. */
export type Stage = 'none' | 'skipped' | 'pending' | 'sent' | 'done' | 'failed'

/** What became of all effects of one write (contract, `X-Tandem-Receipt`). */
export interface Delivery {
  readonly cache: Stage
  readonly switch: Stage
}

/** One attempt at one effect, and the answer's own words. */
export interface Said {
  readonly to: Effect['to'] | 'proof'
  /** What was asked for, as a person would read it. */
  readonly what: string
  /** The switch that was asked; absent for what was done on this host. */
  readonly node?: string
  readonly stage: Stage
  /** The switch's words, or why nothing was done. */
  readonly said: string
}

/** How a switch can be asked whether a committed row has arrived. */
export type Proof = 'gateway' | 'directory'

/** The effects of one write. */
export interface Errand {
  /** The receipt's. */
  readonly id: string
  /** Key of the row that was written, and how the switch is asked about it, where it can be. */
  readonly key: string
  readonly proof?: Proof | undefined
  readonly effects: readonly Effect[]
  /** What an earlier try reported: a switch that owes nothing any more is left alone. */
  readonly before?: readonly Said[] | undefined
}

/** Whoever carries effects out. */
export interface EffectPort {
  /** The stages before anything was tried: what a receipt says the moment the row is committed. */
  expect(effects: readonly Effect[]): Delivery
  /** What a receipt shows of effects that nobody has tried yet. */
  untried(effects: readonly Effect[]): readonly Said[]
  /**
   * Carries the effects out, once more if they were before, and answers what became of them within a second; what is
   * still under way then is `pending` and goes on. Writes the receipt. Never throws.
   */
  deliver(errand: Errand): Promise<Delivery>
}
