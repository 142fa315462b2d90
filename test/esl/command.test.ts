import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CommandError,
  command,
  connectionCommand,
  dialName,
  dialVariables,
  quoted,
  rest,
  sendEvent,
} from '../../src/esl/index.ts'

const refused = (make: () => unknown, ...secrets: string[]): void => {
  assert.throws(make, (error: unknown) => {
    assert.ok(error instanceof CommandError)
    for (const secret of secrets) assert.ok(!error.message.includes(secret), 'a message never repeats the value')
    return true
  })
}

describe('commands', () => {
  test('words are separated by one blank', () => {
    assert.equal(command('status').line, 'status')
    assert.equal(command('show', 'channels', 'as', 'json').line, 'show channels as json')
    assert.equal(command('uuid_setvar', 'u', 'name', rest('a, b  c')).line, 'uuid_setvar u name a, b  c')
    assert.equal(command('uuid_setvar', 'u', 'name', rest('')).line, 'uuid_setvar u name')
    assert.equal(
      command('callcenter_config', 'agent', 'set', 'status', 'a', quoted('On Break')).line,
      "callcenter_config agent set status a 'On Break'",
    )
  })

  for (const bad of [
    'a b',
    '',
    'a\nb',
    'a\rb',
    'a\0b',
    'a\tb',
    '\n',
    ' a',
    'a ',
    'a\u0085',
    '\x7f',
    "a'b",
    'a\\',
    "'",
    '\ud800',
  ])
    test(`not a word: ${JSON.stringify(bad)}`, () => {
      refused(() => command('uuid_kill', bad), ...(bad.length > 2 ? [bad] : []))
      refused(() => command('uuid_kill', 'uuid', bad))
    })

  for (const good of [
    "'a'",
    "{v='a\\sb'}user/1",
    'a,b',
    'ü',
    'a%20b',
    '{^^;a=b;c=d}',
    '&park()',
    'sofia/gateway/x/+123',
    "it\\'s",
  ])
    test(`a word: ${good}`, () => assert.equal(command('x', good).line, `x ${good}`))

  for (const bad of ['', 'a b', 'api status', 'status\n', 'sta-tus', '../x', 'exit;'])
    test(`not a name: ${JSON.stringify(bad)}`, () => refused(() => command(bad)))

  test('free text is the last word, and one line', () => {
    refused(() => command('x', rest('a'), 'b'))
    for (const bad of ['a\nb', 'a\r', '\0', '\x1b[0m', '\udc00']) refused(() => rest(bad))
    assert.equal(command('x', rest('a\tb')).line, 'x a\tb')
  })

  test('a quoted word cannot end its quotes', () => {
    for (const bad of ['', "a'b", 'a\\', 'a\nb', '\0']) refused(() => quoted(bad))
  })

  test('what would unload the event socket is refused, wherever it stands', () => {
    refused(() => command('reload', 'mod_event_socket'))
    refused(() => command('uuid_setvar', 'u', 'name', rest('please RELOAD Mod_Event_Socket')))
    refused(() => command('echo', 'mod_event_socket', 'unload'))
    assert.equal(command('reload', 'mod_sofia').line, 'reload mod_sofia')
    assert.equal(command('module_exists', 'mod_event_socket').line, 'module_exists mod_event_socket')
  })

  test('a command that would take the switch seconds to read is refused', () => {
    refused(() => command('echo', rest('x'.repeat(70_000))))
    assert.equal(command('echo', rest('x'.repeat(60_000))).line.length, 60_005)
  })

  test('nothing of a command can be changed afterwards', () => {
    const made = command('status')
    assert.throws(() => Object.assign(made, { line: 'exit' }), TypeError)
  })

  test('what is no text is refused, though its type was lied about', () => {
    for (const bad of [undefined, null, 1, {}, ['a\n'], { toString: () => 'a\n\n' }]) {
      refused(() => command('x', bad as unknown as string))
      refused(() => rest(bad as unknown as string))
      refused(() => quoted(bad as unknown as string))
      refused(() => dialVariables({ a: bad as unknown as string }))
      refused(() => sendEvent('X', { a: bad as unknown as string }))
    }
  })

  test('connection commands are a short list', () => {
    assert.equal(connectionCommand('filter', 'Unique-ID', 'u').line, 'filter Unique-ID u')
    for (const name of ['exit', 'auth', 'userauth', 'event', 'api', '...', 'linger'])
      refused(() => connectionCommand(name, 'x'))
  })
})

describe('sendevent', () => {
  test('has headers and a body whose length is counted in bytes', () => {
    const made = sendEvent('CUSTOM', { 'Event-Subclass': 'my::event', 'X-Body': 'yes' }, 'line1\nlïne2')
    assert.equal(made.line, 'sendevent CUSTOM')
    assert.deepEqual(made.headers, [
      ['Event-Subclass', 'my::event'],
      ['X-Body', 'yes'],
      ['Content-Length', '12'],
    ])
    assert.equal(made.body, 'line1\nlïne2')
  })

  test('header names and values keep to their line', () => {
    for (const name of ['', 'a b', 'a:b', 'a\nb', 'Content-Length', 'content-length', 'ü', '\0'])
      refused(() => sendEvent('NOTIFY', { [name]: 'x' }))
    for (const value of ['a\nb', 'a\r', '\0', 'x\nContent-Length: 14', '\ud800'])
      refused(() => sendEvent('NOTIFY', { a: value }))
    for (const name of ['', 'A B', 'A\n']) refused(() => sendEvent(name, {}))
    refused(() => sendEvent('X', {}, 'a\0'))
    refused(() => sendEvent('X', {}, 'x'.repeat(2 ** 20 + 1)))
  })
})

describe('dial strings', () => {
  test('values that FreeSWITCH was seen to keep are written as it was seen to read them', () => {
    assert.equal(dialVariables({}), '')
    assert.equal(dialVariables({ v: 'a,b', w: '2' }), '{^^;v=a,b;w=2}')
    assert.equal(dialVariables({ v: 'a b c' }), "{^^;v='a\\sb\\sc'}")
    assert.equal(dialVariables({ v: 'a=b|c[x]<y>&#%41$x' }), '{^^;v=a=b|c[x]<y>&#%41$x}')
    assert.equal(dialVariables({ v: '' }), '{^^;v=}')
  })

  test('the result is one word of a command', () => {
    const text = dialVariables({ origination_caller_id_name: 'Zoë Ünï', b: 'x' })
    assert.equal(command('originate', `${text}user/1`, '&park').line, `originate ${text}user/1 &park`)
  })

  test('what cannot be written is refused', () => {
    for (const value of ['a}b', '{', 'a;b', "it's", 'a\\b', '${x}', 'a\nb', ' a', 'a ', '\0', '\ud800'])
      refused(() => dialVariables({ v: value }))
    for (const name of ['', 'a b', 'a=b', 'a;b', '1a', 'a}', 'a,b']) refused(() => dialVariables({ [name]: 'x' }))
  })

  test('a name of a person is cut down to what always arrives', () => {
    assert.equal(dialName("Zoë O'Brien, {Jr.} <x> (home) +1_2-3"), 'Zoë OBrien Jr. x (home) +1_2-3')
    assert.equal(dialName('\r\n\0;${x}'), 'x')
    for (const name of ["a'b;c", '{}', ' x ', '\u202e\ud800y']) dialVariables({ v: dialName(name) })
  })
})
