import { openDatabase } from '../database/database.ts'
import { installDefaults } from './defaults.ts'
import { documented } from './demo/tenant.ts'
import { createDemo } from './demo.ts'
import { installSchema } from './schema.ts'

/** What a person needs to find the demo tenant; empty when somebody has removed it. */
export interface DemoLogin {
  domain?: string
  username?: string
}

/**
 * Makes an empty database FusionPBX's, with the demo tenant in it, all or nothing. A database that already is one stays
 * as it is: only the first start writes.
 */
export async function installDemo(url: string, options: { adminPassword: string; now?: Date }): Promise<DemoLogin> {
  const database = openDatabase({ url, poolSize: 1, prepared: false, statementTimeoutMs: 0 })
  try {
    const [found] = await database.query<{ there: boolean }>(
      `select to_regclass('public.v_domains') is not null as there`,
    )
    if (!found?.there) {
      await database.transaction(async (connection) => {
        await installSchema(connection)
        await installDefaults(connection)
        await createDemo(connection, { now: options.now ?? new Date(), adminPassword: options.adminPassword })
      })
    }
    const [login] = await database.query<{ domain: string; username: string }>(
      `select d.domain_name as domain, u.username
       from v_domains d join v_users u using (domain_uuid)
       where d.domain_uuid = $1 and u.username = 'admin'`,
      [documented.domain],
    )
    return login ?? {}
  } finally {
    await database.close()
  }
}
