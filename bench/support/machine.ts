import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'

/** What the figures were measured on. */
export function machine(): { cores: number; cpu: string; node: string } {
  const all = cpus()
  return { cores: all.length, cpu: all[0]?.model ?? 'unknown', node: process.version }
}

const times = (): { idle: number; all: number } => {
  let [idle, all] = [0, 0]
  for (const { times } of cpus()) {
    idle += times.idle
    all += times.user + times.nice + times.sys + times.idle + times.irq
  }
  return { idle, all }
}

/** The share of all cores that somebody uses for some milliseconds: measured while we do nothing, it is the others'. */
export async function busyShare(milliseconds: number): Promise<number> {
  const before = times()
  await pause(milliseconds)
  const after = times()
  return 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all)
}
