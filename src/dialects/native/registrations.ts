import { invalidField } from '../../errors.ts'
import type { JsonSchema } from '../../fields/json-schema.ts'
import type { Answer, Call, Parameter, Route } from '../../http/route.ts'
import { shortContact } from '../../services/registrations/contact.ts'
import { notify, unregister } from '../../services/registrations/phones.ts'
import type { Registration } from '../../services/registrations/registration.ts'
import type { LiveServices } from '../live.ts'
import { domainHeader, liveErrors, nativeList, nativeListSchema, refuseQuery, requireDomain } from './live.ts'

const base = '/api/v2/registrations'
const text: JsonSchema = { type: 'string' }

/** A registration as v2 shows it. */
const row = (phone: Registration) => ({
  user: phone.user,
  domain: phone.domain,
  node: phone.node,
  profile: phone.profile,
  contact: shortContact(phone),
  agent: phone.agent,
  status: phone.status,
  transport: phone.transport,
  expires_in_seconds: phone.expiresInSeconds,
  ping_status: phone.pingStatus,
  ping_ms: Number.isFinite(Number(phone.pingTime)) && phone.pingTime !== '' ? Number(phone.pingTime) : null,
  network_ip: phone.networkIp,
  network_port: phone.networkPort,
})

const schema: JsonSchema = {
  title: 'Registration',
  type: 'object',
  properties: {
    user: text,
    domain: text,
    node: { ...text, description: 'FreeSWITCH it registered with.' },
    profile: text,
    contact: text,
    agent: text,
    status: text,
    transport: text,
    expires_in_seconds: { type: ['integer', 'null'] },
    ping_status: text,
    ping_ms: { type: ['number', 'null'] },
    network_ip: text,
    network_port: text,
  },
}

const userParameter: Parameter = {
  name: 'user',
  in: 'path',
  required: true,
  description: 'User that the phones registered as; all of its phones are meant.',
  schema: text,
}

function pathUser(call: Call): string {
  const { user = '' } = call.params
  if (!/^[A-Za-z0-9*#+._-]{1,64}$/.test(user)) throw invalidField('user', 'User', 'must be the user of a registration')
  return user
}

type Run = (
  services: LiveServices,
  call: Call,
  user: string,
) => Promise<{ status: number; result: string; phones: number }>

const actions: readonly (readonly [path: string, summary: string, run: Run])[] = [
  [
    'unregister',
    "Forget a user's registrations",
    async ({ registrations }, call, user) => ({
      status: 200,
      result: 'unregistered',
      phones: await unregister(registrations, call.reach, user),
    }),
  ],
  [
    'check-sync',
    "Tell a user's phones to fetch their configuration",
    async ({ registrations }, call, user) => ({
      status: 202,
      result: 'sent',
      phones: await notify(registrations, call.reach, user, false),
    }),
  ],
  [
    'reboot',
    "Tell a user's phones to start anew",
    async ({ registrations }, call, user) => ({
      status: 202,
      result: 'sent',
      phones: await notify(registrations, call.reach, user, true),
    }),
  ],
]

const actionRoute = (services: LiveServices, [path, summary, run]: (typeof actions)[number]): Route => ({
  method: 'POST',
  url: `${base}/:user/${path}`,
  scope: 'registrations:write',
  document: {
    operationId: `${path.replace('-', '_')}_registration`,
    tag: 'registrations',
    summary,
    parameters: [domainHeader, userParameter],
    success: {
      status: path === 'unregister' ? 200 : 202,
      description: path === 'unregister' ? 'Sofia lists it no more.' : 'A notice was sent to each phone.',
      schema: { type: 'object', properties: { user: text, result: text, phones: { type: 'integer' } } },
    },
    errors: liveErrors,
  },
  async handle(call): Promise<Answer> {
    const domain = requireDomain(call)
    const user = pathUser(call)
    await services.calls.recordFor(call.actor, domain.uuid, path, { user })
    const { status, ...done } = await run(services, call, user)
    return { status, body: JSON.stringify({ user, ...done }) }
  },
})

/** Registered phones of v2: the list, and what can be done to a user's phones. */
export const nativeRegistrationRoutes = (services: LiveServices): Route[] => [
  {
    method: 'GET',
    url: base,
    scope: 'registrations:read',
    document: {
      operationId: 'list_registrations',
      tag: 'registrations',
      summary: 'List registered phones',
      parameters: [domainHeader],
      success: {
        status: 200,
        description: 'Phones registered with any enabled SIP profile of any node.',
        schema: nativeListSchema(schema),
      },
      errors: liveErrors,
    },
    async handle(call) {
      refuseQuery(call)
      const { registrations, missing } = await services.registrations.list(call.reach)
      return nativeList(registrations.map(row), missing)
    },
  },
  ...actions.map((action) => actionRoute(services, action)),
]
