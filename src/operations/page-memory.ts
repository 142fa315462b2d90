import type { Page } from './list.ts'

/** A page as it was last read, and the print of the rows behind it. */
export interface KnownPage {
  readonly page: Page
  readonly print: string | null
}

/** Pages that were read before. Each is used only after its rows were found unchanged, so nothing in here can be stale. */
export interface PageMemory {
  get(id: string): KnownPage | undefined
  put(id: string, known: KnownPage): void
}

/** Keeps pages up to a size in characters; the one unused longest goes first. */
export function pageMemory(maxCharacters = 16_000_000): PageMemory {
  const pages = new Map<string, KnownPage>()
  let size = 0
  const weight = (id: string, known: KnownPage): number => id.length + known.page.items.length + 200
  const drop = (id: string): void => {
    const known = pages.get(id)
    if (known === undefined) return
    pages.delete(id)
    size -= weight(id, known)
  }
  return {
    get(id) {
      const known = pages.get(id)
      if (known === undefined) return undefined
      // Set anew, so that the map's order is the order of use.
      pages.delete(id)
      pages.set(id, known)
      return known
    },
    put(id, known) {
      drop(id)
      if (weight(id, known) > maxCharacters) return
      pages.set(id, known)
      size += weight(id, known)
      for (const oldest of pages.keys()) {
        if (size <= maxCharacters) return
        drop(oldest)
      }
    },
  }
}
