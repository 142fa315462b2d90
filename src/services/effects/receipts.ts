import type { Queryable } from '../../adapters/database/database.ts'
import type { Effect, EffectPort, Said, Stage } from '../../adapters/effects.ts'

/** What became of one write (contract, `X-Tandem-Receipt`). */
export interface StoredReceipt {
  readonly receipt_uuid: string
  readonly domain_uuid: string | null
  readonly resource: string
  readonly operation: string
  /** Key of the row that was written. */
  readonly key: string
  readonly row: 'done'
  readonly cache: Stage
  readonly switch: Stage
  /** Each effect of the last attempt with the words of whoever was told, or what is still to be tried. */
  readonly effects: readonly Said[]
  readonly attempts: number
  readonly created_at: string
  readonly tried_at: string | null
}

interface Row {
  readonly [column: string]: unknown
  readonly effects: string
  readonly report: string | null
}

/** One receipt of a tenant; of any when `domainUuid` is null, which only the system's keys reach. Undefined: none there. */
export async function findReceipt(
  database: Queryable,
  effects: EffectPort,
  id: string,
  domainUuid: string | null,
): Promise<StoredReceipt | undefined> {
  const [row] = await database.query<Row & Omit<StoredReceipt, 'effects' | 'row'>>(
    `select receipt_uuid, domain_uuid, resource, operation, key, cache, switch, effects::text as effects, report::text as report, attempts,
        to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at,
        to_char(tried_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as tried_at
       from tandem.receipts where receipt_uuid = $1::uuid and ($2::uuid is null or domain_uuid = $2::uuid)`,
    [id, domainUuid],
  )
  if (!row) return undefined
  const { effects: asked, report, ...rest } = row
  const said = report === null ? effects.untried(JSON.parse(asked) as Effect[]) : (JSON.parse(report) as Said[])
  return { ...rest, row: 'done', effects: said }
}
