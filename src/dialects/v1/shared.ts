import { type Fault, invalid } from '../../errors.ts'
import { parseUuid } from '../../fields/uuid.ts'
import type { Answer, Call } from '../../http/route.ts'
import { getLive } from '../../operations/get.ts'
import { readFilters } from '../../operations/input.ts'
import { list } from '../../operations/list.ts'
import type { View } from '../../operations/view.ts'
import type { Receipt } from '../../operations/write.ts'
import type { Resource } from '../../resources/core/define.ts'
import { allows } from '../../services/scopes.ts'
import { missingHeader, readChoices } from '../shared.ts'
import { type Pagination, pageText, readPage } from './page.ts'

/** Both v1 documents speak in text (S002-BOOL, S004-NUMTEXT) and ignore what they do not know. */
export const v1Input = { spelling: 'text', strict: false } as const

/** A success in the envelope of both documents: `data` is JSON text, `extra` further members (S002-ENV-OK, S004-ENV-OK). */
export function envelope(data: string | undefined, extra = ''): string {
  return `{"success":true${data === undefined ? '' : `,"data":${data}`}${extra}}`
}

export const messageText = (message: string): string => `,"message":${JSON.stringify(message)}`

/** `Extension created successfully` (S002-MSG, S004-MSG). */
export const wroteMessage = (resource: Resource, verb: 'created' | 'updated' | 'deleted'): string =>
  messageText(`${resource.title} ${verb} successfully`)

export const keyText = (resource: Resource, receipt: Receipt): string => `{"${resource.key}":"${receipt.key}"}`

/** What a v1 caller may see: secrets only with the scope for them, and of the classes its document shows (C-08). */
export const viewOf = (call: Call, secrets: View['secrets']): View => ({
  spelling: 'text',
  secrets: allows(call.principal.scopes, 'secrets:read') ? secrets : [],
})

/** A UUID from a path or query, or the fault in words. */
export function requireUuid(value: unknown, field: string): string {
  const uuid = parseUuid(value)
  if (uuid === undefined) throw invalid([{ field, label: 'UUID', text: 'must be a UUID' }])
  return uuid
}

export interface ListOptions {
  readonly pagination: Pagination
  readonly secrets: View['secrets']
  /** Key of the row that the listed ones belong to. */
  readonly parent?: string
  /** One answer without pages, whatever page was asked for. */
  readonly unpaged?: boolean
}

/** A page of a resource in the v1 envelope; below one parent when the resource has one. */
export async function listAnswer(call: Call, resource: Resource, options: ListOptions): Promise<Answer> {
  const { parent, unpaged } = options
  const faults: Fault[] = []
  const { page, perPage } = readPage(unpaged ? {} : call.query, options.pagination, faults)
  const filters = readFilters(resource, call.query, faults)
  const choices = readChoices(resource, call.query, faults)
  if (faults.length > 0) throw invalid(faults)
  const { items, total, tag } = await list(call.backend, resource, {
    reach: call.reach,
    view: viewOf(call, options.secrets),
    filters,
    choices,
    ...(parent === undefined ? {} : { parent }),
    page,
    perPage,
  })
  return {
    status: 200,
    body: envelope(items, unpaged ? '' : `,"pagination":${pageText(page, perPage, total)}`),
    ...(tag === undefined ? {} : { headers: { etag: tag } }),
  }
}

/** One row in the v1 envelope. */
export async function getAnswer(
  call: Call,
  resource: Resource,
  key: string,
  secrets: View['secrets'],
): Promise<Answer> {
  const row = await getLive(call.backend, resource, { reach: call.reach, key, view: viewOf(call, secrets) })
  return { status: 200, body: envelope(row.shown), headers: missingHeader(row.missing) }
}
