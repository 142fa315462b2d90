import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { CommandError, command, EslError, type EslEvent } from '../../src/esl/index.ts'
import { clientOf, code, until } from './support/client.ts'
import { Peer, type PeerConnection, wellSwitch } from './support/peer.ts'

const isCode = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof EslError, String(error))
  assert.equal(error.code, expected)
  return true
}

const numbered = (number: number): Record<string, string> => ({
  'Event-Name': 'HEARTBEAT',
  'Event-Sequence': String(number),
})

/** Logs in and answers subscriptions and commands until the connection ends. */
const well = wellSwitch()

describe('subscriptions', () => {
  test('are asked for in JSON with the subclasses last, add up, and come back after a loss', async () => {
    await using peer = await Peer.start(well)
    await using client = clientOf(peer.port)
    await client.subscribe(['channel_create', 'CUSTOM'], ['sofia::register'])
    await client.start().ready()
    await client.subscribe(['HEARTBEAT'], ['callcenter::info'])
    peer.connections[0]?.socket.destroy()
    await until(() => client.stats().reconnects === 1, 'a new connection')
    const sent = peer.connections.map(({ received }) =>
      received.split('\n\n').filter((line) => line.startsWith('event')),
    )
    assert.deepEqual(sent, [
      ['event json CHANNEL_CREATE CUSTOM sofia::register', 'event json HEARTBEAT CUSTOM callcenter::info'],
      ['event json CHANNEL_CREATE HEARTBEAT CUSTOM sofia::register callcenter::info'],
    ])
  })

  test('one that comes while the client logs in is not forgotten', async () => {
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      for (let number = 0; number < 2; number += 1) {
        await connection.command()
        if (number === 0) void client.subscribe(['HEARTBEAT'])
        connection.reply('+OK event listener enabled json')
      }
    })
    await using client = clientOf(peer.port)
    await client.subscribe(['CHANNEL_CREATE'])
    await client.start().ready()
    assert.match(peer.connections[0]?.received ?? '', /event json CHANNEL_CREATE HEARTBEAT\n\n$/)
  })

  test('names keep to their line', async () => {
    await using client = clientOf(1)
    for (const name of ['', 'A B', 'A\nB', 'A\0', 'CUSTOM x'])
      await assert.rejects(client.subscribe([name]), CommandError)
    for (const name of ['', 'a b', 'a\nb', "a'b", '\r'])
      await assert.rejects(client.subscribe([], [name]), CommandError)
  })

  test('a listener that was removed hears no more, and one that throws does not keep events from the others', async () => {
    await using peer = await Peer.start(well)
    await using client = clientOf(peer.port)
    const heard: string[] = []
    const stop = client.onEvent(() => heard.push('removed'))
    client.onEvent(() => {
      throw new Error('a fault of a listener')
    })
    client.onEvent((event) => heard.push(event.name))
    stop()
    const faults: unknown[] = []
    const before = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => faults.push(error))
    await client.start().ready()
    peer.connections[0]?.event(numbered(1))
    await until(() => heard.length === 1 && faults.length === 1, 'the event and the fault')
    process.removeAllListeners('uncaughtException')
    for (const listener of before) process.on('uncaughtException', listener)
    assert.deepEqual(heard, ['HEARTBEAT'])
    assert.match(String(faults[0]), /a fault of a listener/)
    assert.equal(client.state, 'ready')
  })
})

describe('events and commands on one connection', () => {
  test('events that come while an api runs are delivered, in their order', async () => {
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      await connection.command()
      for (let number = 1; number <= 50; number += 1) connection.event(numbered(number))
      await pause(20)
      connection.answer('slow')
      connection.event(numbered(51))
    })
    await using client = clientOf(peer.port)
    const heard: (number | undefined)[] = []
    client.onEvent((event) => heard.push(event.sequence))
    await client.start().ready()
    assert.equal(await client.api(command('msleep', '20')), 'slow')
    assert.equal(heard.length >= 50, true)
    await until(() => heard.length === 51, 'the last event')
    assert.deepEqual(
      heard,
      Array.from({ length: 51 }, (_, index) => index + 1),
    )
  })

  test('an event that cannot be read is a lost event, told in its place, and the others are sound', async () => {
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      connection.event(numbered(1))
      connection.write('Content-Length: 3\nContent-Type: text/event-json\n\n{"a')
      connection.event(numbered(3))
    })
    await using client = clientOf(peer.port)
    const heard: unknown[] = []
    client.onEvent((event) => heard.push(event.sequence))
    client.onEventsLost((count) => heard.push(`lost ${count}`))
    await client.start().ready()
    await until(() => heard.length === 3, 'all')
    assert.deepEqual(heard, [1, 'lost 1', 3])
    assert.equal(client.stats().droppedEvents, 1)
    assert.equal(client.state, 'ready')
  })
})

describe('slow listeners', () => {
  test('the next event waits for the promise of the one before', async () => {
    await using peer = await Peer.start(well)
    await using client = clientOf(peer.port)
    let running = 0
    let most = 0
    const heard: (number | undefined)[] = []
    client.onEvent(async (event) => {
      running += 1
      most = Math.max(most, running)
      await pause(2)
      heard.push(event.sequence)
      running -= 1
    })
    await client.start().ready()
    for (let number = 1; number <= 20; number += 1) peer.connections[0]?.event(numbered(number))
    await until(() => heard.length === 20, 'all')
    assert.equal(most, 1)
    assert.deepEqual(
      heard,
      Array.from({ length: 20 }, (_, index) => index + 1),
    )
  })

  test('with nothing asked, the peer keeps what does not fit: nothing is lost', async () => {
    const total = 3000
    const filler = 'x'.repeat(4000)
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      for (let number = 1; number <= total; number += 1) connection.event({ ...numbered(number), filler })
    })
    await using client = clientOf(peer.port, { maxQueuedEvents: 100 })
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const heard: (number | undefined)[] = []
    client.onEvent((event) => {
      heard.push(event.sequence)
      return gate
    })
    await client.start().ready()
    await until(() => client.stats().queuedEvents > 50, 'the queue is half full')
    await pause(100)
    assert.ok(client.stats().queuedEvents <= 100)
    assert.ok((peer.connections[0]?.socket.writableLength ?? 0) > 0, 'the peer had to keep something')
    release()
    await until(() => heard.length === total, `${total}, not ${heard.length}`)
    assert.deepEqual(
      heard,
      Array.from({ length: total }, (_, index) => index + 1),
    )
    assert.equal(client.stats().droppedEvents, 0)
  })

  test('an answer is let through: what does not fit then is dropped, counted, and told in its place', async () => {
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      await connection.command()
      for (let number = 1; number <= 1000; number += 1) connection.event(numbered(number))
      connection.answer('through')
      for (let number = 1001; number <= 1010; number += 1) connection.event(numbered(number))
    })
    await using client = clientOf(peer.port, { maxQueuedEvents: 20 })
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const heard: unknown[] = []
    client.onEvent((event) => {
      heard.push(event.sequence)
      return gate
    })
    client.onEventsLost((count) => heard.push({ count }))
    await client.start().ready()
    assert.equal(await client.api(command('status')), 'through')
    const { queuedEvents, droppedEvents } = client.stats()
    assert.ok(queuedEvents <= 21 && droppedEvents >= 975, `${queuedEvents} ${droppedEvents}`)
    release()
    await until(() => client.stats().queuedEvents === 0, 'all delivered')
    await pause(20)
    const losses = heard.filter((one) => typeof one === 'object') as { count: number }[]
    const lost = losses.reduce((sum, { count }) => sum + count, 0)
    assert.equal(lost, client.stats().droppedEvents)
    assert.equal(heard.length - losses.length + lost, 1010, 'every event was delivered or told as lost')
    const first = heard.findIndex((one) => typeof one === 'object')
    const before = heard[first - 1] as number
    const after = (heard[first + 1] ?? 1011) as number
    if (losses.length === 1) assert.equal(before + lost + 1, after, 'the loss is told where it was')
  })

  test('large events fill the queue by their bytes', async () => {
    const filler = 'x'.repeat(50_000)
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      await connection.command()
      for (let number = 1; number <= 40; number += 1) connection.event({ ...numbered(number), filler })
      connection.answer('through')
    })
    await using client = clientOf(peer.port, { maxQueuedBytes: 500_000 })
    client.onEvent(() => new Promise(() => {}))
    await client.start().ready()
    assert.equal(await client.api(command('status')), 'through')
    const { queuedEvents, droppedEvents } = client.stats()
    assert.ok(queuedEvents <= 13 && queuedEvents >= 9, `${queuedEvents}`)
    assert.equal(queuedEvents - 1 + droppedEvents, 39, 'one is with its listener, the gap stands in the queue')
  })

  test('a burst with a listener that takes its time leaves others their turn', async () => {
    await using peer = await Peer.start(well)
    await using client = clientOf(peer.port)
    let heard = 0
    client.onEvent(() => {
      heard += 1
      const until_ = performance.now() + 2
      while (performance.now() < until_);
    })
    await client.start().ready()
    for (let number = 1; number <= 60; number += 1) peer.connections[0]?.event(numbered(number))
    let ticks = 0
    const timer = setInterval(() => {
      ticks += 1
    }, 1)
    await until(() => heard === 60, 'all')
    clearInterval(timer)
    assert.ok(ticks >= 3, `${ticks} turns in 120 ms`)
  })

  test('events of the connection before are delivered before the next one is ready', async () => {
    await using peer = await Peer.start(async (connection, number) => {
      if (number > 1) return well(connection)
      await connection.logIn()
      for (let index = 1; index <= 10; index += 1) connection.event(numbered(index))
      return connection.socket.end()
    })
    await using client = clientOf(peer.port)
    const order: unknown[] = []
    client.onEvent(async (event) => {
      await pause(10)
      order.push(event.sequence)
    })
    client.onState((state) => order.push(state))
    client.start()
    await until(() => client.stats().reconnects === 1, 'a new connection')
    const last = order.lastIndexOf('ready')
    assert.deepEqual(
      order.filter((one) => typeof one === 'number'),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    )
    assert.ok(order.indexOf(10) < last)
  })
})

test('a connection that is lost while old events are delivered never becomes the one that is used', async () => {
  await using peer = await Peer.start(async (connection, number) => {
    if (number > 2) return well(connection)
    await connection.logIn()
    for (let index = 1; number === 1 && index <= 35; index += 1) connection.event(numbered(index))
    return connection.socket.end()
  })
  await using client = clientOf(peer.port, { reconnect: { minMs: 1000, maxMs: 1000 }, random: () => 0 })
  let heard = 0
  client.onEvent(async () => {
    await pause(20)
    heard += 1
  })
  client.start()
  await until(() => heard === 35 && peer.connections.length === 2, 'all events')
  assert.equal(client.state, 'waiting')
  await assert.rejects(client.api(command('status'), { timeoutMs: 100 }), isCode('DISCONNECTED'))
  await client.ready(3000)
  assert.equal(await client.api(command('status')), 'api status')
})

/** Accepts a job, and says so as FreeSWITCH does; answers its identity. */
async function acceptJob(connection: PeerConnection): Promise<string> {
  const text = await connection.command()
  const id = /^bgapi \S.*\nJob-UUID: ([0-9a-f-]{36})\n\n$/s.exec(text)?.[1] ?? ''
  connection.reply(`+OK Job-UUID: ${id}`, `Job-UUID: ${id}\n`)
  return id
}

const report = (connection: PeerConnection, id: string, text: string): void =>
  connection.event({ 'Event-Name': 'BACKGROUND_JOB', 'Job-UUID': id, 'Content-Length': '1', _body: text })

async function acceptSubscription(connection: PeerConnection): Promise<void> {
  assert.equal(await connection.command(), 'event json BACKGROUND_JOB\n\n')
  connection.reply('+OK event listener enabled json')
}

describe('background jobs', () => {
  test('answer what they printed, in whatever order they end, others’ jobs left alone', async () => {
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      await acceptSubscription(connection)
      const first = await acceptJob(connection)
      const second = await acceptJob(connection)
      report(connection, 'f985fc77-ebad-4c52-befb-e70f53c77e53', 'of somebody else')
      report(connection, second, 'second')
      report(connection, first, 'first')
      report(connection, first, 'again')
    })
    await using client = clientOf(peer.port)
    const heard: EslEvent[] = []
    client.onEvent((event) => void heard.push(event))
    await client.start().ready()
    const first = client.bgapi(command('originate', 'user/1', '&park'))
    const results = await Promise.all([first, pause(5).then(() => client.bgapi(command('status')))])
    assert.deepEqual(results, ['first', 'second'])
    assert.equal(heard.length, 0, 'nobody asked to hear of jobs')
    assert.equal(client.stats().jobs, 0)
    assert.equal(peer.failure, undefined)
  })

  test('are heard of by those who subscribed', async () => {
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      await acceptSubscription(connection)
      report(connection, await acceptJob(connection), 'x')
    })
    await using client = clientOf(peer.port)
    const heard: EslEvent[] = []
    client.onEvent((event) => void heard.push(event))
    await client.start().ready()
    await client.subscribe(['BACKGROUND_JOB'])
    assert.equal(await client.bgapi(command('status')), 'x')
    await until(() => heard.length === 1, 'the event')
  })

  test('a deadline missed leaves the connection alone, and a late report is nobody’s', async () => {
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      await acceptSubscription(connection)
      const id = await acceptJob(connection)
      await connection.command()
      report(connection, id, 'late')
      connection.answer('well')
    })
    await using client = clientOf(peer.port)
    await client.start().ready()
    await assert.rejects(client.bgapi(command('msleep', '100'), { timeoutMs: 30 }), isCode('TIMEOUT'))
    assert.equal(await client.api(command('status')), 'well')
    assert.equal(client.stats().jobs, 0)
  })

  test('a result does not wait behind slow listeners, and is not dropped with the events', async () => {
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      await acceptSubscription(connection)
      const id = await acceptJob(connection)
      for (let number = 1; number <= 500; number += 1) connection.event(numbered(number))
      report(connection, id, 'done')
    })
    await using client = clientOf(peer.port, { maxQueuedEvents: 10 })
    client.onEvent(() => new Promise(() => {}))
    await client.start().ready()
    assert.equal(await client.bgapi(command('status'), { timeoutMs: 1000 }), 'done')
  })

  test('the connection is lost: rejected, for nobody will say what became of it', async () => {
    await using peer = await Peer.start(async (connection, number) => {
      if (number > 1) return well(connection)
      await connection.logIn()
      await acceptSubscription(connection)
      await acceptJob(connection)
      return connection.socket.end()
    })
    await using client = clientOf(peer.port)
    await client.start().ready()
    await assert.rejects(client.bgapi(command('originate', 'user/1', '&park')), isCode('DISCONNECTED'))
    await client.ready(2000)
    assert.match(peer.connections[1]?.received ?? '', /event json BACKGROUND_JOB/)
  })

  test('refused: the words are the answer, and nothing waits', async () => {
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      await acceptSubscription(connection)
      await connection.command()
      connection.reply('-ERR permission denied')
    })
    await using client = clientOf(peer.port)
    await client.start().ready()
    assert.equal(await client.bgapi(command('reloadxml')), '-ERR permission denied')
    assert.equal(client.stats().jobs, 0)
  })

  test('a reply that names another job is out of step', async () => {
    await using peer = await Peer.start(async (connection, number) => {
      await connection.logIn()
      if (number > 1) return
      await acceptSubscription(connection)
      await connection.command()
      connection.reply('+OK Job-UUID: f985fc77-ebad-4c52-befb-e70f53c77e53')
    })
    await using client = clientOf(peer.port, { reconnect: { minMs: 5000 } })
    await client.start().ready()
    await assert.rejects(client.bgapi(command('status')), isCode('OUT_OF_STEP'))
    assert.equal(client.state, 'waiting')
  })

  test('given up by its caller', async () => {
    await using peer = await Peer.start(async (connection) => {
      await connection.logIn()
      await acceptSubscription(connection)
      await acceptJob(connection)
    })
    await using client = clientOf(peer.port)
    await client.start().ready()
    const job = client.bgapi(command('status'), { signal: AbortSignal.timeout(30) })
    await assert.rejects(job, (error) => code(error) === 'ABORTED')
    assert.equal(client.stats().jobs, 0)
  })
})
