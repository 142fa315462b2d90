import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/root.ts'

/** What FusionPBX's handler was asked, and what it answered (README beside the captures). */
export interface Pair {
  readonly name: string
  readonly section: string
  readonly tag_name: string
  readonly key_name: string
  readonly key_value: string
  readonly params: Readonly<Record<string, string>>
  readonly answer: 'xml' | 'none' | 'error'
  readonly parse?: 'strict' | 'bare-ampersand' | 'malformed'
  readonly existing_paths?: readonly string[]
  readonly database_changes?: readonly Change[]
  /** Its answer; undefined where it had none. */
  readonly xml: string | undefined
}

export interface Change {
  readonly table: string
  readonly where?: Readonly<Record<string, unknown>>
  readonly set?: Readonly<Record<string, unknown>>
  readonly insert?: Readonly<Record<string, unknown>>
}

export type Rows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>

/**
 * The captures copied into this repository: all but those of dialplans, whose texts are FusionPBX's authors' own. The
 * others are read where they lie beside it, and nothing is said of them where they do not.
 */
export const copied = join(packageRoot, 'test/fixtures/fusionpbx/xml')
export const beside = join(packageRoot, '../shared/fixtures/fusionpbx/xml')
export const hasAll = existsSync(beside)

/** Rows all answers came from; without the dialplans in the copy. */
export const readRows = (folder: string): Rows => JSON.parse(readFileSync(join(folder, 'database-rows.json'), 'utf8'))

export const environment: {
  readonly hostname: string
  readonly 'config.conf': Readonly<Record<string, string>>
  readonly global_variables: Readonly<Record<string, string>>
} = JSON.parse(readFileSync(join(copied, 'environment.json'), 'utf8'))

/** The pairs of a folder whose names begin with one of the words. */
export const readPairs = (folder: string, ...words: readonly string[]): Pair[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.request.json') && words.some((word) => file.startsWith(word)))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.request.json'.length)
      const answer = join(folder, `${name}.xml`)
      return {
        ...JSON.parse(readFileSync(join(folder, file), 'utf8')),
        name,
        xml: existsSync(answer) ? readFileSync(answer, 'utf8') : undefined,
      }
    })

/** The body that mod_xml_curl posts: the first five fields as they are, the others encoded (facts freeswitch-esl 8). */
export const formOf = (pair: Pick<Pair, 'section' | 'tag_name' | 'key_name' | 'key_value' | 'params'>): string =>
  [
    `hostname=${environment.hostname}&section=${pair.section}&tag_name=${pair.tag_name}`,
    `key_name=${pair.key_name}&key_value=${pair.key_value}`,
    ...Object.entries(pair.params).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  ].join('&')
