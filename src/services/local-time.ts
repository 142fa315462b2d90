/** Seconds for which one look at a zone's offset holds: offsets change on quarter hours at the earliest. */
const quarterHour = 900

const formatters = new Map<string, Intl.DateTimeFormat>()
const offsets = new Map<string, number>()

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formatters.set(zone, made)
  return made
}

/** Seconds that a zone is ahead of UTC at a moment; remembered, because asking costs microseconds and lists ask often. */
function offsetSeconds(epochSeconds: number, zone: string): number {
  const at = Math.floor(epochSeconds / quarterHour) * quarterHour
  const key = `${zone} ${at}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  const part = new Map(
    formatterOf(zone)
      .formatToParts(new Date(at * 1000))
      .map(({ type, value }) => [type, Number(value)]),
  )
  const of = (name: Intl.DateTimeFormatPartTypes): number => part.get(name) ?? 0
  const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) / 1000
  if (offsets.size > 10_000) offsets.clear()
  offsets.set(key, local - at)
  return local - at
}

/** `YYYY-MM-DD HH:MM:SS` of a moment in a tenant's zone, as v1 writes stamps (contract, HTTP). */
export const localStamp = (epochSeconds: number, zone: string): string =>
  new Date((epochSeconds + offsetSeconds(epochSeconds, zone)) * 1000).toISOString().slice(0, 19).replace('T', ' ')
