import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '../../src/adapters/embedded/supervisor.ts'
import { type Child, startChild } from '../support/child.ts'
import type { BareCommands } from './bare-process.ts'
import { apiKey, type Data, makeData } from './data.ts'
import type { LoadCommands } from './load-process.ts'
import type { ServerCommands } from './server-process.ts'

/** Tandem itself, in a process of its own. */
export interface ServerUnderTest extends Child<ServerCommands> {
  readonly port: number
}

/** Everything a run needs, each part in a process of its own. */
export interface Bench {
  readonly data: Data
  readonly load: Child<LoadCommands>
  readonly bare: Child<BareCommands>
  readonly barePort: number
  /** What the bare server held before it was asked for anything. */
  readonly bareRssBytes: number
  /** The server, with or without memory of pages; started when it is first asked for. */
  server(pageMemory: boolean): Promise<ServerUnderTest>
  /** Another server that keeps pages, in which nothing has happened yet. */
  freshServer(): Promise<ServerUnderTest>
  stop(): Promise<void>
}

/** The environment without settings of a Tandem or a database of whoever runs the benchmarks. */
const neutralEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('TANDEM_') && !/^(DATABASE_URL|PG.*)$/.test(name)),
  )

/** As an operator runs it: keys are checked, limits are counted, every request is logged. */
async function startServer(file: string, url: string, folder: string, pageMemory: boolean): Promise<ServerUnderTest> {
  const child = startChild<ServerCommands>(file, {
    stdio: ['ignore', 'pipe', openSync(devNull, 'w')],
    env: {
      ...neutralEnvironment(),
      NODE_ENV: 'production',
      TANDEM_PORT: '0',
      TANDEM_DATA_DIR: join(folder, 'tandem'),
      TANDEM_DATABASE_URL: url,
      TANDEM_API_KEY: apiKey,
      TANDEM_RATE_LIMIT__REQUESTS_PER_MINUTE: '1000000',
      TANDEM_RATE_LIMIT__REQUESTS_PER_HOUR: '100000000',
      TANDEM_CACHE__ENABLED: String(pageMemory),
    },
  })
  let said = ''
  child.process.stdout?.on('data', (chunk) => {
    said += chunk
  })
  await child.call('start')
  const port = Number(/listening on \S+:(\d+)/.exec(said)?.[1])
  if (!(port > 0)) throw new Error(`the server did not say where it listens: ${said}`)
  return { ...child, port }
}

/** Starts the embedded database with all tenants in it, the load generator and the bare server. */
export async function startBench(built: string): Promise<Bench> {
  const fileOf = (part: string): string => join(built, 'rest', `${part}-process.js`)
  const folder = mkdtempSync(join(tmpdir(), 'tandem-bench-'))
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const stopAll = async (): Promise<void> => {
    for (let step = undo.pop(); step; step = undo.pop()) await step()
  }
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= stopAll()
    return stopping
  }
  const interrupted = (): void => void stop().finally(() => process.exit(130))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, interrupted)
    undo.push(() => process.off(signal, interrupted))
  }
  const servers = new Map<boolean, Promise<ServerUnderTest>>()
  try {
    const embedded = await startEmbedded({ folder: join(folder, 'postgres'), durable: false })
    undo.push(() => embedded.stop())
    const data = await makeData(embedded.url)
    undo.push(() => data.close())
    const load = startChild<LoadCommands>(fileOf('load'))
    undo.push(() => load.stop())
    const bare = startChild<BareCommands>(fileOf('bare'))
    undo.push(() => bare.stop())
    const start = async (pageMemory: boolean): Promise<ServerUnderTest> => {
      const server = await startServer(fileOf('server'), embedded.url, folder, pageMemory)
      undo.push(() => server.stop())
      return server
    }
    return {
      data,
      load,
      bare,
      barePort: await bare.call('listen'),
      bareRssBytes: (await bare.call('usage')).rssBytes,
      server(pageMemory) {
        const started = servers.get(pageMemory) ?? start(pageMemory)
        servers.set(pageMemory, started)
        return started
      },
      freshServer: () => start(true),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
