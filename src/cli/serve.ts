import type { Config } from '../config/config.ts'

/** Serves until the process is told to stop. The server is loaded only here, so that other commands start fast. */
export async function runServe(config: Config, options: { json: boolean }): Promise<void> {
  const { serve } = await import('../server.ts')
  await serve(config, options)
}
