import { timingSafeEqual } from 'node:crypto'
import type { Queryable } from '../adapters/database/database.ts'
import { sha256 } from './key-format.ts'

/**
 * The global key in force: the configured one, else the one in FusionPBX's default settings, category `api`,
 * subcategory `secret_key` (demand S004-MODE-GLOBAL). Undefined when neither is set. Where several rows are enabled
 * the last in FusionPBX's order counts, as it does in FusionPBX itself; empty rows are skipped.
 */
export async function findGlobalKey(db: Queryable, configured: string): Promise<string | undefined> {
  if (configured !== '') return configured
  // Cast to text because the column is boolean on new schemas and text on old ones.
  const [row] = await db.query<{ key: string }>(
    `select default_setting_value as key from v_default_settings
      where default_setting_category = $1 and default_setting_subcategory = $2
        and default_setting_enabled::text in ('true', 't') and coalesce(default_setting_value, '') <> ''
      order by default_setting_order desc nulls first limit 1`,
    ['api', 'secret_key'],
  )
  return row?.key
}

/** The digest of the expected key, made once and not for every request: that key changes hardly ever. */
let digested: { key: string; digest: Buffer } | undefined

/** Compares in a time that tells nothing about either text, not even its length. */
export function isSameKey(presented: string, expected: string): boolean {
  if (digested?.key !== expected) digested = { key: expected, digest: sha256(expected) }
  return timingSafeEqual(sha256(presented), digested.digest)
}
