import type { ColumnCatalog } from '../../adapters/database/columns.ts'
import type { Queryable } from '../../adapters/database/database.ts'

/** What FreeSWITCH asks: the five fields of every request, and all others by name. */
export interface XmlRequest {
  readonly section: string
  readonly tagName: string
  readonly keyName: string
  readonly keyValue: string
  /** The first value of a field; undefined when it is absent or empty. */
  get(field: string): string | undefined
}

/** Whether a file is there, on the host of the switch. */
export interface SwitchFiles {
  exists(path: string): Promise<boolean>
}

export interface XmlOptions {
  /** How long FreeSWITCH may keep a user; 0 is not at all. */
  readonly cacheableMs: number
  /** Folders as the switch knows them; empty leaves the name of the switch's own variable. */
  readonly soundsDir: string
  readonly recordingsDir: string
  /** Global variables of the switch that are known beforehand. */
  readonly variables: ReadonlyMap<string, string>
}

/** What answers are made from. */
export interface XmlWorld {
  readonly database: Queryable
  readonly columns: ColumnCatalog
  readonly files: SwitchFiles
  readonly options: XmlOptions
  /** Tells the log of something left out of an answer; never with a secret. */
  readonly warn: (facts: Readonly<Record<string, unknown>>, sentence: string) => void
}

/** Makes the answer to one kind of request; undefined is "not found". */
export type XmlAnswerer = (request: XmlRequest) => Promise<string | undefined>

/** Names by which the switch that asks may be called in rows: its host name, and the name it was given. */
export const hostnamesOf = (request: XmlRequest): readonly string[] => [
  ...new Set(['FreeSWITCH-Hostname', 'hostname', 'FreeSWITCH-Switchname'].flatMap((field) => request.get(field) ?? [])),
]

/** The tenant a request names, by the first of the fields that is there (README of the captured pairs). */
export const domainNameOf = (request: XmlRequest): string | undefined =>
  request.get('domain') ??
  request.get('domain_name') ??
  request.get('variable_domain_name') ??
  request.get('variable_sip_from_host')
