import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Database } from '../../adapters/database/database.ts'
import type { SwitchPort } from '../../adapters/switch/switch.ts'
import { errorCatalogue, Problem } from '../../errors.ts'
import type { HttpMetrics } from '../../http/metrics.ts'
import { openApi } from '../../http/openapi.ts'
import type { Dialect } from '../../http/route.ts'
import { health, versions } from '../../services/health.ts'

export interface SystemOptions {
  readonly database: Database
  readonly switch: SwitchPort
  readonly metrics: HttpMetrics
  readonly dialects: readonly Dialect[]
}

/** Pages of the reference load nothing from elsewhere and cannot be framed. */
const pagePolicy =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'"

const page = (reply: FastifyReply, html: string): FastifyReply =>
  reply.header('content-security-policy', pagePolicy).header('content-type', 'text/html; charset=utf-8').send(html)

const docsPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Tandem API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"><link rel="icon" href="data:,"></head>
<body><div id="reference"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/swagger-ui-standalone-preset.js"></script>
<script src="/docs/start.js"></script></body></html>`

const startScript = (dialects: readonly Dialect[]): string =>
  `SwaggerUIBundle({ dom_id: '#reference', layout: 'StandaloneLayout', deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  urls: ${JSON.stringify(dialects.map((dialect) => ({ name: dialect.title, url: `/openapi.json?surface=${dialect.surface}` })))} })`

const escapeHtml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const errorsPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Errors of the Tandem API</title>
<style>body{font:16px/1.5 system-ui;margin:2rem auto;max-width:50rem}td,th{text-align:left;padding:.3rem 1rem .3rem 0}</style></head>
<body><h1>Errors</h1><table><tr><th>Code</th><th>Status</th><th>Meaning</th></tr>
${Object.entries(errorCatalogue)
  .map(
    ([code, { status, message }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(message)}</td></tr>`,
  )
  .join('\n')}
</table></body></html>`

const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

/** Health, versions, metrics and the reference: paths that no dialect owns (contract, HTTP). */
export async function systemRoutes(app: FastifyInstance, options: SystemOptions): Promise<void> {
  const { database, metrics, dialects } = options
  const documents = new Map(dialects.map((dialect) => [dialect.surface, JSON.stringify(openApi(dialect))]))

  app.get('/livez', async () => ({ status: 'ok', parts: { process: { status: 'ok' } } }))
  app.get('/readyz', async (_request, reply) => {
    const report = await health(database, options.switch)
    return reply.code(report.status === 'ok' ? 200 : 503).send(report)
  })
  app.get('/version', () => versions(database, options.switch))
  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', metrics.registry.contentType).send(await metrics.registry.metrics()),
  )
  app.get('/openapi.json', async (request, reply) => {
    const { surface = 'v1' } = request.query as { surface?: string }
    const document = documents.get(surface)
    if (document === undefined)
      throw new Problem('NOT_FOUND', {
        message: `There is no such surface; there are ${[...documents.keys()].join(', ')}`,
      })
    return reply.header('content-type', 'application/json; charset=utf-8').send(document)
  })
  app.get('/docs', (_request, reply) => page(reply, docsPage))
  app.get('/docs/errors', (_request, reply) => page(reply, errorsPage))
  app.get('/docs/start.js', (_request, reply) =>
    reply.header('content-type', 'text/javascript; charset=utf-8').send(startScript(dialects)),
  )
  app.get('/', (_request, reply) => reply.redirect('/docs'))
  // Only what the page needs is served, by name.
  await app.register(fastifyStatic, { root: assets, serve: false })
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-standalone-preset.js'])
    app.get(`/docs/assets/${file}`, (_request, reply) => reply.sendFile(file))
}
