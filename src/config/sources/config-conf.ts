/**
 * Reads the text of FusionPBX's config.conf: `key = value` lines, `#` and `;` comments. Values may stand in quotes,
 * which PHP's reader removes; it also ends an unquoted value where a `;` follows a space. Keys keep their dots.
 */
export function parseConfigConf(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const [, key, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (key === undefined || value === undefined) continue
    const quoted = /^(["'])(.*)\1\s*(?:;.*)?$/.exec(value)?.[2]
    values.set(key, quoted ?? value.replace(/(^|\s+);.*$/, ''))
  }
  return values
}
