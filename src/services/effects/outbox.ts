import { Logger, type Runner, run, runMigrations } from 'graphile-worker'
import pg from 'pg'
import type { Database } from '../../adapters/database/database.ts'
import type { Delivery, Effect, EffectPort, Errand, Said } from '../../adapters/effects.ts'
import type { SwitchPort } from '../../adapters/switch/switch.ts'
import type { Resource } from '../../resources/core/define.ts'
import type { Carrier } from './carry.ts'

/** Schema of the job library, beside ours (contract, Database). */
const schema = 'tandem_jobs'
/** Milliseconds a write waits for its effects. */
const patienceMs = 1000
/** Seconds after which effects that nobody has tried are taken for those of a process that died. */
const orphanedAfterSeconds = 15
const sweepEveryMs = 5000
/** Attempts of one job; the library's back-off makes that about two days, after which a person is asked. */
const maxAttempts = 20

interface Owed {
  readonly [column: string]: unknown
  readonly receipt_uuid: string
  readonly resource: string
  readonly key: string
  readonly effects: string
  readonly report: string | null
}

export interface OutboxOptions {
  readonly database: Database
  readonly carrier: Carrier
  readonly switch: SwitchPort
  /** Declared resources, which say how the switch is asked about their rows. */
  readonly resources: readonly Resource[]
  readonly logger: { warn(facts: object, line: string): void; error(facts: object, line: string): void }
}

/** Connections of the job library alone: it listens on one and needs them not to be pipelined. */
function jobPool(connectionString: string, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 3, application_name: 'tandem jobs' })
  pool.on('error', onError)
  pool.on('connect', (client) => client.on('error', onError))
  return pool
}

/** Brings the job library's own schema up to date. */
export async function migrateJobs(databaseUrl: string): Promise<void> {
  const pool = jobPool(databaseUrl, () => {})
  try {
    await runMigrations({ pgPool: pool, schema, logger: quiet })
  } finally {
    await pool.end()
  }
}

/** The outbox: carries out effects of committed writes at once, and those that are owed until they arrive. */
export interface Outbox extends EffectPort {
  /** Starts carrying out what is owed: what failed, what another process left behind, and when a switch comes back. */
  start(databaseUrl: string): Promise<void>
  /** Deletes receipts older than so many days that owe nothing; answers how many, at most 10,000 at once. */
  purge(keptDays: number): Promise<number>
  /** Lets what is under way end, and stops. */
  stop(): Promise<void>
}

/** The library logs every try that did not arrive; ours says what a person needs to know. */
const quiet = new Logger(() => () => {})

const isOwed = ({ cache, switch: told }: Delivery): boolean => cache === 'pending' || told === 'pending'

/**
 * The receipts themselves are the durable list: each is written in the transaction of its row with the effects in it, so
 * a crash after commit forgets nothing. Jobs of the library carry the back-off of those that did not arrive at once.
 */
export function outbox({ database, carrier, switch: port, resources, logger }: OutboxOptions): Outbox {
  const running = new Set<Promise<unknown>>()
  let runner: Runner | undefined
  let pool: pg.Pool | undefined
  let timer: NodeJS.Timeout | undefined

  const settle = (id: string, delivery: Delivery & { readonly report: readonly Said[] }): Promise<unknown> =>
    database.query(
      `update tandem.receipts set cache = $2, switch = $3, report = $4::jsonb, attempts = attempts + 1, tried_at = now()
        where receipt_uuid = $1`,
      [id, delivery.cache, delivery.switch, JSON.stringify(delivery.report)],
    )

  const carry = async (errand: Errand): Promise<Delivery> => {
    const delivery = await carrier.carry(errand)
    const failed = delivery.report.filter(({ stage }) => stage === 'failed')
    if (failed.length > 0) logger.warn({ receipt: errand.id, failed }, 'effects failed')
    // Where nothing is in reach the receipt says so from its first moment.
    if (delivery.report.some(({ stage }) => stage !== 'skipped')) await settle(errand.id, delivery)
    return delivery
  }

  const owe = (ids: readonly string[]): Promise<unknown> =>
    database.query(
      `select ${schema}.add_job('deliver', json_build_object('receipt', id), job_key := id, max_attempts := ${maxAttempts}::int,
          run_at := now(), job_key_mode := 'replace') from unnest($1::text[]) id`,
      [ids],
    )

  /** Work that goes on after its write was answered, and that a stop waits for. */
  const track = <T>(work: Promise<T>): Promise<T> => {
    const tracked = work.catch(() => {}).finally(() => running.delete(tracked))
    running.add(tracked)
    return work
  }

  /** One try at a receipt's effects from what the database holds. */
  const retry = async (id: string): Promise<boolean> => {
    const [owed] = await database.query<Owed>(
      `select receipt_uuid, resource, key, effects::text as effects, report::text as report from tandem.receipts
        where receipt_uuid = $1::uuid and (cache = 'pending' or switch = 'pending')`,
      [id],
    )
    if (!owed) return true
    const proof = resources.find(({ name }) => name === owed.resource)?.effects?.proof
    const effects = JSON.parse(owed.effects) as Effect[]
    const before = owed.report === null ? undefined : (JSON.parse(owed.report) as Said[])
    return !isOwed(await carry({ id: owed.receipt_uuid, key: owed.key, proof, effects, before }))
  }

  /** Makes jobs of what is owed: what nobody has tried for a while, or everything because a switch came back. */
  const sweep = async (all: boolean): Promise<void> => {
    if (!runner) return
    const owed = await database.query<{ id: string }>(
      `select r.receipt_uuid::text as id from tandem.receipts r
        where (r.cache = 'pending' or r.switch = 'pending') and r.created_at > now() - interval '7 days'
          and ($1::boolean or (r.tried_at is null and r.created_at < now() - make_interval(secs => ${orphanedAfterSeconds})))
        order by r.created_at limit 1000`,
      [all],
    )
    if (owed.length > 0) await owe(owed.map(({ id }) => id))
  }
  const sweepNow = (all: boolean): void =>
    void track(sweep(all)).catch((error) => logger.error({ err: error }, 'owed effects were not looked up'))

  const forgetState = port.onState(({ state }) => {
    if (state === 'up') sweepNow(true)
  })

  return {
    expect: carrier.expect,
    untried: carrier.untried,
    async deliver(errand) {
      const expected = carrier.expect(errand.effects)
      if (errand.effects.length === 0 || !carrier.reachesAnything) return expected
      const work = track(carry(errand))
      let late: NodeJS.Timeout | undefined
      const patience = new Promise<Delivery>((resolve) => {
        late = setTimeout(() => resolve(expected), patienceMs)
      })
      try {
        const delivery = await Promise.race([work, patience])
        if (isOwed(delivery) && delivery !== expected && runner) await owe([errand.id])
        if (delivery === expected && runner)
          // Still under way: when it ends owing something, it becomes a job as well.
          void track(work.then((ended) => (isOwed(ended) ? owe([errand.id]) : undefined))).catch(() => {})
        return delivery
      } catch (error) {
        logger.error({ err: error, receipt: errand.id }, 'what became of effects was not written down')
        return expected
      } finally {
        clearTimeout(late)
      }
    },
    async start(databaseUrl) {
      pool = jobPool(databaseUrl, (error) => logger.warn({ err: error }, 'an idle database connection broke'))
      runner = await run({
        pgPool: pool,
        schema,
        concurrency: 2,
        pollInterval: 2000,
        noHandleSignals: true,
        taskList: {
          async deliver(payload) {
            const { receipt } = payload as { receipt: string }
            if (!(await track(retry(receipt)))) throw new Error('not everything has arrived yet')
          },
        },
        logger: quiet,
      })
      sweepNow(true)
      timer = setInterval(() => sweepNow(false), sweepEveryMs)
    },
    async purge(keptDays) {
      const gone = await database.query(
        `delete from tandem.receipts where receipt_uuid in (select receipt_uuid from tandem.receipts
          where created_at < now() - make_interval(days => $1::int) and cache <> 'pending' and switch <> 'pending'
          order by created_at limit 10000) returning 1`,
        [keptDays],
      )
      return gone.length
    },
    async stop() {
      clearInterval(timer)
      forgetState()
      await runner?.stop()
      await Promise.allSettled([...running])
      await pool?.end()
    },
  }
}
