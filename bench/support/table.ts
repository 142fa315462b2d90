import type { Row } from '../row.ts'

/** A number in at most three figures of interest. */
const short = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)

/** The rows as a table for a terminal: names to the left, numbers to the right. */
export function table(rows: readonly Row[]): string {
  const figures = [...new Set(rows.flatMap((row) => Object.keys(row.figures)))]
  const head = ['row', 'baseline', 'ratio', 'wants', '', ...figures]
  const body = rows.map((row) => [
    row.name,
    row.baseline,
    row.ratio.toFixed(2),
    row.target?.wants ?? '',
    row.target === undefined ? '' : row.target.met ? 'met' : 'MISSED',
    ...figures.map((name) => (row.figures[name] === undefined ? '' : short(row.figures[name]))),
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...body.map((cells) => cells[column]?.length ?? 0)))
  const isText = (column: number): boolean => column < 2 || column === 3 || column === 4
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n')
}
