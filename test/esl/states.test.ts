import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { EslError, transitions } from '../../src/esl/index.ts'

const page = readFileSync(join(process.cwd(), 'docs/esl.md'), 'utf8')

/** The cells of the table whose first cell of the head is this word. */
function tableOf(head: string): string[][] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`))
  assert.ok(start >= 0, `docs/esl.md has a table of ${head}`)
  const rows = lines.slice(start)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows.slice(0, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

describe('docs/esl.md', () => {
  test('its state table is the one the client obeys', () => {
    const [head = [], , ...rows] = tableOf('state')
    const written = Object.fromEntries(
      rows.map(([state = '', ...cells]) => [
        state,
        Object.fromEntries(
          cells.map((cell, index) => [head[index + 1], cell === '' ? 'never' : cell === 'stays' ? state : cell]),
        ),
      ]),
    )
    assert.deepEqual(written, transitions)
  })

  test('it names every error code', () => {
    const source = readFileSync(join(process.cwd(), 'src/esl/errors.ts'), 'utf8')
    const codes = [...source.matchAll(/^ {2}\| '([A-Z_]+)'$/gm)].map(([, code]) => code)
    assert.ok(codes.length >= 10)
    const [, , ...rows] = tableOf('code')
    assert.deepEqual(rows.map(([code]) => code).sort(), codes.sort())
    assert.equal(new EslError('TIMEOUT', 'x').code, 'TIMEOUT')
  })

  test('every state can be left, and closed is the end', () => {
    for (const [state, signals] of Object.entries(transitions)) {
      const next = new Set(Object.values(signals).filter((one) => one !== 'never' && one !== state))
      assert.equal(next.size === 0, state === 'closed', state)
      assert.equal(signals.close, 'closed')
    }
  })
})
