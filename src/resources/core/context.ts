import { invalidField } from '../../errors.ts'
import type { Fields } from '../../fields/field.ts'
import type { InsideEffect } from './define.ts'

/**
 * Refuses a dialplan context that is another tenant's name: calls would run in that tenant's dialplan, on its trunks and
 * its bill. Contexts of the system, such as `public`, belong to nobody.
 */
export const ownContext =
  <F extends Fields>(field: keyof F & string): InsideEffect<F> =>
  async (writer, { given, domain }) => {
    const context = given[field]
    if (typeof context !== 'string' || context === domain.name) return
    const rows = await writer.connection.query(
      'select 1 as taken from v_domains where lower(domain_name) = lower($1::text) and domain_uuid is distinct from $2::uuid',
      [context, domain.uuid || null],
    )
    if (rows.length > 0) throw invalidField(field, 'Context', 'does not belong to this domain')
  }
