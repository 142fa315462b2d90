import { ExpiringKeys } from './expiring-keys.ts'
import { verdictOf, type WindowVerdict } from './verdict.ts'
import { anchored, currentWindow, type Window } from './window.ts'

/**
 * Counts events per key in one window. The ceiling of failed authentications is one: `peek` before looking at the
 * key that was sent, `take` when it turns out wrong, so that requests that authenticate cost nothing.
 */
export interface WindowCounter {
  /** Counts one event, if there is room for it. */
  take(key: string, nowMs: number): WindowVerdict
  /** The same without counting: `allowed` is about the next event, `remaining` is before it. */
  peek(key: string, nowMs: number): WindowVerdict
  /** Keys held at the moment. */
  readonly size: number
}

export interface WindowCounterOptions {
  /** Most events in a window. */
  limit: number
  windowSeconds: number
  /** Bounds memory; beyond it the oldest key is forgotten. */
  maxKeys?: number
}

/** A counter in this process. */
export function createWindowCounter({ limit, windowSeconds, maxKeys = 100_000 }: WindowCounterOptions): WindowCounter {
  const lengthMs = windowSeconds * 1000
  const keys = new ExpiringKeys<Window>(maxKeys, (window, nowMs) => nowMs >= window.startMs + lengthMs)
  const verdict = (window: Window, allowed: boolean, nowMs: number): WindowVerdict =>
    verdictOf(allowed, limit, limit - window.count, window.startMs + lengthMs, nowMs)
  const lookUp = (key: string, nowMs: number): Window | undefined => {
    const known = keys.get(key)
    if (known === undefined || known.startMs <= nowMs) return known
    const window = anchored(known, nowMs)
    keys.update(key, window)
    return window
  }
  return {
    get size() {
      return keys.size
    },
    take(key, nowMs) {
      const known = lookUp(key, nowMs)
      const window = currentWindow(known, lengthMs, nowMs)
      if (window.count >= limit) return verdict(window, false, nowMs)
      const counted = { ...window, count: window.count + 1 }
      if (window === known) keys.update(key, counted)
      else keys.insert(key, counted, nowMs)
      return verdict(counted, true, nowMs)
    },
    peek(key, nowMs) {
      const window = currentWindow(lookUp(key, nowMs), lengthMs, nowMs)
      return verdict(window, window.count < limit, nowMs)
    },
  }
}
