/**
 * The keys that stand more than once at the top of a JSON object, with all their values in order.
 * @param json text that JSON.parse has accepted as an object
 * @param valuesOf what a parsed value counts as
 */
export function repeatedKeys(
  json: string,
  valuesOf: (value: unknown) => readonly string[],
): Map<string, readonly string[]> {
  const all = new Map<string, { count: number; values: string[] }>()
  for (const [key, value] of members(json)) {
    const entry = all.get(key) ?? { count: 0, values: [] }
    entry.count += 1
    entry.values.push(...valuesOf(JSON.parse(value)))
    all.set(key, entry)
  }
  return new Map([...all].filter(([, { count }]) => count > 1).map(([key, { values }]) => [key, values]))
}

/** The members of the outermost object: the key, and the text of its value. */
function* members(json: string): Generator<[key: string, value: string]> {
  let at = json.indexOf('{') + 1
  for (;;) {
    const start = json.indexOf('"', at)
    if (start < 0) return
    const end = stringEnd(json, start)
    const from = json.indexOf(':', end) + 1
    const to = valueEnd(json, from)
    yield [JSON.parse(json.slice(start, end)), json.slice(from, to)]
    if (json[to] === '}') return
    at = to + 1
  }
}

/** Behind the quote that closes the string that begins at `start`. */
function stringEnd(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    if (json[at] === '\\') at += 1
    else if (json[at] === '"') return at + 1
  }
  return json.length
}

/** Where the comma or brace stands that ends a value of the outermost object. */
function valueEnd(json: string, start: number): number {
  let depth = 0
  for (let at = start; at < json.length; at += 1) {
    const character = json[at]
    if (character === '"') at = stringEnd(json, at) - 1
    else if (character === '[' || character === '{') depth += 1
    else if (depth === 0 && (character === ',' || character === '}')) return at
    else if (character === ']' || character === '}') depth -= 1
  }
  return json.length
}
