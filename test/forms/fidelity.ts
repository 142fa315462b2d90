import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/root.ts'

/** Something that the same input leaves behind differently. */
export interface Difference {
  /** `table.column`, `table` for a whole row, or `answer`, `cache`, `switch`, `directory`, `audit.…`. */
  readonly what: string
  readonly fusionpbx: string
  readonly tandem: string
}

/** A row of the table in docs/fidelity.md. */
interface Listed extends Difference {
  readonly forms: readonly string[]
  readonly why: string
}

/** Resources whose forms are compared; a row for every form has to hold for each of them. */
const resources = [
  'extension',
  'user',
  'gateway',
  'device',
  'voicemail',
  'access-control',
  'number-translation',
  'sip-profile',
  'call-block',
] as const
export type FormsOf = (typeof resources)[number]

/** `*` stands for any text. */
const matches = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\/]/g, '\\$&').replaceAll('*', '.*')}$`, 's').test(text)

const cellsOf = (line: string): string[] =>
  line
    .replace(/^\|/, '')
    .replace(/\|\s*$/, '')
    .split('|')
    .map((cell) => cell.trim().replaceAll('`', ''))

function readList(): Listed[] {
  const lines = readFileSync(join(packageRoot, 'docs', 'fidelity.md'), 'utf8').split('\n')
  const head = lines.findIndex((line) => /^\|\s*form\s*\|/.test(line))
  assert.notEqual(head, -1, 'docs/fidelity.md holds no table')
  const rows: Listed[] = []
  for (const line of lines.slice(head + 2)) {
    if (!line.startsWith('|')) break
    const cells = cellsOf(line)
    const [form = '', what = '', fusionpbx = '', tandem = '', why = ''] = cells
    assert.equal(cells.length, 5, `not five cells in docs/fidelity.md: ${line}`)
    assert.ok(cells.every(Boolean), `an empty cell in docs/fidelity.md: ${line}`)
    const forms = form === '*' ? resources.map((name) => `${name}-*`) : form.split(',').map((part) => part.trim())
    rows.push({ forms, what, fusionpbx, tandem, why })
  }
  return rows
}

/** The list of differences, and which of its rows a run has met. */
export class Ledger {
  readonly #list = readList()
  readonly #used = new Set<string>()
  readonly #resource: FormsOf

  constructor(resource: FormsOf) {
    this.#resource = resource
  }

  /** The differences that no row of the list covers, as rows that could be added to it. */
  unlisted(form: string, differences: readonly Difference[]): string[] {
    return differences.flatMap((difference) => {
      const found = this.#list.flatMap((row, index) =>
        matches(row.what, difference.what) &&
        matches(row.fusionpbx, difference.fusionpbx) &&
        matches(row.tandem, difference.tandem)
          ? row.forms.filter((pattern) => matches(pattern, form)).map((pattern) => `${index} ${pattern}`)
          : [],
      )
      for (const id of found) this.#used.add(id)
      const { what, fusionpbx, tandem } = difference
      return found.length > 0 ? [] : [`| ${form} | ${what} | ${fusionpbx} | ${tandem} | |`]
    })
  }

  /** Rows about this resource's forms that no test needed. */
  stale(): string[] {
    return this.#list.flatMap((row, index) =>
      row.forms
        .filter((pattern) => pattern.startsWith(`${this.#resource}-`) && !this.#used.has(`${index} ${pattern}`))
        .map((pattern) => `| ${pattern} | ${row.what} | ${row.fusionpbx} | ${row.tandem} | ${row.why} |`),
    )
  }

  /** Every row belongs to the forms of some resource. */
  strangers(): string[] {
    return this.#list.flatMap((row) =>
      row.forms.filter((pattern) => !resources.some((name) => pattern.startsWith(`${name}-`))),
    )
  }
}
