import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type TestAnswer, type TestApp, testApp } from '../support/app.ts'

const list = '/api/v1/extensions?per_page=1'

const repeat = async (times: number, work: () => Promise<TestAnswer>): Promise<TestAnswer[]> => {
  const answers: TestAnswer[] = []
  for (let index = 0; index < times; index += 1) answers.push(await work())
  return answers
}

describe('the clean surface’s limits', () => {
  let app: TestApp
  before(async () => {
    app = await testApp({ env: { TANDEM_RATE_LIMIT__ENABLED: 'true' } })
  })
  after(() => app.close())

  test('S004-RATE-MIN S004-RATE-429 S004-HDR-RATE: 60 pass in a minute, the 61st gets the documented answer', async () => {
    const answers = await repeat(62, () => app.call('GET', list))
    assert.deepEqual(
      answers.slice(0, 60).map((answer) => answer.status),
      Array(60).fill(200),
    )
    assert.deepEqual(
      answers.slice(0, 60).map((answer) => Number(answer.headers['x-ratelimit-remaining'])),
      [...Array(60).keys()].reverse(),
    )
    const now = Date.now() / 1000
    for (const answer of answers.slice(60)) {
      assert.equal(answer.status, 429)
      const { success, error, message, limit_type, retry_after, reset, ...rest } = answer.json
      assert.deepEqual(
        { success, error, message, limit_type, rest },
        {
          success: false,
          error: 'Rate limit exceeded',
          message: 'Too many requests. Please try again later.',
          limit_type: 'minute',
          rest: {},
        },
      )
      assert.ok(retry_after >= 1 && retry_after <= 60)
      assert.ok(reset > now && reset <= now + 61)
      assert.equal(Number(answer.headers['retry-after']), retry_after)
      assert.equal(answer.headers['x-ratelimit-limit'], '60')
      assert.equal(answer.headers['x-ratelimit-remaining'], '0')
      assert.equal(Number(answer.headers['x-ratelimit-reset']), reset)
    }
  })

  test('S002-NORATE: actions are not limited while clean URLs are', async () => {
    assert.equal((await app.call('GET', list)).status, 429)
    const answers = await repeat(70, () => app.call('GET', '/api/v1/extensions/list.php?per_page=1'))
    assert.ok(answers.every((answer) => answer.status === 200 && answer.headers['x-ratelimit-limit'] === undefined))
  })
})

describe('limits as they are configured', () => {
  test('S004-RATE-HOUR: the hour has a window of its own, which a request refused by it does not touch', async () => {
    const app = await testApp({
      env: {
        TANDEM_RATE_LIMIT__ENABLED: 'true',
        TANDEM_RATE_LIMIT__REQUESTS_PER_HOUR: '60',
        TANDEM_RATE_LIMIT__REQUESTS_PER_MINUTE: '60',
      },
    })
    try {
      await repeat(60, () => app.call('GET', list))
      const refused = await app.call('GET', list)
      assert.equal(refused.status, 429)
      assert.equal(refused.json.limit_type, 'hour')
      assert.ok(refused.json.retry_after > 3000 && refused.json.retry_after <= 3600)
    } finally {
      await app.close()
    }
  })

  test('S004-HDR-RATE: errors carry the headers too, before and after the key was found right', async () => {
    const app = await testApp({ env: { TANDEM_RATE_LIMIT__ENABLED: 'true' } })
    try {
      for (const [path, headers] of [
        ['/api/v1/extensions/not-a-uuid', {}],
        ['/api/v1/unicorns', {}],
        [list, { 'X-Domain': 'nobody.example.com' }],
        [list, { 'X-API-Key': 'wrong' }],
      ] as const) {
        const answer = await app.call('GET', path, undefined, headers)
        assert.ok(answer.status >= 400)
        for (const name of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'])
          assert.match(answer.headers[name] ?? '', /^\d+$/, `${name} of ${path}`)
      }
      // Three of the four counted: a wrong key is nobody's request.
      assert.equal((await app.call('GET', list)).headers['x-ratelimit-remaining'], '56')
    } finally {
      await app.close()
    }
  })

  test('S004-RATE-ENABLED: by_key false counts by address, whatever the key', async () => {
    const app = await testApp({
      env: {
        TANDEM_RATE_LIMIT__ENABLED: 'true',
        TANDEM_RATE_LIMIT__BY_KEY: 'false',
        TANDEM_RATE_LIMIT__REQUESTS_PER_MINUTE: '3',
        TANDEM_RATE_LIMIT__REQUESTS_PER_HOUR: '3',
        TANDEM_SECURITY__TRUSTED_PROXIES: '127.0.0.1',
      },
    })
    try {
      await repeat(3, () => app.call('GET', list, undefined, { 'X-Forwarded-For': '198.51.100.1' }))
      assert.equal((await app.call('GET', list, undefined, { 'X-Forwarded-For': '198.51.100.1' })).status, 429)
      assert.equal((await app.call('GET', list, undefined, { 'X-Forwarded-For': '198.51.100.2' })).status, 200)
    } finally {
      await app.close()
    }
  })

  test('an address that keeps failing to authenticate is refused, in the dialect’s shape, and others are not', async () => {
    const app = await testApp({ env: { TANDEM_CEILING__REQUESTS: '5', TANDEM_SECURITY__TRUSTED_PROXIES: '127.0.0.1' } })
    try {
      const wrong = { 'X-API-Key': 'wrong', 'X-Forwarded-For': '198.51.100.1' }
      const answers = await repeat(6, () => app.call('GET', list, undefined, wrong))
      assert.deepEqual(
        answers.map((answer) => answer.status),
        [401, 401, 401, 401, 401, 429],
      )
      assert.ok(Number(answers[5]?.headers['retry-after']) > 0)
      const shapes = await Promise.all(
        ['/api/v1/extensions/list.php', '/api/v2/extensions'].map((path) => app.call('GET', path, undefined, wrong)),
      )
      assert.equal(shapes[0]?.json.error.code, 'RATE_LIMITED')
      assert.match(shapes[1]?.headers['content-type'] ?? '', /problem\+json/)
      assert.equal((await app.call('GET', list, undefined, { 'X-Forwarded-For': '198.51.100.2' })).status, 200)
    } finally {
      await app.close()
    }
  })
})
