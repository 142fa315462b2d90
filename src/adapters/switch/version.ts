/** Oldest FreeSWITCH that is served: its event socket is the one the facts were measured on. */
const oldest = [1, 10] as const

/** What `version short` says, as a version: `1.11.2-release`; null where no version stands. */
export const versionIn = (reply: string): string | null => /\d+\.\d+(?:\.\d+)?[A-Za-z0-9.+-]*/.exec(reply)?.[0] ?? null

/** Why a FreeSWITCH of this version is not served, in a sentence; undefined when it is. */
export function versionFault(version: string | null): string | undefined {
  if (version === null) return 'This peer tells no version of FreeSWITCH: Tandem needs FreeSWITCH 1.10 or newer.'
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const isOlder = major < oldest[0] || (major === oldest[0] && minor < oldest[1])
  return isOlder ? `FreeSWITCH ${version} is too old: Tandem needs FreeSWITCH 1.10 or newer.` : undefined
}
