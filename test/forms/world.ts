import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ColumnCatalog, readColumns } from '../../src/adapters/database/columns.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { formsDomain, formsGroups, type JsonRow, type RowChange } from './capture.ts'

/** Tables that the forms of these resources read or write. */
const tables = [
  'v_extensions',
  'v_extension_users',
  'v_extension_settings',
  'v_follow_me',
  'v_follow_me_destinations',
  'v_ring_group_destinations',
  'v_voicemails',
  'v_voicemail_options',
  'v_voicemail_destinations',
  'v_voicemail_messages',
  'v_voicemail_greetings',
  'v_users',
  'v_user_settings',
  'v_user_groups',
  'v_contacts',
  'v_contact_emails',
  'v_email_queue',
  'v_gateways',
  'v_devices',
  'v_device_lines',
  'v_device_keys',
  'v_device_settings',
  'v_device_profiles',
  'v_domain_settings',
  'v_access_controls',
  'v_access_control_nodes',
  'v_call_block',
  'v_dialplans',
  'v_sip_profiles',
  'v_sip_profile_settings',
  'v_sip_profile_domains',
  'v_number_translations',
  'v_number_translation_details',
  'v_database_transactions',
] as const

/** Writes down every change of a row, the way the captures were taken: a trigger on each table. */
const recorder = `do $do$
declare t record;
begin
  create schema forms;
  create table forms.changes (n bigserial primary key, tab text, op text, before jsonb, after jsonb);
  create function forms.record() returns trigger language plpgsql as $fn$
  begin
    insert into forms.changes (tab, op, before, after) values (tg_table_name, lower(tg_op),
      case when tg_op = 'INSERT' then null else to_jsonb(old) end, case when tg_op = 'DELETE' then null else to_jsonb(new) end);
    return null;
  end $fn$;
  for t in select table_name from information_schema.tables
            where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'v_database_transactions' loop
    execute format('create trigger forms_record after insert or update or delete on public.%I for each row execute function forms.record()', t.table_name);
  end loop;
end $do$`

const emptied = `do $$ begin ${[...tables, 'tandem.receipts']
  .map((table) => `delete from ${table};`)
  .join(' ')} delete from forms.changes; end $$`

/** FusionPBX's voicemail storage and cache at a given moment: paths below it, folders with a slash at the end. */
const tree = (folder: string, path = ''): string[] =>
  readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    const inner = `${path}${entry.name}`
    return entry.isDirectory() ? [`${inner}/`, ...tree(folder, `${inner}/`)] : [inner]
  })

/** A row that has to be there before a form is sent. */
export type Laid = readonly [table: string, row: JsonRow]

/** One installation of FusionPBX of a generation, with a tenant whose rows each test lays out anew. */
export interface World {
  readonly app: TestApp
  readonly columns: ColumnCatalog
  /** Primary key by table. */
  readonly keys: ReadonlyMap<string, string>
  /** Removes what the last test left and inserts these rows; they may carry JSON types and columns of another version. */
  lay(rows: readonly Laid[]): Promise<void>
  /** Row changes since, in order. */
  changes(): Promise<RowChange[]>
  /** Makes these folders and files, and no others, in the voicemail storage. */
  layVoicemail(paths: readonly string[]): void
  voicemailPaths(): string[]
  close(): Promise<void>
}

const asStored = (columns: ColumnCatalog, table: string, row: JsonRow): JsonRow =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      // Five columns that are true or false today were numbers.
      typeof value === 'boolean' && columns.type(table, name) === 'numeric' ? Number(value) : value,
    ]),
  )

export async function openWorld(template: '5.6' | '5.4', env: Record<string, string> = {}): Promise<World> {
  const app = await testApp({ template, env })
  const columns = await readColumns(app.database)
  await app.sql(`insert into v_domains (domain_uuid, domain_name, domain_enabled) values ($1, $2, 'true')`, [
    formsDomain.uuid,
    formsDomain.name,
  ])
  // Every installation makes its own UUIDs for groups; the captures name theirs.
  for (const [name, uuid] of Object.entries(formsGroups))
    await app.sql('update v_groups set group_uuid = $2 where group_name = $1', [name, uuid])
  await app.database.pool.query(recorder)
  const keys = await app.sql<{ tab: string; col: string }>(
    `select c.relname::text as tab, a.attname::text as col
       from pg_index i join pg_class c on c.oid = i.indrelid join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
      where i.indisprimary and c.relnamespace = 'public'::regnamespace`,
  )
  return {
    app,
    columns,
    keys: new Map(keys.map(({ tab, col }) => [tab, col])),
    async lay(rows) {
      await app.database.pool.query(emptied)
      for (const [table, row] of rows)
        await app.sql(
          `insert into ${table} select * from jsonb_populate_record(null::${table}, $1::jsonb) on conflict do nothing`,
          [JSON.stringify(asStored(columns, table, row))],
        )
      await app.sql('delete from forms.changes')
    },
    async changes() {
      const rows = await app.sql<{ tab: string; op: RowChange['op']; before: string; after: string }>(
        'select tab, op, before::text, after::text from forms.changes order by n',
      )
      return rows.map(({ tab, op, before, after }) => ({
        table: tab,
        op,
        ...(before === null ? {} : { before: JSON.parse(before) as JsonRow }),
        ...(after === null ? {} : { after: JSON.parse(after) as JsonRow }),
      }))
    },
    layVoicemail(paths) {
      for (const name of readdirSync(app.voicemailDir)) rmSync(join(app.voicemailDir, name), { recursive: true })
      for (const path of [...paths].sort())
        if (path.endsWith('/')) mkdirSync(join(app.voicemailDir, path), { recursive: true })
        else {
          mkdirSync(join(app.voicemailDir, path, '..'), { recursive: true })
          writeFileSync(join(app.voicemailDir, path), '')
        }
    },
    voicemailPaths: () => tree(app.voicemailDir),
    close: () => app.close(),
  }
}
