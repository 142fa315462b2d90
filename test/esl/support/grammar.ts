import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type Command,
  CommandError,
  command,
  connectionCommand,
  dialName,
  dialVariables,
  type EslClient,
  quoted,
  rest,
  sendEvent,
} from '../../../src/esl/index.ts'

/** Text as strangers write it, and as those write it who know the protocol. */
export const field = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom('\n', '\r', '\0', ' ', "'", '\\', 'a', '"', ',', '}', '\t', '\ud800', 'ü'),
    maxLength: 12,
  }),
  fc.constantFrom(
    'ok',
    '',
    'a\n\napi shutdown',
    'x\nContent-Length: 14',
    'x\r\n\r\napi fsctl shutdown',
    'a\0b',
    "a' b",
    'exit',
    '...',
    '\u2028',
    '\u0085',
    'reload mod_event_socket',
    "{^^;a='b c'}x",
    'a\\',
    '\udc00',
  ),
)

/** Ways to make a command from fields. */
export const builders: Readonly<Record<string, (fields: readonly string[]) => Command>> = {
  words: ([a = '', ...more]) => command('uuid_kill', a, ...more),
  name: ([a = '', ...more]) => command(a, ...more),
  rest: ([a = '', ...more]) => command('uuid_setvar', ...more, rest(a)),
  quoted: ([a = '', ...more]) => command('callcenter_config', quoted(a), ...more.map(quoted)),
  dial: ([a = '', b = '', c = '']) => command('originate', `${dialVariables({ a, [b]: c })}user/1`, '&park'),
  dialName: ([a = '']) => command('originate', `${dialVariables({ n: dialName(a) })}user/1`, '&park'),
  filter: ([a = '', b = '']) => connectionCommand('filter', a, rest(b)),
  event: ([a = '', b = '', c = '', d]) => sendEvent('NOTIFY', { [a]: b, other: c }, d),
  eventName: ([a = '', b = '']) => sendEvent(a, { b }),
}

/** The command, or undefined when the grammar refuses it. Anything but a CommandError is a fault. */
export function made(kind: string, fields: readonly string[]): Command | undefined {
  try {
    return builders[kind]?.(fields)
  } catch (error) {
    assert.ok(error instanceof CommandError, String(error))
    return undefined
  }
}

/** Blanks that stand neither in quotes nor behind a backslash: what FreeSWITCH splits a line at. */
export function separators(line: string): number {
  let count = 0
  let quote = false
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === '\\') at += 1
    else if (line[at] === "'") quote = !quote
    else if (line[at] === ' ' && !quote) count += 1
  }
  assert.equal(quote, false, 'a quote is open at the end of the line')
  return count
}

/** Sends it whichever way fits, and gives what the peer made of it. */
export const sent = (client: EslClient, one: Command): Promise<string> =>
  one.kind === 'api' ? client.api(one) : client.send(one)

/** What the peer has to have received for a command, byte by byte. */
export function wireOf(one: Command): string {
  const head = [
    `${one.kind === 'api' ? 'api ' : ''}${one.line}`,
    ...one.headers.map(([name, value]) => `${name}: ${value}`),
  ]
  return `${head.join('\n')}\n\n${one.body ?? ''}`
}

/** Demands that must hold of every finished command, looked at as text. */
export function assertSafe(one: Command): void {
  const wire = wireOf(one)
  const head = wire.slice(0, wire.length - (one.body ?? '').length)
  assert.ok(!/[\r\0]/.test(wire.slice(0, head.length)), 'no CR, no NUL')
  assert.ok(!one.body?.includes('\0'))
  assert.equal(head.indexOf('\n\n'), head.length - 2, 'one blank line, at the end')
  assert.equal(head.split('\n').length, one.headers.length + 3, 'a line for each header and no more')
  const lengths = one.headers.filter(([name]) => /^content-length$/i.test(name)).map(([, value]) => Number(value))
  assert.deepEqual(lengths, one.body ? [Buffer.byteLength(one.body)] : [])
  assert.ok(!/^(exit|\.\.\.)/i.test(wire))
  assert.ok(!(/mod_event_socket/i.test(one.line) && /(un|re)load/i.test(one.line)))
  assert.ok(wire.isWellFormed())
}
