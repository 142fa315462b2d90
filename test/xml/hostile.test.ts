import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { insertRow, ours, type TestApp, testApp, theirs } from '../support/app.ts'
import { askXml } from './world.ts'

/** The elements of a document by a parser that is not ours, which throws on what is not well-formed. */
function elementsOf(text: string): { name: string; attributes: Record<string, string> }[] {
  const parser = new SaxesParser()
  const found: { name: string; attributes: Record<string, string> }[] = []
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', (tag) => found.push({ name: tag.name, attributes: tag.attributes as Record<string, string> }))
  parser.write(text).close()
  return found
}

const valueOfParam = (text: string, name: string): string | undefined =>
  elementsOf(text).find((element) => element.attributes.name === name)?.attributes.value

/**
 * What XML 1.0 can hold of a text, and FreeSWITCH: it does not escape what stands behind `<!` when it writes a document
 * anew (switch_xml_ampencode of 1.10 and 1.11), so that a quote there would end the value. White space of other kinds
 * is a blank in an attribute (XML 1.0 section 3.3.3).
 */
const holdable = (text: string): string =>
  [...text]
    .filter((character) => /[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(character))
    .join('')
    .replace(/<+(?=!.*")/gs, '')
    .replace(/\r\n|[\t\n\r]/g, ' ')

/** Texts of a database: whatever UTF-8 can say but NUL, with what breaks documents in it often. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '<',
        '<!"/>',
        '>',
        '&',
        '"',
        "'",
        ']]>',
        '<!--',
        '-->',
        '<?',
        '$',
        '$${domain}',
        '${system ls}',
        '&amp;',
        '&#0;',
        '\u0000',
        '\u0001',
        '\n',
        '\r',
        '\t',
        '\u0085',
        '\u2028',
        '\ufffe',
        'X-PRE-PROCESS',
        '<x-pre-process cmd="exec" data="ls"/>',
        '</user>',
        '<include>',
        '😀',
      ),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''))
  .filter((text) => text !== '' && Buffer.from(text, 'utf8').toString('utf8') === text)

const withoutDollar = (text: string): string => text.replaceAll('$', '')

const uuid = 'e0000000-0000-4000-8000-0000000000aa'
const lookup = `section=directory&tag_name=domain&key_name=name&key_value=${ours.name}&key=id&user=101&domain=${ours.name}`

describe('values of tenants cannot break an answer', () => {
  let app: TestApp
  before(async () => {
    app = await testApp()
    await insertRow(app, 'v_extensions', {
      extension_uuid: uuid,
      domain_uuid: ours.uuid,
      extension: '101',
      enabled: true,
    })
    await insertRow(app, 'v_gateways', {
      gateway_uuid: uuid,
      domain_uuid: ours.uuid,
      gateway: 'carrier',
      profile: 'external',
      enabled: true,
    })
  })
  after(() => app.close())
  const ask = async (body: string): Promise<string> => {
    const { status, text } = await askXml(app, body)
    assert.equal(status, 200)
    return text
  }

  it('any text in a field of an extension is read as it is stored, but for what XML cannot hold and for $', () =>
    fc.assert(
      fc.asyncProperty(anyText, anyText, async (name, password) => {
        await app.sql(
          `update v_extensions set effective_caller_id_name = $1, password = $2, accountcode = $1, dial_string = $2,
             cidr = $1, mwi_account = $1, call_group = $1, hold_music = $1 where extension_uuid = $3`,
          [name, password, uuid],
        )
        const text = await ask(lookup)
        if (holdable(withoutDollar(name)) !== '')
          assert.equal(valueOfParam(text, 'effective_caller_id_name'), holdable(withoutDollar(name)))
        assert.equal(valueOfParam(text, 'password'), holdable(password))
        assert.equal(valueOfParam(text, 'dial-string'), holdable(password))
        // Nothing that the preprocessor of FreeSWITCH would act on is left (it reads lines, and any letter case).
        assert.doesNotMatch(text, /x-pre-process|\$\$\{|<include>|<!--/i)
        assert.equal(text.split('<?').length, 2)
        for (const { attributes } of elementsOf(text))
          for (const value of Object.values(attributes)) assert.doesNotMatch(value, /<!.*"/s)
      }),
      { numRuns: 150 },
    ))

  it('any text in a gateway leaves the configuration of SIP whole', () =>
    fc.assert(
      fc.asyncProperty(anyText, async (value) => {
        await app.sql('update v_gateways set password = $1, realm = $1, contact_params = $1, sip_cid_type = $1', [
          value,
        ])
        const text = await ask('hostname=pbx1&section=configuration&key_value=sofia.conf')
        assert.equal(valueOfParam(text, 'password') ?? '', holdable(value))
        assert.equal(valueOfParam(text, 'realm') ?? '', holdable(withoutDollar(value)))
        assert.doesNotMatch(text, /x-pre-process|<include>|<!--/i)
      }),
      { numRuns: 60 },
    ))

  it('any text as the user, domain, context, language or menu of a request is answered', () =>
    fc.assert(
      fc.asyncProperty(anyText, async (value) => {
        const sent = encodeURIComponent(value)
        for (const body of [
          `section=directory&user=${sent}&domain=${sent}`,
          `section=directory&user=${sent}&domain_uuid=${sent}`,
          `section=directory&action=group_call&domain=${sent}`,
          `section=directory&purpose=network-list&domain=${sent}`,
          `section=dialplan&Hunt-Context=${sent}&Caller-Destination-Number=${sent}`,
          `section=dialplan&Hunt-Context=public&Caller-Destination-Number=${sent}&variable_sip_to_user=${sent}`,
          `section=languages&domain=${ours.name}&lang=${sent}&macro_name=${uuid}`,
          `section=configuration&key_value=ivr.conf&domain=${sent}&Menu-Name=${sent}`,
          `section=${value}&key_value=${value}`,
          value,
        ])
          elementsOf(await ask(body))
      }),
      { numRuns: 60 },
    ))

  it('bytes that are no text are answered', async () => {
    for (const bytes of [[0xff, 0xfe], [0xc3], [0xed, 0xa0, 0x80], [0]]) {
      const body = Buffer.concat([Buffer.from(`${lookup}&user_agent=`), Buffer.from(bytes)])
      elementsOf(await ask(body.toString('latin1')))
    }
    for (const sent of ['%', '%zz', '%ff', '%00101', '%u0041'])
      elementsOf(await ask(`section=directory&domain=${ours.name}&user=${sent}`))
  })
})

const dialplan = (name: string, xml: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  dialplan_uuid: crypto.randomUUID(),
  domain_uuid: ours.uuid,
  dialplan_context: ours.name,
  dialplan_name: name,
  dialplan_order: 100,
  dialplan_enabled: true,
  dialplan_xml: xml,
  ...more,
})

const answerTo = (number: string): string =>
  `<extension name="to-${number}" continue="false" uuid="${uuid}"><condition field="destination_number" expression="^${number}$"><action application="answer" data=""/></condition></extension>`

describe('a dialplan that is broken stays one tenant’s own trouble', () => {
  let app: TestApp
  before(async () => {
    app = await testApp()
    await app.sql('delete from v_dialplans')
    await insertRow(app, 'v_dialplans', dialplan('good', answerTo('901'), { dialplan_order: 10 }))
  })
  after(() => app.close())
  const ask = async (context: string = ours.name): Promise<string> =>
    (await askXml(app, `hostname=pbx1&section=dialplan&Hunt-Context=${context}&Caller-Destination-Number=901`)).text
  const namesOf = (text: string): (string | undefined)[] =>
    elementsOf(text)
      .filter(({ name }) => name === 'extension')
      .map(({ attributes }) => attributes.name)

  it('what is no XML is left out and told to the log, and what stands around it is answered', async () => {
    for (const [index, xml] of [
      '<extension name="bad"><condition></extension>',
      '<extension name="bad">',
      '</context><context name="other">',
      '</section></document>',
      '<extension name="bad" uuid=x/>',
      '<extension name="bad"><a b<c="d"/></extension>',
      `${'<extension name="bad">'.repeat(5000)}`,
      '<extension name="bad"><!-- ',
    ].entries())
      await insertRow(app, 'v_dialplans', dialplan(`bad-${index}`, xml))
    await insertRow(app, 'v_dialplans', dialplan('last', answerTo('902'), { dialplan_order: 200 }))
    assert.deepEqual(namesOf(await ask()), ['to-901', 'to-902'])
    const told = app.log.filter(({ msg }) => msg === 'a dialplan is no XML and was left out')
    assert.equal(told.length, 8)
    assert.ok(told.every(({ dialplan: which, fault }) => typeof which === 'string' && typeof fault === 'string'))
  })

  it('what FreeSWITCH reads though it is not well-formed is kept: bare & and < in a value', async () => {
    await app.sql('delete from v_dialplans where dialplan_name like $1', ['bad-%'])
    const expression = String.raw`^(?<!1)(?<n>\d+) & more&amp;$`
    await insertRow(
      app,
      'v_dialplans',
      dialplan('lenient', answerTo('903').replace('^903$', expression), { dialplan_order: 50 }),
    )
    const text = await ask()
    assert.deepEqual(namesOf(text), ['to-901', 'to-903', 'to-902'])
    assert.ok(
      elementsOf(text).some(({ attributes }) => attributes.expression === String.raw`^(?<!1)(?<n>\d+) & more&$`),
    )
  })

  it('a command to the preprocessor of FreeSWITCH never reaches it', async () => {
    for (const xml of [
      '<X-PRE-PROCESS cmd="exec" data="id"/>',
      answerTo('904').replace('<action', '<x-pre-process cmd="exec" data="id"/><action'),
      answerTo('905').replace('data=""', 'data="&lt;X-PRE-PROCESS cmd=&quot;exec&quot;/>"'),
      `<!--#exec "id"-->${answerTo('906')}`,
      '<include>x</include>',
    ])
      await insertRow(app, 'v_dialplans', dialplan('command', xml, { dialplan_order: 300 }))
    const text = await ask()
    assert.doesNotMatch(text, /x-pre-process|<!--|<include>/i)
    assert.deepEqual(namesOf(text).slice(-3).sort(), ['to-904', 'to-905', 'to-906'])
  })

  it('a context is its own tenant’s, and everyone’s parts are in each', async () => {
    await insertRow(
      app,
      'v_dialplans',
      dialplan('everyone', answerTo('907'), {
        domain_uuid: null,
        dialplan_context: '${domain_name}',
        dialplan_order: 5,
      }),
    )
    assert.deepEqual(namesOf(await ask(theirs.name)), ['to-907'])
    assert.equal(namesOf(await ask())[0], 'to-907')
  })

  it('parts of another host are left to that host', async () => {
    await insertRow(app, 'v_dialplans', dialplan('elsewhere', answerTo('908'), { hostname: 'pbx2' }))
    await insertRow(app, 'v_dialplans', dialplan('here', answerTo('909'), { hostname: 'pbx1' }))
    const names = namesOf(await ask())
    assert.ok(names.includes('to-909') && !names.includes('to-908'))
  })
})

describe('a public call is looked up by its number', () => {
  let app: TestApp
  before(async () => {
    app = await testApp()
    await app.sql('delete from v_dialplans')
    await app.sql(
      `delete from v_default_settings where default_setting_category = 'destinations' and default_setting_subcategory = 'dialplan_mode'`,
    )
    await app.sql(
      `insert into v_default_settings (default_setting_uuid, default_setting_category, default_setting_subcategory, default_setting_name, default_setting_value, default_setting_enabled)
       values (gen_random_uuid(), 'destinations', 'dialplan_mode', 'text', 'single', 'true')`,
    )
    const route = crypto.randomUUID()
    await insertRow(
      app,
      'v_dialplans',
      dialplan('route', answerTo('15550001'), { dialplan_uuid: route, dialplan_context: 'public' }),
    )
    await insertRow(app, 'v_dialplans', dialplan('other', answerTo('15550002'), { dialplan_context: 'public' }))
    await insertRow(
      app,
      'v_dialplans',
      dialplan('everyone', answerTo('0'), { domain_uuid: null, dialplan_context: 'public', dialplan_order: 1 }),
    )
    await insertRow(app, 'v_destinations', {
      destination_uuid: crypto.randomUUID(),
      domain_uuid: ours.uuid,
      dialplan_uuid: route,
      destination_prefix: '1',
      destination_area_code: '20',
      destination_trunk_prefix: '0',
      destination_number: '5550001',
    })
  })
  after(() => app.close())
  const names = async (number: string): Promise<(string | undefined)[]> =>
    elementsOf(
      (
        await askXml(
          app,
          `section=dialplan&Hunt-Context=public&Caller-Destination-Number=${encodeURIComponent(number)}`,
        )
      ).text,
    )
      .filter(({ name }) => name === 'extension')
      .map(({ attributes }) => attributes.name)

  it('each spelling of the number of a destination finds its route', async () => {
    for (const number of ['1205550001', '0205550001', '15550001', '+15550001', '+1205550001', '205550001', '5550001'])
      assert.deepEqual(await names(number), ['to-0', 'to-15550001'], number)
  })

  it('another number finds what is everyone’s, and no route without a destination', async () => {
    for (const number of ['15550002', '555000', '+5550001', '', 'anonymous', '%'])
      assert.deepEqual(await names(number), ['to-0'], number)
  })
})
