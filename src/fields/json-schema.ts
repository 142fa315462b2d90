/** The part of JSON Schema 2020-12 (OpenAPI 3.1) that declarations produce. */
export interface JsonSchema {
  /** Name of a schema that the reference keeps among its components. */
  title?: string
  type?: string | readonly string[]
  format?: string
  description?: string
  enum?: readonly unknown[]
  const?: unknown
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  items?: JsonSchema
  maxItems?: number
  properties?: Record<string, JsonSchema>
  required?: readonly string[]
  additionalProperties?: boolean | JsonSchema
  examples?: readonly unknown[]
  default?: unknown
  writeOnly?: boolean
  readOnly?: boolean
  anyOf?: readonly JsonSchema[]
  $ref?: string
}
