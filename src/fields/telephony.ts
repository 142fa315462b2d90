import { randomInt, randomUUID } from 'node:crypto'
import type { TextLimits } from './text.ts'

/**
 * Grammars of telephone values. They end in dial strings, cache keys, XML that FusionPBX's Lua writes unescaped and
 * event-socket commands, so each allows what the field uses and nothing that separates words there.
 */

/** The number of an extension, box, queue…: digits and letters, `*`, `#`, `+`, `.`, `_`, `-`. Spaces become `-` (facts 3). */
export const dialable: TextLimits = {
  max: 64,
  pattern: /^[A-Za-z0-9*#+._-]+$/,
  says: 'may hold only letters, digits and * # + . _ -',
  tidy: (text) => text.replaceAll(/\s+/g, '-'),
}

/** A word of SIP or of the dialplan: no white space, quotes, angle brackets or ampersands. */
export const sipWord: TextLimits = {
  max: 255,
  pattern: /^[^\s"'<>&\\`$]+$/,
  says: 'must not hold white space, quotes, angle brackets, &, $, ` or \\',
}

/** A password that FusionPBX's directory puts into an XML attribute as it is (facts 3), so XML's own characters are out. */
export const sipSecret: TextLimits = {
  max: 128,
  pattern: /^[^\s"<>&]+$/,
  says: 'must not hold white space, ", <, > or &',
}

/**
 * A password that somebody else gave us, so whatever they like, but for `<!` with a quote behind it: FreeSWITCH stops
 * escaping there when it writes its configuration anew, and would register with another one (seen on 1.11).
 */
export const givenSecret: TextLimits = {
  max: 255,
  pattern: /^(?!.*<!.*").*$/s,
  says: 'must not hold <! with a " behind it',
}

/** The name of a SIP profile, context or host. */
export const identifier: TextLimits = {
  max: 128,
  pattern: /^[A-Za-z0-9_.:@-]+$/,
  says: 'may hold only letters, digits and _ . : @ -',
}

/**
 * A name that people read on a display. Quotes and brackets are escaped wherever it goes; `${` would be expanded by the
 * switch, which can run commands that way.
 */
export const displayName: TextLimits = { max: 255, pattern: /^(?![\s\S]*\$\{)/, says: 'must not hold ${' }

/** A caller's number: digits, separators people type, + * #, or a SIP user. */
export const callerNumber: TextLimits = {
  max: 64,
  pattern: /^[A-Za-z0-9*#+._() -]+$/,
  says: 'may hold only letters, digits and * # + . _ ( ) -',
}

/** A PIN that can be dialled. */
export const pin: TextLimits = { max: 20, pattern: /^\d+$/, says: 'may hold only digits' }

/** Several addresses, separated by commas or semicolons. */
export const mailAddresses: TextLimits = {
  max: 1024,
  pattern: /^[^\s"'<>&\\,;@]+@[^\s"'<>&\\,;@]+(\s*[,;]\s*[^\s"'<>&\\,;@]+@[^\s"'<>&\\,;@]+)*$/,
  says: 'must be an e-mail address',
}

/** A hostname or address, with a port or transport where SIP allows one. */
export const sipHost: TextLimits = { ...sipWord, says: 'must be a host name or address without white space or quotes' }

/** 16 hexadecimal characters from the system's random source (S002-PWD-EXT). */
export const makeSipPassword = (): string => {
  // Node draws UUIDs from a supply of random bytes, which is ten times cheaper than asking the system for eight of them.
  const hex = randomUUID().replaceAll('-', '')
  // The digits between these tell version and variant and are not random.
  return `${hex.slice(0, 12)}${hex.slice(20, 24)}`
}

/** Six digits from the system's random source (S002-PWD-VM). */
export const makePin = (): string => String(randomInt(0, 1_000_000)).padStart(6, '0')

/** A note for people. FusionPBX shows notes in fields of one line, where a browser drops line breaks; so they become blanks. */
export const note: TextLimits = { max: 4096, tidy: (text) => text.replaceAll(/\s*[\r\n]+\s*/g, ' ') }

/** What the mail about a voicemail message carries; nothing at all is no value in FusionPBX. */
export const mailContent: TextLimits = { choices: ['attach', 'link'], tidy: (text) => (text === 'none' ? '' : text) }
