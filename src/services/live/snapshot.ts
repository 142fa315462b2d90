import type { GatewayFacts } from './gateways.ts'

/** Rows of a `show … as json`. A switch without any row leaves `rows` out (facts 3). Throws when it is no such answer. */
export function showRows(text: string): Readonly<Record<string, string>>[] {
  const answer: unknown = JSON.parse(text)
  if (typeof answer !== 'object' || answer === null || !('row_count' in answer))
    throw new Error('not an answer of show')
  const rows: unknown = 'rows' in answer ? answer.rows : []
  if (!Array.isArray(rows)) throw new Error('not an answer of show')
  return rows.filter((row) => typeof row === 'object' && row !== null).map(textsOf)
}

/** A row's values as texts, whatever keys a stranger chose (facts 5: any string can be a key). */
function textsOf(row: object): Record<string, string> {
  const texts: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(row)) texts[name] = typeof value === 'string' ? value : String(value)
  return texts
}

/** The number in a `show … count as json`. */
export function showCount(text: string): number {
  const answer: unknown = JSON.parse(text)
  const count = typeof answer === 'object' && answer !== null && 'row_count' in answer ? Number(answer.row_count) : NaN
  if (!Number.isInteger(count)) throw new Error('not an answer of show')
  return count
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/**
 * Every gateway in `sofia jsonstatus`: profiles by name, each with its gateways by name (mod_sofia's
 * build_sofia_status_json). Aliases repeat no gateway. Throws when it is no such answer.
 */
export function gatewaysIn(text: string): GatewayFacts[] {
  const answer: unknown = JSON.parse(text)
  if (!isObject(answer) || !isObject(answer.profiles)) throw new Error('not an answer of sofia jsonstatus')
  return Object.entries(answer.profiles).flatMap(([profile, about]) => {
    const gateways = isObject(about) && isObject(about.gateways) ? about.gateways : {}
    return Object.entries(gateways).flatMap(([name, gateway]) =>
      isObject(gateway) && typeof gateway.state === 'string'
        ? [{ name, profile, state: gateway.state, ping: undefined }]
        : [],
    )
  })
}

/**
 * Ping results in `sofia xmlstatus gateway`, by gateway. The document is not escaped safely (facts 4), so it is read
 * by its fixed indentation, four blanks and one element a line, and only for gateways that jsonstatus named.
 */
export function pingsIn(text: string): Map<string, 'UP' | 'DOWN'> {
  const pings = new Map<string, 'UP' | 'DOWN'>()
  let name: string | undefined
  for (const line of text.split('\n')) {
    const [, element, value] = /^ {4}<(name|status)>([^<]*)<\/\1>$/.exec(line) ?? []
    if (element === 'name') name = value
    else if (element === 'status' && name !== undefined && (value === 'UP' || value === 'DOWN') && !pings.has(name))
      pings.set(name, value)
    if (line === '  </gateway>') name = undefined
  }
  return pings
}
