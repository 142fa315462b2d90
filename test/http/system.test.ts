import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { errorCatalogue } from '../../src/errors.ts'
import { type TestApp, testApp } from '../support/app.ts'

describe('health, versions, metrics and the reference', () => {
  let app: TestApp
  before(async () => {
    app = await testApp()
  })
  after(() => app.close())
  const bare = { 'X-API-Key': undefined, 'X-Domain': undefined }

  test('livez and readyz answer without a key, a line per part', async () => {
    assert.equal((await app.call('GET', '/livez', undefined, bare)).status, 200)
    const ready = await app.call('GET', '/readyz', undefined, bare)
    assert.equal(ready.status, 200)
    assert.equal(ready.json.parts.database.status, 'ok')
    assert.equal(ready.json.parts.migrations.status, 'ok')
    assert.equal(ready.json.parts.switch.status, 'none')
  })

  test('readyz is 503 while a migration is missing, and writes say so instead of failing darkly', async () => {
    const other = await testApp()
    try {
      await other.sql('drop schema tandem cascade')
      const ready = await other.call('GET', '/readyz')
      assert.equal(ready.status, 503)
      assert.match(ready.json.parts.migrations.message, /tandem migrate/)
      const write = await other.call('POST', '/api/v1/extensions', { extension: '101' })
      assert.equal(write.status, 503)
      assert.match(write.json.error.message, /tandem migrate/)
      assert.deepEqual(await other.sql('select 1 from v_extensions'), [], 'nothing half-done')
      assert.equal((await other.call('GET', '/api/v1/extensions')).status, 200)
    } finally {
      await other.close()
    }
  })

  test('S001-VERSIONS S002-VERSION S001-VER-FPBX: version names Tandem, its schema, PostgreSQL and the FusionPBX found', async () => {
    const { json } = await app.call('GET', '/version', undefined, bare)
    assert.match(json.tandem, /^\d+\.\d+\.\d+$/)
    assert.match(json.postgresql, /^1\d/)
    assert.equal(json.fusionpbx, '5.6')
    const old = await testApp({ template: '5.4' })
    try {
      assert.equal((await old.call('GET', '/version')).json.fusionpbx, '5.4 or older')
    } finally {
      await old.close()
    }
  })

  test('metrics are Prometheus text with a histogram per route', async () => {
    await app.call('GET', '/api/v1/extensions')
    const { text, headers } = await app.call('GET', '/metrics', undefined, bare)
    assert.match(headers['content-type'] ?? '', /^text\/plain/)
    assert.match(text, /# TYPE tandem_http_request_duration_seconds histogram/)
    assert.match(text, /surface="clean",route="\/api\/v1\/extensions",method="GET",status="200"/)
  })

  test('each surface has an OpenAPI 3.1 document whose references all resolve, and unknown ones are 404', async () => {
    for (const surface of ['v1', 'actions', 'v2']) {
      const { status, json } = await app.call('GET', `/openapi.json?surface=${surface}`, undefined, bare)
      assert.equal(status, 200)
      assert.match(json.openapi, /^3\.1/)
      const ids = Object.values<Record<string, { operationId: string }>>(json.paths).flatMap((path) =>
        Object.values(path).map((operation) => operation.operationId),
      )
      assert.equal(new Set(ids).size, ids.length, 'operation ids are unique')
      for (const [, name] of JSON.stringify(json).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
        assert.ok(name && name in json.components.schemas, name)
    }
    assert.equal((await app.call('GET', '/openapi.json?surface=nope', undefined, bare)).status, 404)
  })

  test('every documented path answers something else than 404 to its method', async () => {
    for (const surface of ['v1', 'actions', 'v2']) {
      const { json } = await app.call('GET', `/openapi.json?surface=${surface}`)
      for (const [path, methods] of Object.entries<Record<string, unknown>>(json.paths))
        for (const method of Object.keys(methods)) {
          // A stream would not end by itself, but it refuses what it does not know.
          const isStream = JSON.stringify(methods[method]).includes('text/event-stream')
          const uuid = '00000000-0000-4000-8000-000000000000'
          const url = `${path.replace(/\{[a-z]+\}/g, uuid)}${isStream ? '?types=nothing' : ''}`
          const { status, json: answer } = await app.call(
            method.toUpperCase(),
            url,
            method === 'get' || method === 'delete' ? undefined : {},
          )
          assert.ok(![405, 500, 501].includes(status), `${method} ${path}: ${status}`)
          if (status === 404)
            assert.notEqual(answer?.error?.message ?? answer?.title, 'Resource not found', `${method} ${path}`)
        }
    }
  })

  test('docs show the reference without loading anything from elsewhere; every error has its line', async () => {
    const docs = await app.call('GET', '/docs', undefined, bare)
    assert.equal(docs.status, 200)
    assert.match(docs.headers['content-security-policy'] ?? '', /default-src 'self'/)
    assert.ok(!/(src|href)="https?:/.test(docs.text))
    for (const [, path] of docs.text.matchAll(/(?:src|href)="(\/[^"]+)"/g))
      assert.equal((await app.call('GET', path ?? '', undefined, bare)).status, 200, path)
    const errors = await app.call('GET', '/docs/errors', undefined, bare)
    for (const code of Object.keys(errorCatalogue)) assert.ok(errors.text.includes(`id="${code}"`))
  })
})
