import { accepted, isNothing, type Kind, refused } from './kind.ts'

/**
 * A moment. Text spelling: `YYYY-MM-DD HH:MM:SS` in the tenant's zone, null for none and for 1970, which FusionPBX
 * writes for "never" (contract, facts 12). Plain spelling: RFC 3339 in UTC.
 */
export const timestampKind: Kind<string> = {
  name: 'timestamp',
  parse(value) {
    if (isNothing(value)) return accepted<string>(null)
    if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) return refused('must be a date and time')
    return accepted(new Date(value).toISOString())
  },
  encode: (value) => value,
  decode: (raw) => String(raw),
  spell(expression, _type, { spelling, zone }) {
    return spelling === 'text'
      ? `case when ${expression} >= '1971-01-01' then to_char(${expression} at time zone ${zone}, 'YYYY-MM-DD HH24:MI:SS') end`
      : `case when ${expression} >= '1971-01-01' then to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end`
  },
  schema: (spelling) => ({ type: ['string', 'null'], ...(spelling === 'plain' ? { format: 'date-time' } : {}) }),
}
