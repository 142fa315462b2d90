import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { run } from '../../src/cli/program.ts'
import { loadConfig } from '../../src/config/config.ts'
import { cachedRequest } from '../../src/services/xml/cache-names.ts'
import { copied, environment, readPairs, readRows } from './pairs.ts'
import { openXmlWorld, type XmlWorld } from './world.ts'

const answerOf = (name: string): string => {
  const xml = readPairs(copied, `${name}.request`)[0]?.xml
  assert.ok(xml, name)
  return xml
}

describe('FusionPBX’s cache beside our answers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-cache-'))
  let world: XmlWorld
  before(async () => {
    world = await openXmlWorld(readRows(copied))
  })
  after(async () => {
    await world.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function compare(...words: string[]): Promise<{ status: number; out: string; err: string }> {
    const said = { status: 0, out: '', err: '' }
    said.status = await run(['xml', 'compare', ...words], {
      out: (text) => {
        said.out += text
      },
      err: (text) => {
        said.err += text
      },
      config: () =>
        loadConfig({
          env: {
            TANDEM_DATABASE_URL: world.app.url,
            TANDEM_HOOKS__XML__FILES_ROOT: folder,
            TANDEM_FREESWITCH__SOUNDS_DIR: environment['config.conf']['switch.sounds.dir'] ?? '',
            TANDEM_FREESWITCH__RECORDINGS_DIR: environment['config.conf']['switch.recordings.dir'] ?? '',
            TANDEM_HOOKS__XML__VARIABLES: JSON.stringify(
              Object.entries(environment.global_variables).map(([name, value]) => `${name}=${value}`),
            ),
          },
          files: { fusionpbx: [] },
        }),
    })
    return said
  }

  it('a folder of answers that are the same is said to be the same, and its other files are passed over', async () => {
    const files: Record<string, string> = {
      'directory.101@xml.example.com': answerOf('directory-101-plain'),
      'directory.1102@xml.example.com': answerOf('directory-102-number-alias'),
      'configuration.acl.conf': answerOf('configuration-acl'),
      'configuration.local_stream.conf': answerOf('configuration-local_stream'),
      'configuration.translate.conf': answerOf('configuration-translate'),
      'configuration.ivr.conf.3a2dca6e-d05d-45b8-9e81-20c8fff5484a': answerOf(
        'configuration-ivr-main-no-recordings-directory',
      ),
      'setting.xml.example.com.domain.dial_string.text': '{}',
      'dialplan.mode': 'single',
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const { status, out, err } = await compare(folder)
    assert.deepEqual([status, err], [0, ''], out)
    assert.equal(out.split('\n').filter((line) => line.endsWith(': the same')).length, 6)
  })

  it('what differs is told with its place, and the status says so', async () => {
    await world.app.sql(`update v_extensions set call_timeout = 45 where extension = '101'`)
    const { status, out, err } = await compare('--json', join(folder, 'directory.101@xml.example.com'))
    assert.equal(status, 1)
    assert.match(err, /1 of 1 answers differ/)
    const [{ differences }] = JSON.parse(out)
    assert.deepEqual(
      differences.map(({ fusionpbx, tandem }: { fusionpbx: string; tandem: string }) => [fusionpbx, tandem]),
      [['30', '45']],
    )
    assert.match(differences[0].at, /domain\[xml\.example\.com\].*user\[101\].*variable\[call_timeout\]@value$/)
  })

  it('an answer with its request in a file of its own is compared', async () => {
    const answer = join(folder, 'queue.xml')
    const request = join(folder, 'queue.form')
    writeFileSync(answer, answerOf('configuration-conference'))
    writeFileSync(
      request,
      'hostname=vm&section=configuration&tag_name=configuration&key_name=name&key_value=conference.conf',
    )
    const { status, out } = await compare(answer, '--request', request)
    assert.equal(status, 0, out)
  })

  it('a folder without answers is refused in a sentence', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'hello')
    const { status, err } = await compare(join(folder, 'notes.txt'))
    assert.equal(status, 1)
    assert.match(err, /None of these files holds an answer/)
  })

  it('a file whose answer is no XML is told as such', async () => {
    const file = join(folder, 'directory.108@xml.example.com')
    writeFileSync(file, answerOf('directory-108-special-password'))
    const { status, out } = await compare(file)
    assert.equal(status, 1)
    assert.match(out, /no XML/)
  })
})

describe('names of files of FusionPBX’s cache', () => {
  const cases: [string, Record<string, string> | undefined][] = [
    ['directory.101@example.com', { section: 'directory', user: '101', domain: 'example.com' }],
    ['directory.a.b@example.com', { section: 'directory', user: 'a.b', domain: 'example.com' }],
    ['directory.groups.example.com', { section: 'directory', action: 'group_call', domain: 'example.com' }],
    ['dialplan.example.com', { section: 'dialplan', 'Hunt-Context': 'example.com', 'Caller-Destination-Number': '' }],
    ['dialplan.public', { section: 'dialplan', 'Hunt-Context': 'public' }],
    ['dialplan.public.15551230001', { 'Hunt-Context': 'public', 'Caller-Destination-Number': '15551230001' }],
    ['dialplan.public.+1555', { 'Hunt-Context': 'public', 'Caller-Destination-Number': '+1555' }],
    ['dialplan.public@example.com.1555', { 'Hunt-Context': 'public@example.com', 'Caller-Destination-Number': '1555' }],
    ['pbx1.example.com.configuration.sofia.conf', { hostname: 'pbx1.example.com', key_value: 'sofia.conf' }],
    ['pbx1.configuration.callcenter.conf', { hostname: 'pbx1', key_value: 'callcenter.conf' }],
    ['configuration.acl.conf', { key_value: 'acl.conf' }],
    ['setting..call_center.queue_login.text', undefined],
    ['dialplan.mode', undefined],
    ['dialplan.destination', undefined],
    ['call_block.1555', undefined],
  ]
  for (const [file, expected] of cases)
    it(`${file} is ${expected ? 'a request' : 'none'}`, () => {
      const found = cachedRequest(file)
      if (expected === undefined) assert.equal(found, undefined)
      else assert.deepEqual({ ...found, ...expected }, found)
    })
})
