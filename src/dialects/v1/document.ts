import type { SecretClass } from '../../fields/field.ts'
import type { JsonSchema } from '../../fields/json-schema.ts'
import type { OperationDocument, Parameter } from '../../http/route.ts'
import type { Resource, Verb } from '../../resources/core/define.ts'
import { listedSchema, shownSchema, writtenSchema } from '../schema.ts'
import { filterParameters } from '../shared.ts'
import { type Pagination, pageParameters, pageSchema } from './page.ts'

/** Where the two v1 documents differ in what an operation takes and answers. */
export interface Documented {
  readonly resource: Resource
  readonly verb: Verb
  readonly operationId: string
  readonly pagination: Pagination
  /** Secrets its single answers show. */
  readonly secrets: readonly SecretClass[]
  /** Parameters that say which row. */
  readonly parameters: readonly Parameter[]
  /** A list without pages. */
  readonly unpaged?: boolean
  /** Answers of an update carry the key (C-06). */
  readonly updateAnswersKey: boolean
  /** A delete answers 200 with a message instead of 204 (C-01). */
  readonly removeAnswersMessage: boolean
  readonly errors: readonly number[]
}

const keyHeaders: readonly Parameter[] = [
  {
    name: 'X-Domain',
    in: 'header',
    required: true,
    description: 'The tenant: name or UUID.',
    schema: { type: 'string' },
  },
]

const message: JsonSchema = { type: 'string' }

const envelopeSchema = (members: Record<string, JsonSchema>): JsonSchema => ({
  type: 'object',
  required: ['success', ...Object.keys(members)],
  properties: { success: { type: 'boolean', const: true }, ...members },
})

/** The reference of one v1 operation. */
export function v1Document(documented: Documented): OperationDocument {
  const { resource, verb, operationId, pagination, errors } = documented
  const name = resource.title.toLowerCase()
  const view = { spelling: 'text', secrets: documented.secrets } as const
  const key: JsonSchema = { type: 'object', properties: { [resource.key]: { type: 'string', format: 'uuid' } } }
  const parameters = [...keyHeaders, ...documented.parameters]
  const common = { operationId, tag: resource.name, parameters }
  const writeErrors = [...errors, 409, 413, 415]
  const documents: Record<Verb, () => OperationDocument> = {
    list: () => ({
      ...common,
      summary: `List ${resource.name}`,
      parameters: [
        ...parameters,
        ...(documented.unpaged ? [] : pageParameters(pagination)),
        ...filterParameters(resource, 'text'),
      ],
      success: {
        status: 200,
        description: resource.about,
        schema: envelopeSchema({
          data: { type: 'array', items: listedSchema(resource, view) },
          ...(documented.unpaged ? {} : { pagination: pageSchema }),
        }),
      },
      errors,
    }),
    get: () => ({
      ...common,
      summary: `Get a ${name}`,
      success: {
        status: 200,
        description: resource.about,
        schema: envelopeSchema({ data: shownSchema(resource, view) }),
      },
      errors,
    }),
    create: () => ({
      ...common,
      summary: `Create a ${name}`,
      requestBody: writtenSchema(resource, 'text', 'create', false),
      success: { status: 201, description: 'Created.', schema: envelopeSchema({ data: key, message }) },
      errors: writeErrors,
    }),
    update: () => ({
      ...common,
      summary: `Change a ${name}`,
      requestBody: writtenSchema(resource, 'text', 'update', false),
      success: {
        status: 200,
        description: 'Changed; what was not sent is as it was.',
        schema: envelopeSchema({ ...(documented.updateAnswersKey ? { data: key } : {}), message }),
      },
      errors: writeErrors,
    }),
    remove: () => ({
      ...common,
      summary: `Delete a ${name}`,
      success: documented.removeAnswersMessage
        ? { status: 200, description: 'Deleted.', schema: envelopeSchema({ message }) }
        : { status: 204, description: 'Deleted.' },
      errors,
    }),
  }
  return documents[verb]()
}
