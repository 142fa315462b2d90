import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { type Database, openDatabase } from '../../src/adapters/database/database.ts'
import { type Databases, databasesAt } from '../../src/adapters/embedded/databases.ts'
import { installDefaults } from '../../src/adapters/fusionpbx/defaults.ts'
import { createDemo } from '../../src/adapters/fusionpbx/demo.ts'
import { type Generation, installSchema } from '../../src/adapters/fusionpbx/schema.ts'
import { type ClusterDescription, descriptionFile, startTestCluster } from './start-cluster.ts'

/** What a test's database starts with: the tables of a generation with their default rows, or the demo tenant (on 5.6). */
export type Template = Generation | 'demo'

/** A database of one test's own. */
export interface Clone {
  url: string
  /** Removes it, closing every connection that is left. */
  drop(): Promise<void>
}

/** Password of the demo tenant's administrator in tests. */
export const demoAdminPassword = 'correct-horse-battery-staple'

const templateNames = { '5.6': 'template_56', '5.4': 'template_54', demo: 'template_demo' } as const

let cluster: Promise<Databases> | undefined
const ready = new Map<Template, Promise<string>>()
let clones = 0

/** The PostgreSQL cluster of this test run: the one named by TANDEM_TEST_CLUSTER, else one that ends with this process. */
export function testCluster(): Promise<Databases> {
  cluster ??= openCluster()
  return cluster
}

async function openCluster(): Promise<Databases> {
  const folder = process.env.TANDEM_TEST_CLUSTER || (await startTestCluster()).folder
  const description: ClusterDescription = JSON.parse(readFileSync(join(folder, descriptionFile), 'utf8'))
  return databasesAt(description.url)
}

/** A fresh copy of a template, in a tenth of the time that filling it would take. */
export async function cloneDatabase(template: Template): Promise<Clone> {
  const databases = await testCluster()
  const source = await templateDatabase(databases, template)
  clones += 1
  const name = `test_${process.pid}_${clones}`
  const url = await databases.createDatabase(name, source)
  return { url, drop: () => databases.dropDatabase(name) }
}

function templateDatabase(databases: Databases, template: Template): Promise<string> {
  let name = ready.get(template)
  if (!name) {
    name = makeTemplate(databases, template)
    ready.set(template, name)
  }
  return name
}

/** Makes the template unless another process has; one at a time by a lock in the server. */
async function makeTemplate(databases: Databases, template: Template): Promise<string> {
  const name = templateNames[template]
  // The demo builds on the other one, which has a lock of its own: taken in this order nobody waits in a circle.
  const base = template === 'demo' ? await templateDatabase(databases, '5.6') : undefined
  const client = new pg.Client({ connectionString: databases.urlOf('postgres') })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock(hashtext($1))', [name])
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount !== 0) return name
    const unfinished = `${name}_unfinished`
    await databases.dropDatabase(unfinished)
    await fill(await databases.createDatabase(unfinished, base), template)
    await client.query(`alter database ${unfinished} rename to ${name}`)
    return name
  } finally {
    await client.end()
  }
}

async function fill(url: string, template: Template): Promise<void> {
  const database: Database = openDatabase({ url, poolSize: 1, prepared: false, statementTimeoutMs: 0 })
  try {
    await database.transaction(async (connection) => {
      if (template === 'demo') {
        await createDemo(connection, { now: new Date(), adminPassword: demoAdminPassword })
        return
      }
      await installSchema(connection, template)
      await installDefaults(connection)
    })
  } finally {
    await database.close()
  }
}
