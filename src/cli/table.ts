/** A cell of a table for people; null and undefined are shown as a dash. */
export type Cell = string | number | null | undefined

const shown = (cell: Cell): string => (cell === null || cell === undefined || cell === '' ? '-' : String(cell))

/** Rows under headings, in columns two spaces apart, without trailing spaces; ends with a line break. */
export function formatTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map(shown))]
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
