import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dumpedDomain, shownDomain } from '../../../src/services/calls/domain-of.ts'
import { channelOfRow } from '../../../src/services/live/channel.ts'
import { domainOfLeg, newLeg } from '../../../src/services/live/leg.ts'

const ours = { uuid: '5a0e8400-e29b-41d4-a716-446655440001', name: 'example.com', zone: 'UTC' }
const theirs = { uuid: '5a0e8400-e29b-41d4-a716-446655440002', name: 'other.example.net', zone: 'UTC' }
const all = [ours, theirs]
const domains = {
  byName: (name: string) => all.find((domain) => domain.name === name),
  byUuid: (uuid: string) => all.find((domain) => domain.uuid === uuid),
  zoneOf: () => 'UTC',
}
const find = (text: string) => all.find(({ name, uuid }) => name === text || uuid === text)

/** Rows as `show channels` has them, and whose leg each is. */
const rows = [
  {
    about: 'a phone whose call was transferred into the dialplan of another tenant',
    row: { direction: 'inbound', presence_id: '', context: theirs.name, initial_context: ours.name },
    owner: ours,
  },
  {
    about: 'a carrier, after the dialplan found the number',
    row: { direction: 'inbound', presence_id: '', context: ours.name, initial_context: 'public' },
    owner: ours,
  },
  {
    about: 'a carrier that claims to be a user of another tenant in its From header',
    row: { direction: 'inbound', presence_id: `1001@${theirs.name}`, context: ours.name, initial_context: 'public' },
    owner: ours,
  },
  {
    about: 'a carrier before the dialplan',
    row: { direction: 'inbound', presence_id: `1001@${theirs.name}`, context: 'public', initial_context: 'public' },
    owner: undefined,
  },
  {
    about: 'a phone of another tenant that is called',
    row: { direction: 'outbound', presence_id: `1001@${theirs.name}`, context: ours.name, initial_context: ours.name },
    owner: theirs,
  },
]

for (const { about, row, owner } of rows)
  test(`S004-CALLS-LIST: ${about} belongs to ${owner?.name ?? 'nobody'}`, () => {
    const leg = {
      direction: row.direction,
      presenceId: row.presence_id,
      context: row.context,
      initialContext: row.initial_context,
    }
    assert.equal(shownDomain(leg, domains as never), owner)
    const facts = channelOfRow({ uuid: '00000000-0000-4000-8000-000000000001', callstate: 'ACTIVE', ...row }, 0)
    assert.ok(facts)
    assert.equal(domainOfLeg(newLeg(facts, 0), find), owner)
  })

test('S004-CALLS-HANGUP: a live leg keeps the tenant its phone logged in to, whatever context it is in now', () => {
  const dump = new Map([
    ['Call-Direction', 'inbound'],
    ['Channel-Presence-ID', `1001@${theirs.name}`],
    ['Caller-Context', theirs.name],
    ['variable_user_context', ours.name],
  ])
  assert.equal(dumpedDomain(dump as never, domains as never), ours)
  dump.delete('variable_user_context')
  assert.equal(dumpedDomain(dump as never, domains as never), theirs)
})
