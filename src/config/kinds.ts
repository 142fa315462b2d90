import { isAbsolute } from 'node:path'
import { isAddressOrRange } from '../services/addresses.ts'
import { type Given, masked, quote, type Reading, type Setting } from './setting.ts'
import { databaseUrlProblem, isOrigin, maskUrl, switchUrlProblem } from './urls.ts'

const isList = (given: Given): given is readonly string[] => typeof given !== 'string'

/** Reads a setting of one value; a list is refused with a sentence of its own. */
const single =
  <T>(read: (text: string) => Reading<T>) =>
  (given: Given): Reading<T> =>
    isList(given) ? { problems: ['is a list where one value belongs'] } : read(given.trim())

interface TextOptions {
  secret?: boolean
  allowed: string
  /** True for text that is accepted. Empty text is accepted exactly when it is the default: it means "not set". */
  accepts: (text: string) => boolean
}

function textOf(fallback: string, about: string, { secret = false, allowed, accepts }: TextOptions): Setting<string> {
  return {
    default: fallback,
    about,
    allowed,
    secret,
    read: single((text) =>
      (text === '' ? fallback === '' : accepts(text))
        ? { value: text }
        : { problems: [secret ? 'is not accepted' : `${quote(text)} is not accepted`] },
    ),
    show: (value) => (secret && value !== '' ? masked : value),
  }
}

/** A host name or an address, without port. */
export const host = (fallback: string, about: string): Setting<string> =>
  textOf(fallback, about, {
    allowed: 'a host name or an address',
    accepts: (text) => /^[\p{L}\p{N}._:-]+$/u.test(text),
  })

/** A folder; relative to the working directory when it is not absolute. */
export const folder = (fallback: string, about: string): Setting<string> =>
  textOf(fallback, about, { allowed: 'a folder', accepts: (text) => !text.includes('\0') })

/** An absolute folder on the host of the PBX, or empty for none. */
export const optionalFolder = (about: string): Setting<string> =>
  textOf('', about, { allowed: 'an absolute path, or empty', accepts: isAbsolute })

/** A secret that travels in HTTP headers: visible ASCII without spaces. Empty when not set. */
export const headerSecret = (about: string): Setting<string> =>
  textOf('', about, {
    secret: true,
    allowed: 'visible ASCII characters without spaces',
    accepts: (text) => /^[\x21-\x7e]+$/.test(text),
  })

/** A secret that encrypts. Empty when not set. */
export const passphrase = (about: string): Setting<string> =>
  textOf('', about, { secret: true, allowed: 'at least 16 characters', accepts: (text) => text.length >= 16 })

/** One of a few words. */
export function oneOf<const W extends string>(words: readonly W[], fallback: NoInfer<W>, about: string): Setting<W> {
  return {
    default: fallback,
    about,
    allowed: words.length === 1 ? `only ${words[0]}` : `one of ${words.join(', ')}`,
    secret: false,
    read: single((text) => {
      const word = words.find((candidate) => candidate === text)
      return word === undefined ? { problems: [`${quote(text)} is not known`] } : { value: word }
    }),
    show: (value) => value,
  }
}

/** Yes or no. */
export function flag(fallback: boolean, about: string): Setting<boolean> {
  const words = new Map([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ])
  return {
    default: fallback,
    about,
    allowed: 'true or false',
    secret: false,
    read: single((text) => {
      const value = words.get(text.toLowerCase())
      return value === undefined ? { problems: [`${quote(text)} is neither true nor false`] } : { value }
    }),
    show: (value) => value,
  }
}

/** A whole number between two bounds, both included. */
export function whole(fallback: number, [least, most]: readonly [number, number], about: string): Setting<number> {
  return {
    default: fallback,
    about,
    allowed: `a whole number from ${least} to ${most}`,
    secret: false,
    read: single((text) => {
      if (!/^[+-]?\d+$/.test(text)) return { problems: [`${quote(text)} is no whole number`] }
      const value = Number(text)
      if (value < least) return { problems: [`${text} is too small`] }
      if (value > most) return { problems: [`${text} is too large`] }
      return { value }
    }),
    show: (value) => value,
  }
}

/** Items of a list given as text: a JSON array, or items between separators. */
function itemsOf(text: string, separator: string | RegExp): readonly string[] | undefined {
  if (!text.startsWith('[')) return text.split(separator)
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) && parsed.every((item) => typeof item === 'string') ? parsed : undefined
  } catch {
    // Not JSON after all: an address in brackets may begin a plain list.
    return text.split(separator)
  }
}

interface ListOptions {
  allowed: string
  accepts: (item: string) => boolean
}

function listOf(
  fallback: readonly string[],
  about: string,
  { allowed, accepts }: ListOptions,
): Setting<readonly string[]> {
  return {
    default: fallback,
    about,
    allowed,
    secret: false,
    read(given) {
      const items = isList(given) ? given : itemsOf(given.trim(), ',')
      if (items === undefined) return { problems: ['is no list of texts'] }
      const trimmed = items.map((item) => item.trim()).filter((item) => item !== '')
      const refused = trimmed.filter((item) => !accepts(item))
      return refused.length > 0
        ? { problems: refused.map((item) => `${quote(item)} is not accepted`) }
        : { value: [...new Set(trimmed)] }
    },
    show: (value) => value,
  }
}

/** Addresses and CIDR ranges of IPv4 and IPv6. */
export const ranges = (about: string, fallback: readonly string[] = []): Setting<readonly string[]> =>
  listOf(fallback, about, { allowed: 'addresses and CIDR ranges, IPv4 or IPv6', accepts: isAddressOrRange })

/** Origins as browsers send them, or `*` for any. */
export const origins = (about: string): Setting<readonly string[]> =>
  listOf([], about, {
    allowed: 'origins such as https://app.example.com (scheme, host and port, nothing after), or *',
    accepts: (item) => item === '*' || isOrigin(item),
  })

/** Paths below a surface's root, without a leading slash. */
export const endpoints = (fallback: readonly string[], about: string): Setting<readonly string[]> =>
  listOf(fallback, about, {
    allowed: 'endpoint paths such as dashboard/stats, without a leading slash',
    accepts: (item) => /^[a-z0-9_-]+(\/[a-z0-9_-]+)*$/.test(item),
  })

/** Variables and their values; a value ends at a comma, unless the list is a JSON array or a list of a file. */
export const assignments = (about: string): Setting<readonly string[]> =>
  listOf([], about, { allowed: 'items such as local_ip_v4=192.0.2.1', accepts: (item) => /^[\w.-]+=/.test(item) })

/** URL of a PostgreSQL database; empty for none. Its password is masked when printed. */
export function databaseUrl(about: string): Setting<string> {
  return {
    default: '',
    about,
    allowed: 'postgres://USER:PASSWORD@HOST:PORT/DATABASE, special characters percent-encoded',
    secret: true,
    read: single((text) => {
      const problem = text === '' ? undefined : databaseUrlProblem(text)
      return problem === undefined ? { value: text } : { problems: [problem] }
    }),
    show: maskUrl,
  }
}

/** URLs of event sockets, one for each FreeSWITCH; empty for none. Their passwords are masked when printed. */
export function switchUrls(about: string): Setting<readonly string[]> {
  return {
    default: [],
    about,
    allowed: 'esl://:PASSWORD@HOST:PORT, special characters percent-encoded, several separated by commas',
    secret: true,
    read(given) {
      // A password may hold a comma, so a comma separates only where another URL follows.
      const texts = isList(given) ? given : itemsOf(given.trim(), /,(?=\s*[a-z]+:\/\/)/i)
      if (texts === undefined) return { problems: ['is no list of texts'] }
      const urls = texts.map((text) => text.trim()).filter((text) => text !== '')
      const problems = urls.flatMap((url, index) => {
        const problem = switchUrlProblem(url)
        return problem === undefined ? [] : [urls.length === 1 ? problem : `URL ${index + 1} ${problem}`]
      })
      return problems.length > 0 ? { problems } : { value: urls }
    },
    show: (value) => value.map(maskUrl),
  }
}
