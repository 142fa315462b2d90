import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type CommandError, command, type EslClient, EslError, rest, sendEvent } from '../../src/esl/index.ts'
import { clientOf, code, statesOf, until } from './support/client.ts'
import { Peer, type PeerConnection, wellSwitch } from './support/peer.ts'

const isCode = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof EslError, String(error))
  assert.equal(error.code, expected)
  return true
}

/** A peer whose first connection logs in and then does as told; later ones are well. */
const firstThenWell =
  (first: (connection: PeerConnection) => unknown) =>
  async (connection: PeerConnection, number: number): Promise<unknown> => {
    if (number > 1) return wellSwitch()(connection)
    await connection.logIn()
    return first(connection)
  }

const slowly = { reconnect: { minMs: 5000 } }

describe('a connection', () => {
  test('connects, logs in, answers, and ends when closed', async () => {
    await using peer = await Peer.start(wellSwitch())
    const client = clientOf(peer.port)
    const states = statesOf(client)
    assert.equal(client.state, 'idle')
    await client.start().start().ready()
    assert.equal(await client.api(command('echo', 'Zoë')), 'api echo Zoë')
    assert.equal(peer.connections[0]?.received.split('\n\n')[0], 'auth ClueCon')
    await client.close()
    await client.close()
    assert.deepEqual(states, ['connecting', 'authenticating', 'ready', 'closed'])
    await peer.connections[0]?.gone()
    await assert.rejects(client.api(command('status')), isCode('CLOSED'))
    await assert.rejects(client.ready(), isCode('CLOSED'))
    assert.throws(() => client.start(), isCode('CLOSED'))
  })

  test('a password with blanks is sent as it is', async () => {
    await using peer = await Peer.start(wellSwitch())
    await using client = clientOf(peer.port, { password: 'Clue Con  x ' })
    await client.start().ready()
    assert.equal(peer.connections[0]?.received.split('\n\n')[0], 'auth Clue Con  x ')
  })

  test('a password or user that would leave its line is refused before anything is sent', () => {
    for (const password of ['a\nb', 'a\rb', 'a\0']) assert.throws(() => clientOf(1, { password }), TypeError)
    for (const user of ['x', 'a b@c', 'a@b:c', 'a@b\n', '@', 'a:b@c'])
      assert.throws(() => clientOf(1, { user }), TypeError)
  })

  test('a port that is none is refused before anything is opened', () => {
    for (const port of [0, -1, 65_536, 1.5, Number.NaN]) assert.throws(() => clientOf(port), TypeError)
  })

  test('nobody listens: commands fail at once with the reason, and the next attempt comes by itself', async () => {
    const taken = await Peer.start(() => {})
    const { port } = taken
    await taken.close()
    await using client = clientOf(port)
    await assert.rejects(client.start().ready(), isCode('CONNECT_FAILED'))
    await assert.rejects(client.api(command('status')), isCode('CONNECT_FAILED'))
    await assert.rejects(client.ready(60), isCode('CONNECT_FAILED'))
    await using _peer = await Peer.start(wellSwitch(), port)
    await client.ready(2000)
    assert.equal(client.lastError, undefined)
  })

  test('not started: commands and ready() say so', async () => {
    await using client = clientOf(1)
    await assert.rejects(client.api(command('status')), isCode('DISCONNECTED'))
    await assert.rejects(client.ready(), isCode('DISCONNECTED'))
  })

  test('a peer that accepts and never greets: given up in time, and tried again', async () => {
    await using peer = await Peer.start((connection, number) => (number < 3 ? undefined : wellSwitch()(connection)))
    await using client = clientOf(peer.port, { greetingTimeoutMs: 60 })
    await assert.rejects(client.start().ready(), isCode('NO_GREETING'))
    await client.ready(2000)
    assert.equal(peer.connections.length, 3)
  })

  test('a peer that greets as no event socket does is not talked to', async () => {
    await using peer = await Peer.start((connection) => connection.write('HTTP/1.1 400 Bad Request\r\nA: b\n\n'))
    await using client = clientOf(peer.port, slowly)
    await assert.rejects(client.start().ready(), isCode('OUT_OF_STEP'))
    assert.equal(peer.connections[0]?.received, '', 'the password was not sent')
  })

  test('a peer that accepts the log-in and says no more is given up', async () => {
    await using peer = await Peer.start(async (connection) => {
      connection.greet()
      await connection.command()
    })
    await using client = clientOf(peer.port, { commandTimeoutMs: 50, ...slowly })
    await assert.rejects(client.start().ready(), isCode('TIMEOUT'))
  })

  test('connections to one peer are opened one after another', async () => {
    let waiting = 0
    let most = 0
    await using peer = await Peer.start(async (connection) => {
      waiting += 1
      most = Math.max(most, waiting)
      await pause(10)
      waiting -= 1
      await wellSwitch()(connection)
    })
    const clients = Array.from({ length: 12 }, () => clientOf(peer.port))
    await Promise.all(clients.map((client) => client.start().ready(5000)))
    assert.equal(most, 1)
    await Promise.all(clients.map((client) => client.close()))
  })

  test('one that is closed while it waits for its turn lets the next one pass', async () => {
    await using peer = await Peer.start((connection, number) => (number === 1 ? undefined : wellSwitch()(connection)))
    const [first, second, third] = [clientOf(peer.port, slowly), clientOf(peer.port), clientOf(peer.port)]
    for (const client of [first, second, third]) client.start()
    await second.close()
    await third.ready(2000)
    assert.equal(peer.connections.length, 2)
    await Promise.all([first.close(), third.close()])
  })

  test('what was refused is tried again, more slowly', async () => {
    let good = false
    await using peer = await Peer.start(async (connection) => {
      if (good) return wellSwitch()(connection)
      connection.greet()
      await connection.command()
      connection.reply('-ERR invalid')
      return connection.socket.end()
    })
    await using client = clientOf(peer.port)
    await assert.rejects(client.start().ready(5000), isCode('AUTH_REFUSED'))
    await assert.rejects(client.api(command('status')), isCode('AUTH_REFUSED'))
    good = true
    await until(() => client.state === 'ready', 'the password is right now')
  })
})

describe('commands', () => {
  test('pipelined commands are answered in order, however the bytes are cut', async () => {
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      let out = Buffer.alloc(0)
      for (let count = 0; count < 300; count += 1) {
        const text = `${await connection.command()}ü`
        out = Buffer.concat([
          out,
          Buffer.from(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`),
        ])
      }
      for (let at = 0; at < out.length; at += 701) {
        connection.write(out.subarray(at, at + 701))
        if (at % 7 === 0) await pause(1)
      }
    })
    await using client = clientOf(peer.port)
    await client.start().ready()
    const numbers = Array.from({ length: 300 }, (_, number) => number)
    const answers = await Promise.all(numbers.map((number) => client.api(command('echo', String(number)))))
    assert.deepEqual(
      answers,
      numbers.map((number) => `api echo ${number}\n\nü`),
    )
  })

  test('a reply of several megabytes arrives whole, an empty one too', async () => {
    const big = 'ä'.repeat(4 * 2 ** 20)
    await using peer = await Peer.start(wellSwitch((text) => (text === 'api big' ? big : '')))
    await using client = clientOf(peer.port)
    await client.start().ready()
    const [first, second, third] = await Promise.all(['small', 'big', 'small'].map((name) => client.api(command(name))))
    assert.equal(first, '')
    assert.ok(second === big)
    assert.equal(third, '')
  })

  test('a reply larger than allowed closes the connection', async () => {
    await using peer = await Peer.start(wellSwitch(() => 'x'.repeat(2000)))
    await using client = clientOf(peer.port, { maxReplyBytes: 1000, ...slowly })
    await client.start().ready()
    await assert.rejects(client.api(command('status')), isCode('TOO_BIG'))
    assert.equal(client.state, 'waiting')
  })

  test('an api may be answered by a command reply with an error', async () => {
    await using peer = await Peer.start(
      firstThenWell(async (connection) => {
        await connection.command()
        connection.reply('-ERR permission denied')
      }),
    )
    await using client = clientOf(peer.port)
    await client.start().ready()
    assert.equal(await client.api(command('reloadxml')), '-ERR permission denied')
    assert.equal(client.state, 'ready')
  })

  test('logs, events and notices with linger between two answers do not shift them', async () => {
    await using peer = await Peer.start(
      firstThenWell(async (connection) => {
        for (const name of ['a', 'b']) {
          await connection.command()
          connection.write('Content-Type: log/data\nContent-Length: 23\nLog-Level: 5\n\nContent-Type: api/resp\n')
          connection.event({ 'Event-Name': 'HEARTBEAT' })
          connection.write('Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n')
          connection.answer(name)
        }
      }),
    )
    await using client = clientOf(peer.port)
    await client.start().ready()
    assert.deepEqual(await Promise.all([client.api(command('x')), client.api(command('y'))]), ['a', 'b'])
  })

  test('a deadline missed closes the connection: the late answer is never taken for the next one', async () => {
    await using peer = await Peer.start(
      firstThenWell(async (connection) => {
        await connection.command()
        await pause(120)
        connection.answer('late')
      }),
    )
    await using client = clientOf(peer.port)
    const states = statesOf(client)
    await client.start().ready()
    const slow = client.api(command('msleep', '120'), { timeoutMs: 40 })
    const behind = client.api(command('status'), { timeoutMs: 5000 })
    await assert.rejects(slow, isCode('TIMEOUT'))
    await assert.rejects(behind, isCode('DISCONNECTED'))
    await client.ready(2000)
    assert.equal(await client.api(command('status')), 'api status')
    assert.deepEqual(states.slice(0, 4), ['connecting', 'authenticating', 'ready', 'waiting'])
  })

  test('a shorter deadline behind a longer one is kept', async () => {
    await using peer = await Peer.start(firstThenWell(() => {}))
    await using client = clientOf(peer.port, slowly)
    await client.start().ready()
    const long = client.api(command('a'), { timeoutMs: 5000 })
    const began = performance.now()
    const short = client.api(command('b'), { timeoutMs: 40 })
    await assert.rejects(short, isCode('TIMEOUT'))
    await assert.rejects(long, isCode('DISCONNECTED'))
    assert.ok(performance.now() - began < 1000)
  })

  test('a deadline counts from the command, not from an earlier one that was answered', async () => {
    await using peer = await Peer.start(wellSwitch())
    await using client = clientOf(peer.port, slowly)
    await client.start().ready()
    for (let count = 0; count < 12; count += 1) {
      await client.api(command('status'), { timeoutMs: 60 })
      await pause(10)
    }
    assert.equal(client.state, 'ready')
  })

  test('an answer that came while this process was busy is in time', async () => {
    await using peer = await Peer.start(wellSwitch())
    await using client = clientOf(peer.port, slowly)
    await client.start().ready()
    const answer = client.api(command('status'), { timeoutMs: 50 })
    await pause(20)
    const busyUntil = performance.now() + 100
    while (performance.now() < busyUntil);
    assert.equal(await answer, 'api status')
  })

  test('given up by its caller: rejected at once, its answer thrown away, the next ones unharmed', async () => {
    await using peer = await Peer.start(wellSwitch())
    await using client = clientOf(peer.port)
    await client.start().ready()
    const controller = new AbortController()
    const first = client.api(command('echo', '1'), { signal: controller.signal })
    const second = client.api(command('echo', '2'))
    controller.abort()
    await assert.rejects(first, isCode('ABORTED'))
    assert.equal(await second, 'api echo 2')
    await assert.rejects(client.api(command('echo', '3'), { signal: controller.signal }), isCode('ABORTED'))
    assert.equal(await client.api(command('echo', '4')), 'api echo 4')
  })

  test('more commands than may wait are refused, and those that wait are answered', async () => {
    await using peer = await Peer.start(wellSwitch())
    await using client = clientOf(peer.port, { maxPending: 3 })
    await client.start().ready()
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => client.api(command('echo', String(n)))))
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? code(result.reason) : result.value)),
      ['api echo 1', 'api echo 2', 'api echo 3', 'OVERLOADED', 'OVERLOADED'],
    )
    assert.equal(client.stats().pending, 0)
    assert.equal(await client.api(command('echo', '6')), 'api echo 6')
  })

  test('only finished commands are sent, each its own way', async () => {
    await using peer = await Peer.start(wellSwitch(() => '+OK sent'))
    await using client = clientOf(peer.port)
    await client.start().ready()
    const isCommandError = (error: unknown): boolean => (error as CommandError).name === 'CommandError'
    const forged = { kind: 'api', line: 'status\n\napi shutdown', headers: [], body: undefined }
    await assert.rejects(client.api(forged as never), isCommandError)
    await assert.rejects(client.api(sendEvent('X', {})), isCommandError)
    await assert.rejects(client.send(command('status')), isCommandError)
    await assert.rejects(client.bgapi(sendEvent('X', {})), isCommandError)
    assert.equal(await client.send(sendEvent('CUSTOM', { 'Event-Subclass': 'a::b' }, 'zwölf')), '+OK sent')
    const sent = peer.connections[0]?.received ?? ''
    const written = Buffer.from('sendevent CUSTOM\nEvent-Subclass: a::b\nContent-Length: 6\n\nzwölf').toString('latin1')
    assert.equal(sent, `auth ClueCon\n\n${written}`)
  })

  const brokenSteps: Readonly<Record<string, (connection: PeerConnection) => void>> = {
    'a reply to no command': (connection) => connection.answer('a'),
    'an unknown type of frame': (connection) => connection.write('Content-Type: text/new\n\n'),
    'a second greeting': (connection) => connection.greet(),
    'bytes that are no frame': (connection) => connection.write('hello\n\n'),
  }
  for (const [what, step] of Object.entries(brokenSteps)) {
    test(`out of step: ${what} closes the connection, and a new one is made`, async () => {
      await using peer = await Peer.start(firstThenWell(step))
      await using client = clientOf(peer.port)
      client.start()
      await until(() => client.state === 'ready' && peer.connections.length === 2, 'a new connection')
      assert.equal(await client.api(command('status')), 'api status')
    })
  }

  const wrongAnswers: Readonly<Record<string, (connection: PeerConnection) => void>> = {
    'a good command reply to an api': (connection) => connection.reply('+OK accepted'),
    'a reply with a length, as when two have run together': (connection) =>
      connection.write('Content-Type: command/reply\nReply-Text: -ERR x\nContent-Length: 2\n\nab'),
    'a reply without text': (connection) => connection.write('Content-Type: command/reply\n\n'),
    'an api answer without a length': (connection) => connection.write('Content-Type: api/response\n\n'),
  }
  for (const [what, answer] of Object.entries(wrongAnswers)) {
    test(`out of step: ${what} is no answer`, async () => {
      await using peer = await Peer.start(
        firstThenWell(async (connection) => {
          await connection.command()
          answer(connection)
        }),
      )
      await using client = clientOf(peer.port, slowly)
      await client.start().ready()
      await assert.rejects(client.api(command('status')), isCode('OUT_OF_STEP'))
      assert.equal(client.state, 'waiting')
    })
  }

  test('out of step: an api answer to a connection command is no answer', async () => {
    await using peer = await Peer.start(
      firstThenWell(async (connection) => {
        await connection.command()
        connection.answer('+OK')
      }),
    )
    await using client = clientOf(peer.port, slowly)
    await client.start().ready()
    await assert.rejects(client.send(sendEvent('X', {})), isCode('OUT_OF_STEP'))
  })
})

describe('a connection that is lost', () => {
  const loseThenWell = firstThenWell(async (connection) => {
    await connection.command()
    connection.socket.destroy()
  })

  test('commands that wait are rejected, and a new connection is made', async () => {
    await using peer = await Peer.start(loseThenWell)
    await using client = clientOf(peer.port)
    const states = statesOf(client)
    await client.start().ready()
    await assert.rejects(client.api(command('status')), isCode('DISCONNECTED'))
    await client.ready(2000)
    assert.equal(await client.api(command('status')), 'api status')
    assert.equal(client.stats().reconnects, 1)
    assert.deepEqual(states, [
      'connecting',
      'authenticating',
      'ready',
      'waiting',
      'connecting',
      'authenticating',
      'ready',
    ])
  })

  test('the wait before each attempt doubles, up to its bound, and half of it is chance', async () => {
    const times: number[] = []
    await using peer = await Peer.start((connection) => {
      times.push(performance.now())
      connection.socket.destroy()
    })
    await using client = clientOf(peer.port, { reconnect: { minMs: 20, maxMs: 80 }, random: () => 1 })
    client.start()
    await until(() => times.length === 5, 'five attempts')
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    for (const [index, least] of [20, 40, 80, 80].entries()) {
      assert.ok((waits[index] ?? 0) >= least - 3, `${waits}`)
      assert.ok((waits[index] ?? 0) < least + 400, `${waits}`)
    }
  })

  test('a client that is closed while it waits does not come again', async () => {
    await using peer = await Peer.start((connection) => connection.socket.destroy())
    const client = clientOf(peer.port, { reconnect: { minMs: 30 } })
    client.start()
    await until(() => client.state === 'waiting', 'waiting')
    await client.close()
    await pause(80)
    assert.equal(peer.connections.length, 1)
  })

  test('commands that wait when the client is closed are rejected as closed', async () => {
    await using peer = await Peer.start(firstThenWell(() => {}))
    const client = clientOf(peer.port)
    await client.start().ready()
    const answer = client.api(command('status'))
    const job = client.bgapi(command('status'))
    await Promise.all([assert.rejects(answer, isCode('CLOSED')), assert.rejects(job, isCode('CLOSED')), client.close()])
  })

  test('a silent peer is found by asking it', async () => {
    await using peer = await Peer.start(async (connection, number) => {
      if (number > 1) return wellSwitch()(connection)
      return connection.logIn()
    })
    await using client = clientOf(peer.port, { idleProbeMs: 30, commandTimeoutMs: 40 })
    await client.start().ready()
    await until(() => client.stats().reconnects > 0, 'a new connection')
    assert.match(peer.connections[0]?.received ?? '', /api hostname\n\n$/)
  })

  test('a peer that answers the question stays', async () => {
    await using peer = await Peer.start(wellSwitch())
    await using client = clientOf(peer.port, { idleProbeMs: 20, commandTimeoutMs: 500 })
    await client.start().ready()
    await pause(120)
    assert.equal(client.state, 'ready')
    assert.ok((peer.connections[0]?.received.split('hostname').length ?? 0) > 2)
  })
})

describe('least privilege', () => {
  test('userauth sends user and password, and refused events refuse the client', async () => {
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      await connection.command()
      connection.reply('-ERR permission denied')
    })
    await using client: EslClient = clientOf(peer.port, { user: 'mon@example.test', ...slowly })
    await client.subscribe(['ALL'])
    await assert.rejects(client.start().ready(), isCode('SUBSCRIPTION_REFUSED'))
    assert.equal(client.state, 'refused')
    assert.equal(peer.connections[0]?.received, 'userauth mon@example.test:ClueCon\n\nevent json ALL\n\n')
  })

  test('events refused later are forgotten and the connection stays', async () => {
    await using peer = await Peer.start(
      firstThenWell(async (connection) => {
        await connection.command()
        connection.reply('-ERR permission denied')
        await connection.command()
        connection.answer('x')
        await connection.command()
        connection.socket.destroy()
      }),
    )
    await using client = clientOf(peer.port)
    await client.start().ready()
    await assert.rejects(client.subscribe(['ALL']), isCode('SUBSCRIPTION_REFUSED'))
    assert.equal(await client.api(command('x')), 'x')
    await assert.rejects(client.api(command('y', rest('z'))), isCode('DISCONNECTED'))
    await client.ready(2000)
    await client.api(command('x'))
    assert.ok(!peer.connections[1]?.received.includes('event'))
  })
})
