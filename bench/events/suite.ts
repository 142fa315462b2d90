import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openDatabase } from '../../src/adapters/database/database.ts'
import { migrate } from '../../src/adapters/database/migrations.ts'
import { startEmbedded } from '../../src/adapters/embedded/supervisor.ts'
import { installDefaults } from '../../src/adapters/fusionpbx/defaults.ts'
import { installSchema } from '../../src/adapters/fusionpbx/schema.ts'
import type { ServerCommands } from '../rest/server-process.ts'
import type { Order, Row, Suite } from '../row.ts'
import { type Child, type Commands, startChild } from '../support/child.ts'
import { median, percentile } from '../support/figures.ts'
import type { BareEventCommands } from './bare-process.ts'
import type { Heard, ListenCommands } from './listen-process.ts'
import type { SwitchCommands } from './switch-process.ts'

const name = 'events-1000:http'
const apiKey = 'bench-global-key-0123456789abcdef'
const tenants = 100
const listenersEach = 10
const perSecond = 200
const rounds = 3
const seconds = 4
const mostMs = 200

/** What one stretch cost the process that was measured, for one event, and what listeners saw. */
interface Stretch {
  readonly cpuMicros: number
  readonly heard: Heard
}

interface Bench {
  readonly domains: readonly string[]
  readonly server: Child<ServerCommands>
  readonly port: number
  readonly fake: Child<SwitchCommands>
  readonly bare: Child<BareEventCommands>
  readonly barePort: number
  readonly listen: Child<ListenCommands>
}

async function fill(url: string): Promise<readonly string[]> {
  const database = openDatabase({ url, poolSize: 1, prepared: false, statementTimeoutMs: 0 })
  await database.transaction(async (connection) => {
    await installSchema(connection)
    await installDefaults(connection)
    await connection.query(
      `insert into v_domains (domain_uuid, domain_name, domain_enabled)
         select md5('tenant ' || n)::uuid, 'tenant' || n || '.example.com', 'true' from generate_series(1, $1::int) n`,
      [tenants],
    )
  })
  await migrate(database)
  const rows = await database.query<{ name: string }>('select domain_name as name from v_domains order by 1')
  await database.close()
  return rows.map((row) => row.name)
}

/** The server as an operator runs it, beside a switch. */
async function startServer(file: string, url: string, switchUrl: string, folder: string) {
  const server = startChild<ServerCommands>(file, {
    stdio: ['ignore', 'pipe', openSync(devNull, 'w')],
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(TANDEM_|DATABASE_URL|PG)/.test(key))),
      NODE_ENV: 'production',
      TANDEM_PORT: '0',
      TANDEM_DATA_DIR: join(folder, 'tandem'),
      TANDEM_DATABASE_URL: url,
      TANDEM_SWITCH_URL: switchUrl,
      TANDEM_API_KEY: apiKey,
      TANDEM_NATIVE__RATE_LIMIT__ENABLED: 'false',
    },
  })
  let said = ''
  server.process.stdout?.on('data', (chunk) => {
    said += chunk
  })
  await server.call('start')
  const port = Number(/listening on \S+:(\d+)/.exec(said)?.[1])
  if (!(port > 0)) throw new Error(`the server did not say where it listens: ${said}`)
  return { server, port }
}

/** Waits until the server's model of the switch is whole. */
async function whenLive(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    if (/tandem_live_state\{[^}]*state="live"\} 1/.test(text)) return
    await pause(50)
  }
  throw new Error('the live state is not whole')
}

async function stretch(
  measured: Pick<Child<{ usage: ServerCommands['usage'] }>, 'call'>,
  listen: Child<ListenCommands>,
  drive: () => Promise<number>,
): Promise<Stretch> {
  await listen.call('reset')
  const before = (await measured.call('usage')).cpuMicros
  const events = await drive()
  await pause(300)
  const cpuMicros = ((await measured.call('usage')).cpuMicros - before) / events
  const heard = await listen.call('heard')
  if (heard.events !== events * listenersEach)
    throw new Error(`${heard.events} of ${events * listenersEach} events heard`)
  return { cpuMicros, heard }
}

async function round(bench: Bench): Promise<{ ours: Stretch; bare: Stretch }> {
  const { domains, listen } = bench
  const pace = { perSecond, seconds }
  await listen.call('open', bench.port, apiKey, domains, listenersEach)
  const ours = await stretch(bench.server, listen, () => bench.fake.call('run', domains, pace))
  await listen.call('close')
  await listen.call('open', bench.barePort, apiKey, domains, listenersEach)
  const bytes = Math.round(ours.heard.bytes / ours.heard.events)
  const bare = await stretch(bench.bare, listen, () => bench.bare.call('run', domains, { ...pace, bytes }))
  await listen.call('close')
  return { ours, bare }
}

async function measure(bench: Bench, { progress }: Order): Promise<Row> {
  const done: Awaited<ReturnType<typeof round>>[] = []
  for (let number = 0; number <= rounds; number += 1) {
    progress.step(`events to 1,000 listeners: ${number === 0 ? 'warming up' : `round ${number} of ${rounds}`}`)
    const made = await round(bench)
    if (number > 0) done.push(made)
  }
  const latencies = done.flatMap(({ ours }) => ours.heard.latenciesMs)
  const p99 = percentile(latencies, 0.99)
  return {
    name,
    baseline: 'same bytes fanned out, node:http',
    ratio: median(done.map(({ ours, bare }) => bare.cpuMicros / ours.cpuMicros)),
    target: { wants: `p99 ≤ ${mostMs} ms`, met: p99 <= mostMs },
    figures: {
      'µs CPU': median(done.map(({ ours }) => ours.cpuMicros)),
      'baseline µs': median(done.map(({ bare }) => bare.cpuMicros)),
      'p50 ms': percentile(latencies, 0.5),
      'p99 ms': p99,
      'baseline p99 ms': percentile(
        done.flatMap(({ bare }) => bare.heard.latenciesMs),
        0.99,
      ),
    },
  }
}

/** 1,000 listeners over 100 tenants, 200 events a second in all, from the switch's byte to the client's. */
export const eventsSuite: Suite = {
  rows: [name],
  async run(order) {
    order.progress.expect(rounds + 2)
    order.progress.step('starting a database, a switch and a server')
    const folder = mkdtempSync(join(tmpdir(), 'tandem-bench-'))
    const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
    const started = <C extends Commands>(file: string): Child<C> => {
      const child = startChild<C>(join(order.built, 'events', `${file}-process.js`))
      undo.push(() => child.stop())
      return child
    }
    try {
      const embedded = await startEmbedded({ folder: join(folder, 'postgres'), durable: false })
      undo.push(() => embedded.stop())
      const domains = await fill(embedded.url)
      const fake = started<SwitchCommands>('switch')
      const bare = started<BareEventCommands>('bare')
      const listen = started<ListenCommands>('listen')
      const file = join(order.built, 'rest', 'server-process.js')
      const { server, port } = await startServer(file, embedded.url, await fake.call('start'), folder)
      undo.push(() => server.stop())
      await whenLive(port)
      const barePort = await bare.call('listen')
      return [await measure({ domains, server, port, fake, bare, barePort, listen }, order)]
    } finally {
      for (let step = undo.pop(); step; step = undo.pop()) await step()
    }
  },
}
