import assert from 'node:assert/strict'
import type { Resource } from '../../src/resources/core/define.ts'
import type { Capture } from './capture.ts'

export type Body = Record<string, unknown>

/** `typed`: what a person filled in. `page`: every field the page sent, as a script that imitates it would. */
export type Variant = 'typed' | 'page'

/** Fields of the pages that are about the page: where to return to, what to list, whose row this is. */
const pageFields =
  /^(range|order|order_by|page|search|id|delete_type|delete_uuid|referer_path|referer_query|file_action|target_file|action|domain_uuid|password_confirm|username_old|group_uuid|user_type|contact_uuid|voicemail_id_previous|device_key_ids|device_line_uuid|devices\[.*|[a-z_]+_delete\[.*)$/

/** Child rows that the page shows empty for the next entry, told by the one field without which FusionPBX skips them. */
const marks: Readonly<Record<string, string>> = {
  device_lines: 'line_number',
  device_keys: 'device_key_category',
  device_settings: 'device_setting_subcategory',
  voicemail_options: 'voicemail_option_digits',
  access_control_nodes: 'node_cidr',
  number_translation_details: 'number_translation_detail_regex',
}

const nested = /^([a-z_]+)\[(\d+)\]\[([a-z_]+)\]$/

/** Fields that the API names otherwise than the page does. */
const renamed: Readonly<Record<string, (value: string) => Body>> = {
  'extension_users[0][user_uuid]': (value) => (value === '' ? {} : { user_uuid: value }),
  group_uuid_name: (value) => (value === '' ? {} : { groups: [value.slice(value.indexOf('|') + 1)] }),
  voicemail_destination: (value) => (value === '' ? {} : { voicemail_destinations: [{ voicemail_uuid_copy: value }] }),
}

/** The input of a form as a request body: fields by their column, child rows as arrays. */
export function bodyOf(capture: Capture, variant: Variant, resource: Resource): Body {
  const entries = variant === 'page' ? capture.posted : Object.entries(capture.form)
  const body: Body = {}
  const lists: Record<string, Body[]> = {}
  for (const [name, value] of entries) {
    const rename = renamed[name]
    const [, list, index, column] = nested.exec(name) ?? []
    if (rename) Object.assign(body, rename(value))
    else if (pageFields.test(name) || name === resource.key) continue
    // The page says of every child row whose it is.
    else if (column === resource.key) continue
    else if (list !== undefined && column !== undefined) {
      const rows = lists[list] ?? []
      lists[list] = rows
      rows[Number(index)] = { ...rows[Number(index)], [column]: value }
    } else body[name] = value
  }
  for (const [name, rows] of Object.entries(lists)) {
    const filled = rows.filter((row) => row[marks[name] ?? ''] !== '')
    if (filled.length > 0) body[name] = filled
  }
  // An edit page shows no password of a user: left empty it stays.
  if (resource.name === 'users' && body.password === '') delete body.password
  assertKnown(body, resource)
  return body
}

/** A field that no declaration has would be ignored in silence, and its form with it. */
function assertKnown(body: Body, resource: Resource): void {
  const children = new Map((resource.children ?? []).flatMap((child) => child.names.map((name) => [name, child])))
  for (const [name, value] of Object.entries(body)) {
    const child = children.get(name)
    if (!child) assert.ok(resource.fields[name], `${resource.name} has no field ${name}`)
    else
      for (const row of value as Body[])
        for (const column of Object.keys(row))
          assert.ok(child.fields[column] || column === child.key, `${name} has no field ${column}`)
  }
}
