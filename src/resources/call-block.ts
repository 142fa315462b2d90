import type { Effect } from '../adapters/effects.ts'
import { boolean, input, integer, text, uuid } from '../fields/field.ts'
import { dialable, displayName, note, sipWord } from '../fields/telephony.ts'
import { type AfterEffect, type Check, type InsideEffect, resource } from './core/define.ts'

/** What a blocked caller meets (facts 9); all but the first three lead somewhere. */
const apps = ['reject', 'busy', 'hold', 'extension', 'voicemail', 'ring_group', 'ivr', 'transfer']
const leadNowhere = new Set(apps.slice(0, 3))

const fields = {
  call_block_direction: text({
    choices: ['inbound', 'outbound'],
    default: 'inbound',
    shown: 'list',
    about: 'Calls that come or calls that go.',
  }),
  extension_uuid: uuid({
    references: { table: 'v_extensions', key: 'extension_uuid' },
    shown: 'list',
    filter: true,
    about: 'Extension whose calls are meant; all of them without one.',
  }),
  call_block_name: text({ ...displayName, shown: 'list', about: 'Name that the caller shows.' }),
  call_block_country_code: integer({ min: 1, max: 999, shown: 'list', about: 'Country code of the number.' }),
  call_block_number: text({
    ...dialable,
    label: 'Number',
    shown: 'list',
    filter: true,
    about: 'Number of the caller, or the number called.',
    example: '15557770000',
  }),
  call_block_count: integer({
    min: 0,
    max: 1_000_000_000,
    default: 0,
    shown: 'list',
    about: 'Calls that were blocked.',
  }),
  call_block_action: input(
    text({ max: 300, about: "App and data with a colon between, as FusionPBX's page sends them." }),
  ),
  call_block_app: text({ choices: apps, default: 'reject', shown: 'list', about: 'What the caller meets.' }),
  call_block_data: text({ ...sipWord, shown: 'list', about: 'Where extension, voicemail and the like lead.' }),
  date_added: text({ writable: 'never', about: 'When it was made, in Unix seconds.' }),
  call_block_enabled: boolean({ shown: 'list', default: true, filter: true, about: 'Calls are blocked.' }),
  call_block_description: text({ ...note, shown: 'list', about: 'A note for people.' }),
}

/** An entry without number and name would be about everybody. */
const somebody: Check<typeof fields> = (values) =>
  values.call_block_number || values.call_block_name
    ? []
    : [{ field: 'call_block_number', label: 'Number', text: 'is required, or a name' }]

const knownAction: Check<typeof fields> = ({ call_block_app: app, call_block_data: data }) => {
  if (!app || !apps.includes(app))
    return [{ field: 'call_block_app', label: 'App', text: `must be one of ${apps.join(', ')}` }]
  return leadNowhere.has(app) || data
    ? []
    : [{ field: 'call_block_data', label: 'Data', text: `is required for ${app}` }]
}

/** The numbers under which Lua may have cached an entry: as stored, and with its country code (facts 2). */
const forget: AfterEffect<typeof fields> = ({ before, after }) => {
  const numbers = [before, after].flatMap((row) => {
    const number = row?.call_block_number
    return number ? [number, `${row?.call_block_country_code ?? ''}${number}`] : []
  })
  return [...new Set(numbers)].map((number): Effect => ({ to: 'cache', key: `call_block:${number}` }))
}

/** FusionPBX's dialplan that looks for entries is switched off until there is one (facts 9). */
const switchOn: InsideEffect<typeof fields> = async (writer, { domain }) => {
  const where = { domain_uuid: domain.uuid, app_uuid: 'b1b31930-d0ee-4395-a891-04df94599f1f' }
  const count = await writer.update('v_dialplans', where, { dialplan_enabled: true })
  if (count > 0) writer.tell({ to: 'cache', key: `dialplan:${domain.name}` })
}

/** Numbers that are not let through (FusionPBX app/call_block; demands S004-BLOCK-*; facts 9). */
export const callBlock = resource({
  name: 'call-block',
  title: 'Call block',
  about: 'Callers that are not let through.',
  table: 'v_call_block',
  key: 'call_block_uuid',
  scope: 'tenant',
  permission: 'call_block',
  app: { name: 'call_block', uuid: '9ed63276-e085-4897-839c-4f2e36d92d6c' },
  fields,
  sort: ['call_block_number'],
  checks: [somebody, knownAction],
  complete(values, { operation }) {
    const { call_block_action: action } = values
    const colon = action?.indexOf(':') ?? -1
    const chosen = action
      ? {
          call_block_app: colon < 0 ? action : action.slice(0, colon),
          call_block_data: (colon < 0 ? '' : action.slice(colon + 1)) || null,
        }
      : {}
    const made = operation === 'create' ? { date_added: String(Math.floor(Date.now() / 1000)) } : {}
    return { ...values, ...chosen, ...made }
  },
  effects: { inside: { create: [switchOn] }, after: { create: [forget], update: [forget], remove: [forget] } },
})
