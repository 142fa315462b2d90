import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SwitchPort } from '../../../src/adapters/switch/switch.ts'
import type { EslEvent } from '../../../src/esl/index.ts'
import { freshChannels } from '../../../src/services/calls/fresh-channels.ts'

const uuid = '00000000-0000-4000-8000-000000000001'

/** An event as the client hands it on, from its headers. */
const event = (name: string, headers: Record<string, string>): EslEvent =>
  ({ name, get: (header: string) => ({ 'Unique-ID': uuid, ...headers })[header] }) as never

test('S004-CALLS-LIST: an event of a change of state, which tells less, takes nothing away from a new call', () => {
  let hear: (event: EslEvent, node: { name: string }) => void = () => {}
  const port = {
    onEvent: (listener: typeof hear) => {
      hear = listener
      return () => {}
    },
    onState: () => () => {},
  }
  const fresh = freshChannels(port as unknown as SwitchPort)
  const created = {
    'Call-Direction': 'inbound',
    'Channel-State': 'CS_INIT',
    'Caller-Caller-ID-Number': '4201',
    'Caller-Destination-Number': '4202',
    'Caller-Context': 'example.com',
  }
  hear(event('CHANNEL_CREATE', { 'Call-Direction': 'inbound', 'Channel-State': 'CS_INIT' }), { name: 'n' })
  assert.deepEqual(fresh.correct('n', []), [], 'nobody knows yet whom it calls')
  hear(event('CHANNEL_CREATE', created), { name: 'n' })
  hear(event('CHANNEL_STATE', { 'Call-Direction': 'inbound', 'Channel-State': 'CS_ROUTING' }), { name: 'n' })
  const [row, ...more] = fresh.correct('n', [])
  assert.deepEqual(more, [])
  assert.equal(row?.callerNumber, '4201')
  assert.equal(row?.destination, '4202')
  assert.equal(row?.initialContext, 'example.com')
  assert.equal(row?.state, 'CS_ROUTING')
  // A row that `show` has just made and not filled is filled as well.
  assert.equal(fresh.correct('n', [{ ...(row as NonNullable<typeof row>), callerNumber: '' }])[0]?.callerNumber, '4201')
  hear(event('CHANNEL_HANGUP_COMPLETE', {}), { name: 'n' })
  assert.deepEqual(fresh.correct('n', []), [])
})
