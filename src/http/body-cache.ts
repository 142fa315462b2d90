import type { Answer } from './route.ts'

/** Most answers kept; the oldest go first. */
const maxEntries = 2000

/**
 * Stored answers of the clean dialect, when the operator asks for them (`cache.body`, C-27): used for `ttl` seconds and
 * forgotten for a tenant as soon as one of our own writes touches it. FusionPBX's pages write behind us, so it is off
 * by default.
 */
export interface BodyCache {
  get(domain: string, url: string): Answer | undefined
  put(domain: string, url: string, answer: Answer): void
  /** Drops the answers for one domain; for all of them when none is given. */
  forget(domain: string | undefined): void
}

export function bodyCache(ttlSeconds: number, now: () => number = Date.now): BodyCache {
  const entries = new Map<string, { answer: Answer; until: number; domain: string }>()
  const id = (domain: string, url: string) => `${domain} ${url}`
  return {
    get(domain, url) {
      const entry = entries.get(id(domain, url))
      return entry && entry.until > now() ? entry.answer : undefined
    },
    put(domain, url, answer) {
      const oldest = entries.size >= maxEntries ? entries.keys().next().value : undefined
      if (oldest !== undefined) entries.delete(oldest)
      entries.set(id(domain, url), { answer, until: now() + ttlSeconds * 1000, domain })
    },
    forget(domain) {
      for (const [key, entry] of entries) if (domain === undefined || entry.domain === domain) entries.delete(key)
    },
  }
}
