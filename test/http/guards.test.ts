import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type TestApp, testApp } from '../support/app.ts'

const list = '/api/v1/extensions'

const within = async (env: Record<string, string>, work: (app: TestApp) => Promise<void>): Promise<void> => {
  const app = await testApp({ env })
  try {
    await work(app)
  } finally {
    await app.close()
  }
}

describe('guards', () => {
  test('S004-HTTPS S004-ERR-HTTPS_REQUIRED S000-SEC-HTTPS: plain HTTP is refused when HTTPS is required; only a trusted proxy can say it was HTTPS', async () => {
    await within(
      { TANDEM_SECURITY__REQUIRE_HTTPS: 'true', TANDEM_SECURITY__TRUSTED_PROXIES: '127.0.0.1' },
      async (app) => {
        const refused = await app.call('GET', list)
        assert.equal(refused.status, 403)
        assert.equal(refused.json.error.code, 'HTTPS_REQUIRED')
        assert.equal((await app.call('GET', list, undefined, { 'X-Forwarded-Proto': 'https' })).status, 200)
      },
    )
    await within({ TANDEM_SECURITY__REQUIRE_HTTPS: 'true' }, async (app) => {
      assert.equal((await app.call('GET', list, undefined, { 'X-Forwarded-Proto': 'https' })).status, 403)
    })
  })

  test('S004-IPS S004-ERR-IP_DENIED: addresses outside the list are refused, IPv4, IPv6 and mapped', async () => {
    await within(
      { TANDEM_SECURITY__ALLOWED_IPS: '192.0.2.0/24,2001:db8::/32', TANDEM_SECURITY__TRUSTED_PROXIES: '127.0.0.1' },
      async (app) => {
        const from = async (address: string) =>
          (await app.call('GET', list, undefined, { 'X-Forwarded-For': address })).status
        assert.equal(await from('192.0.2.7'), 200)
        assert.equal(await from('::ffff:192.0.2.7'), 200)
        assert.equal(await from('2001:db8::1'), 200)
        assert.equal(await from('198.51.100.1'), 403)
        assert.equal(await from('2001:db9::1'), 403)
        const denied = await app.call('GET', list)
        assert.equal(denied.json.error.code, 'IP_DENIED')
      },
    )
  })

  test('S004-CORS: a listed origin is allowed by name, others are not, and preflights need no key', async () => {
    await within({ TANDEM_SECURITY__ALLOWED_ORIGINS: 'https://crm.example.com' }, async (app) => {
      const ours = await app.call('GET', list, undefined, { Origin: 'https://crm.example.com' })
      assert.equal(ours.headers['access-control-allow-origin'], 'https://crm.example.com')
      assert.equal(ours.headers['access-control-allow-credentials'], undefined)
      assert.equal(
        (await app.call('GET', list, undefined, { Origin: 'https://evil.example.com' })).headers[
          'access-control-allow-origin'
        ],
        undefined,
      )
      const preflight = await app.call('OPTIONS', list, undefined, {
        Origin: 'https://crm.example.com',
        'Access-Control-Request-Method': 'PUT',
        'X-API-Key': undefined,
        'X-Domain': undefined,
      })
      assert.equal(preflight.status, 204)
      assert.match(preflight.headers['access-control-allow-methods'] ?? '', /PUT/)
      assert.match(preflight.headers['access-control-allow-headers'] ?? '', /X-API-Key/)
    })
  })

  test('S004-SIZE: a body over security.max_request_size is 413 in the dialect’s shape', async () => {
    await within({ TANDEM_SECURITY__MAX_REQUEST_SIZE: '2048' }, async (app) => {
      const body = { extension: '101', description: 'x'.repeat(3000) }
      for (const [path, method] of [
        [list, 'POST'],
        ['/api/v1/extensions/create.php', 'POST'],
        ['/api/v2/extensions', 'POST'],
      ] as const) {
        const answer = await app.call(method, path, body)
        assert.equal(answer.status, 413)
        assert.match(answer.text, /"PAYLOAD_TOO_LARGE"/)
      }
      assert.deepEqual(await app.sql('select 1 from v_extensions'), [])
    })
  })

  test('S004-HDR-CT: every answer of the v1 surfaces is JSON, errors included', async () => {
    await within({}, async (app) => {
      for (const path of [
        list,
        '/api/v1/unicorns',
        '/api/v1/extensions/x',
        '/api/v1/extensions/list.php',
        '/api/v1/extensions/get.php',
        '/api/v1/%zz',
      ])
        assert.match((await app.call('GET', path)).headers['content-type'] ?? '', /^application\/json/, path)
    })
  })

  test('every answer carries X-Request-Id: the caller’s when it is sane, else a new one', async () => {
    await within({}, async (app) => {
      assert.equal(
        (await app.call('GET', list, undefined, { 'X-Request-Id': 'abc-123' })).headers['x-request-id'],
        'abc-123',
      )
      for (const sent of [undefined, 'with space', 'x'.repeat(500)])
        assert.match(
          (await app.call('GET', list, undefined, { 'X-Request-Id': sent })).headers['x-request-id'] ?? '',
          /^[0-9a-f-]{36}$/,
        )
      for (const path of ['/livez', '/nothing', '/api/v1/%zz'])
        assert.ok((await app.call('GET', path)).headers['x-request-id'])
    })
  })

  test('S000-SEC-AUTHMON: failed authentications are counted by cause', async () => {
    await within({}, async (app) => {
      await app.call('GET', list, undefined, { 'X-API-Key': 'wrong' })
      const metrics = await app.call('GET', '/metrics')
      assert.match(metrics.text, /tandem_http_refused_total\{surface="clean",code="UNAUTHORIZED"\} 1/)
    })
  })
})
