import type { Queryable } from '../../adapters/database/database.ts'
import type { XmlAnswerer, XmlRequest } from './door.ts'
import { differences, type Ranks, type XmlDifference } from './equivalent.ts'
import { XmlSyntaxError } from './lenient.ts'
import { notFound } from './write.ts'

/** Order of all dialplans, so that those of one order may change places. */
export async function dialplanRanks(database: Queryable): Promise<Ranks> {
  const rows = await database.query<{ uuid: string; rank: string | null }>(
    'select dialplan_uuid::text as uuid, dialplan_order::text as rank from v_dialplans',
    [],
  )
  return new Map(rows.map(({ uuid, rank }) => [uuid, Number(rank ?? 0)]))
}

/**
 * The tenant of a menu or phrase. The names of their files do not hold it, and the switch asks for them in a call of
 * that tenant.
 */
export async function tenantOf(database: Queryable, uuid: string): Promise<string | undefined> {
  const [row] = await database.query<{ name: string }>(
    `select d.domain_name as name from v_domains d where d.domain_uuid in (
       select domain_uuid from v_ivr_menus where ivr_menu_uuid = $1::uuid
       union select domain_uuid from v_phrases where phrase_uuid = $1::uuid) limit 1`,
    [uuid],
  )
  return row?.name
}

/** How an answer of FusionPBX's compares with ours to the same request. */
export async function compareAnswer(
  fusionpbx: string,
  request: XmlRequest,
  answer: XmlAnswerer,
  ranks: Ranks,
): Promise<XmlDifference[]> {
  const tandem = (await answer(request)) ?? notFound
  try {
    return differences(fusionpbx, tandem, ranks)
  } catch (error) {
    if (!(error instanceof XmlSyntaxError)) throw error
    return [{ at: 'answer', fusionpbx: `no XML: ${error.message}`, tandem: 'an answer' }]
  }
}
