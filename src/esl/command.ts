import { CommandError } from './errors.ts'

/** Longest line and longest body: the peer reads byte by byte, 300 KB took it 1.8 s (facts 1). */
const maxLineBytes = 64 * 1024
const maxBodyBytes = 1024 * 1024

/** How a command is sent: behind `api` or `bgapi`, or as a command of the connection itself. */
export type CommandKind = 'api' | 'connection'

/**
 * A finished command. Only the functions of this file make one, so its line holds no CR, LF or NUL and its headers
 * cannot end early, whatever the values came from.
 */
class MadeCommand {
  readonly kind: CommandKind
  /** The command's line, without `api`. */
  readonly line: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: string | undefined
  /** What is written to the socket, but for `api` or `bgapi` in front. */
  readonly #text: string

  constructor(kind: CommandKind, line: string, headers: MadeCommand['headers'] = [], body?: string) {
    if (Buffer.byteLength(line) > maxLineBytes) throw new CommandError('the command is too long')
    refuseSelfReload(line)
    this.kind = kind
    this.line = line
    this.headers = headers
    this.body = body
    this.#text = [line, ...headers.map(([name, value]) => `${name}: ${value}`), '', body ?? ''].join('\n')
    Object.freeze(this)
  }

  /** The text of a command that was made here; throws CommandError for anything that only looks like one. */
  static textOf(command: Command, kind: CommandKind): string {
    if (!(#text in command)) throw new CommandError('the command was not made by command() or sendEvent()')
    if (command.kind !== kind)
      throw new CommandError(`this is not ${kind === 'api' ? 'an API' : 'a connection'} command`)
    return command.#text
  }
}

export type Command = MadeCommand

/** For the client alone: what is written for a command, without the `api` in front. */
export const textOf = MadeCommand.textOf

/** Text that was looked at. The private field keeps other objects with a `text` out. */
class CheckedText {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  get text(): string {
    return this.#text
  }
}

/** Free text to the end of the line. */
class RestText extends CheckedText {
  readonly kind = 'rest'
}

/** A word whose blanks stand in quotes. */
class QuotedWord extends CheckedText {
  readonly kind = 'quoted'
}

export type Rest = RestText
export type Quoted = QuotedWord

/**
 * An API command: `command('uuid_kill', uuid)`. Words are separated by one blank; each must be a word: not empty, no
 * blank, no control character, quotes and backslashes closed within it (facts 6). Throws CommandError, which names the
 * word's place and never its value.
 */
export function command(name: string, ...words: readonly (string | Quoted | Rest)[]): Command {
  if (!/^[a-z0-9_]{1,64}$/i.test(name)) throw new CommandError('the name of the command is not a name')
  return new MadeCommand('api', lineOf(name, words))
}

/**
 * A command of the connection itself, such as `filter` or `log`. Those that log in, subscribe or end the connection are
 * the client's own business and refused. It is not repeated after a reconnect.
 */
export function connectionCommand(name: string, ...words: readonly (string | Quoted | Rest)[]): Command {
  if (!['filter', 'log', 'nolog', 'nixevent'].includes(name)) throw new CommandError('no such connection command')
  return new MadeCommand('connection', lineOf(name, words))
}

/** Free text to the end of the line, blanks and commas included; the last word only. Refuses control characters but tab. */
export function rest(text: string): Rest {
  refuse(text, /[^\P{Cc}\t]/u, 'the free text')
  return new RestText(text)
}

/** A word in single quotes, which may hold blanks, for the APIs that know quotes: callcenter_config, sofia, show. */
export function quoted(text: string): Quoted {
  if (text === '') throw new CommandError('the quoted word is empty')
  refuse(text, /[\p{Cc}'\\]/u, 'the quoted word')
  return new QuotedWord(`'${text}'`)
}

/**
 * `sendevent NAME` with headers and a body. The body's length is counted here; a header cannot give another. Throws
 * CommandError for names that are not names and for values with control characters.
 */
export function sendEvent(name: string, headers: Readonly<Record<string, string>>, body?: string): Command {
  if (!/^[A-Z0-9_]{1,64}$/i.test(name)) throw new CommandError('the name of the event is not a name')
  const lines: [string, string][] = Object.entries(headers).map(([header, value], index) => {
    if (!/^[\w.-]{1,128}$/.test(header) || header.toLowerCase() === 'content-length')
      throw new CommandError(`header ${index + 1} of the event has a name that is not allowed`)
    refuse(value, /\p{Cc}/u, `the value of header ${index + 1}`)
    return [header, value]
  })
  if (body !== undefined && body !== '') lines.push(['Content-Length', String(bodyLength(body))])
  return new MadeCommand('connection', `sendevent ${name}`, lines, body)
}

function bodyLength(body: string): number {
  refuse(body, /\0/, 'the body')
  const length = Buffer.byteLength(body)
  if (length > maxBodyBytes) throw new CommandError('the body is too long')
  return length
}

function lineOf(name: string, words: readonly (string | Quoted | Rest)[]): string {
  return words.reduce<string>((line, word, index) => {
    if (word instanceof RestText) {
      if (index !== words.length - 1) throw new CommandError('free text is not the last word')
      return word.text === '' ? line : `${line} ${word.text}`
    }
    return `${line} ${word instanceof QuotedWord ? word.text : plainWord(word, index + 1)}`
  }, name)
}

function plainWord(word: string, place: number): string {
  if (typeof word !== 'string' || word === '') throw new CommandError(`word ${place} of the command is empty`)
  refuse(word, /[\p{Cc} ]/u, `word ${place} of the command`)
  // An open quote or a last backslash would take the blank behind it into the word.
  if (!/^(?:[^'\\]|\\.|'(?:[^'\\]|\\.)*')*$/u.test(word))
    throw new CommandError(`word ${place} of the command has an open quote`)
  return word
}

function refuse(text: string, forbidden: RegExp, what: string): void {
  if (typeof text !== 'string') throw new CommandError(`${what} is not text`)
  if (forbidden.test(text)) throw new CommandError(`${what} has a character that is not allowed`)
  // Half a surrogate pair has no UTF-8: something else than what was asked for would be sent.
  if (!text.isWellFormed()) throw new CommandError(`${what} is not Unicode text`)
}

/** FreeSWITCH turns any line that holds both words, wherever, into an unload of the event socket (facts 1). */
function refuseSelfReload(line: string): void {
  if (/mod_event_socket/i.test(line) && /unload|reload/i.test(line))
    throw new CommandError('the command would unload the event socket')
}
