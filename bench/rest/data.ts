import pg from 'pg'
import { openDatabase } from '../../src/adapters/database/database.ts'
import { migrate } from '../../src/adapters/database/migrations.ts'
import { installDefaults } from '../../src/adapters/fusionpbx/defaults.ts'
import { installSchema } from '../../src/adapters/fusionpbx/schema.ts'

/** The global key of the servers under test. */
export const apiKey = 'bench-global-key-0123456789abcdef'

export const tenantCount = 100
export const extensionsPerTenant = 100

/** An extension that is there. */
export interface Extension {
  readonly uuid: string
  readonly domain: string
}

const firstNames =
  'Ann,Bob,Carla,Dmitri,Eve,François,Greta,Hassan,Inès,José,Kim,Łukasz,Maria,Nils,Olga,Paul,Quentin,Rosa,Søren,Tina'
const lastNames =
  'Adams,Becker,Chen,Dubois,Eriksen,Fischer,García,Huang,Ivanova,Jones,Kowalski,Lopez,Müller,Nguyen,Okafor,Petrov,Rossi,Smith,Tanaka,Weiß'

/** What the tenants hold. UUIDs follow from names, so that every run measures the same rows. */
const fill = `
  create temp table bench_tenants as
    select md5('tenant ' || n)::uuid as domain_uuid, 'tenant' || lpad(n::text, 3, '0') || '.example.com' as domain_name
      from generate_series(1, ${tenantCount}) n;
  create temp table bench_extensions as
    select t.*, (1000 + n)::text as number, md5(t.domain_name || ' ' || n) as hash,
        (string_to_array('${firstNames}', ','))[1 + mod(n * 7 + ascii(right(t.domain_uuid::text, 1)), 20)] as first_name,
        (string_to_array('${lastNames}', ','))[1 + mod(n * 11 + n / 20, 20)] as last_name
      from bench_tenants t cross join generate_series(0, ${extensionsPerTenant - 1}) n;

  insert into v_domains (domain_uuid, domain_name, domain_enabled, domain_description, insert_date)
    select domain_uuid, domain_name, true, 'Benchmark tenant', now() from bench_tenants;
  insert into v_extensions (extension_uuid, domain_uuid, extension, number_alias, password, accountcode,
      effective_caller_id_name, effective_caller_id_number, outbound_caller_id_name, outbound_caller_id_number,
      directory_first_name, directory_last_name, directory_visible, directory_exten_visible, max_registrations, limit_max,
      limit_destination, user_context, call_timeout, call_screen_enabled, extension_type, enabled, description, insert_date)
    select hash::uuid, domain_uuid, number, case when right(number, 1) = '7' then '9' || number end, left(hash, 16), domain_name,
        first_name || ' ' || last_name, number, 'Company ' || left(domain_name, 9), '1555' || number,
        first_name, last_name, true, false, '1', '5',
        'error/user_busy', domain_name, 30, false, 'default', right(number, 2) <> '25',
        case when right(number, 1) < '4' then 'Desk ' || number || ', ' || last_name || ' team' end, now()
      from bench_extensions;
  insert into v_voicemails (voicemail_uuid, domain_uuid, voicemail_id, voicemail_password, voicemail_mail_to, voicemail_file,
      voicemail_local_after_email, voicemail_enabled, insert_date)
    select md5('box ' || hash)::uuid, domain_uuid, case when right(number, 1) = '7' then '9' || number else number end,
        lpad((('x' || left(hash, 6))::bit(24)::int % 1000000)::text, 6, '0'), lower(last_name) || number || '@' || domain_name, 'attach',
        true, true, now()
      from bench_extensions;
  drop table bench_extensions, bench_tenants;`

/** The benchmark's own hand on the database, past the servers. */
export interface Data {
  readonly domains: readonly string[]
  /** One extension after the other of all tenants in turn. */
  readonly extensions: readonly Extension[]
  /** Changes one row of every tenant, as FusionPBX's own pages would. */
  touchEveryTenant(): Promise<void>
  /** Removes what create requests have made, so that every round finds the same rows. */
  removeCreated(): Promise<void>
  close(): Promise<void>
}

/** Makes an empty database into a FusionPBX with all tenants and extensions in it. */
export async function makeData(url: string): Promise<Data> {
  const database = openDatabase({ url, poolSize: 1, prepared: false, statementTimeoutMs: 0 })
  await database.transaction(async (connection) => {
    await installSchema(connection)
    await installDefaults(connection)
  })
  await migrate(database)
  await database.close()

  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(fill)
  await client.query('vacuum analyze')
  const { rows } = await client.query<Extension>(
    `select e.extension_uuid as uuid, d.domain_name as domain from v_extensions e join v_domains d using (domain_uuid)
      order by e.extension, d.domain_name`,
  )
  return {
    domains: [...new Set(rows.map((row) => row.domain))],
    extensions: rows,
    async touchEveryTenant() {
      await client.query(`update v_extensions set update_date = now() where extension = '1042'`)
    },
    async removeCreated() {
      await client.query(`
        delete from v_extensions where length(extension) = 8;
        delete from v_voicemails where length(voicemail_id) = 8;
        truncate v_database_transactions, tandem.receipts`)
      await client.query('vacuum v_extensions, v_voicemails')
    },
    close: () => client.end(),
  }
}
