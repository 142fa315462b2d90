import type { Database } from './database.ts'

/** One forward step of schema `tandem`. Never edited after it was released; a new need is a new step. */
interface Migration {
  name: string
  sql: string
}

const migrations: readonly Migration[] = [
  {
    name: '001-keys',
    sql: `
      create table tandem.api_keys (
        api_key_uuid uuid primary key,
        domain_uuid uuid,
        name text not null,
        prefix text not null unique,
        hash bytea not null,
        scopes text[] not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        rotated_from uuid
      );
      comment on table tandem.api_keys is 'API keys: only the SHA-256 of the secret is kept. domain_uuid NULL is the whole system.';
    `,
  },
  {
    name: '002-receipts',
    sql: `
      create table tandem.receipts (
        receipt_uuid uuid primary key,
        domain_uuid uuid,
        resource text not null,
        operation text not null,
        key uuid not null,
        effects jsonb not null,
        cache text not null,
        switch text not null,
        created_at timestamptz not null default now()
      );
      create index receipts_created_at on tandem.receipts (created_at);
      comment on table tandem.receipts is 'What every write asked of the caches and the switch, written in the transaction of the row itself.';
      create table tandem.secret_reads (
        secret_read_uuid uuid primary key,
        domain_uuid uuid,
        resource text not null,
        key uuid,
        fields text[] not null,
        principal text not null,
        address text,
        request_id text,
        read_at timestamptz not null default now()
      );
      comment on table tandem.secret_reads is 'Who was shown a password or PIN, and when.';
    `,
  },
  {
    name: '003-live-actions',
    sql: `
      create table tandem.live_actions (
        live_action_uuid uuid primary key,
        domain_uuid uuid,
        action text not null,
        call_uuid uuid,
        detail jsonb not null,
        principal text not null,
        address text,
        request_id text,
        acted_at timestamptz not null default now()
      );
      create index live_actions_acted_at on tandem.live_actions (acted_at);
      comment on table tandem.live_actions is 'Who did what to a live call or phone over the API, written before it was done.';
    `,
  },
  {
    name: '004-effect-reports',
    sql: `
      alter table tandem.receipts add column report jsonb, add column attempts int not null default 0, add column tried_at timestamptz;
      create index receipts_owed on tandem.receipts (created_at) where cache = 'pending' or switch = 'pending';
      comment on column tandem.receipts.report is 'Each effect of the last attempt, with the words of the switch that was told.';
    `,
  },
]

/** Names of all steps, oldest first. */
export const migrationNames = migrations.map((migration) => migration.name)

/**
 * Brings schema `tandem` up to date and answers the names of the steps that ran. Safe to call from several processes
 * at once: a transaction lock lets one of them work. Nothing outside schema `tandem` is touched.
 */
export async function migrate(database: Database): Promise<string[]> {
  return database.transaction(async (connection) => {
    await connection.query(`select pg_advisory_xact_lock(hashtext('tandem.migrate'))`)
    await connection.query('create schema if not exists tandem')
    await connection.query(
      'create table if not exists tandem.migrations (name text primary key, applied_at timestamptz not null default now())',
    )
    const applied = new Set(
      (await connection.query<{ name: string }>('select name from tandem.migrations')).map((row) => row.name),
    )
    const pending = migrations.filter((migration) => !applied.has(migration.name))
    for (const migration of pending) {
      await connection.query(migration.sql)
      await connection.query('insert into tandem.migrations (name) values ($1)', [migration.name])
    }
    return pending.map((migration) => migration.name)
  })
}

/** Names of the steps this version has and the database lacks; all of them when schema `tandem` does not exist. */
export async function pendingMigrations(database: Database): Promise<string[]> {
  const [found] = await database.query<{ there: boolean }>(
    `select to_regclass('tandem.migrations') is not null as there`,
  )
  if (!found?.there) return [...migrationNames]
  const applied = await database.query<{ name: string }>('select name from tandem.migrations')
  return migrationNames.filter((name) => !applied.some((row) => row.name === name))
}
