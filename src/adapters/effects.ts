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

/** What became of all effects of one write. */
export interface Delivery {
  readonly cache: Stage
  readonly switch: Stage
}

/** Whoever carries effects out. */
export interface EffectPort {
  /** The stages before anything was tried: what a receipt says the moment the row is committed. */
  expect(effects: readonly Effect[]): Delivery
  /** Carries the effects out, once more if they were before, and answers what became of them. Never throws. */
  deliver(effects: readonly Effect[]): Promise<Delivery>
}
