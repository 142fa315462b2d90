import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/root.ts'

/** A row with its columns' values as JSON has them. */
export type JsonRow = Record<string, unknown>

/** One change of one row. */
export interface RowChange {
  readonly table: string
  readonly op: 'insert' | 'update' | 'delete'
  readonly before?: JsonRow
  readonly after?: JsonRow
}

/** An audit row as it stands in `v_database_transactions`. */
export interface Audit {
  readonly app_name: string | null
  readonly app_uuid: string | null
  readonly user_uuid: string | null
  readonly transaction_code: string | null
  readonly transaction_address: string | null
  readonly transaction_type: string | null
  readonly transaction_date: string | null
  readonly transaction_old: string | null
  readonly transaction_new: string | null
  readonly transaction_result: string | null
}

/** What one of FusionPBX's own forms did, captured from an installation (README of the fixtures). */
export interface Capture {
  readonly operation: string
  /** The inputs that mean something. */
  readonly form: Readonly<Record<string, string>>
  /** Every field the page sent, its defaults included. */
  readonly posted: readonly (readonly [name: string, value: string])[]
  readonly message: readonly { readonly text: string; readonly mood: 'positive' | 'negative' | 'page' }[]
  readonly rows: readonly RowChange[]
  /** Its audit rows; absent where they are not known. */
  readonly audit?: readonly Audit[]
  /** Commands and events on the event socket, in order. */
  readonly esl: readonly { readonly command: string }[]
  readonly files: { readonly created: readonly string[]; readonly removed: readonly string[] }
}

/** The tenant all forms were filled in for. */
export const formsDomain = { uuid: '65946243-4e09-4421-a737-0eefdc9258e7', name: 'forms.example.com' } as const

/** Groups of that installation. */
export const formsGroups = {
  user: 'cd0068c0-5514-4daf-88d2-ee7549018fd8',
  admin: 'c2b6d393-449a-419c-88c3-29115366b529',
  superadmin: 'f3d38e73-1814-4688-8fa7-57ba0541f8e7',
} as const

/** Who was logged in when the forms were captured, and the machine it happened on. */
export const formsUser = '73c1f546-f59b-4894-a51d-8a664400e925'
export const formsHost = 'pbx1'

/** Reads the capture of one form. */
export function readCapture(operation: string): Capture {
  return JSON.parse(readFileSync(join(packageRoot, 'test/fixtures/fusionpbx/forms', `${operation}.json`), 'utf8'))
}

/** A row as a form found or left it: the table's first, or its n-th. */
export function rowOf(capture: Capture, table: string, side: 'before' | 'after', index = 0): JsonRow {
  const row = capture.rows.filter((change) => change.table === table)[index]?.[side]
  if (!row) throw new Error(`${capture.operation} has no row ${index} of ${table} ${side} it`)
  return row
}

/** Other values of a row that a form writes: of the table's first, or of its n-th. */
export interface RowPatch {
  readonly table: string
  readonly index?: number
  readonly before?: JsonRow
  readonly after?: JsonRow
}

/**
 * The capture of a form that nobody filled in: one that was, with other input and with what FusionPBX then writes by the
 * facts about it. Its audit rows are not known.
 */
export function derive(
  capture: Capture,
  operation: string,
  changes: {
    form?: Readonly<Record<string, string>>
    /** Inputs of the original that this form does not send. */
    without?: readonly string[]
    rows?: readonly RowPatch[]
    /** Tables that are not written to after all. */
    drop?: readonly string[]
    more?: readonly RowChange[]
    esl?: readonly string[]
    files?: Capture['files']
    /** What the operator is told when the form is refused. */
    refused?: string
  },
): Capture {
  const kept = ([name]: readonly [string, unknown]) => !changes.without?.includes(name)
  const form: Record<string, string> = {
    ...Object.fromEntries(Object.entries(capture.form).filter(kept)),
    ...changes.form,
  }
  const known = new Set(capture.posted.map(([name]) => name))
  const posted = [
    ...capture.posted.filter(kept).map(([name, value]) => [name, form[name] ?? value] as const),
    ...Object.entries(form).filter(([name]) => !known.has(name)),
  ]
  const { audit: _, ...unaudited } = capture
  if (changes.refused !== undefined)
    return {
      ...unaudited,
      operation,
      form,
      posted,
      message: [{ text: changes.refused, mood: 'negative' }],
      rows: [],
      esl: [],
      files: { created: [], removed: [] },
    }
  const rows = [...capture.rows.filter((row) => !changes.drop?.includes(row.table)), ...(changes.more ?? [])]
  for (const { table, index = 0, before, after } of changes.rows ?? []) {
    const row = rows.filter((candidate) => candidate.table === table)[index]
    if (!row) throw new Error(`${operation}: ${capture.operation} writes no row ${index} of ${table}`)
    rows[rows.indexOf(row)] = {
      ...row,
      ...(row.before ? { before: { ...row.before, ...before } } : {}),
      ...(row.after ? { after: { ...row.after, ...before, ...after } } : {}),
    }
  }
  return {
    ...unaudited,
    operation,
    form,
    posted,
    rows,
    esl: changes.esl?.map((command) => ({ command })) ?? capture.esl,
    files: changes.files ?? capture.files,
  }
}

/** The event that FusionPBX sends to drop a key of its file cache. */
export const cacheEvent = (key: string): string =>
  `sendevent CUSTOM\nEvent-Name: CUSTOM\nEvent-Subclass: fusion::file\nAPI-Command: cache\nAPI-Command-Argument: delete ${key}`
