/**
 * Shares what is expensive and says nothing about who asked: commands that read the whole configuration anew (facts:
 * a dozen a second is the ceiling). Callers that come while one runs share the next run, which starts after theirs was
 * committed; joining the one under way would miss their row.
 */
export function coalescer<T>() {
  const lanes = new Map<string, { running: Promise<T>; next: Promise<T> | undefined }>()
  const start = (key: string, work: () => Promise<T>): Promise<T> => {
    const lane = { running: work(), next: undefined as Promise<T> | undefined }
    lanes.set(key, lane)
    const end = (): void => {
      if (lane.next === undefined && lanes.get(key) === lane) lanes.delete(key)
    }
    lane.running.then(end, end)
    return lane.running
  }
  const run = (key: string, work: () => Promise<T>): Promise<T> => {
    const lane = lanes.get(key)
    if (lane === undefined) return start(key, work)
    lane.next ??= lane.running.then(
      () => start(key, work),
      () => start(key, work),
    )
    return lane.next
  }
  return {
    run,
    /** Settles when whatever runs now under keys that begin so has ended, well or not; what starts later is not waited for. */
    async ended(prefix: string): Promise<void> {
      const all = [...lanes].filter(([key]) => key.startsWith(prefix)).map(([, { running }]) => running)
      await Promise.allSettled(all)
    },
  }
}
