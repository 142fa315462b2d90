import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverState } from '../../src/adapters/embedded/pid-file.ts'
import { startEmbedded } from '../../src/adapters/embedded/supervisor.ts'

/** What test processes read in the cluster's folder. */
export interface ClusterDescription {
  /** Connection string of a database of the cluster; others differ in the name only. */
  url: string
}

/** Name of the description in the cluster's folder. */
export const descriptionFile = 'cluster.json'

/**
 * Starts the PostgreSQL cluster of one test run. Processes given its folder in TANDEM_TEST_CLUSTER share it. However
 * this process ends, the server and its folder go with it.
 */
export async function startTestCluster(): Promise<{ folder: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-test-'))
  const database = await startEmbedded({ folder, durable: false, maxConnections: 200 })
  const description: ClusterDescription = { url: database.url }
  writeFileSync(join(folder, descriptionFile), JSON.stringify(description))
  const guard = endWithUs(folder)
  return {
    folder,
    async stop() {
      // The guard last: should we end before this is done, it does the rest.
      await database.stop()
      guard.release()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * A shell that waits for the end of its input, which is our death, and then ends the server at once. The server itself
 * is made to outlive a killed owner, and there is nobody who would take over a test's.
 */
function endWithUs(folder: string) {
  const state = serverState(join(folder, 'data'))
  const pid = state.kind === 'running' ? String(state.file.pid) : ''
  const script = 'cat > /dev/null; kill -QUIT "$1" 2> /dev/null; sleep 0.3; rm -rf "$2"'
  const guard = spawn('sh', ['-c', script, 'sh', pid, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  guard.unref()
  // A pipe, which can be let go of; the type does not say so.
  ;(guard.stdin as unknown as { unref(): void }).unref()
  return {
    /** Ends the shell and what it runs, which are a process group of their own. */
    release() {
      if (guard.pid !== undefined && guard.exitCode === null) process.kill(-guard.pid, 'SIGKILL')
    },
  }
}
