import type { Database } from '../adapters/database/database.ts'
import { Problem } from '../errors.ts'
import { findGlobalKey, isSameKey } from './global-key.ts'
import { createKeyToucher, verifyKey } from './keys.ts'
import { type Scope, systemScopes } from './scopes.ts'

/** Somebody whose key was right. */
export interface Principal {
  /** For logs, audits and limits: `global`, or the key's prefix. */
  readonly id: string
  /** The only tenant it may speak for; null is any. */
  readonly domainUuid: string | null
  readonly scopes: readonly Scope[]
  /** FusionPBX group level it acts with: the system's 80, a tenant's administrator 50 (facts 11). */
  readonly level: number
}

/** Which keys a surface accepts (demand S004-MODE-*). */
export type AuthMode = 'global_key' | 'per_key' | 'both'

/** Milliseconds the global key found in FusionPBX's settings is remembered. */
const rememberedMs = 1000

const globalPrincipal: Principal = {
  id: 'global',
  domainUuid: null,
  scopes: [...systemScopes, 'secrets:read', 'eavesdrop:write'],
  level: 80,
}

const looksLikeOurs = (key: string): boolean => key.startsWith('tdm_')

/**
 * Makes the check of keys. `configured` is the global key from the configuration, "" to read FusionPBX's setting
 * `api/secret_key`. Throws UNAUTHORIZED for a wrong or missing key and CONFIG_ERROR when there is nothing to compare
 * with (S002-ERR-UNAUTHORIZED, S002-ERR-CONFIG).
 */
export function authenticator(database: Database, configured: string, onError: (error: unknown) => void) {
  const touch = createKeyToucher(database, onError)
  let remembered: { key: string | undefined; until: number } | undefined

  const globalKey = async (): Promise<string | undefined> => {
    if (configured !== '') return configured
    if (!remembered || remembered.until < Date.now())
      remembered = { key: await findGlobalKey(database, ''), until: Date.now() + rememberedMs }
    return remembered.key
  }

  return async (presented: string | undefined, mode: AuthMode): Promise<Principal> => {
    if (mode !== 'global_key') {
      // A key that is not in our format cannot be one of ours; in mode `both` that saves the query.
      if (mode === 'per_key' || looksLikeOurs(presented ?? '')) {
        const record = await verifyKey(database, presented ?? '')
        if (record) {
          touch(record)
          const level = record.domainUuid === null ? 80 : 50
          return { id: record.prefix, domainUuid: record.domainUuid, scopes: record.scopes, level }
        }
      }
      if (mode === 'per_key') throw new Problem('UNAUTHORIZED')
    }
    const expected = await globalKey()
    if (expected === undefined) throw new Problem('CONFIG_ERROR')
    if (!isSameKey(presented ?? '', expected)) throw new Problem('UNAUTHORIZED')
    return globalPrincipal
  }
}

export type Authenticator = ReturnType<typeof authenticator>
