import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { insertRow, ours, type TestApp, testApp } from '../support/app.ts'

const list = '/api/v1/extensions'

const within = async (env: Record<string, string>, work: (app: TestApp) => Promise<void>): Promise<void> => {
  const app = await testApp({ env })
  try {
    await work(app)
  } finally {
    await app.close()
  }
}

const extension = (number: string) => ({
  extension_uuid: `00000000-0000-4000-8000-0000000${number.padStart(5, '0')}`,
  domain_uuid: ours.uuid,
  extension: number,
})

describe('settings of the documented configuration', () => {
  test('S004-PAGE: pagination.default_per_page, max_per_page and min_per_page are obeyed', async () => {
    await within(
      {
        TANDEM_PAGINATION__DEFAULT_PER_PAGE: '2',
        TANDEM_PAGINATION__MAX_PER_PAGE: '3',
        TANDEM_PAGINATION__MIN_PER_PAGE: '2',
      },
      async (app) => {
        for (const number of ['1', '2', '3', '4']) await insertRow(app, 'v_extensions', extension(number))
        const perPage = async (query: string) => (await app.call('GET', `${list}${query}`)).json.pagination.per_page
        assert.equal(await perPage(''), 2)
        assert.equal(await perPage('?per_page=50'), 3)
        assert.equal(await perPage('?per_page=1'), 2)
        assert.equal((await app.call('GET', list)).json.data.length, 2)
      },
    )
  })

  test('S004-CFG-CACHE: with cache.enabled a list is revalidated by its tag, and a row changed behind us shows at once', async () => {
    await within({}, async (app) => {
      await insertRow(app, 'v_extensions', extension('1'))
      const first = await app.call('GET', list)
      const tag = first.headers.etag
      assert.ok(tag)
      assert.equal((await app.call('GET', list, undefined, { 'If-None-Match': tag })).status, 304)
      const rows = async () => (await app.call('GET', list)).json.data
      for (const [change, expected] of [
        [`update v_extensions set description = 'changed' where extension = '1'`, 'changed'],
        [`update v_extensions set description = 'again' where extension = '1'`, 'again'],
      ] as const) {
        await app.sql(change)
        assert.equal((await rows())[0].description, expected)
        assert.equal((await app.call('GET', list, undefined, { 'If-None-Match': tag })).status, 200)
      }
      await insertRow(app, 'v_extensions', extension('2'))
      assert.equal((await rows()).length, 2)
      await app.sql(`delete from v_extensions where extension = '2'`)
      await insertRow(app, 'v_extensions', extension('3'))
      assert.deepEqual(
        (await rows()).map((row: { extension: string }) => row.extension),
        ['1', '3'],
      )
    })
    await within({ TANDEM_CACHE__ENABLED: 'false' }, async (app) => {
      assert.equal((await app.call('GET', list)).headers.etag, undefined)
    })
  })

  test('S004-CFG-CACHE: cache.body stores answers for cache.ttl seconds, and our own write empties them', async () => {
    await within({ TANDEM_CACHE__BODY: 'true', TANDEM_CACHE__TTL: '1' }, async (app) => {
      const count = async () => (await app.call('GET', list)).json.data.length
      assert.equal(await count(), 0)
      await insertRow(app, 'v_extensions', extension('1'))
      assert.equal(await count(), 0, 'a row made behind us is not seen yet')
      assert.equal((await app.call('POST', list, { extension: '2' })).status, 201)
      assert.equal(await count(), 2, 'our own write is seen at once')
      await insertRow(app, 'v_extensions', extension('3'))
      await new Promise((resolve) => setTimeout(resolve, 1100))
      assert.equal(await count(), 3, 'after ttl seconds everything is seen')
    })
  })

  test('S004-CFG-CACHE-EX: a path named by cache.exclude_endpoints carries no tag', async () => {
    await within({ TANDEM_CACHE__EXCLUDE_ENDPOINTS: 'gateways' }, async (app) => {
      const gateways = await app.call('GET', '/api/v1/gateways')
      assert.equal(gateways.headers.etag, undefined)
      assert.equal(gateways.headers['cache-control'], 'no-store')
      assert.ok((await app.call('GET', list)).headers.etag)
    })
  })

  test('S004-CFG-FS-CACHE: freeswitch.clear_cache_on_update decides whether FusionPBX’s cache file goes', async () => {
    for (const [clear, word] of [
      ['true', 'done'],
      ['false', 'skipped'],
    ] as const)
      await within({ TANDEM_FREESWITCH__CLEAR_CACHE_ON_UPDATE: clear }, async (app) => {
        const file = join(app.cacheDir, `directory.101@${ours.name}`)
        writeFileSync(file, '<xml/>')
        const answer = await app.call('POST', list, { extension: '101' })
        assert.match(
          answer.headers['x-tandem-receipt'] ?? '',
          new RegExp(`^[0-9a-f-]{36}; row=done; cache=${word}; switch=none$`),
        )
        assert.equal(existsSync(file), clear === 'false')
      })
  })

  test('S004-CFG-FS-XML: with freeswitch.auto_regenerate_xml off the receipt says that the switch was skipped', async () => {
    await within({ TANDEM_FREESWITCH__AUTO_REGENERATE_XML: 'false' }, async (app) => {
      const answer = await app.call('POST', '/api/v1/gateways', { gateway: 'a', proxy: 'sip.example.net' })
      assert.match(answer.headers['x-tandem-receipt'] ?? '', /switch=skipped$/)
    })
  })

  test('S004-CFG-LOG S000-SEC-LOGALL: requests and errors are logged with their id, and secrets never', async () => {
    await within({}, async (app) => {
      await app.call(
        'POST',
        list,
        { extension: '101', password: 'hunter2hunter2', voicemail_enabled: 'true', voicemail_password: '987654' },
        { 'X-Request-Id': 'seen-in-log' },
      )
      const line = app.log.find((entry) => entry.requestId === 'seen-in-log')
      assert.ok(line)
      assert.equal(line.status, 201)
      assert.equal(line.path, list)
      assert.equal(line.domain, ours.name)
      const all = JSON.stringify(app.log)
      for (const secret of ['hunter2hunter2', '987654', 'test-global-key']) assert.ok(!all.includes(secret))
    })
    await within({ TANDEM_LOGGING__LOG_REQUESTS: 'false' }, async (app) => {
      await app.call('GET', list)
      assert.equal(app.log.length, 0)
    })
    await within({ TANDEM_LOGGING__ENABLED: 'false', TANDEM_LOGGING__SLOW_REQUEST_THRESHOLD: '0' }, async (app) => {
      await app.call('GET', list)
      assert.equal(app.log.length, 0)
    })
  })

  test('S004-CFG-LOG: logging.log_errors writes down what went wrong on our side, and only then', async () => {
    for (const [setting, lines] of [
      ['true', 1],
      ['false', 0],
    ] as const)
      await within({ TANDEM_LOGGING__LOG_ERRORS: setting }, async (app) => {
        await app.sql('drop table v_gateways cascade')
        const answer = await app.call('GET', '/api/v1/gateways')
        assert.equal(answer.status, 500)
        assert.deepEqual(answer.json, {
          success: false,
          error: { code: 'SERVER_ERROR', message: 'Internal server error' },
        })
        assert.equal(app.log.filter((entry) => entry.msg === 'request failed').length, lines)
      })
  })

  test('S004-CFG-SLOW: a request as slow as slow_request_threshold is logged as a warning', async () => {
    await within({ TANDEM_LOGGING__SLOW_REQUEST_THRESHOLD: '0' }, async (app) => {
      await app.call('GET', list)
      assert.equal(app.log[0]?.msg, 'slow request')
      assert.equal(app.log[0]?.level, 40)
    })
    await within(
      { TANDEM_LOGGING__SLOW_REQUEST_THRESHOLD: '0', TANDEM_LOGGING__LOG_SLOW_REQUESTS: 'false' },
      async (app) => {
        await app.call('GET', list)
        assert.equal(app.log[0]?.msg, 'request')
      },
    )
  })

  test('mail.user_created queues FusionPBX’s mail, and without it no mail leaves', async () => {
    for (const [setting, mails] of [
      ['true', 1],
      ['false', 0],
    ] as const)
      await within({ TANDEM_MAIL__USER_CREATED: setting }, async (app) => {
        const answer = await app.call('POST', '/api/v1/users', {
          username: 'a',
          password: 'SecurePassword123!',
          user_email: 'a@example.com',
        })
        assert.equal(answer.status, 201)
        const rows = await app.sql('select email_to, email_status from v_email_queue')
        assert.deepEqual(rows, mails === 1 ? [{ email_to: 'a@example.com', email_status: 'waiting' }] : [])
      })
  })

  test('database.prepared off works the same: no statement has a name', async () => {
    await within({ TANDEM_DATABASE__PREPARED: 'false', TANDEM_DATABASE__POOL_SIZE: '1' }, async (app) => {
      for (let index = 0; index < 3; index += 1) assert.equal((await app.call('GET', list)).status, 200)
      assert.equal((await app.call('POST', list, { extension: '101' })).status, 201)
      const names = await app.sql<{ name: string }>('select name from pg_prepared_statements')
      assert.ok(names.length <= 1)
    })
  })
})
