import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { LimitPolicy } from '../../src/services/limits/limit-store.ts'
import { createMemoryLimitStore } from '../../src/services/limits/memory-limit-store.ts'
import { createWindowCounter } from '../../src/services/limits/window-counter.ts'

const minuteMs = 60_000
const hourMs = 3_600_000
/** A start that is no whole second, so that rounding shows. */
const t0 = 1_700_000_000_500
const documented: LimitPolicy = { requestsPerMinute: 60, requestsPerHour: 1000 }

describe('two windows at once', () => {
  it('60 requests pass in a minute and the 61st is told to wait for the rest of it', () => {
    const store = createMemoryLimitStore()
    const verdicts = Array.from({ length: 61 }, (_, index) => store.take('k', documented, t0 + index))
    assert.deepEqual(
      verdicts.slice(0, 60).map(({ allowed, remaining, limit }) => ({ allowed, remaining, limit })),
      Array.from({ length: 60 }, (_, index) => ({ allowed: true, remaining: 59 - index, limit: 60 })),
    )
    assert.deepEqual(verdicts[60], {
      allowed: false,
      limit: 60,
      remaining: 0,
      resetEpochSeconds: 1_700_000_061,
      retryAfterSeconds: 60,
      window: 'minute',
    })
  })

  it('a window starts with the first request of its key, and the next with the first after it', () => {
    const store = createMemoryLimitStore()
    const reset = (nowMs: number): number => store.take('k', documented, nowMs).resetEpochSeconds
    assert.equal(reset(t0), 1_700_000_061)
    assert.equal(reset(t0 + minuteMs - 1), 1_700_000_061)
    assert.equal(reset(t0 + minuteMs + 30_000), 1_700_000_151)
    assert.equal(store.take('other', documented, t0 + 7000).resetEpochSeconds, 1_700_000_068)
  })

  it('the 1,001st request of an hour is refused by the hour, and its headers are those of the hour', () => {
    const store = createMemoryLimitStore()
    let allowed = 0
    let nowMs = t0
    for (; allowed < 1000; nowMs += 1000) allowed += store.take('k', documented, nowMs).allowed ? 1 : 0
    const refused = store.take('k', documented, nowMs)
    assert.deepEqual([refused.allowed, refused.window, refused.limit, refused.remaining], [false, 'hour', 1000, 0])
    assert.equal(refused.resetEpochSeconds, Math.ceil((t0 + hourMs) / 1000))
    assert.equal(store.take('k', documented, t0 + hourMs).allowed, true)
  })

  it('a request refused by the minute costs nothing in the hour', () => {
    const store = createMemoryLimitStore()
    const policy = { requestsPerMinute: 2, requestsPerHour: 4 }
    const minute = (index: number): boolean[] =>
      Array.from({ length: 10 }, () => store.take('k', policy, t0 + index * minuteMs).allowed)
    for (const index of [0, 1]) assert.equal(minute(index).filter(Boolean).length, 2)
    const third = store.take('k', policy, t0 + 2 * minuteMs)
    assert.deepEqual([third.allowed, third.window], [false, 'hour'])
  })

  it('a request refused by the hour neither counts in a minute nor opens one', () => {
    const store = createMemoryLimitStore()
    const policy = { requestsPerMinute: 1, requestsPerHour: 1 }
    store.take('k', policy, t0)
    assert.equal(store.take('k', policy, t0 + hourMs - 1000).window, 'hour')
    store.take('k', { requestsPerMinute: 2, requestsPerHour: 9 }, t0 + hourMs)
    const { resetEpochSeconds } = store.peek('k', { requestsPerMinute: 2, requestsPerHour: 9 }, t0 + hourMs)
    assert.equal(resetEpochSeconds, Math.ceil((t0 + hourMs + minuteMs) / 1000))
  })

  it('with both windows used up the wait is that of the later one', () => {
    const store = createMemoryLimitStore()
    const policy = { requestsPerMinute: 1, requestsPerHour: 2 }
    store.take('k', policy, t0)
    store.take('k', policy, t0 + hourMs - 10_000)
    const refused = store.take('k', policy, t0 + hourMs - 5000)
    assert.deepEqual([refused.window, refused.retryAfterSeconds], ['minute', 55])
  })

  it('peek says what is left and counts nothing', () => {
    const store = createMemoryLimitStore()
    const fresh = store.peek('k', documented, t0)
    assert.deepEqual([fresh.allowed, fresh.remaining, fresh.resetEpochSeconds], [true, 60, 1_700_000_061])
    assert.equal(store.size, 0)
    store.take('k', documented, t0)
    for (let again = 0; again < 3; again += 1) assert.equal(store.peek('k', documented, t0).remaining, 59)
  })

  it('after the clock was set back an hour nobody is locked out and nobody gets a second helping', () => {
    const store = createMemoryLimitStore()
    const policy = { requestsPerMinute: 1, requestsPerHour: 100 }
    store.take('k', policy, t0)
    const back = t0 - hourMs
    const refused = store.take('k', policy, back)
    assert.deepEqual([refused.allowed, refused.retryAfterSeconds], [false, 60])
    assert.equal(store.peek('k', policy, back + 30_000).retryAfterSeconds, 30)
    assert.equal(store.take('k', policy, back + minuteMs).allowed, true)
  })

  it('memory is bounded: the oldest key goes first, and dead keys are cleared by new ones', () => {
    const store = createMemoryLimitStore({ maxKeys: 100 })
    const once = { requestsPerMinute: 1, requestsPerHour: 1 }
    for (let key = 0; key < 150; key += 1) store.take(`k${key}`, once, t0 + key)
    assert.equal(store.size, 100)
    assert.equal(store.peek('k49', once, t0 + 200).allowed, true, 'forgotten')
    assert.equal(store.peek('k50', once, t0 + 200).allowed, false, 'kept')
    for (let key = 0; key < 20; key += 1) store.take(`late${key}`, once, t0 + 2 * hourMs)
    assert.equal(store.size, 20)
  })

  it('a key in use is not the oldest: it moves to the young end with each new hour', () => {
    const store = createMemoryLimitStore({ maxKeys: 2 })
    const once = { requestsPerMinute: 1, requestsPerHour: 1 }
    store.take('busy', once, t0)
    store.take('idle', once, t0 + 1)
    store.take('busy', once, t0 + hourMs)
    store.take('new', once, t0 + hourMs)
    assert.equal(store.peek('busy', once, t0 + hourMs + 1).allowed, false)
  })
})

/** The obvious way: every allowed request is kept, and each window is found by walking them from the first. */
class SlowModel {
  readonly #taken = new Map<string, number[]>()

  /** The requests of the window that is open at `nowMs`, oldest first. */
  #open(key: string, lengthMs: number, nowMs: number): number[] {
    let open: number[] = []
    for (const atMs of this.#taken.get(key) ?? []) {
      if (open[0] === undefined || atMs >= open[0] + lengthMs) open = [atMs]
      else open.push(atMs)
    }
    return open[0] !== undefined && nowMs < open[0] + lengthMs ? open : []
  }

  take(key: string, policy: LimitPolicy, nowMs: number) {
    const left = (): { minute: number; hour: number } => ({
      minute: policy.requestsPerMinute - this.#open(key, minuteMs, nowMs).length,
      hour: policy.requestsPerHour - this.#open(key, hourMs, nowMs).length,
    })
    const before = left()
    const allowed = before.minute > 0 && before.hour > 0
    if (allowed) this.#taken.set(key, [...(this.#taken.get(key) ?? []), nowMs])
    const ends = {
      minute: (this.#open(key, minuteMs, nowMs)[0] ?? nowMs) + minuteMs,
      hour: (this.#open(key, hourMs, nowMs)[0] ?? nowMs) + hourMs,
    }
    const { minute, hour } = left()
    const window = hour > 0 ? 'minute' : minute > 0 || ends.hour >= ends.minute ? 'hour' : 'minute'
    return { allowed, window, remaining: { minute, hour }[window], endMs: ends[window] }
  }
}

describe('two windows at once, against a slow obvious model', () => {
  const policy = fc.record({
    requestsPerMinute: fc.integer({ min: 1, max: 6 }),
    requestsPerHour: fc.integer({ min: 1, max: 15 }),
  })
  // Mostly bursts, with steps that land before, on and after the ends of both windows.
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 2000 }) },
    { weight: 3, arbitrary: fc.constantFrom(minuteMs - 1, minuteMs, minuteMs + 1, 30_000) },
    { weight: 1, arbitrary: fc.constantFrom(hourMs - 1, hourMs, hourMs + 1, hourMs - 30_000) },
  )
  const request = fc.record({ key: fc.constantFrom('a', 'b', 'c'), step })

  it('agrees on every verdict, remaining and reset', () => {
    fc.assert(
      fc.property(policy, fc.array(request, { maxLength: 80 }), (limits, requests) => {
        const store = createMemoryLimitStore()
        const model = new SlowModel()
        let nowMs = t0
        for (const { key, step: stepMs } of requests) {
          nowMs += stepMs
          const expected = model.take(key, limits, nowMs)
          const peeked = store.peek(key, limits, nowMs)
          const verdict = store.take(key, limits, nowMs)
          assert.equal(peeked.allowed, expected.allowed)
          assert.deepEqual(
            [verdict.allowed, verdict.window, verdict.remaining, verdict.resetEpochSeconds],
            [expected.allowed, expected.window, expected.remaining, Math.ceil(expected.endMs / 1000)],
          )
          assert.ok(verdict.remaining >= 0)
          assert.equal(verdict.retryAfterSeconds > 0, !verdict.allowed)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('whoever waits as long as it was told passes', () => {
    fc.assert(
      fc.property(policy, fc.array(step, { maxLength: 60 }), (limits, steps) => {
        const store = createMemoryLimitStore()
        let nowMs = t0
        for (const stepMs of steps) {
          nowMs += stepMs
          const verdict = store.take('k', limits, nowMs)
          if (verdict.allowed) continue
          const { retryAfterSeconds, window } = verdict
          assert.ok(retryAfterSeconds >= 1 && retryAfterSeconds <= (window === 'minute' ? 60 : 3600))
          assert.equal(store.peek('k', limits, nowMs + retryAfterSeconds * 1000).allowed, true)
        }
      }),
    )
  })
})

describe('one window', () => {
  it('refuses an address that failed too often, and forgives it when the window is over', () => {
    const counter = createWindowCounter({ limit: 3, windowSeconds: 10 })
    assert.equal(counter.peek('192.0.2.7', t0).allowed, true)
    for (let failure = 0; failure < 3; failure += 1) assert.equal(counter.take('192.0.2.7', t0 + failure).allowed, true)
    assert.deepEqual(counter.peek('192.0.2.7', t0 + 4000), {
      allowed: false,
      limit: 3,
      remaining: 0,
      resetEpochSeconds: 1_700_000_011,
      retryAfterSeconds: 6,
    })
    assert.equal(counter.take('192.0.2.7', t0 + 5000).allowed, false)
    assert.equal(counter.peek('192.0.2.8', t0 + 5000).allowed, true)
    assert.equal(counter.peek('192.0.2.7', t0 + 10_000).allowed, true)
  })

  it('is not held open by a clock that was set back, though it is only looked at', () => {
    const counter = createWindowCounter({ limit: 1, windowSeconds: 10 })
    counter.take('k', t0)
    const back = t0 - hourMs
    assert.equal(counter.peek('k', back).allowed, false)
    assert.equal(counter.peek('k', back + 10_000).allowed, true)
  })

  it('forgets the dead, and beyond its bound the oldest', () => {
    const counter = createWindowCounter({ limit: 1, windowSeconds: 10, maxKeys: 5 })
    for (let key = 0; key < 9; key += 1) counter.take(`k${key}`, t0)
    assert.equal(counter.size, 5)
    assert.deepEqual([counter.peek('k3', t0).allowed, counter.peek('k4', t0).allowed], [true, false])
    counter.take('late', t0 + 10_000)
    assert.equal(counter.size, 1)
  })

  it('keeps the youngest keys of a flood, however often the map empties on the way', () => {
    const step = fc.tuple(fc.nat(12), fc.constantFrom(0, 1, 5000, 10_000, 30_000))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const counter = createWindowCounter({ limit: 1, windowSeconds: 10, maxKeys: 4 })
        /** Keys whose window is open, oldest first. */
        let open: { key: string; atMs: number }[] = []
        let nowMs = t0
        for (const [number, stepMs] of steps) {
          nowMs += stepMs
          const key = `k${number}`
          open = open.filter(({ atMs }) => nowMs < atMs + 10_000)
          const known = open.some((entry) => entry.key === key)
          if (!known) open = [...open, { key, atMs: nowMs }].slice(-4)
          assert.equal(counter.take(key, nowMs).allowed, !known)
          assert.ok(counter.size <= 4)
        }
        for (const { key } of open) assert.equal(counter.peek(key, nowMs).allowed, false)
      }),
    )
  })

  it('counts as the slow model does', () => {
    const requests = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom(0, 1, 999, 9999, 10_000)), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), requests, (limit, sequence) => {
        const counter = createWindowCounter({ limit, windowSeconds: 10 })
        const windows = new Map<string, number[]>()
        let nowMs = t0
        for (const [key, stepMs] of sequence) {
          nowMs += stepMs
          const known = windows.get(key) ?? []
          const open = known[0] !== undefined && nowMs < known[0] + 10_000 ? known : []
          const allowed = open.length < limit
          windows.set(key, allowed ? [...open, nowMs] : known)
          const verdict = counter.take(key, nowMs)
          const used = windows.get(key)?.length ?? 0
          assert.deepEqual([verdict.allowed, verdict.remaining], [allowed, limit - used])
        }
      }),
    )
  })
})
