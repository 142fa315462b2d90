import assert from 'node:assert/strict'
import type { TestAnswer } from '../support/app.ts'

export type Verb = 'list' | 'get' | 'create' | 'update' | 'remove'

/** How one dialect says the verbs, written from the documents and not from the code. */
export interface Wire {
  readonly name: 'clean' | 'actions' | 'native'
  /** v1 speaks in text, v2 in JSON's own types. */
  readonly spelling: 'text' | 'plain'
  readonly methods: Readonly<Record<Verb, string>>
  readonly statuses: Readonly<Record<Verb, number>>
  /** `key` is the row's UUID; for a list below another resource, that of the row above. */
  path(verb: Verb, resource: string, key?: string): string
  /** Rows of a list. */
  rows(answer: TestAnswer): Row[]
  /** The row of a single answer. */
  row(answer: TestAnswer): Row
  /** Demand IDs that the documents behind this dialect have for something; none for our own. */
  ids(ids: { clean?: string; actions?: string }): string
}

// biome-ignore lint/suspicious/noExplicitAny: rows are whatever the answer holds
export type Row = Record<string, any>

const action: Readonly<Record<Verb, string>> = {
  list: 'list',
  get: 'get',
  create: 'create',
  update: 'update',
  remove: 'delete',
}

/** Resources that lie below one row; others with a slash are lists of their own (S004-ACLN-LIST). */
const below: ReadonlySet<string> = new Set(['voicemails/messages'])

/** `voicemails/messages` lies below one voicemail. */
const nested = (resource: string, key: string | undefined): string => {
  const [parent, child] = resource.split('/')
  return below.has(resource) ? `${parent}/${key}/${child}` : resource
}

const prefix = (ids: string | undefined): string => (ids === undefined ? '' : `${ids}: `)

const v1 = {
  spelling: 'text',
  rows: (answer: TestAnswer) => answer.json.data,
  row: (answer: TestAnswer) => answer.json.data,
} as const

/** Spec 004: `/api/v1/extensions/{uuid}`. */
export const clean: Wire = {
  ...v1,
  name: 'clean',
  methods: { list: 'GET', get: 'GET', create: 'POST', update: 'PUT', remove: 'DELETE' },
  statuses: { list: 200, get: 200, create: 201, update: 200, remove: 204 },
  path: (verb, resource, key) =>
    `/api/v1/${nested(resource, key)}${verb === 'list' || verb === 'create' ? '' : `/${key}`}`,
  ids: (ids) => prefix(ids.clean),
}

/** Spec 002: `/api/v1/extensions/get.php?uuid=…`. */
export const actions: Wire = {
  ...v1,
  name: 'actions',
  methods: { list: 'GET', get: 'GET', create: 'POST', update: 'PUT', remove: 'DELETE' },
  statuses: { list: 200, get: 200, create: 201, update: 200, remove: 200 },
  path: (verb, resource, key) => {
    const file = below.has(resource) ? resource : `${resource}/${action[verb]}`
    return `/api/v1/${file}.php${key === undefined ? '' : `?uuid=${key}`}`
  },
  ids: (ids) => prefix(ids.actions),
}

/** Our own dialect: rows bare, errors as problem+json. */
export const native: Wire = {
  name: 'native',
  spelling: 'plain',
  methods: { list: 'GET', get: 'GET', create: 'POST', update: 'PATCH', remove: 'DELETE' },
  statuses: { list: 200, get: 200, create: 201, update: 200, remove: 204 },
  path: (verb, resource, key) =>
    `/api/v2/${nested(resource, key)}${verb === 'list' || verb === 'create' ? '' : `/${key}`}`,
  rows: (answer) => answer.json.data,
  row: (answer) => answer.json,
  ids: () => '',
}

export const wires: readonly Wire[] = [clean, actions, native]

/** Adds a query to a path that may have one. */
export const withQuery = (path: string, query: string): string => `${path}${path.includes('?') ? '&' : '?'}${query}`

/** A query as its words; text is encoded as it is. */
export const query = (words: Readonly<Record<string, string | number>>): string =>
  Object.entries(words)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')

const problemMembers = ['type', 'title', 'status', 'instance', 'code', 'request_id']

/** The fields that an error names, in the dialect's own place for them. */
export function faultFields(wire: Wire, answer: TestAnswer): string[] {
  const error = wire.name === 'native' ? answer.json : answer.json.error
  const listed = (error.errors ?? []).map((fault: { field: string }) => fault.field)
  return error.field === undefined ? listed : [error.field, ...listed]
}

/** An error of this status and code in the dialect's documented shape; `field` must be named when given. */
export function assertError(
  wire: Wire,
  answer: TestAnswer,
  status: number,
  code: string,
  field?: string | readonly string[],
): void {
  assert.equal(answer.status, status, answer.text)
  assert.ok(answer.json !== undefined, `no JSON: ${answer.text}`)
  assert.ok(answer.headers['x-request-id'], 'every answer carries a request id')
  if (wire.name === 'native') {
    assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/)
    assert.equal(answer.json.status, status)
    for (const member of problemMembers) assert.ok(member in answer.json, `${member} of ${answer.text}`)
    assert.equal(answer.json.code, code)
    assert.equal(answer.json.request_id, answer.headers['x-request-id'])
  } else {
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
    assert.deepEqual(Object.keys(answer.json).sort(), ['error', 'success'])
    assert.equal(answer.json.success, false)
    const { error } = answer.json
    assert.equal(error.code, code)
    assert.ok(typeof error.message === 'string' && error.message !== '')
    const known = wire.name === 'clean' ? ['code', 'errors', 'field', 'message'] : ['code', 'field', 'message']
    for (const member of Object.keys(error)) assert.ok(known.includes(member), `${member} of ${answer.text}`)
    if (wire.name === 'clean' && error.errors) assert.equal(error.message, 'Validation failed')
  }
  const named = faultFields(wire, answer)
  for (const expected of field === undefined ? [] : [field].flat())
    assert.ok(named.includes(expected), `${expected} is not named in ${answer.text}`)
}

/** An error below 500, whichever, in the dialect's documented shape. */
export function assertRefused(wire: Wire, answer: TestAnswer): void {
  assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.text}`)
  const code = wire.name === 'native' ? answer.json?.code : answer.json?.error?.code
  assertError(wire, answer, answer.status, code)
}
