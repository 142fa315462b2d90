import fc from 'fast-check'
import type { Kind, Spelling } from '../../src/fields/kind.ts'

/** Runs of each property: enough to meet every corner by a day of runs, few enough for each of them. */
export const runs = { numRuns: 400 }

export const spellings: fc.Arbitrary<Spelling> = fc.constantFrom('text', 'plain')

/** Characters that texts from outside hold and should not. */
const nasty = fc.constantFrom(
  '\u0000',
  '\u0007',
  '\n',
  '\r',
  '\t',
  '\u007f',
  '\u0085',
  '\u009f',
  '\u2028',
  '\u2029',
  '\ufeff',
  '\ud800',
  '\udc00',
  '\u00a0',
  "'",
  '"',
  '<',
  '&',
  '\\',
  '$',
  '${',
  '`',
  ';',
  ',',
  '@',
  ' ',
)

/** Texts that look like values, spoilt here and there. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.array(fc.oneof(nasty, fc.string({ maxLength: 4 })), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.stringMatching(/^[a-z0-9.@*#+_-]{0,70}$/),
  fc.constantFrom(
    '',
    ' ',
    'true',
    'false',
    'TRUE',
    ' true ',
    '0',
    '-0',
    '7',
    ' 7 ',
    '1e3',
    '0x10',
    '1.5',
    'null',
    'x'.repeat(5000),
  ),
)

/** Anything that JSON can hold, and what a query string makes of repeated names. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  texts,
  fc.jsonValue(),
  fc.constantFrom<unknown>(null, undefined, true, false, Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 53, [], {}),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.uuid(),
)

/** Parses and answers the value, or undefined when it was refused; whatever comes, it never throws. */
export function parsed<T>(kind: Kind<T>, value: unknown, spelling: Spelling): T | null | undefined {
  const answer = kind.parse(value, spelling)
  if (answer.ok) return answer.value
  if (typeof answer.text !== 'string' || answer.text === '') throw new Error('a refusal says why')
  return undefined
}
