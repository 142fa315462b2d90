import type { WindowVerdict } from './verdict.ts'

/** How many requests a key may make; one object per surface. */
export interface LimitPolicy {
  readonly requestsPerMinute: number
  readonly requestsPerHour: number
}

/**
 * The verdict of two windows at once. Limit, remaining and reset describe the minute, as the documented headers do,
 * unless the hour is what stops the next request; `window` says which of the two it is.
 */
export interface LimitVerdict extends WindowVerdict {
  readonly window: 'minute' | 'hour'
}

/**
 * Counts requests per key in a window of a minute and one of an hour. A request passes when both have room; one that
 * either refuses is counted in neither. Keys of different surfaces must differ (`v1:KEY`), since a key has one pair
 * of windows. Stores outside the process answer with a promise.
 */
export interface LimitStore {
  /** Counts one request, if it is allowed. */
  take(key: string, policy: LimitPolicy, nowMs: number): LimitVerdict | Promise<LimitVerdict>
  /** What `take` would find, without counting: `allowed` is about the next request, `remaining` is before it. */
  peek(key: string, policy: LimitPolicy, nowMs: number): LimitVerdict | Promise<LimitVerdict>
}
