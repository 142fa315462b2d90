import type { Writer } from '../../adapters/database/writer.ts'
import type { Effect, Proof } from '../../adapters/effects.ts'
import type { Fault } from '../../errors.ts'
import type { Field, Fields, SettingReader, ValueOf, Values } from '../../fields/field.ts'

/** A tenant: FusionPBX's domain. */
export interface Domain {
  readonly uuid: string
  readonly name: string
  /** IANA name of the tenant's time zone: domain setting, else default setting, else UTC. */
  readonly zone: string
}

/** Who asks. */
export interface Actor {
  /** Shown in audits: `global`, or the prefix of a key. */
  readonly principal: string
  /** FusionPBX group level that the caller may act up to: 80 superadmin for the system, 50 admin for a tenant's key. */
  readonly level: number
  readonly address: string
  readonly requestId: string
}

/** What an operation did or is about to do to one row. */
export interface Change<F extends Fields> {
  readonly operation: 'create' | 'update' | 'remove'
  readonly key: string
  readonly domain: Domain
  readonly actor: Actor
  /** Stored values before; null on create. */
  readonly before: Values<F> | null
  /** Stored values afterwards; null on remove. */
  readonly after: Values<F> | null
  /** What the caller sent, inputs included; on create with defaults filled in. */
  readonly given: Values<F>
  readonly settings: SettingReader
  readonly options: WriteOptions
}

/** What the operator chose in the configuration and effects respect. */
export interface WriteOptions {
  /** `mail.user_created`: queue FusionPBX's mail about a new password. */
  readonly mailUserCreated: boolean
}

/** A rule that one field alone cannot state. Answers the faults it finds. */
export type Check<F extends Fields> = (
  values: Readonly<Values<F>>,
  context: {
    operation: 'create' | 'update'
    settings: SettingReader
    /** On update: what was sent; the values then are the whole row as it would be. */
    sent?: Readonly<Values<F>>
  },
) => readonly Fault[]

/**
 * Something that must be true when the row is committed: sibling rows, cascades, refusals. Runs in the transaction; an
 * error takes everything back.
 */
export type InsideEffect<F extends Fields> = (writer: Writer, change: Change<F>) => Promise<void>

/** What the caches, the switch and the disk have to be told once the row is committed. Pure; may be repeated safely. */
export type AfterEffect<F extends Fields> = (change: Change<F>) => readonly Effect[]

export interface EffectLists<E> {
  create?: readonly E[]
  update?: readonly E[]
  remove?: readonly E[]
}

/** Values that no two rows may share. */
export interface Unique {
  /** A value of any of these fields must differ from every other row's value of any of them. */
  readonly fields: readonly string[]
  readonly within: 'tenant' | 'everywhere'
  /** Setting `category/subcategory` whose value `global` widens a tenant's rule to the whole system. */
  readonly widenedBy?: readonly [category: string, subcategory: string]
  /** Upper and lower case are the same. */
  readonly ignoreCase?: boolean
  /** SQL that brings stored values into the form they are compared in. */
  readonly comparable?: (column: string) => string
  /** Values that may repeat. */
  readonly except?: readonly string[]
}

/** Rows of another table that belong to one row of the resource and are sent and shown inside it. */
export interface Child<F extends Fields = Fields> {
  readonly table: string
  readonly key: string
  readonly fields: F
  /** Names under which the list may be sent; the first is the one it is shown under. */
  readonly names: readonly [string, ...string[]]
  /** Fields that tell one row from another when no key is sent. */
  readonly identity: readonly (keyof F & string)[]
  readonly sort: readonly (keyof F & string)[]
  readonly about: string
  /** Last word on what was sent for one row, after defaults: values that depend on each other. */
  readonly complete?: (values: Values<F>, facts: { domain: Domain; operation: 'create' | 'update' }) => Values<F>
  /** Most rows in one request. */
  readonly max: number
}

/** One related row, shown inside a single answer. */
export interface Embed {
  readonly about: string
  /** Table whose column types the fields have. */
  readonly table: string
  readonly fields: Fields
  /** SQL after FROM; `row` is the alias of the resource's own row, `e` must be the alias of `table`. */
  readonly from: (row: string) => string
  /** Every related row as an array instead of one or null. */
  readonly many?: boolean
}

export const verbs = ['list', 'get', 'create', 'update', 'remove'] as const
/** What can be done to rows of any resource. */
export type Verb = (typeof verbs)[number]

/** A column's name, ascending, or with `-` in front, descending. */
export type Sorted<Name extends string> = Name | `-${Name}`

/** A list's filter with a vocabulary of its own. */
export interface Filter {
  readonly about: string
  /** SQL condition by accepted word; `t` is the row. */
  readonly choices: Readonly<Record<string, string>>
}

/** What a resource is. Routes, validation, OpenAPI and the conformance tests are derived from it. */
export interface Declaration<F extends Fields> {
  /** Path segment and permission word: `extensions`. */
  readonly name: string
  /** In messages: `Extension created successfully`. */
  readonly title: string
  readonly about: string
  readonly table: string
  readonly key: string
  /**
   * `tenant`: rows carry domain_uuid. `global`: they do not. `both`: NULL is the whole system. `tenants`: the rows are
   * the tenants themselves, of which a tenant sees its own and the system all.
   */
  readonly scope: 'tenant' | 'global' | 'both' | 'tenants'
  /** Rows of the whole system that a tenant's key may read; without it they need `system:read`. */
  readonly open?: boolean
  /** What can be done; all five when absent. */
  readonly operations?: readonly Verb[]
  /** The resource these rows belong to: their path then lies below one row of it. */
  readonly under?: { readonly resource: string; readonly key: string }
  /** Stem of FusionPBX's permissions: `extension` is extension_view, _add, _edit, _delete. */
  readonly permission: string
  /** FusionPBX's application, for its audit rows. */
  readonly app: { readonly name: string; readonly uuid: string }
  readonly fields: F
  /** Fields that no row holds: something alive outside the database knows them, and tells them in single answers. */
  readonly live?: readonly (keyof F & string)[]
  /** Default order of lists: columns, ascending or with `-` descending. The key always comes last. */
  readonly sort: readonly Sorted<keyof F & string>[]
  /** Filters of lists beyond equality of fields marked `filter`. */
  readonly filters?: Readonly<Record<string, Filter>>
  readonly unique?: readonly Unique[]
  readonly children?: readonly Child[]
  readonly embeds?: Readonly<Record<string, Embed>>
  /** FusionPBX settings that defaults and effects read: loaded in one query with the write. */
  readonly settings?: readonly (readonly [category: string, subcategory: string])[]
  /** Setting of FusionPBX's category `limit` that says how many rows a tenant may have. */
  readonly quota?: string
  readonly checks?: readonly Check<F>[]
  /** Last word on what was sent, after defaults: values that follow from others or from the tenant. */
  readonly complete?: (values: Values<F>, facts: { domain: Domain; operation: 'create' | 'update' }) => Values<F>
  readonly effects?: {
    /** In the transaction. */
    readonly inside?: EffectLists<InsideEffect<F>>
    /** After commit. */
    readonly after?: EffectLists<AfterEffect<F>>
    /** How the switch is asked whether the row has arrived; without it a command is never more than `sent`. */
    readonly proof?: Proof
  }
}

/** A declared resource, its field types forgotten: what registries, operations and dialects handle. */
export interface Resource extends Declaration<Fields> {
  readonly stored: readonly string[]
}

/**
 * Declares a resource. The effects are checked against the field types here and travel with the erased declaration
 * afterwards, so that operations stay free of type parameters.
 */
export function resource<const F extends Fields>(declaration: Declaration<F>): Resource & { readonly fields: F } {
  for (const name of declaration.sort)
    if (declaration.fields[name.replace('-', '')]?.role !== 'column')
      throw new Error(`${declaration.name}: sort field ${name} is no column`)
  const stored = Object.entries<Field>(declaration.fields)
    .filter(([, field]) => field.role === 'column')
    .map(([name]) => name)
  return { ...(declaration as unknown as Declaration<Fields>), fields: declaration.fields, stored }
}

/** Declares rows that live inside a resource. */
export const child = <const F extends Fields>(declaration: Child<F>): Child => declaration as unknown as Child

export type { ValueOf, Values }
