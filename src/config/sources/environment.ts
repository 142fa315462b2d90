import type { Fault } from '../fault.ts'
import { nearest } from '../nearest.ts'
import { environmentName, type SettingKey, settingKeys } from '../settings.ts'
import type { Entry, Layer } from './layer.ts'

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Names the file to read (see `file.ts`); itself no setting. */
export const configFileVariable = 'TANDEM_CONFIG'

/** Also read for `database_url`, because hosting platforms set it. */
const platformDatabaseVariable = 'DATABASE_URL'

const keyOf = new Map<string, SettingKey>(settingKeys.map((key) => [environmentName(key), key]))

/** Variables of the test tools are no settings and are left alone. */
const isOurs = (name: string): boolean =>
  name.startsWith('TANDEM_') && name !== configFileVariable && !name.startsWith('TANDEM_TEST_')

function unknown(name: string): Fault {
  const meant = nearest(name, [...keyOf.keys()])
  return {
    key: name,
    problem: 'is no setting',
    allowed: meant ?? 'the variables that `tandem config print` lists',
    source: `environment ${name}`,
  }
}

/** Settings from the environment. A variable that is empty counts as not set, as compose files write it. */
export function environmentLayer(env: Environment): Layer {
  const entries = new Map<SettingKey, Entry>()
  const faults: Fault[] = []
  for (const [name, given] of Object.entries(env)) {
    if (!isOurs(name) || given === undefined) continue
    const key = keyOf.get(name)
    if (key === undefined) faults.push(unknown(name))
    else if (given !== '') entries.set(key, { given, source: `environment ${name}` })
  }
  const platformUrl = env[platformDatabaseVariable]
  if (platformUrl && !entries.has('database_url')) {
    entries.set('database_url', { given: platformUrl, source: `environment ${platformDatabaseVariable}` })
  }
  return { entries, faults }
}
