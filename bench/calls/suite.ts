import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { connect } from 'node:net'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openDatabase } from '../../src/adapters/database/database.ts'
import { migrate } from '../../src/adapters/database/migrations.ts'
import { startEmbedded } from '../../src/adapters/embedded/supervisor.ts'
import { installDefaults } from '../../src/adapters/fusionpbx/defaults.ts'
import { installSchema } from '../../src/adapters/fusionpbx/schema.ts'
import type { Order, Row, Suite } from '../row.ts'
import { startChild } from '../support/child.ts'
import { median } from '../support/figures.ts'
import type { CallServerCommands } from './server-process.ts'
import type { SwitchCommands } from './switch-process.ts'

/** Calls up in all, bridged, so twice as many channels. */
const callCount = 5000
const mostFirstByteMs = 150
const mostExtraMegabytes = 60
const megabyte = 2 ** 20
const rounds = 9

const oneTenant = 'calls-5000-one-tenant:parse'
const fiftyTenants = 'calls-5000-of-50-tenants:parse'
const memory = 'calls-5000-memory:reply'

const domain = (index: number): string => `tenant${index}.example.net`
const apiKey = 'bench-key-0123456789abcdef0123'

interface Timing {
  readonly firstByteMs: number
  readonly wholeMs: number
  readonly rows: number
}

/** One list of calls over HTTP: until the first byte of the answer, and until the last. */
function listCalls(port: number, tenant: string): Promise<Timing> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const headers = { 'x-api-key': apiKey, 'x-domain': tenant }
    get({ port, host: '127.0.0.1', path: '/api/v1/active-calls', headers, agent: false }, (response) => {
      const firstByteMs = performance.now() - began
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const wholeMs = performance.now() - began
        const body = JSON.parse(Buffer.concat(chunks).toString())
        if (response.statusCode !== 200) reject(new Error(`${response.statusCode} ${JSON.stringify(body)}`))
        else resolve({ firstByteMs, wholeMs, rows: body.data.length })
      })
    }).on('error', reject)
  })
}

/** The baseline: the same reply from the same peer over a bare socket, and JSON.parse of all of it. */
function bareParse(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    let length = -1
    let began = 0
    socket.on('error', reject)
    socket.once('data', () => {
      socket.write('auth x\n\n')
      socket.once('data', () => {
        began = performance.now()
        socket.write('api show channels as json\n\n')
        socket.on('data', (chunk) => {
          chunks.push(chunk)
          if (length < 0) {
            const head = chunk.toString('latin1')
            length = head.indexOf('\n\n') + 2 + Number(/Content-Length: (\d+)/.exec(head)?.[1])
          }
          if (chunks.reduce((sum, part) => sum + part.length, 0) < length) return
          const text = Buffer.concat(chunks).toString('utf8')
          JSON.parse(text.slice(text.indexOf('\n\n') + 2))
          socket.destroy()
          resolve(performance.now() - began)
        })
      })
    })
  })
}

async function measure(order: Order, undo: (() => unknown)[]): Promise<Row[]> {
  const { chosen, progress, built } = order
  const folder = mkdtempSync(join(tmpdir(), 'tandem-bench-'))
  undo.push(() => rmSync(folder, { recursive: true, force: true }))
  progress.step('live calls: starting a switch and a server')
  const peer = startChild<SwitchCommands>(join(built, 'calls', 'switch-process.js'))
  undo.push(() => peer.stop())
  const peerPort = await peer.call('listen')
  const embedded = await startEmbedded({ folder: join(folder, 'postgres'), durable: false })
  undo.push(() => embedded.stop())
  const database = openDatabase({ url: embedded.url, poolSize: 1, prepared: false, statementTimeoutMs: 0 })
  await database.transaction(async (connection) => {
    await installSchema(connection)
    await installDefaults(connection)
    await connection.query(
      `insert into v_domains (domain_uuid, domain_name, domain_enabled)
       select gen_random_uuid(), 'tenant' || n || '.example.net', true from generate_series(0, 49) n`,
    )
  })
  await migrate(database)
  await database.close()
  const server = startChild<CallServerCommands>(join(built, 'calls', 'server-process.js'), {
    stdio: ['ignore', 'pipe', openSync(devNull, 'w')],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      TANDEM_PORT: '0',
      TANDEM_DATA_DIR: join(folder, 'tandem'),
      TANDEM_DATABASE_URL: embedded.url,
      TANDEM_API_KEY: apiKey,
      TANDEM_SWITCH_URL: `esl://:x@127.0.0.1:${peerPort}`,
      TANDEM_RATE_LIMIT__ENABLED: 'false',
    },
  })
  undo.push(() => server.stop())
  let said = ''
  server.process.stdout?.on('data', (chunk) => {
    said += chunk
  })
  await server.call('start')
  const port = Number(/listening on \S+:(\d+)/.exec(said)?.[1])
  await peer.call('show', 10, [domain(0)])
  // Ordinary use, so that what is measured afterwards is the list and not the server's first steps.
  for (let request = 0; request < 50; request += 1) await listCalls(port, domain(0))

  const rows: Row[] = []
  const time = async (name: string, tenants: number): Promise<void> => {
    progress.step(`live calls: ${callCount} calls of ${tenants} tenants`)
    const bytes = await peer.call(
      'show',
      callCount,
      Array.from({ length: tenants }, (_, index) => domain(index)),
    )
    await pause(200)
    await server.call('peak')
    const idle = (await server.call('usage')).rssBytes
    const ours: Timing[] = []
    const bare: number[] = []
    let first = 0
    for (let round = 0; round < rounds; round += 1) {
      if (round === 1) first = await server.call('peak')
      ours.push(await listCalls(port, domain(0)))
      bare.push(await bareParse(peerPort))
    }
    const most = Math.max(first, await server.call('peak'))
    const found = ours[0]?.rows
    if (found !== callCount / tenants) throw new Error(`${found} calls listed instead of ${callCount / tenants}`)
    const firstByte = median(ours.map((timing) => timing.firstByteMs))
    if (chosen.has(name))
      rows.push({
        name,
        baseline: 'bare socket and JSON.parse of the same reply',
        ratio: median(bare) / firstByte,
        target: { wants: `first byte <= ${mostFirstByteMs} ms`, met: firstByte <= mostFirstByteMs },
        figures: {
          'first byte ms': firstByte,
          'worst ms': Math.max(...ours.map((timing) => timing.firstByteMs)),
          'whole ms': median(ours.map((timing) => timing.wholeMs)),
          'baseline ms': median(bare),
        },
      })
    // What one list takes; the figure of all of them holds what V8 had not yet collected of those before.
    if (tenants === 1 && chosen.has(memory))
      rows.push({
        name: memory,
        baseline: "the reply's own bytes",
        ratio: bytes / Math.max(1, first - idle),
        target: { wants: `<= ${mostExtraMegabytes} MB extra`, met: first - idle <= mostExtraMegabytes * megabyte },
        figures: {
          'extra MB': (first - idle) / megabyte,
          [`after ${rounds} MB`]: (most - idle) / megabyte,
          'RSS MB': most / megabyte,
          'baseline MB': bytes / megabyte,
        },
      })
  }
  if (chosen.has(oneTenant) || chosen.has(memory)) await time(oneTenant, 1)
  if (chosen.has(fiftyTenants)) await time(fiftyTenants, 50)
  return rows
}

/** Lists of live calls with 5,000 calls up, from a switch that answers at once. */
export const callSuite: Suite = {
  rows: [oneTenant, fiftyTenants, memory],
  async run(order) {
    order.progress.expect(3)
    const undo: (() => unknown)[] = []
    try {
      return await measure(order, undo)
    } finally {
      for (let step = undo.pop(); step; step = undo.pop()) await step()
    }
  },
}
