import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestAnswer, type TestApp, testApp } from '../support/app.ts'
import { type Change, environment, type Rows } from './pairs.ts'

/** An application whose database holds the rows that the captures came from, and whose switch has these files. */
export interface XmlWorld {
  readonly app: TestApp
  /** Asks as mod_xml_curl does. */
  ask(body: string, headers?: Record<string, string | undefined>): Promise<TestAnswer>
  /** Makes the changes for as long as `work` runs. */
  changed<T>(changes: readonly Change[], work: () => Promise<T>): Promise<T>
  /** Makes these paths, and no others, on the host of the switch. */
  layFiles(paths: readonly string[]): void
  close(): Promise<void>
}

/** Asks the XML door as mod_xml_curl does. */
export const askXml = (
  app: TestApp,
  body: string,
  headers: Record<string, string | undefined> = {},
): Promise<TestAnswer> =>
  app.call('POST', '/hooks/xml', body, {
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'freeswitch-xml/1.0',
    'x-api-key': undefined,
    'x-domain': undefined,
    ...headers,
  })

async function load(app: TestApp, rows: Rows): Promise<void> {
  for (const [table, list] of Object.entries(rows)) {
    await app.sql(`delete from ${table}`)
    const types = await app.sql<{ column_name: string; data_type: string }>(
      `select column_name::text, data_type::text from information_schema.columns where table_name = $1`,
      [table],
    )
    const numeric = new Set(
      types.filter(({ data_type }) => data_type === 'numeric').map(({ column_name }) => column_name),
    )
    const fitted = list.map((row) =>
      Object.fromEntries(
        // Some columns that are true or false today were numbers in 5.4.
        Object.entries(row).map(([name, value]) => [
          name,
          typeof value === 'boolean' && numeric.has(name) ? Number(value) : value,
        ]),
      ),
    )
    await app.sql(`insert into ${table} select * from json_populate_recordset(null::${table}, $1::json)`, [
      JSON.stringify(fitted),
    ])
  }
}

const where = (condition: Readonly<Record<string, unknown>>): string =>
  Object.entries(condition)
    .map(([name, value]) => `${name} = ${literal(value)}`)
    .join(' and ')

const literal = (value: unknown): string => (value === null ? 'null' : `'${String(value).replaceAll("'", "''")}'`)

async function make(app: TestApp, change: Change): Promise<void> {
  const { table } = change
  if (change.set) {
    const values = Object.entries(change.set).map(([name, value]) => `${name} = ${literal(value)}`)
    await app.sql(`update ${table} set ${values.join(', ')} where ${where(change.where ?? {})}`)
  }
  if (change.insert)
    await app.sql(`insert into ${table} select * from json_populate_record(null::${table}, $1::json)`, [
      JSON.stringify(change.insert),
    ])
}

const asEnvironment: Record<string, string> = {
  TANDEM_FREESWITCH__SOUNDS_DIR: environment['config.conf']['switch.sounds.dir'] ?? '',
  TANDEM_FREESWITCH__RECORDINGS_DIR: environment['config.conf']['switch.recordings.dir'] ?? '',
  TANDEM_HOOKS__XML__VARIABLES: JSON.stringify(
    Object.entries(environment.global_variables).map(([name, value]) => `${name}=${value}`),
  ),
}

/** Opens a world with these rows, on the columns of a generation of FusionPBX. */
export async function openXmlWorld(
  rows: Rows,
  options: { template?: '5.6' | '5.4'; env?: Record<string, string> } = {},
): Promise<XmlWorld> {
  const root = mkdtempSync(join(tmpdir(), 'tandem-xml-'))
  const app = await testApp({
    template: options.template ?? '5.6',
    env: { ...asEnvironment, TANDEM_HOOKS__XML__FILES_ROOT: root, ...options.env },
  })
  await load(app, rows)
  return {
    app,
    ask: (body, headers) => askXml(app, body, headers),
    async changed(changes, work) {
      const tables = [...new Set(changes.map(({ table }) => table))]
      const before = Object.fromEntries(
        await Promise.all(
          tables.map(async (table) => {
            const [row] = await app.sql<{ list: string }>(
              `select coalesce(json_agg(t order by t.ctid), '[]')::text as list from ${table} t`,
            )
            return [table, JSON.parse(row?.list ?? '[]')]
          }),
        ),
      )
      try {
        for (const change of changes) await make(app, change)
        return await work()
      } finally {
        await load(app, before)
      }
    },
    layFiles(paths) {
      rmSync(root, { recursive: true, force: true })
      mkdirSync(root)
      for (const path of paths) {
        mkdirSync(path.endsWith('/') ? join(root, path) : dirname(join(root, path)), { recursive: true })
        if (!path.endsWith('/')) writeFileSync(join(root, path), '')
      }
    },
    async close() {
      await app.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
