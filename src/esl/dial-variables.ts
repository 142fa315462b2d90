import { CommandError } from './errors.ts'

/**
 * Channel variables in front of a dial string: `{^^;name=value;…}`, or nothing for no variables. Commas may stand in
 * values, because the list is separated by semicolons; blanks are written `\s` in quotes, so that the result is one word
 * of a command.
 *
 * FreeSWITCH undoes quotes and backslashes two or three times, and braces cannot be written at all (facts 6.6): a value
 * with `{ } ; ' \ ${`, a control character or a blank at an end would arrive as another value or reach the next
 * variable, and throws CommandError. An empty value leaves the variable unset.
 */
export function dialVariables(values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([name, value], index) => {
    if (!/^[a-z_][\w.-]{0,127}$/i.test(name))
      throw new CommandError(`dial variable ${index + 1} has a name that is not allowed`)
    return `${name}=${written(value, index + 1)}`
  })
  return pairs.length === 0 ? '' : `{^^;${pairs.join(';')}}`
}

function written(value: string, place: number): string {
  if (typeof value !== 'string' || /[\p{Cc}{};'\\]|\$\{|^ | $/u.test(value) || !value.isWellFormed())
    throw new CommandError(`dial variable ${place} has a value that cannot be written`)
  return value.includes(' ') ? `'${value.replaceAll(' ', '\\s')}'` : value
}

/** What of a person's name survives a dial string for sure: letters, digits, blanks and `. - _ + ( )`; the rest is dropped. */
export function dialName(name: string): string {
  return name
    .replace(/[^\p{L}\p{M}\p{N} ._+()-]/gu, '')
    .replace(/ {2,}/g, ' ')
    .trim()
}
