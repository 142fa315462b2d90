// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the switch writes its variables
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { callCenterQueueXml } from '../../../src/adapters/fusionpbx/dialplan/call-center-queue.ts'
import { destinationRegex, destinationXml } from '../../../src/adapters/fusionpbx/dialplan/destination.ts'
import { type Detail, dialplanXml } from '../../../src/adapters/fusionpbx/dialplan/details.ts'
import { ivrMenuXml } from '../../../src/adapters/fusionpbx/dialplan/ivr-menu.ts'
import { ringGroupXml } from '../../../src/adapters/fusionpbx/dialplan/ring-group.ts'
import { packageRoot } from '../../../src/root.ts'

const plan = { uuid: 'u-1', name: 'Plan', continue: false, context: 'demo.example.com' }
const body = (details: Detail[], change: object = {}) =>
  dialplanXml({ ...plan, ...change }, details)
    .split('\n')
    .slice(1, -1)
    .map((line) => line.trim())

describe('the XML of a dialplan', () => {
  test('puts conditions before actions, and the actions into the last condition', () => {
    const details: Detail[] = [
      { tag: 'action', type: 'transfer', data: '1001 XML demo.example.com', order: 10 },
      { tag: 'condition', type: 'destination_number', data: '^1$', order: 20 },
      { tag: 'condition', type: '${call_direction}', data: '^local$', break: 'on-false', order: 30 },
      { tag: 'anti-action', type: 'hangup', data: '', order: 5 },
    ]
    assert.deepEqual(body(details), [
      '<condition field="destination_number" expression="^1$"/>',
      '<condition field="${call_direction}" expression="^local$" break="on-false">',
      '<action application="transfer" data="1001 XML demo.example.com"/>',
      '<anti-action application="hangup" data=""/>',
      '</condition>',
    ])
  })

  test('keeps groups apart, in their order', () => {
    const details: Detail[] = [
      { tag: 'condition', type: 'destination_number', data: '^2$', group: 2 },
      { tag: 'action', type: 'echo', data: '', group: 2 },
      { tag: 'condition', type: 'destination_number', data: '^1$', group: 1 },
      { tag: 'action', type: 'answer', data: '', group: 1 },
    ]
    assert.deepEqual(
      body(details).filter((line) => line.startsWith('<action')),
      ['<action application="answer" data=""/>', '<action application="echo" data=""/>'],
    )
  })

  test('leaves out what is switched off, and takes nothing for on', () => {
    const details: Detail[] = [
      { tag: 'condition', type: '', data: '' },
      { tag: 'action', type: 'set', data: 'a=1', enabled: false },
      { tag: 'action', type: 'set', data: 'b=$${c}', inline: 'true', enabled: null },
    ]
    assert.deepEqual(body(details), [
      '<condition field="" expression="">',
      '<action application="set" data="b=${c}" inline="true"/>',
      '</condition>',
    ])
  })

  test('merges conditions about the time into one', () => {
    const details: Detail[] = [
      { tag: 'condition', type: 'destination_number', data: '^800$' },
      { tag: 'condition', type: 'wday', data: '2-6', break: 'never' },
      { tag: 'condition', type: 'minute-of-day', data: '541-1050', break: 'never' },
      { tag: 'action', type: 'transfer', data: '201 XML a' },
    ]
    assert.deepEqual(body(details)[1], '<condition wday="2-6" minute-of-day="541-1050" break="never">')
  })

  test('lists the alternatives of a regex condition', () => {
    const details: Detail[] = [
      { tag: 'condition', type: 'regex', data: 'any' },
      { tag: 'regex', type: 'caller_id_number', data: '^201$' },
      { tag: 'regex', type: 'caller_id_number', data: '^202$' },
      { tag: 'action', type: 'answer', data: '' },
    ]
    assert.deepEqual(body(details), [
      '<condition regex="any">',
      '<regex field="caller_id_number" expression="^201$"/>',
      '<regex field="caller_id_number" expression="^202$"/>',
      '<action application="answer" data=""/>',
      '</condition>',
    ])
  })

  test('says in a public context whose call it is', () => {
    const details: Detail[] = [
      { tag: 'condition', type: 'destination_number', data: '^1$' },
      { tag: 'action', type: 'answer', data: '' },
    ]
    const domain = { uuid: 'd-1', name: 'demo.example.com' }
    assert.deepEqual(body(details, { context: 'public', domain }).slice(1, 5), [
      '<action application="export" data="call_direction=inbound" inline="true"/>',
      '<action application="set" data="domain_uuid=d-1" inline="true"/>',
      '<action application="set" data="domain_name=demo.example.com" inline="true"/>',
      '<action application="answer" data=""/>',
    ])
  })

  test('escapes what a person typed', () => {
    const xml = dialplanXml({ ...plan, name: 'A "B" & <C>' }, [
      { tag: 'condition', type: 'destination_number', data: '^(?<number>1)$' },
      { tag: 'action', type: 'set', data: 'x="1" && y' },
    ])
    assert.match(xml, /name="A &quot;B&quot; &amp; &lt;C&gt;"/)
    assert.match(xml, /expression="\^\(\?&lt;number&gt;1\)\$"/)
    assert.match(xml, /data="x=&quot;1&quot; &amp;&amp; y"/)
  })

  test('writes whether to go on as 1 or nothing', () => {
    assert.match(dialplanXml({ ...plan, continue: true }, []), /^<extension name="Plan" continue="1" uuid="u-1">/)
    assert.match(dialplanXml(plan, []), /continue=""/)
  })
})

test('the expression for a destination tolerates plus and country code only where there is a prefix', () => {
  assert.equal(destinationRegex('5551230001', '1'), '^\\+?1?(5551230001)$')
  assert.equal(destinationRegex('2071838750', '44'), '^\\+?(?:44)?(2071838750)$')
  assert.equal(destinationRegex('+442071838750'), '^\\+(442071838750)$')
  assert.equal(destinationRegex('7205550111'), '^(7205550111)$')
  assert.equal(destinationRegex('555NXZX'), '^(555[2-9][0-9][1-9][0-9])$')
})

/** What FusionPBX's own forms wrote, where it lies beside the repository. */
const formsFolder = join(packageRoot, '..', 'shared', 'fixtures', 'fusionpbx', 'forms')
const skip = existsSync(formsFolder) ? false : 'the recorded forms are not beside the repository'

type Recorded = Record<string, unknown>

/** All rows a form wrote to a table, later writes over earlier ones. */
function recorded(form: string, table: string, key: string): Map<string, Recorded> {
  const { rows } = JSON.parse(readFileSync(join(formsFolder, `${form}.json`), 'utf8'))
  const found = new Map<string, Recorded>()
  for (const row of rows.filter((one: Recorded) => one.table === table)) {
    const lists: unknown[][] = row.values ?? row.values_after ?? []
    const written: Recorded[] = row.after
      ? [row.after]
      : lists.map((values) => Object.fromEntries(values.map((value, at) => [row.columns[at], value])))
    for (const one of written) found.set(one[key] as string, { ...found.get(one[key] as string), ...one })
  }
  return found
}

const only = (rows: Map<string, Recorded>) => [...rows.values()][0] as Record<string, string>

describe('beside what FusionPBX wrote itself', { skip }, () => {
  const domainName = 'forms.example.com'

  for (const form of ['domain-create', 'inbound-route-add', 'outbound-route-add', 'time-condition-add']) {
    test(`the dialplans of ${form} come out the same, but for escapes and a doubled space`, () => {
      const details = [...recorded(form, 'v_dialplan_details', 'dialplan_detail_uuid').values()]
      let compared = 0
      for (const row of recorded(form, 'v_dialplans', 'dialplan_uuid').values()) {
        if (!row.dialplan_xml || !row.dialplan_name) continue
        const own = details.filter((detail) => detail.dialplan_uuid === row.dialplan_uuid).map(toDetail)
        const xml = dialplanXml(
          {
            uuid: row.dialplan_uuid as string,
            name: row.dialplan_name as string,
            continue: row.dialplan_continue === true,
            context: (row.dialplan_context ?? '') as string,
            domain: { uuid: row.domain_uuid as string, name: domainName },
          },
          own,
        )
        assert.equal(unescapeXml(xml), (row.dialplan_xml as string).replaceAll('  break=', ' break='))
        compared++
      }
      assert.ok(compared > 0)
    })
  }

  test('a ring group', () => {
    const group = only(recorded('ring-group-add', 'v_ring_groups', 'ring_group_uuid'))
    const xml = ringGroupXml({
      uuid: group.ring_group_uuid as string,
      dialplanUuid: group.dialplan_uuid as string,
      name: group.ring_group_name as string,
      extension: group.ring_group_extension as string,
    })
    assert.equal(xml, only(recorded('ring-group-add', 'v_dialplans', 'dialplan_uuid')).dialplan_xml)
  })

  test('an IVR menu', () => {
    const menu = only(recorded('ivr-menu-add', 'v_ivr_menus', 'ivr_menu_uuid'))
    const xml = ivrMenuXml({
      uuid: menu.ivr_menu_uuid as string,
      dialplanUuid: menu.dialplan_uuid as string,
      name: menu.ivr_menu_name as string,
      extension: menu.ivr_menu_extension as string,
      ringback: menu.ivr_menu_ringback,
      exit: { application: menu.ivr_menu_exit_app as string, data: menu.ivr_menu_exit_data as string },
    })
    assert.equal(xml, only(recorded('ivr-menu-add', 'v_dialplans', 'dialplan_uuid')).dialplan_xml)
  })

  test('a queue', () => {
    const queue = only(recorded('call-center-queue-add', 'v_call_center_queues', 'call_center_queue_uuid'))
    const [application, data] = (queue.queue_timeout_action as string).split(/:(.*)/) as [string, string]
    const xml = callCenterQueueXml({
      uuid: queue.call_center_queue_uuid as string,
      dialplanUuid: queue.dialplan_uuid as string,
      name: queue.queue_name as string,
      extension: queue.queue_extension as string,
      domainName,
      soundPrefix: '/usr/share/freeswitch/sounds/en/us/callie',
      exportVariables: ['hold_music'],
      callerIdPrefix: queue.queue_cid_prefix,
      timeout: { application, data },
    })
    assert.equal(xml, only(recorded('call-center-queue-add', 'v_dialplans', 'dialplan_uuid')).dialplan_xml)
  })

  test('a destination', () => {
    const row = only(recorded('destination-add-plus', 'v_destinations', 'destination_uuid'))
    const xml = destinationXml({
      dialplanUuid: row.dialplan_uuid as string,
      name: row.destination_number as string,
      numberRegex: row.destination_number_regex as string,
      domain: { uuid: row.domain_uuid as string, name: domainName },
      actions: [{ application: row.destination_app as string, data: row.destination_data as string }],
    })
    const written = only(recorded('destination-add-plus', 'v_dialplans', 'dialplan_uuid')).dialplan_xml
    // The form there also set music on hold, which this writer leaves to the extension.
    assert.equal(xml, written?.replace(/\t\t<action [^>]*hold_music=[^>]*>\n/, ''))
  })
})

function toDetail(row: Recorded): Detail {
  const text = (name: string) => (row[`dialplan_detail_${name}`] ?? '') as string
  return {
    tag: text('tag') as Detail['tag'],
    type: text('type'),
    data: text('data'),
    break: text('break'),
    inline: text('inline'),
    group: Number(row.dialplan_detail_group ?? 0),
    order: Number(row.dialplan_detail_order),
    enabled: row.dialplan_detail_enabled as boolean | undefined,
  }
}

const unescapeXml = (xml: string) =>
  xml.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
