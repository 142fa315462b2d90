import type { Field, Fields } from '../fields/field.ts'
import type { JsonSchema } from '../fields/json-schema.ts'
import type { Spelling } from '../fields/kind.ts'
import type { View } from '../operations/view.ts'
import type { Resource } from '../resources/core/define.ts'

/** Schema of one field's value with what the declaration says about it. */
function fieldSchema(field: Field, spelling: Spelling): JsonSchema {
  return {
    ...field.kind.schema(spelling),
    ...(field.about === undefined ? {} : { description: field.about }),
    ...(field.example === undefined ? {} : { examples: [field.example] }),
  }
}

const keySchema: JsonSchema = { type: 'string', format: 'uuid' }

const shownFields = (fields: Fields, view: View, keep: (field: Field) => boolean): [string, JsonSchema][] =>
  Object.entries(fields).flatMap(([name, field]) => {
    if (field.shown === 'never' || field.role === 'input' || !keep(field)) return []
    if (field.secret !== undefined && !view.secrets.includes(field.secret)) return []
    return [[name, fieldSchema(field, view.spelling)] as [string, JsonSchema]]
  })

/** `PIN number` is PinNumber in the reference. */
const schemaName = (resource: Resource, suffix = ''): { title: string } => ({
  title:
    resource.title
      .split(/\s+/)
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
      .join('') + suffix,
})

const objectOf = (properties: [string, JsonSchema][], more: Partial<JsonSchema> = {}): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(properties),
  ...more,
})

/** Schema of a row as lists show it. */
export const listedSchema = (resource: Resource, view: View): JsonSchema =>
  objectOf([[resource.key, keySchema], ...shownFields(resource.fields, view, (field) => field.shown === 'list')], {
    ...schemaName(resource, 'Listed'),
    required: [resource.key],
  })

/** Schema of a row as a single answer shows it. */
export const shownSchema = (resource: Resource, view: View): JsonSchema =>
  objectOf(
    [
      [resource.key, keySchema],
      ...shownFields(resource.fields, view, () => true),
      ...(resource.children ?? []).map((child): [string, JsonSchema] => [
        child.names[0],
        {
          type: 'array',
          description: child.about,
          items: objectOf([[child.key, keySchema], ...shownFields(child.fields, view, () => true)]),
        },
      ]),
      ...Object.entries(resource.embeds ?? {}).map(([name, embed]): [string, JsonSchema] => {
        const item = objectOf(shownFields(embed.fields, view, () => true))
        return [
          name,
          embed.many
            ? { type: 'array', description: embed.about, items: item }
            : { ...item, type: ['object', 'null'], description: embed.about },
        ]
      }),
    ],
    { ...schemaName(resource), required: [resource.key] },
  )

const writableFields = (fields: Fields, spelling: Spelling, operation: 'create' | 'update'): [string, JsonSchema][] =>
  Object.entries(fields).flatMap(([name, field]) => {
    if (field.role === 'computed' || field.writable === 'never') return []
    if (field.writable === 'create' && operation === 'update') return []
    const fixed =
      typeof field.default === 'function' || field.default === undefined || operation === 'update'
        ? {}
        : { default: spelled(field.default, spelling) }
    return [
      [name, { ...fieldSchema(field, spelling), ...fixed, ...(field.secret ? { writeOnly: true } : {}) }] as [
        string,
        JsonSchema,
      ],
    ]
  })

const spelled = (value: unknown, spelling: Spelling): unknown =>
  spelling === 'text' && (typeof value === 'boolean' || typeof value === 'number') ? String(value) : value

/** Schema of a body that creates or changes a row. */
export function writtenSchema(
  resource: Resource,
  spelling: Spelling,
  operation: 'create' | 'update',
  strict: boolean,
): JsonSchema {
  const required = Object.entries(resource.fields).flatMap(([name, field]) => (field.required ? [name] : []))
  return objectOf(
    [
      ...(operation === 'create'
        ? [[resource.key, { ...keySchema, description: 'Made by the server unless sent.' }] as [string, JsonSchema]]
        : []),
      ...writableFields(resource.fields, spelling, operation),
      ...(resource.children ?? []).map((child): [string, JsonSchema] => [
        child.names[child.names.length - 1] ?? child.names[0],
        {
          type: 'array',
          description: `${child.about} A list that is sent is the whole list.`,
          maxItems: child.max,
          items: objectOf([[child.key, keySchema], ...writableFields(child.fields, spelling, 'create')]),
        },
      ]),
    ],
    {
      ...schemaName(resource, operation === 'create' ? 'Create' : 'Update'),
      ...(operation === 'create' && required.length > 0 ? { required } : {}),
      ...(strict ? { additionalProperties: false } : {}),
    },
  )
}
