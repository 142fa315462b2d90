/**
 * A fixed window: it opens with a key's first request and is over `lengthMs` later, whatever happens in between. The
 * next one opens with the next request, so windows of different keys never end together.
 */
export interface Window {
  /** Epoch milliseconds of the request that opened it. */
  startMs: number
  /** Requests counted in it. */
  count: number
}

export const minuteMs = 60_000
export const hourMs = 3_600_000

/**
 * A known window put right after the clock was set back. It would seem to start in the future and could last for
 * hours; instead it starts now and keeps its count, so that the step neither locks a key out nor gives it a second
 * helping. Callers must store what they get, or the window would start anew with every look.
 */
export const anchored = (window: Window, nowMs: number): Window =>
  window.startMs > nowMs ? { startMs: nowMs, count: window.count } : window

/** The window a key is in at `nowMs`: its own while that lasts, else a fresh one. */
export const currentWindow = (window: Window | undefined, lengthMs: number, nowMs: number): Window =>
  window === undefined || nowMs >= window.startMs + lengthMs ? { startMs: nowMs, count: 0 } : window
