import { accepted, isNothing, type Kind, refused } from './kind.ts'

const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The canonical lower-case form of a UUID of any version, or undefined. */
export const parseUuid = (text: unknown): string | undefined =>
  typeof text === 'string' && shape.test(text) ? text.toLowerCase() : undefined

/** A UUID; always null when there is none, in every spelling. */
export const uuidKind: Kind<string> = {
  name: 'uuid',
  parse(value) {
    if (isNothing(value)) return accepted<string>(null)
    const uuid = parseUuid(typeof value === 'string' ? value.trim() : value)
    return uuid === undefined ? refused('must be a UUID') : accepted(uuid)
  },
  encode: (value) => value,
  decode: (raw) => String(raw),
  spell: (expression) => expression,
  schema: () => ({ type: ['string', 'null'], format: 'uuid' }),
}
