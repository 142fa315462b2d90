import { ExpiringKeys } from './expiring-keys.ts'
import type { LimitPolicy, LimitStore, LimitVerdict } from './limit-store.ts'
import { verdictOf } from './verdict.ts'
import { anchored, currentWindow, hourMs, minuteMs, type Window } from './window.ts'

/** Both windows of one key. */
interface Windows {
  minute: Window
  hour: Window
}

/** Answers at once, unlike stores outside the process. */
export interface MemoryLimitStore extends LimitStore {
  take(key: string, policy: LimitPolicy, nowMs: number): LimitVerdict
  peek(key: string, policy: LimitPolicy, nowMs: number): LimitVerdict
  /** Keys held at the moment. */
  readonly size: number
}

const isOver = ({ minute, hour }: Windows, nowMs: number): boolean =>
  nowMs >= minute.startMs + minuteMs && nowMs >= hour.startMs + hourMs

function currentWindows(known: Windows | undefined, nowMs: number): Windows {
  return {
    minute: currentWindow(known?.minute, minuteMs, nowMs),
    hour: currentWindow(known?.hour, hourMs, nowMs),
  }
}

/** The verdict after a decision, told of the window that stops the next request, else of the minute. */
function verdict({ minute, hour }: Windows, policy: LimitPolicy, allowed: boolean, nowMs: number): LimitVerdict {
  const minuteLeft = policy.requestsPerMinute - minute.count
  const hourLeft = policy.requestsPerHour - hour.count
  const minuteEndMs = minute.startMs + minuteMs
  const hourEndMs = hour.startMs + hourMs
  // With both used up the caller has to wait for the later of the two, which is nearly always the hour.
  const hourBinds = hourLeft <= 0 && (minuteLeft > 0 || hourEndMs >= minuteEndMs)
  return hourBinds
    ? { ...verdictOf(allowed, policy.requestsPerHour, hourLeft, hourEndMs, nowMs), window: 'hour' }
    : { ...verdictOf(allowed, policy.requestsPerMinute, minuteLeft, minuteEndMs, nowMs), window: 'minute' }
}

const hasRoom = ({ minute, hour }: Windows, policy: LimitPolicy): boolean =>
  minute.count < policy.requestsPerMinute && hour.count < policy.requestsPerHour

/** Limits counted in this process. `maxKeys` bounds memory, at about 300 bytes a key. */
export function createMemoryLimitStore({ maxKeys = 100_000 }: { maxKeys?: number } = {}): MemoryLimitStore {
  const keys = new ExpiringKeys<Windows>(maxKeys, isOver)
  const lookUp = (key: string, nowMs: number): Windows | undefined => {
    const known = keys.get(key)
    if (known === undefined || (known.minute.startMs <= nowMs && known.hour.startMs <= nowMs)) return known
    const windows = { minute: anchored(known.minute, nowMs), hour: anchored(known.hour, nowMs) }
    keys.update(key, windows)
    return windows
  }
  return {
    get size() {
      return keys.size
    },
    take(key, policy, nowMs) {
      const known = lookUp(key, nowMs)
      const { minute, hour } = currentWindows(known, nowMs)
      if (!hasRoom({ minute, hour }, policy)) return verdict({ minute, hour }, policy, false, nowMs)
      const counted = {
        minute: { ...minute, count: minute.count + 1 },
        hour: { ...hour, count: hour.count + 1 },
      }
      // A key is as old as its hour: with a new one it moves to the young end, which keeps the old end the one to clear.
      if (known !== undefined && hour === known.hour) keys.update(key, counted)
      else keys.insert(key, counted, nowMs)
      return verdict(counted, policy, true, nowMs)
    },
    peek(key, policy, nowMs) {
      const windows = currentWindows(lookUp(key, nowMs), nowMs)
      return verdict(windows, policy, hasRoom(windows, policy), nowMs)
    },
  }
}
