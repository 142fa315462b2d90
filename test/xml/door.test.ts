import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { packageRoot } from '../../src/root.ts'
import { insertRow, ours, type TestApp, testApp, theirs } from '../support/app.ts'
import { assertWellFormed } from './replay.ts'
import { askXml } from './world.ts'

const notFound = /<result status="not found"\/>/

/** A look-up of a user as the switch makes it. */
const lookup = (user: string, domain: string, more = ''): string =>
  `hostname=pbx1&section=directory&tag_name=domain&key_name=name&key_value=${domain}&Event-Calling-Function=sofia_reg_parse_auth&action=sip_auth&key=id&user=${user}&domain=${domain}${more}`

const extension = (
  uuid: string,
  domain: string,
  number: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({
  extension_uuid: uuid,
  domain_uuid: domain,
  extension: number,
  password: `secret-of-${number}-${domain.slice(-1)}`,
  enabled: 'true',
  ...more,
})

async function layTenants(app: TestApp): Promise<void> {
  await insertRow(app, 'v_extensions', extension('e0000000-0000-4000-8000-000000000001', ours.uuid, '101'))
  await insertRow(app, 'v_extensions', extension('e0000000-0000-4000-8000-000000000002', theirs.uuid, '101'))
  await insertRow(
    app,
    'v_extensions',
    extension('e0000000-0000-4000-8000-000000000003', theirs.uuid, '202', { number_alias: '2202' }),
  )
}

for (const template of ['5.6', '5.4'] as const)
  describe(`tenants at the XML door on the columns of FusionPBX ${template}`, () => {
    let app: TestApp
    before(async () => {
      app = await testApp({ template })
      await layTenants(app)
    })
    after(() => app.close())
    const ask = async (body: string): Promise<string> => (await askXml(app, body)).text

    it('one number in two domains is two users, each answered in his own', async () => {
      assert.match(await ask(lookup('101', ours.name)), /name="password" value="secret-of-101-1"/)
      assert.match(await ask(lookup('101', theirs.name)), /name="password" value="secret-of-101-2"/)
    })

    it('a number or alias of another domain is not found', async () => {
      for (const user of ['202', '2202']) {
        assert.match(await ask(lookup(user, theirs.name)), /secret-of-202/)
        assert.match(await ask(lookup(user, ours.name)), notFound)
      }
    })

    it('a request that names two domains is answered by neither', async () => {
      const body = lookup('202', ours.name).replace(`&domain=${ours.name}`, `&domain=${theirs.name}`)
      assert.match(await ask(body), notFound)
    })

    it('the name of a domain counts, and not the UUID of another beside it', async () => {
      assert.match(await ask(lookup('202', ours.name, `&domain_uuid=${theirs.uuid}`)), notFound)
      assert.match(await ask(lookup('101', ours.name, `&domain_uuid=${theirs.uuid}`)), /secret-of-101-1/)
    })

    it('the first value of a field counts, so that a name with & in it adds none', async () => {
      assert.match(await ask(lookup('101', `${ours.name}&user=202&domain=${theirs.name}`)), notFound)
      assert.match(await ask(lookup(`101&domain=${theirs.name}`, ours.name)), notFound)
    })

    it('nobody of a disabled domain, and no disabled extension, is found', async () => {
      await app.sql(`update v_domains set domain_enabled = 'false' where domain_uuid = $1`, [theirs.uuid])
      assert.match(await ask(lookup('101', theirs.name)), notFound)
      await app.sql(`update v_domains set domain_enabled = 'true' where domain_uuid = $1`, [theirs.uuid])
      await app.sql(`update v_extensions set enabled = 'false' where extension_uuid = $1`, [
        'e0000000-0000-4000-8000-000000000003',
      ])
      assert.match(await ask(lookup('202', theirs.name)), notFound)
    })

    it('a changed password is in the very next answer', async () => {
      await app.sql(`update v_extensions set password = 'new-one' where domain_uuid = $1`, [ours.uuid])
      assert.match(await ask(lookup('101', ours.name)), /name="password" value="new-one"/)
    })

    it('an extension without a password lets nobody in', async () => {
      await app.sql('update v_extensions set password = null where domain_uuid = $1', [ours.uuid])
      assert.match(await ask(lookup('101', ours.name)), /name="allow-empty-password" value="false"/)
    })
  })

describe('an extension created over the API registers (S004-EXT-CREATE)', () => {
  it('its directory entry holds the password it was given', async () => {
    const app = await testApp()
    try {
      const made = await app.call('POST', '/api/v1/extensions', { extension: '1260', password: 'Pass-word1260' })
      assert.equal(made.status, 201, made.text)
      const { text } = await askXml(app, lookup('1260', ours.name))
      assert.match(text, /<user id="1260"/)
      assert.match(text, /name="password" value="Pass-word1260"/)
    } finally {
      await app.close()
    }
  })
})

const posts = join(packageRoot, 'test/fixtures/freeswitch/xml-curl')

/** A captured request: head and body parted by an empty line. */
function readPost(file: string): string {
  const text = readFileSync(join(posts, file), 'utf8')
  const at = text.search(/\r?\n\r?\n/)
  return text.slice(at).trimStart()
}

describe('what a real FreeSWITCH posted', () => {
  let app: TestApp
  before(async () => {
    app = await testApp()
    await app.sql('update v_domains set domain_name = $1 where domain_uuid = $2', ['example.test', ours.uuid])
    for (const [index, number] of ['1001', '1201', '1202', '1260'].entries())
      await insertRow(app, 'v_extensions', extension(`e0000000-0000-4000-8000-00000000001${index}`, ours.uuid, number))
  })
  after(() => app.close())

  for (const file of readdirSync(posts).filter((name) => name.endsWith('.http')))
    it(`${file} is answered`, async () => {
      const { status, text } = await askXml(app, readPost(file))
      assert.equal(status, 200, text)
      assertWellFormed(text)
    })

  const users: Record<string, string> = {
    'register-1.http': '1260',
    'call-1.http': '1201',
    'userauth-1.http': '1001',
    'voicemail-1.http': '1201',
  }
  for (const [file, user] of Object.entries(users))
    it(`${file} finds ${user}`, async () => {
      const { text } = await askXml(app, readPost(file))
      assert.match(text, new RegExp(`<user id="${user}" `))
      assert.match(text, new RegExp(`name="password" value="secret-of-${user}-1"`))
    })

  for (const file of ['odd-domain-1.http', 'odd-key-1.http', 'register-unknown-user-1.http', 'register-2.http'])
    it(`${file} finds nobody`, async () => {
      assert.match((await askXml(app, readPost(file))).text, notFound)
    })

  it('a domain with & and = in its name is found by the encoded field', async () => {
    await app.sql('update v_domains set domain_name = $1 where domain_uuid = $2', ['a&b=1', ours.uuid])
    const { text } = await askXml(app, readPost('odd-domain-1.http'))
    assert.match(text, /<domain name="a&amp;b=1" alias="true">/)
    await app.sql('update v_domains set domain_name = $1 where domain_uuid = $2', ['example.test', ours.uuid])
  })
})

describe('who may ask at the XML door', () => {
  const open = async <T>(env: Record<string, string>, work: (app: TestApp) => Promise<T>): Promise<T> => {
    const app = await testApp({ env })
    try {
      await layTenants(app)
      return await work(app)
    } finally {
      await app.close()
    }
  }
  const body = lookup('101', ours.name)
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

  it('this machine may, and no other', () =>
    open({}, async (app) => {
      const from = (remoteAddress: string) =>
        app.app.inject({
          method: 'POST',
          url: '/hooks/xml',
          remoteAddress,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          payload: body,
        })
      for (const address of ['127.0.0.1', '127.3.2.1', '::1', '::ffff:127.0.0.1'])
        assert.equal((await from(address)).statusCode, 200, address)
      for (const address of ['192.0.2.1', '10.0.0.1', 'fd00::2', '::ffff:192.0.2.1']) {
        const answer = await from(address)
        assert.equal(answer.statusCode, 403, address)
        assert.doesNotMatch(answer.payload, /secret-of/)
      }
    }))

  it('who comes through a proxy, or from a page in a browser, may not', () =>
    open({}, async (app) => {
      for (const headers of [
        { 'x-forwarded-for': '192.0.2.1' },
        { 'x-forwarded-for': '127.0.0.1' },
        { 'x-real-ip': '192.0.2.1' },
        { via: '1.1 nginx' },
        { forwarded: 'for=192.0.2.1' },
        { origin: 'https://evil.example' },
      ])
        assert.equal((await askXml(app, body, headers)).status, 403, JSON.stringify(headers))
    }))

  it('behind a trusted proxy the address behind it counts', () =>
    open(
      { TANDEM_SECURITY__TRUSTED_PROXIES: '127.0.0.1', TANDEM_HOOKS__XML__ALLOWED_IPS: '192.0.2.0/24' },
      async (app) => {
        assert.equal((await askXml(app, body, { 'x-forwarded-for': '192.0.2.9' })).status, 200)
        assert.equal((await askXml(app, body, { 'x-forwarded-for': '198.51.100.9' })).status, 403)
        assert.equal((await askXml(app, body)).status, 403)
      },
    ))

  it('with a user and a password set, both have to be shown', () =>
    open({ TANDEM_HOOKS__XML__USER: 'switch', TANDEM_HOOKS__XML__PASSWORD: 'sesame:1' }, async (app) => {
      assert.equal((await askXml(app, body, { authorization: basic('switch:sesame:1') })).status, 200)
      for (const authorization of [
        undefined,
        basic('switch:sesame'),
        basic('other:sesame:1'),
        basic(''),
        'Basic ???',
        'Bearer sesame:1',
      ]) {
        const answer = await askXml(app, body, { authorization })
        assert.equal(answer.status, 401, authorization)
        assert.equal(answer.headers['www-authenticate'], 'Basic realm="Tandem"')
        assert.doesNotMatch(answer.text, /secret-of/)
      }
    }))

  it('a key of the API opens it to nobody, and it can be closed', () =>
    open({ TANDEM_HOOKS__XML__ENABLED: 'false' }, async (app) => {
      assert.equal((await app.call('POST', '/hooks/xml')).status, 404)
    }))

  it('a body that is too large, or no form, is refused', () =>
    open({ TANDEM_HOOKS__XML__MAX_BODY_BYTES: '4096' }, async (app) => {
      assert.equal((await askXml(app, `${body}&x=${'x'.repeat(5000)}`)).status, 413)
      assert.equal((await askXml(app, body, { 'content-type': 'application/json' })).status, 415)
    }))

  it('the log holds neither passwords nor what was posted', () =>
    open({ TANDEM_LOG_LEVEL: 'trace' }, async (app) => {
      await askXml(app, lookup('101', ours.name, '&sip_auth_response=cafe0123456789'))
      await askXml(app, lookup('101', ours.name), { 'x-real-ip': '192.0.2.1' })
      const log = JSON.stringify(app.log)
      assert.match(log, /xml asked for/)
      assert.doesNotMatch(log, /secret-of|cafe0123456789/)
    }))

  it('a database that fails is never told as "not found"', () =>
    open({}, async (app) => {
      await app.sql('alter table v_extensions rename to v_elsewhere')
      assert.equal((await askXml(app, body)).status, 500)
      await app.sql('alter table v_elsewhere rename to v_extensions')
    }))

  it('the switch may keep a user for as long as is set', () =>
    open({ TANDEM_HOOKS__XML__CACHEABLE_MS: '60000' }, async (app) => {
      assert.match((await askXml(app, body)).text, /<user id="101" [^>]*cacheable="60000"/)
    }))
})
