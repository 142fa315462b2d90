import { apiKey, type Extension } from './data.ts'

/** A request that every server under test understands. */
export interface Request {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly domain: string
  readonly body?: string
  /** Headers instead of the API's own. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Stands for a number that no request before had; eight characters, as many as the number has digits. */
const freshNumber = '{number}'

/** Numbers of created extensions have eight digits, those of the data four. */
const firstFreshNumber = 20_000_000

/** A request with the n-th fresh number in place. */
export const withFreshNumber = (text: string, n: number): string =>
  text.replace(freshNumber, String(firstFreshNumber + n))

const headersOf = ({ domain, body, headers }: Request): Record<string, string> =>
  headers ?? {
    'x-api-key': apiKey,
    'x-domain': domain,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  }

/** The bytes of a request, but for its fresh number. */
export function rawRequest(request: Request): string {
  const { method, path, body } = request
  const headers = {
    host: 'bench.example.com',
    ...headersOf(request),
    ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`
}

/** An answer in full, without the headers that are made anew for every connection. */
export interface FullAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends one request the ordinary way. */
export async function send(port: number, request: Request): Promise<FullAnswer> {
  const answer = await fetch(`http://127.0.0.1:${port}${request.path}`, {
    method: request.method,
    headers: headersOf(request),
    ...(request.body === undefined ? {} : { body: request.body }),
  })
  const headers = Object.fromEntries(answer.headers)
  for (const name of ['date', 'connection', 'keep-alive']) delete headers[name]
  return { status: answer.status, headers, body: await answer.text() }
}

/** Both pages of 50 of every tenant. */
export const listRequests = (domains: readonly string[]): Request[] =>
  [1, 2].flatMap((page) =>
    domains.map((domain) => ({ method: 'GET', path: `/api/v1/extensions?per_page=50&page=${page}`, domain }) as const),
  )

/** Single extensions, spread over the tenants. */
export const getRequests = (extensions: readonly Extension[]): Request[] =>
  extensions.map(({ uuid, domain }) => ({ method: 'GET', path: `/api/v1/extensions/${uuid}`, domain }))

/** A new extension with a voicemail box in every tenant in turn. */
export const createRequests = (domains: readonly string[]): Request[] =>
  domains.map((domain) => ({
    method: 'POST',
    path: '/api/v1/extensions',
    domain,
    body: JSON.stringify({
      extension: freshNumber,
      effective_caller_id_name: 'Zoë Bench',
      voicemail_enabled: 'true',
      voicemail_mail_to: 'zoe@example.com',
    }),
  }))
