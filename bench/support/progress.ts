/** Tells people that wait what is being done. */
export interface Progress {
  /** Announces how many steps more there will be. */
  expect(steps: number): void
  /** Begins the next step. */
  step(what: string): void
  /** Takes the line away. */
  done(): void
}

/** A line that is rewritten on a terminal, and one line for every new text elsewhere; always on stderr. */
export function progressLine(stream: NodeJS.WriteStream = process.stderr): Progress {
  let expected = 0
  let begun = 0
  let last = ''
  return {
    expect(steps) {
      expected += steps
    },
    step(what) {
      const percent = Math.min(99, Math.round((100 * begun) / Math.max(1, expected)))
      begun += 1
      if (what === last) return
      last = what
      const line = `[${String(percent).padStart(2)} %] ${what}`
      stream.write(stream.isTTY ? `\r\u001b[K${line.slice(0, (stream.columns ?? 80) - 1)}` : `${line}\n`)
    },
    done() {
      if (stream.isTTY) stream.write('\r\u001b[K')
    },
  }
}
