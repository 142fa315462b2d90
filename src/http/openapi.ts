import { errorCatalogue } from '../errors.ts'
import type { JsonSchema } from '../fields/json-schema.ts'
import { packageVersion } from '../root.ts'
import type { Dialect, Route, StreamRoute } from './route.ts'

type Components = Map<string, JsonSchema>

/** Moves every named schema among the components and leaves a reference behind. */
function hoist(schema: JsonSchema, components: Components): JsonSchema {
  const inner: JsonSchema = {
    ...schema,
    ...(schema.items ? { items: hoist(schema.items, components) } : {}),
    ...(schema.properties
      ? {
          properties: Object.fromEntries(
            Object.entries(schema.properties).map(([name, property]) => [name, hoist(property, components)]),
          ),
        }
      : {}),
  }
  if (schema.title === undefined) return inner
  components.set(schema.title, inner)
  return { $ref: `#/components/schemas/${schema.title}` }
}

const reasons = new Map<number, string>(Object.values(errorCatalogue).map(({ status, message }) => [status, message]))

/** `/api/v1/extensions/:uuid(^[^.]+$)` as OpenAPI writes it. */
const openApiPath = (url: string): string => url.replaceAll(/:([a-z]+)(\([^)]*\))?/g, '{$1}')

function operation(dialect: Dialect, route: Route | StreamRoute, components: Components): Record<string, unknown> {
  const { document } = route
  const { success } = document
  const errorContent = { [dialect.errorType.split(';')[0] ?? '']: { schema: { $ref: '#/components/schemas/Error' } } }
  return {
    operationId: document.operationId,
    tags: [document.tag],
    summary: document.summary,
    description: `Scope: \`${route.scope}\`.`,
    parameters: document.parameters,
    ...(document.requestBody
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: hoist(document.requestBody, components) } },
          },
        }
      : {}),
    responses: Object.fromEntries([
      [
        String(success.status),
        {
          description: success.description,
          ...(success.schema
            ? {
                content: { [success.contentType ?? 'application/json']: { schema: hoist(success.schema, components) } },
              }
            : {}),
        },
      ],
      ...document.errors.map((status) => [
        String(status),
        { description: reasons.get(status) ?? 'Error', content: errorContent },
      ]),
    ]),
  }
}

/** OpenAPI 3.1 of a dialect, made from its routes and the declarations behind them. */
export function openApi(dialect: Dialect): Record<string, unknown> {
  const components: Components = new Map([['Error', { ...dialect.errorSchema, title: 'Error' }]])
  const paths: Record<string, Record<string, unknown>> = {}
  const routes = [...dialect.routes, ...(dialect.streams ?? [])]
  for (const route of routes) {
    const path = openApiPath(route.url)
    // A second path of the same operation, such as an action's trailing UUID, is told in its parameter.
    if (dialect.name === 'actions' && path.endsWith('}')) continue
    const methods = paths[path] ?? {}
    paths[path] = methods
    methods[route.method.toLowerCase()] = operation(dialect, route, components)
  }
  return {
    openapi: '3.1.0',
    info: { title: dialect.title, version: packageVersion, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    tags: [...new Set(routes.map((route) => route.document.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(components),
      securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-API-Key' } },
    },
  }
}
