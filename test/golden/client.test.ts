import assert from 'node:assert/strict'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { globalKey, ours, testApp } from '../support/app.ts'
import { all, one, put, putForeign, says } from './documents.ts'

/** Spec 004's PHP client class, over a real socket: what it sends, what it reads, when it throws. */
const app = await testApp()
let port = 0
before(async () => {
  await app.app.listen({ host: '127.0.0.1', port: 0 })
  port = (app.app.server.address() as AddressInfo).port
})
after(() => app.close())

/** An exception as the class throws it: a message and the HTTP status as its code. */
class ClientError extends Error {
  readonly code: number

  constructor(message: string, code: number) {
    super(message)
    this.code = code
  }
}

// biome-ignore lint/suspicious/noExplicitAny: PHP arrays
type PhpArray = Record<string, any>

/** JSON as PHP's json_encode writes it: slashes and everything beyond ASCII escaped. */
const phpJson = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('/', '\\/')
    .replaceAll(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

interface Sent {
  status: number
  text: string
  headers: NodeJS.Dict<string | string[]>
}

/** Sends one request, byte for byte; a body of undefined sends none and no length either. */
function send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          text: Buffer.concat(chunks).toString(),
          headers: incoming.headers,
        }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** The class of the document. */
class FusionPBXClient {
  readonly #headers: Record<string, string>
  last: Sent | undefined

  constructor(apiKey: string, domain: string) {
    // Laravel's client is set to JSON from the start, so every request says so, with a body or without.
    this.#headers = {
      'X-API-Key': apiKey,
      'X-Domain': domain,
      'Content-Type': 'application/json',
      'User-Agent': 'GuzzleHttp/7',
    }
  }

  async request(method: string, endpoint: string, data: PhpArray = {}): Promise<PhpArray | null> {
    const isGet = method === 'get'
    const names = Object.keys(data)
    const query =
      isGet && names.length > 0 ? `?${names.map((name) => `${name}=${encodeURIComponent(data[name])}`).join('&')}` : ''
    // An empty PHP array is a JSON list; delete sends no body when there is nothing in it.
    const body =
      isGet || (method === 'delete' && names.length === 0) ? undefined : names.length === 0 ? '[]' : phpJson(data)
    const response = await send(
      method.toUpperCase(),
      `/api/v1/${endpoint}${query}`,
      body === undefined ? this.#headers : { ...this.#headers, 'Content-Length': String(Buffer.byteLength(body)) },
      body,
    )
    this.last = response
    const json = response.text === '' ? null : JSON.parse(response.text)
    if (response.status >= 400) throw new ClientError(json?.error?.message ?? 'API request failed', response.status)
    return json
  }

  async listExtensions(page = 1, perPage = 50): Promise<PhpArray> {
    return (await this.request('get', 'extensions', { page, per_page: perPage })) ?? {}
  }

  async getExtension(uuid: string): Promise<PhpArray> {
    return (await this.request('get', `extensions/${uuid}`)) ?? {}
  }

  async createExtension(data: PhpArray): Promise<PhpArray> {
    return (await this.request('post', 'extensions', data)) ?? {}
  }

  async updateExtension(uuid: string, data: PhpArray): Promise<PhpArray> {
    return (await this.request('put', `extensions/${uuid}`, data)) ?? {}
  }

  async deleteExtension(uuid: string): Promise<void> {
    await this.request('delete', `extensions/${uuid}`)
  }
}

const client = new FusionPBXClient(globalKey, ours.name)

beforeEach(async () => {
  for (const table of ['v_extensions', 'v_voicemails']) await app.sql(`delete from ${table}`)
  await put(app, 'v_extensions', { extension_uuid: '550e8400-e29b-41d4-a716-446655440000', extension: '1000' })
  await putForeign(app, 'v_extensions', { extension_uuid: '551e8400-e29b-41d4-a716-446655440000', extension: '1001' })
})

test('S004-CLIENT: the usage example lists, creates, updates and deletes extensions with the documented client', async () => {
  const result = await client.listExtensions(1, 50)
  assert.equal(result.data.length, 1)
  assert.deepEqual(result.pagination, { page: 1, per_page: 50, total: 1, total_pages: 1 })

  const created = await client.createExtension({
    extension: '1001',
    password: 'SecurePass123!',
    effective_caller_id_name: 'John Doe',
    effective_caller_id_number: '1001',
    enabled: 'true',
    voicemail_enabled: 'true',
    voicemail_password: '123456',
  })
  const uuid = created.data.extension_uuid
  assert.match(uuid, /^[0-9a-f-]{36}$/)

  const updated = await client.updateExtension(uuid, {
    effective_caller_id_name: 'John Smith',
    description: 'Updated description with a /slash and ümlauts',
  })
  assert.deepEqual(updated, {
    success: true,
    data: { extension_uuid: uuid },
    message: 'Extension updated successfully',
  })
  says((await client.getExtension(uuid)).data, {
    extension: '1001',
    effective_caller_id_name: 'John Smith',
    description: 'Updated description with a /slash and ümlauts',
    voicemail: { voicemail_password: '123456' },
  })
  assert.equal((await one(app, 'v_extensions', 'extension_uuid = $1', [uuid])).password, 'SecurePass123!')

  await client.deleteExtension(uuid)
  assert.equal((await all(app, 'v_extensions', 'domain_uuid = $1', [ours.uuid])).length, 1)
})

test('S004-CLIENT: the client throws the message of the error with the status as its code', async () => {
  const errors: [work: () => Promise<unknown>, code: number, message: string][] = [
    [() => client.createExtension({ description: 'x' }), 400, 'Validation failed'],
    [() => client.createExtension({ extension: '1000' }), 409, 'Extension already exists'],
    [() => client.getExtension('551e8400-e29b-41d4-a716-446655440000'), 404, 'Extension not found'],
    [() => client.deleteExtension('551e8400-e29b-41d4-a716-446655440000'), 404, 'Extension not found'],
    [() => new FusionPBXClient('wrong', ours.name).listExtensions(), 401, 'Invalid API key'],
    // `createExtension([])` sends a list.
    [() => client.createExtension({}), 400, 'Validation failed'],
  ]
  for (const [work, code, message] of errors)
    await assert.rejects(work, (error: ClientError) => {
      assert.equal(error.code, code)
      assert.equal(error.message, message)
      return true
    })
})

test('S004-CLIENT-EMPTY: its DELETE, with a content type and no body, answers 204', async () => {
  await client.deleteExtension('550e8400-e29b-41d4-a716-446655440000')
  assert.equal(client.last?.status, 204)
  assert.equal(client.last?.text, '')
  assert.equal(client.last?.headers['content-type'], undefined)
  assert.equal((await all(app, 'v_extensions', 'domain_uuid = $1', [ours.uuid])).length, 0)
})

test('S004-CLIENT-EMPTY: a GET with a content type and no body, and a DELETE with a length of zero or white space, work as well', async () => {
  const headers = { 'X-API-Key': globalKey, 'X-Domain': ours.name, 'Content-Type': 'application/json' }
  assert.equal((await send('GET', '/api/v1/extensions', headers)).status, 200)
  for (const [body, length] of [
    ['', '0'],
    [' \n', '2'],
  ] as const) {
    await put(app, 'v_extensions', { extension_uuid: '552e8400-e29b-41d4-a716-446655440000', extension: '1009' })
    const sent = await send(
      'DELETE',
      '/api/v1/extensions/552e8400-e29b-41d4-a716-446655440000',
      { ...headers, 'Content-Length': length },
      body,
    )
    assert.equal(sent.status, 204, sent.text)
  }
})
