import type { Fault } from '../../errors.ts'
import type { Parameter } from '../../http/route.ts'

/** Page sizes as the configuration sets them (`pagination.*`, S004-PAGE). */
export interface Pagination {
  readonly defaultPerPage: number
  readonly maxPerPage: number
  readonly minPerPage: number
}

/** A whole number from a query parameter; what is beyond its bounds is clamped, what is no number is a fault. */
function wholeNumber(
  query: Readonly<Record<string, unknown>>,
  name: string,
  fallback: number,
  faults: Fault[],
): number {
  const sent = query[name]
  if (sent === undefined || sent === '') return fallback
  if (typeof sent === 'string' && /^-?\d{1,15}$/.test(sent.trim())) return Number(sent)
  faults.push({ field: name, label: name, text: 'must be a whole number' })
  return fallback
}

/** Reads `page` and `per_page`: 1-based, clamped to the configured sizes (S002-PAGE-PARAMS, S004-PAGE). */
export function readPage(query: Readonly<Record<string, unknown>>, pagination: Pagination, faults: Fault[]) {
  const { defaultPerPage, maxPerPage, minPerPage } = pagination
  const page = Math.max(1, wholeNumber(query, 'page', 1, faults))
  const perPage = Math.min(maxPerPage, Math.max(minPerPage, wholeNumber(query, 'per_page', defaultPerPage, faults)))
  if (!Number.isSafeInteger(page * perPage)) faults.push({ field: 'page', label: 'page', text: 'is too large' })
  return { page, perPage }
}

/** The `pagination` object of an answer, as JSON text. */
export const pageText = (page: number, perPage: number, total: number): string =>
  `{"page":${page},"per_page":${perPage},"total":${total},"total_pages":${Math.ceil(total / perPage)}}`

export const pageParameters = ({ defaultPerPage, maxPerPage, minPerPage }: Pagination): readonly Parameter[] => [
  { name: 'page', in: 'query', description: 'Page, counted from 1.', schema: { type: 'integer', minimum: 1 } },
  {
    name: 'per_page',
    in: 'query',
    description: `Rows on a page; ${defaultPerPage} when not sent, clamped to ${maxPerPage}.`,
    schema: { type: 'integer', minimum: minPerPage, maximum: maxPerPage },
  },
]

export const pageSchema = {
  type: 'object',
  required: ['page', 'per_page', 'total', 'total_pages'],
  properties: {
    page: { type: 'integer' },
    per_page: { type: 'integer' },
    total: { type: 'integer' },
    total_pages: { type: 'integer' },
  },
} as const
