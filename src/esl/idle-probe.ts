import type { Connection } from './connection.ts'
import type { FullOptions } from './options.ts'

/**
 * Asks a peer that has been silent for a sign of life: one that lost its power sends no end. What it answers does not
 * matter; no answer ends the connection, as with every command. Answers the function that stops asking.
 */
export function probeWhenIdle(
  connection: Connection,
  { idleProbeMs, commandTimeoutMs }: FullOptions,
  isPaused: () => boolean,
): () => void {
  if (idleProbeMs === 0) return () => {}
  const timer = setInterval(() => {
    const isQuiet = performance.now() - connection.lastReadAt >= idleProbeMs
    if (!isQuiet || connection.pending > 0 || isPaused()) return
    connection.ask('api hostname\n\n', 'api', commandTimeoutMs).catch(() => {})
  }, idleProbeMs / 2).unref()
  return () => clearInterval(timer)
}
