import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/root.ts'
import type { XmlDifference } from '../../src/services/xml/equivalent.ts'

interface Listed {
  readonly pairs: readonly string[]
  readonly at: string
  readonly fusionpbx: string
  readonly tandem: string
}

/** `*` stands for any text. */
const matches = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\/]/g, '\\$&').replaceAll('*', '.*')}$`, 's').test(text)

/** Cells are separated by bars; one inside a cell has a backslash before it. */
const cellsOf = (line: string): string[] =>
  line
    .replace(/^\|/, '')
    .replace(/\|\s*$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|').replaceAll('`', ''))

function readList(): Listed[] {
  const lines = readFileSync(join(packageRoot, 'docs', 'fidelity.md'), 'utf8').split('\n')
  const head = lines.findIndex((line) => /^\|\s*answer\s*\|/.test(line))
  assert.notEqual(head, -1, 'docs/fidelity.md holds no table of answers')
  const rows: Listed[] = []
  for (const line of lines.slice(head + 2)) {
    if (!line.startsWith('|')) break
    const [pairs = '', at = '', fusionpbx = '', tandem = '', why = '', ...more] = cellsOf(line)
    assert.ok(pairs && at && fusionpbx && tandem && why && more.length === 0, `not five cells: ${line}`)
    rows.push({ pairs: pairs.split(',').map((name) => name.trim()), at, fusionpbx, tandem })
  }
  return rows
}

/** The answers' differences listed in docs/fidelity.md, and which of the rows a run has met. */
export class XmlLedger {
  readonly #list = readList()
  readonly #used = new Set<string>()

  /** The differences that no row covers, as rows that could be added. */
  unlisted(pair: string, found: readonly XmlDifference[]): string[] {
    return found.flatMap(({ at, fusionpbx = 'nothing', tandem = 'nothing' }) => {
      const covering = this.#list.flatMap((row, index) =>
        matches(row.at, at) && matches(row.fusionpbx, fusionpbx) && matches(row.tandem, tandem)
          ? row.pairs.filter((pattern) => matches(pattern, pair)).map((pattern) => `${index} ${pattern}`)
          : [],
      )
      for (const id of covering) this.#used.add(id)
      return covering.length > 0 ? [] : [`| \`${pair}\` | \`${at}\` | \`${fusionpbx}\` | \`${tandem}\` | |`]
    })
  }

  /** Rows that none of these pairs needed. */
  stale(pairs: readonly string[]): string[] {
    return this.#list.flatMap((row, index) =>
      row.pairs
        .filter((pattern) => pairs.some((pair) => matches(pattern, pair)) && !this.#used.has(`${index} ${pattern}`))
        .map((pattern) => `| ${pattern} | ${row.at} | ${row.fusionpbx} | ${row.tandem} |`),
    )
  }
}
