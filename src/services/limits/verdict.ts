/** What a limit says about one request, in the units of the documented headers and 429 body. */
export interface WindowVerdict {
  /** False when the request is refused; it then cost nothing. */
  readonly allowed: boolean
  /** Most requests in the window. */
  readonly limit: number
  /** Requests still allowed in the window, this one already counted; never negative. */
  readonly remaining: number
  /** Unix seconds from which the window is over, rounded up. */
  readonly resetEpochSeconds: number
  /** Whole seconds after which a refused request would pass, at least 1; 0 for one that was allowed. */
  readonly retryAfterSeconds: number
}

/** A verdict for `remaining` requests left in a window that is over at `resetMs`. */
export function verdictOf(
  allowed: boolean,
  limit: number,
  remaining: number,
  resetMs: number,
  nowMs: number,
): WindowVerdict {
  return {
    allowed,
    limit,
    remaining: Math.max(0, remaining),
    // Rounded up: one second too late costs a caller a second, one too early costs it another refusal.
    resetEpochSeconds: Math.ceil(resetMs / 1000),
    retryAfterSeconds: allowed ? 0 : Math.max(1, Math.ceil((resetMs - nowMs) / 1000)),
  }
}
