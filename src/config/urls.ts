import { masked, quote } from './setting.ts'

/** Stands in for the host of a URL that has none, as PostgreSQL's clients accept it (`postgres://user@/db?host=/run`). */
const standIn = 'no-host.invalid'

function parse(text: string): URL | undefined {
  for (const candidate of [text, text.replace('@/', `@${standIn}/`)]) {
    try {
      return new URL(candidate)
    } catch {}
  }
  return undefined
}

/** Both drivers decode the password; a bare % in it would fail only then, far from its cause. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify']
const noUrl = 'is no URL (special characters in a password must be percent-encoded)'

/** What is wrong with a database URL, without quoting any of its secrets; undefined when nothing is. */
export function databaseUrlProblem(text: string): string | undefined {
  const url = parse(text)
  if (url === undefined) return noUrl
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    return `begins with ${quote(url.protocol)} and not with postgres:`
  }
  if (url.pathname.length < 2) return 'names no database after the host'
  if (!isDecodable(url.username) || !isDecodable(url.password)) return 'has a % that is no percent-encoding'
  const sslMode = url.searchParams.get('sslmode')
  if (sslMode !== null && !sslModes.includes(sslMode)) return `has the unknown sslmode ${quote(sslMode)}`
  return undefined
}

/** What is wrong with the URL of an event socket, without quoting its password; undefined when nothing is. */
export function switchUrlProblem(text: string): string | undefined {
  const url = parse(text)
  if (url === undefined) return noUrl
  if (url.protocol !== 'esl:') return `begins with ${quote(url.protocol)} and not with esl:`
  if (url.hostname === '') return 'names no host'
  if (url.password === '') return 'has no password'
  if (!isDecodable(url.username) || !isDecodable(url.password)) return 'has a % that is no percent-encoding'
  if (url.pathname.length > 1 || url.search !== '' || url.hash !== '') return 'has something after the port'
  return undefined
}

/** True for an origin spelled exactly as browsers send it: scheme, host, port, no slash at the end. */
export function isOrigin(text: string): boolean {
  const url = parse(text)
  return url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === text
}

/** A URL with every password in it replaced; text that is no URL is masked whole. */
export function maskUrl(text: string): string {
  if (text === '') return ''
  const url = parse(text)
  if (url === undefined) return masked
  if (url.password !== '') url.password = masked
  for (const name of ['password', 'sslpassword']) if (url.searchParams.has(name)) url.searchParams.set(name, masked)
  return url.toString().replace(`@${standIn}/`, '@/')
}
