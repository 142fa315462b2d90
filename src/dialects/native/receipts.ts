import { invalid, Problem } from '../../errors.ts'
import { parseUuid } from '../../fields/uuid.ts'
import type { Route } from '../../http/route.ts'
import { findReceipt } from '../../services/effects/receipts.ts'

const text = { type: 'string' } as const
const stage = { type: 'string', enum: ['none', 'skipped', 'pending', 'sent', 'done', 'failed'] }

/** `GET /api/v2/receipts/{id}`: what became of a write, in the switch's own words (contract, `X-Tandem-Receipt`). */
export const receiptRoute: Route = {
  method: 'GET',
  url: '/api/v2/receipts/:uuid',
  scope: 'receipts:read',
  document: {
    operationId: 'get_receipt',
    tag: 'receipts',
    summary: 'What became of a write: row, cache, switch',
    parameters: [
      {
        name: 'X-Domain',
        in: 'header',
        description: "The tenant: name or UUID; a tenant's key speaks for its own.",
        schema: text,
      },
      {
        name: 'uuid',
        in: 'path',
        required: true,
        description: 'The id in X-Tandem-Receipt.',
        schema: { type: 'string', format: 'uuid' },
      },
    ],
    success: {
      status: 200,
      description:
        'Stages: none (nothing to tell, or nobody in reach), skipped (switched off), pending (owed, retried), sent (accepted, not proven), done (read back), failed.',
      schema: {
        type: 'object',
        required: ['receipt_uuid', 'resource', 'operation', 'key', 'row', 'cache', 'switch', 'effects'],
        properties: {
          receipt_uuid: text,
          domain_uuid: { type: ['string', 'null'] },
          resource: text,
          operation: { type: 'string', enum: ['create', 'update', 'remove'] },
          key: text,
          row: { type: 'string', const: 'done' },
          cache: stage,
          switch: stage,
          effects: {
            type: 'array',
            items: {
              type: 'object',
              required: ['to', 'what', 'stage', 'said'],
              properties: {
                to: { type: 'string', enum: ['cache', 'switch', 'event', 'files', 'provisioning', 'proof'] },
                what: text,
                node: { type: 'string', description: 'The FreeSWITCH that was told.' },
                stage,
                said: { type: 'string', description: 'Its answer, or why nothing was done.' },
              },
            },
          },
          attempts: { type: 'integer' },
          created_at: { type: 'string', format: 'date-time' },
          tried_at: { type: ['string', 'null'], format: 'date-time' },
        },
      },
    },
    errors: [400, 401, 403, 404, 429, 500, 503],
  },
  async handle({ backend, params, reach }) {
    const id = parseUuid(params.uuid)
    if (id === undefined) throw invalid([{ field: 'uuid', label: 'UUID', text: 'must be a UUID' }])
    const receipt = await findReceipt(backend.database, backend.effects, id, reach.domain?.uuid ?? null)
    if (!receipt) throw new Problem('NOT_FOUND', { message: 'Receipt not found' })
    return { status: 200, body: JSON.stringify(receipt), headers: { 'cache-control': 'no-store' } }
  },
}
