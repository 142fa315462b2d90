/**
 * How long to wait before attempt number `attempt` (from 0): a doubling wait, of which the upper half is left to chance,
 * so that many clients of a switch that comes back do not come at once.
 */
export function backoffMs(attempt: number, bounds: { minMs: number; maxMs: number }, random: () => number): number {
  const fullMs = Math.min(bounds.maxMs, bounds.minMs * 2 ** Math.min(attempt, 30))
  return fullMs / 2 + (fullMs / 2) * random()
}
