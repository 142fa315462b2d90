import { booleanKind } from './boolean.ts'
import { integerKind } from './integer.ts'
import type { ColumnType, Kind } from './kind.ts'
import { listKind } from './list.ts'
import { macKind } from './mac.ts'
import { type TextLimits, textKind } from './text.ts'
import { timestampKind } from './timestamp.ts'
import { uuidKind } from './uuid.ts'

/** What a default may depend on: what was sent, whose tenant it is, and FusionPBX's settings for that tenant. */
export interface DefaultFacts {
  given: Readonly<Record<string, unknown>>
  /** For a row inside another: the values of that one. */
  parent?: Readonly<Record<string, unknown>>
  domain: { readonly uuid: string; readonly name: string }
  settings: SettingReader
}

/** FusionPBX's settings as they hold for one tenant: domain setting before default setting (facts 2). */
export interface SettingReader {
  /** The value of `category/subcategory`, or undefined when no enabled row has one. */
  text(category: string, subcategory: string): string | undefined
}

/**
 * Who is shown a secret. `strong`: SIP and gateway passwords, shown by no dialect but the one whose document shows
 * them. `pin`: voicemail PINs, which both v1 documents show (C-08). Both need the scope `secrets:read`.
 */
export type SecretClass = 'strong' | 'pin'

export interface FieldOptions<T> {
  /** The field's name in the mouth of people: "Extension number". */
  label?: string
  /** One sentence for the reference: what it means, unit, where it takes effect. */
  about?: string
  /** Must be sent on create. */
  required?: boolean
  /** Stored on create when the field was not sent. */
  default?: T | ((facts: DefaultFacts) => T | null | undefined)
  /** `list`: in lists and single answers. `get` (the default): in single answers only. `never`: written, not read. */
  shown?: 'list' | 'get' | 'never'
  /** `create`: later changes are ignored. `never`: read only. */
  writable?: 'always' | 'create' | 'never'
  /** NULL stays null in the text spelling, where other text is "" (S004-NULLS). */
  nullable?: boolean
  secret?: SecretClass
  /**
   * The value must be the key of a row of the same tenant, or of the whole system where `shared`. `global`: the table
   * knows no tenants.
   */
  references?: { readonly table: string; readonly key: string; readonly shared?: boolean; readonly global?: boolean }
  /** Turns the value that was sent into the one that is stored: a password into its hash. Runs before the transaction. */
  seal?(value: T): Promise<T>
  /** Lists can be narrowed to rows whose value equals the query parameter of this name. */
  filter?: boolean
  example?: unknown
}

/**
 * One part of a resource: a stored column, an input that effects turn into rows elsewhere, or a value computed by SQL.
 */
export interface Field<T = unknown> extends FieldOptions<T> {
  readonly kind: Kind<T>
  /**
   * `column`: stored under the field's own name. `input`: only sent. `computed`: only read. `elsewhere`: sent and read,
   * but kept in other rows by an effect.
   */
  readonly role: 'column' | 'input' | 'computed' | 'elsewhere'
  /** SQL that reads a value that is no column of its own; `row` is the alias of the resource's own row. */
  readonly sql?: (row: string) => string
  /** Type of that SQL. */
  readonly sqlType?: ColumnType
}

export type Fields = Readonly<Record<string, Field>>

/** The value type of one field. */
export type ValueOf<F> = F extends Field<infer T> ? T : never

/** Values of some fields of a declaration: an absent key was not sent, null is "no value". */
export type Values<F extends Fields> = { [K in keyof F]?: ValueOf<F[K]> | null }

const column = <T>(kind: Kind<T>, options: FieldOptions<T>): Field<T> => ({ ...options, kind, role: 'column' })

/** Text in a text column. */
export const text = (options: FieldOptions<string> & TextLimits = {}): Field<string> =>
  column(textKind(options), options)

/** True or false, in whatever column type the version at hand has. */
export const boolean = (options: FieldOptions<boolean> = {}): Field<boolean> => column(booleanKind, options)

/** A whole number in a numeric or text column; `min` and `max` bound it, both inclusive. */
export const integer = (
  options: FieldOptions<number> & { min?: number; max?: number; counted?: boolean } = {},
): Field<number> => column(integerKind(options), options)

/** A UUID column: a key or a reference. */
export const uuid = (options: FieldOptions<string> = {}): Field<string> => column(uuidKind, options)

/** A timestamptz column. */
export const timestamp = (options: FieldOptions<string> = {}): Field<string> => column(timestampKind, options)

/** A hardware address in a text column. */
export const mac = (options: FieldOptions<string> = {}): Field<string> => column(macKind, options)

/** A list of texts that is no column; give it to `input` or `computed`. */
export const textList = (
  options: FieldOptions<readonly string[]> & { maxItems: number; of?: TextLimits },
): Field<readonly string[]> => column(listKind(textKind(options.of ?? {}), { max: options.maxItems }), options)

/** Turns a field into one that is sent but not stored here: an effect makes rows of it. */
export const input = <T>(field: Field<T>): Field<T> => ({ ...field, role: 'input', shown: field.shown ?? 'never' })

/** Turns a field into one that is read but never sent: `sql` computes it from the row. */
export const computed = <T>(field: Field<T>, sqlType: ColumnType, sql: (row: string) => string): Field<T> => ({
  ...field,
  role: 'computed',
  writable: 'never',
  sqlType,
  sql,
})

/** Turns a field into one that an effect keeps in other rows, and that `sql` reads back from there. */
export const elsewhere = <T>(field: Field<T>, sqlType: ColumnType, sql: (row: string) => string): Field<T> => ({
  ...field,
  role: 'elsewhere',
  sqlType,
  sql,
})
