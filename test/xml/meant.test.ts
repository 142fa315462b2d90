import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { parseLenient, type XmlElement } from '../../src/services/xml/lenient.ts'
import { copied, formOf, type Pair, readPairs, readRows } from './pairs.ts'
import { openXmlWorld, type XmlWorld } from './world.ts'

const rows = readRows(copied)

const pairOf = (name: string): Pair => {
  const [pair] = readPairs(copied, `${name}.request`)
  assert.ok(pair, name)
  return pair
}

const every = (elements: readonly XmlElement[], name: string): XmlElement[] =>
  elements.flatMap((element) => [...(element.name === name ? [element] : []), ...every(element.children, name)])

describe('where FusionPBX’s own answer is broken, what it means is answered', () => {
  let world: XmlWorld
  before(async () => {
    world = await openXmlWorld(rows)
  })
  after(() => world.close())
  const answer = async (pair: Pair): Promise<XmlElement[]> => parseLenient((await world.ask(formOf(pair))).text)
  const valueIn = (elements: XmlElement[], kind: string, name: string): string | undefined =>
    every(elements, kind)
      .find(({ attributes }) => attributes.get('name') === name)
      ?.attributes.get('value')

  it('a SIP password is passed on whole, whatever its letters', async () => {
    const stored = rows.v_extensions?.find(({ extension }) => extension === '108')?.password
    assert.equal(stored, `a&b<c>"d'e$f;%41`)
    assert.equal(valueIn(await answer(pairOf('directory-108-special-password')), 'param', 'password'), stored)
  })

  it('a reverse look-up by an alias names the extension, its alias and its password', async () => {
    const found = await answer(pairOf('directory-reverse-auth-lookup-alias'))
    const [user] = every(found, 'user')
    assert.deepEqual([user?.attributes.get('id'), user?.attributes.get('number-alias')], ['102', '1102'])
    assert.equal(valueIn(found, 'param', 'reverse-auth-user'), '102')
    assert.equal(valueIn(found, 'param', 'reverse-auth-pass'), 'Pw102secret')
  })

  it('with only the UUID of a domain, its user is found under its name', async () => {
    const found = await answer(pairOf('directory-101-only-domain-uuid'))
    assert.equal(every(found, 'domain')[0]?.attributes.get('name'), 'xml.example.com')
    assert.equal(valueIn(found, 'param', 'password'), 'Pw101secret')
  })

  it('call groups hold the extensions that name them', async () => {
    const expected = new Map<string, string[]>()
    for (const row of rows.v_extensions ?? [])
      if (row.enabled && row.domain_uuid === 'fa276980-b934-4e40-be30-451748542660')
        for (const name of String(row.call_group ?? '')
          .split(',')
          .filter(Boolean))
          expected.set(name, [...(expected.get(name) ?? []), String(row.extension)])
    assert.ok(expected.size >= 2)
    const groups = every(await answer(pairOf('directory-group-call')), 'group')
    const found = new Map(
      groups.map((group) => [
        group.attributes.get('name'),
        every([group], 'user').map(({ attributes }) => attributes.get('id')),
      ]),
    )
    assert.deepEqual(found, expected)
    assert.ok(
      groups.every((group) => every([group], 'user').every(({ attributes }) => attributes.get('type') === 'pointer')),
    )
  })

  it('the list of names holds who may be found by name', async () => {
    const found = await answer(pairOf('directory-mod-directory'))
    const ids = every(found, 'user').map(({ attributes }) => attributes.get('id'))
    const visible = rows.v_extensions
      ?.filter((row) => row.domain_uuid === 'fa276980-b934-4e40-be30-451748542660' && row.enabled)
      .filter((row) => row.directory_visible || row.directory_exten_visible)
      .map(({ extension }) => extension)
    assert.ok(visible && visible.length > 0)
    assert.deepEqual(ids, visible)
    assert.equal(valueIn(found, 'variable', 'directory_full_name'), "Niall O'Brien")
  })

  it('a phrase matches everything and plays its parts in order', async () => {
    const found = await answer(pairOf('languages-phrase'))
    assert.equal(every(found, 'input')[0]?.attributes.get('pattern'), '(.*)')
    assert.deepEqual(
      every(found, 'action').map(({ attributes }) => [attributes.get('function'), attributes.get('data')]),
      [
        ['play-file', 'ivr/ivr-welcome.wav'],
        ['play-file', '${lua streamfile.lua hello <1>.wav}'],
        ['execute', 'sleep(500)'],
      ],
    )
  })
})

describe('variables of the switch', () => {
  const sofia = 'section=configuration&tag_name=configuration&key_name=name&key_value=sofia.conf'
  const none = {
    TANDEM_HOOKS__XML__VARIABLES: '',
    TANDEM_FREESWITCH__SOUNDS_DIR: '',
    TANDEM_FREESWITCH__RECORDINGS_DIR: '',
  }
  let world: XmlWorld
  before(async () => {
    world = await openXmlWorld(rows, { env: none })
  })
  after(() => world.close())
  const setting = async (body: string, profile: string, name: string): Promise<string | undefined> => {
    const profiles = every(parseLenient((await world.ask(body)).text), 'profile')
    const [settings] = every(
      profiles.filter(({ attributes }) => attributes.get('name') === profile),
      'settings',
    )
    return every(settings?.children ?? [], 'param')
      .find(({ attributes }) => attributes.get('name') === name)
      ?.attributes.get('value')
  }

  it('those of FusionPBX’s own page are filled in', async () => {
    const page = rows.v_vars?.find(({ var_name }) => var_name === 'global_codec_prefs')?.var_value
    assert.equal(await setting(`hostname=vm&${sofia}`, 'internal', 'inbound-codec-prefs'), page)
  })

  it('its addresses are left to it, whatever it says in a request: vars.xml may have chosen another', async () => {
    const said = `hostname=vm&${sofia}&FreeSWITCH-IPv4=192.0.2.2`
    assert.equal(await setting(said, 'internal', 'sip-ip'), '$${local_ip_v4}')
    assert.equal(await setting(said, 'internal', 'ext-sip-ip'), '$${local_ip_v4}')
  })

  it('the others are left for the switch, by name', async () => {
    assert.equal(await setting(`hostname=vm&${sofia}`, 'internal', 'sip-ip'), '$${local_ip_v4}')
    assert.equal(await setting(`hostname=vm&${sofia}`, 'internal', 'tls-cert-dir'), '$${conf_dir}/tls')
    const { text } = await world.ask(formOf(pairOf('configuration-local_stream')))
    assert.match(text, /path="\$\$\{sounds_dir\}\/music\/default\/8000"/)
  })

  it('a profile of another host is left to that host', async () => {
    assert.equal(
      await setting(`hostname=pbx9&${sofia}`, 'edge', 'context'),
      await setting(`hostname=vm&${sofia}&FreeSWITCH-Hostname=pbx9`, 'edge', 'context'),
    )
    const names = async (hostname: string): Promise<(string | undefined)[]> =>
      every(parseLenient((await world.ask(`hostname=${hostname}&${sofia}`)).text), 'profile').map(({ attributes }) =>
        attributes.get('name'),
      )
    assert.ok(!(await names('vm')).includes('edge'))
  })
})
