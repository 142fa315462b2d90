import { randomUUID, timingSafeEqual } from 'node:crypto'
import type { Database, Queryable } from '../adapters/database/database.ts'
import { parseUuid } from '../fields/uuid.ts'
import { makeKey, prefixOf, sha256 } from './key-format.ts'
import { isScope, isSystemScope, parseScopes, type Scope, systemScopes, tenantScopes } from './scopes.ts'

/** An API key as everyone may see it. Its secret is nowhere. Times are ISO 8601 in UTC. */
export interface KeyRecord {
  readonly keyUuid: string
  /** The tenant it belongs to; null is the whole system. */
  readonly domainUuid: string | null
  readonly name: string
  /** The ten letters after `tdm_`, which name the key in lists and logs. */
  readonly prefix: string
  readonly scopes: readonly Scope[]
  /** By the clock of the database, so that all servers agree. */
  readonly state: 'live' | 'expired' | 'revoked'
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  readonly lastUsedAt: string | null
  /** The key this one replaces. */
  readonly rotatedFrom: string | null
}

/** A key just made. `key` is shown once and cannot be had again. */
export interface NewKey {
  readonly key: string
  readonly record: KeyRecord
}

/** Something that cannot be done with keys, said for the person who asked for it. */
export class KeyError extends Error {
  readonly code: 'unknown' | 'not_live' | 'already_rotated' | 'invalid'

  constructor(code: KeyError['code'], message: string) {
    super(message)
    this.name = 'KeyError'
    this.code = code
  }
}

const stamp = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const columns = `api_key_uuid as "keyUuid", domain_uuid as "domainUuid", name, prefix, array_to_json(scopes)::text as scopes,
  case when revoked_at is not null then 'revoked' when expires_at <= now() then 'expired' else 'live' end as state,
  ${stamp('created_at')} as "createdAt", ${stamp('expires_at')} as "expiresAt", ${stamp('revoked_at')} as "revokedAt",
  ${stamp('last_used_at')} as "lastUsedAt", rotated_from as "rotatedFrom"`

type KeyRow = Omit<KeyRecord, 'scopes'> & { scopes: string }

function recordOf({ scopes, ...row }: KeyRow): KeyRecord {
  const names: string[] = JSON.parse(scopes)
  // A scope this version does not know grants nothing.
  return { ...row, scopes: names.filter(isScope) }
}

/** What a new key is made of. */
export interface KeyWish {
  /** The tenant; null is a system-wide key. */
  domainUuid: string | null
  /** Who or what uses it, for people. */
  name: string
  /** Everything of the tenant when absent, but no secrets; of the whole system for a system-wide key. */
  scopes?: readonly string[] | undefined
  expiresAt?: Date | undefined
}

function checkedScopes(scopes: readonly string[] | undefined, domainUuid: string | null): Scope[] {
  if (scopes === undefined) return [...(domainUuid === null ? systemScopes : tenantScopes)]
  if (scopes.length === 0) throw new KeyError('invalid', 'A key needs at least one scope.')
  let parsed: Scope[]
  try {
    parsed = parseScopes(scopes)
  } catch (error) {
    throw new KeyError('invalid', `${error instanceof Error ? error.message : error}.`)
  }
  const beyond = domainUuid === null ? undefined : parsed.find(isSystemScope)
  if (beyond !== undefined) throw new KeyError('invalid', `The scope ${beyond} needs a system-wide key.`)
  return parsed
}

function checkedName(name: string): string {
  const trimmed = name.trim()
  if (trimmed === '' || trimmed.length > 100 || /\p{Cc}/u.test(trimmed)) {
    throw new KeyError('invalid', 'The name of a key is 1 to 100 visible characters.')
  }
  return trimmed
}

/** Makes a key. That the tenant exists is for the caller to know. Throws a KeyError for a wish that cannot be. */
export async function createKey(db: Queryable, wish: KeyWish): Promise<NewKey> {
  const name = checkedName(wish.name)
  const scopes = checkedScopes(wish.scopes, wish.domainUuid)
  const { expiresAt } = wish
  if (expiresAt !== undefined && !(expiresAt.getTime() > Date.now())) {
    throw new KeyError('invalid', 'A key must expire in the future.')
  }
  const { key, prefix } = makeKey()
  const [row] = await db.query<KeyRow>(
    `insert into tandem.api_keys (api_key_uuid, domain_uuid, name, prefix, hash, scopes, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7) returning ${columns}`,
    [randomUUID(), wish.domainUuid, name, prefix, sha256(key), scopes, expiresAt?.toISOString() ?? null],
  )
  if (row === undefined) throw new Error('PostgreSQL returned no row for a new key')
  return { key, record: recordOf(row) }
}

/** Compared with when no row is found, so that an unknown prefix takes the time a known one takes. */
const noHash = sha256('')

/**
 * The record of a presented key when it is one of ours, is live and its secret is right; else undefined, with nothing
 * in the time or the number of queries that tells why. Text that has not the form of a key costs no query.
 */
export async function verifyKey(db: Queryable, presented: string): Promise<KeyRecord | undefined> {
  const prefix = prefixOf(presented)
  if (prefix === undefined) return undefined
  const [row] = await db.query<KeyRow & { hash: string }>(
    `select ${columns}, encode(hash, 'hex') as hash from tandem.api_keys where prefix = $1`,
    [prefix],
  )
  const stored = row === undefined ? noHash : Buffer.from(row.hash, 'hex')
  const given = sha256(presented)
  const matches = stored.length === given.length && timingSafeEqual(stored, given)
  if (row === undefined || !matches || row.state !== 'live') return undefined
  const { hash: _, ...record } = row
  return recordOf(record)
}

const touchEveryMs = 60_000

/**
 * Notes when keys are used. The returned function answers at once and writes in the background, at most once a minute
 * for a key, however many servers share the table. A failure is handed to `onError` and loses one note, no request.
 */
export function createKeyToucher(db: Queryable, onError: (error: unknown) => void): (record: KeyRecord) => void {
  // Grows by one for each key in use, of which there are as many as rows in the table.
  const touchedAtMs = new Map<string, number>()
  return ({ keyUuid }) => {
    const nowMs = Date.now()
    const elapsedMs = nowMs - (touchedAtMs.get(keyUuid) ?? Number.NEGATIVE_INFINITY)
    // Negative after the clock was set back; waiting it out could take hours.
    if (elapsedMs >= 0 && elapsedMs < touchEveryMs) return
    touchedAtMs.set(keyUuid, nowMs)
    db.query(
      `update tandem.api_keys set last_used_at = now()
        where api_key_uuid = $1 and (last_used_at is null or last_used_at <= now() - interval '1 minute')`,
      [keyUuid],
    ).catch(onError)
  }
}

/** Keys, oldest first: all of them, those of one tenant, or with null the system-wide ones. */
export async function listKeys(db: Queryable, domainUuid?: string | null): Promise<KeyRecord[]> {
  const rows = await db.query<KeyRow>(
    `select ${columns} from tandem.api_keys
      where $1::boolean or domain_uuid is not distinct from $2::uuid order by created_at, api_key_uuid`,
    [domainUuid === undefined, domainUuid ?? null],
  )
  return rows.map(recordOf)
}

/** Columns by which people name a key: its prefix, with or without `tdm_`, or its UUID. */
function reference(text: string): { column: 'api_key_uuid' | 'prefix'; value: string } {
  const uuid = parseUuid(text.trim())
  return uuid === undefined
    ? { column: 'prefix', value: text.trim().replace(/^tdm_/, '').slice(0, 10) }
    : { column: 'api_key_uuid', value: uuid }
}

const unknownKey = (text: string): KeyError =>
  // A whole key pasted by mistake must not end up in logs.
  new KeyError('unknown', `There is no key ${JSON.stringify(reference(text).value)}.`)

/** Ends a key at once, and for ever. A key that was revoked before keeps its first time. Throws when it is unknown. */
export async function revokeKey(db: Queryable, prefixOrUuid: string): Promise<KeyRecord> {
  const { column, value } = reference(prefixOrUuid)
  const [row] = await db.query<KeyRow>(
    `update tandem.api_keys set revoked_at = coalesce(revoked_at, now()) where ${column} = $1 returning ${columns}`,
    [value],
  )
  if (row === undefined) throw unknownKey(prefixOrUuid)
  return recordOf(row)
}

/** A rotation: the new key, and the old one with the end of its grace. */
export interface Rotation extends NewKey {
  readonly previous: KeyRecord
}

/**
 * Replaces a key by a new one of the same name, tenant, scopes and expiry. The old one lives on for `graceSeconds`,
 * so that its user can change over without a gap (demand S000-SEC-ROTATE); 0 ends it at once. Only a live key that
 * has no successor yet is rotated: a principal never has more than two live keys, and nothing dead comes back.
 */
export async function rotateKey(db: Database, prefixOrUuid: string, graceSeconds: number): Promise<Rotation> {
  if (!Number.isInteger(graceSeconds) || graceSeconds < 0) {
    throw new KeyError('invalid', 'The grace is a whole number of seconds, 0 or more.')
  }
  const { column, value } = reference(prefixOrUuid)
  return db.transaction(async (connection) => {
    // The lock makes a second rotation wait until it can see the successor made by the first.
    const [old] = await connection.query<KeyRow>(
      `select ${columns} from tandem.api_keys where ${column} = $1 for update`,
      [value],
    )
    if (old === undefined) throw unknownKey(prefixOrUuid)
    if (old.state !== 'live') throw new KeyError('not_live', `The key ${old.prefix} is ${old.state}; make a new one.`)
    const [successor] = await connection.query<{ prefix: string }>(
      'select prefix from tandem.api_keys where rotated_from = $1',
      [old.keyUuid],
    )
    if (successor !== undefined) {
      throw new KeyError('already_rotated', `The key ${old.prefix} was already rotated to ${successor.prefix}.`)
    }
    const { key, prefix } = makeKey()
    const [created] = await connection.query<KeyRow>(
      `insert into tandem.api_keys (api_key_uuid, domain_uuid, name, prefix, hash, scopes, expires_at, rotated_from)
       select $1, domain_uuid, name, $2, $3, scopes, expires_at, api_key_uuid
         from tandem.api_keys where api_key_uuid = $4 returning ${columns}`,
      [randomUUID(), prefix, sha256(key), old.keyUuid],
    )
    const [previous] = await connection.query<KeyRow>(
      `update tandem.api_keys set expires_at = least(expires_at, now() + make_interval(secs => $2))
        where api_key_uuid = $1 returning ${columns}`,
      [old.keyUuid, graceSeconds],
    )
    if (created === undefined || previous === undefined) throw new Error('PostgreSQL returned no row for a rotation')
    return { key, record: recordOf(created), previous: recordOf(previous) }
  })
}
