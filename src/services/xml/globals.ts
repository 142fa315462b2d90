import { isOn, type TextRow, textOf } from './columns.ts'
import { hostnamesOf, type XmlRequest, type XmlWorld } from './door.ts'
import { globalVariable } from './write.ts'

/** Global variables of the switch, as far as they are known here. */
export interface Globals {
  /** The value of one, with those inside it; undefined where it is not known. */
  get(name: string): string | undefined
  /** Text with every `$${name}` replaced; what is not known is left for the switch to replace. */
  fill(text: string): string
}

const named = /\$\$\{([\w.-]+)\}/g

/** Variables that hold each other in a circle must not hold us up. */
const mostSteps = 10

function globals(values: ReadonlyMap<string, string>): Globals {
  const fill = (text: string, steps = 0): string =>
    text.replace(named, (whole, name: string) => {
      const value = steps < mostSteps ? values.get(name) : undefined
      return value === undefined ? (steps < mostSteps ? globalVariable(name) : whole) : fill(value, steps + 1)
    })
  return {
    get: (name) => {
      const value = values.get(name)
      return value === undefined ? undefined : fill(value, 1)
    },
    fill: (text) => fill(text),
  }
}

/** Settings of ours that name a folder which is a variable of the switch as well. */
const foldersOf = ({ options }: XmlWorld): [string, string][] =>
  [
    ['sounds_dir', options.soundsDir] as [string, string],
    ['recordings_dir', options.recordingsDir] as [string, string],
  ].filter(([, folder]) => folder !== '')

/**
 * The variables that are known: those of FusionPBX's page of variables (v_vars), and before them what the settings say.
 * Addresses of the switch are not among them: it knows its own `local_ip_v4` better
 * than the address it says in a request, and its preprocessor fills in what is left.
 */
export function globalsReader(world: XmlWorld): (request: XmlRequest) => Promise<Globals> {
  const { columns, database, options } = world
  const text = (column: string): string => textOf(columns, 'v_vars', 'v', column)
  const statement = `select ${text('var_name')} as name, ${text('var_value')} as value from v_vars v
    where ${isOn(columns, 'v_vars', 'v', 'var_enabled')} and ${text('var_command')} in ('', 'set')
      and (${text('var_hostname')} = any($1::text[]) or ${text('var_hostname')} = '')`
  return async (request) => {
    const rows = await database.query<TextRow<'name' | 'value'>>(statement, [hostnamesOf(request)])
    return globals(
      new Map([
        ...rows.map(({ name, value }): [string, string] => [name, value]),
        ...foldersOf(world),
        ...options.variables,
      ]),
    )
  }
}

/** A folder of the switch: where it is, or the variable that says so. */
export const folderOf = (folder: string, variable: string): string => folder || globalVariable(variable)
