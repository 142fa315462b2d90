import { EslClient, type EslOptions, type EslState } from '../../../src/esl/index.ts'

/** A client of a test's peer, with waits short enough for a test. */
export function clientOf(port: number, options: Partial<EslOptions> = {}): EslClient {
  return new EslClient({
    host: '127.0.0.1',
    port,
    password: 'ClueCon',
    greetingTimeoutMs: 200,
    reconnect: { minMs: 10, maxMs: 40 },
    idleProbeMs: 0,
    ...options,
  })
}

/** The states a client goes through from now on. */
export function statesOf(client: EslClient): EslState[] {
  const states: EslState[] = []
  client.onState((state) => states.push(state))
  return states
}

/** Waits until something holds, at most five seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 5000
  while (!holds()) {
    if (performance.now() > end) throw new Error(`it never came to pass: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** The code an error carries. */
export const code = (error: unknown): unknown => (error as { code?: unknown }).code
