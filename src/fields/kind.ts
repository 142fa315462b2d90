import type { JsonSchema } from './json-schema.ts'

/**
 * How a dialect spells values. `text`: the documented v1 way, where booleans and numbers are strings, empty text is ""
 * and stamps stand in the tenant's zone (S002-BOOL, S004-NULLS, S004-NUMTEXT). `plain`: JSON's own types, null for
 * nothing, RFC 3339 in UTC.
 */
export type Spelling = 'text' | 'plain'

/** What a value from outside turned out to be. `null` is "no value", which clears a column. */
export type Parsed<T> = { ok: true; value: T | null } | { ok: false; text: string; whole?: boolean }

/** A column's type in the database at hand; FusionPBX changed many between versions (facts 0.1). */
export type ColumnType = 'text' | 'boolean' | 'numeric' | 'uuid' | 'timestamptz' | 'json' | 'other'

export interface Spelled {
  spelling: Spelling
  /** Text spelling shows NULL as null instead of "". */
  nullable: boolean
  /** SQL of the tenant's time zone name: a parameter such as `$3`. */
  zone: string
}

/** Knowledge about one kind of value: its column, parsing, spelling and schema. */
export interface Kind<T> {
  readonly name: string
  /** Reads a value that came as JSON or as a query parameter. Absent values never get here. */
  parse(value: unknown, spelling: Spelling): Parsed<T>
  /** What to bind for a column of this type. */
  encode(value: T, type: ColumnType): unknown
  /** What the driver's value means; NULL is handled by the caller. */
  decode(raw: unknown): T | null
  /** SQL that turns an expression of this column type into the spelled value. */
  spell(expression: string, type: ColumnType, as: Spelled): string
  schema(spelling: Spelling): JsonSchema
}

export const accepted = <T>(value: T | null): Parsed<T> => ({ ok: true, value })
export const refused = <T>(text: string): Parsed<T> => ({ ok: false, text })

/** NULL and "" are no value in every kind: FusionPBX stores empty text as NULL (facts 1). */
export const isNothing = (value: unknown): value is null | '' => value === null || value === ''
