import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { differences } from '../../src/services/xml/equivalent.ts'
import { parseLenient, XmlSyntaxError } from '../../src/services/xml/lenient.ts'
import { copied, readPairs } from './pairs.ts'

const document = (body: string): string => `<?xml version="1.0"?>\n<document type="freeswitch/xml">${body}</document>`

describe('what makes two answers equivalent', () => {
  const alike: [string, string, string][] = [
    ['white space and comments', '<a>\n <b x="1"/></a>', '<a><!-- no --><b x="1" /></a>'],
    ['text between elements', '<a><b/>\\n</a>', '<a><b/></a>'],
    ['the order of attributes', '<a x="1" y="2"/>', '<a y="2" x="1"/>'],
    [
      'the order of params',
      '<params><param name="a"/><param name="b"/></params>',
      '<params><param name="b"/><param name="a"/></params>',
    ],
    [
      't and true where FusionPBX forgets to cast',
      '<param name="vm-enabled" value="t"/>',
      '<param name="vm-enabled" value="true"/>',
    ],
    [
      'the number in the list of a virtual extension',
      '<param name="auth-acl" value="virtual.0.14"/>',
      '<param name="auth-acl" value="virtual.0.9231"/>',
    ],
    ['who called first', '<context name="a" destination_number="1" hostname="vm"/>', '<context name="a"/>'],
    ['how a character is written', '<a x="Q &amp; A &lt;1&gt; &#65;"/>', '<a x="Q & A <1> A"/>'],
  ]
  for (const [what, fusionpbx, tandem] of alike)
    it(`${what} counts for nothing`, () => assert.deepEqual(differences(document(fusionpbx), document(tandem)), []))

  const unlike: [string, string, string, string][] = [
    ['another value', '<param name="a" value="1"/>', '<param name="a" value="2"/>', 'param[a]@value'],
    ['t for true elsewhere', '<param name="a" value="t"/>', '<param name="a" value="true"/>', 'param[a]@value'],
    ['an element more', '<params><param name="a"/></params>', '<params/>', 'params/param[a]'],
    ['an element too many', '<params/>', '<params><param name="a"/></params>', 'params/param[a]'],
    [
      'the order of actions',
      '<c><action application="a"/><action application="b"/></c>',
      '<c><action application="b"/><action application="a"/></c>',
      'c/order',
    ],
    [
      'the order of nodes of an access list',
      '<list name="l"><node cidr="1"/><node cidr="2"/></list>',
      '<list name="l"><node cidr="2"/><node cidr="1"/></list>',
      'list[l]/order',
    ],
    [
      'a list of an access list that is no virtual extension’s',
      '<param name="auth-acl" value="virtual.x"/>',
      '<param name="auth-acl" value="virtual.y"/>',
      'param[auth-acl]@value',
    ],
  ]
  for (const [what, fusionpbx, tandem, at] of unlike)
    it(`${what} is a difference`, () =>
      assert.deepEqual(
        differences(document(fusionpbx), document(tandem)).map((difference) => difference.at),
        [at],
      ))

  it('extensions of one rank may change places, others not', () => {
    const context = (...uuids: string[]): string =>
      document(`<context name="c">${uuids.map((uuid) => `<extension uuid="${uuid}"/>`).join('')}</context>`)
    const ranks = new Map([
      ['a', 1],
      ['b', 1],
      ['c', 2],
    ])
    assert.deepEqual(differences(context('a', 'b', 'c'), context('b', 'a', 'c'), ranks), [])
    assert.equal(differences(context('a', 'b', 'c'), context('b', 'a', 'c')).length, 1)
  })

  it('every captured answer that FreeSWITCH can read is equivalent to itself', () => {
    for (const pair of readPairs(copied, '').filter(({ parse }) => parse === 'strict' || parse === 'bare-ampersand'))
      assert.deepEqual(differences(pair.xml ?? '', pair.xml ?? ''), [], pair.name)
  })

  it('what is no XML is told, with where it ends', () => {
    for (const text of [
      '<a',
      '<a>',
      '</a>',
      '<a></b>',
      '<a x>',
      '<a x=1/>',
      '<a x="1/>',
      '<!-- ',
      '< a/>',
      '<a><b></a></b>',
    ])
      assert.throws(() => parseLenient(text), XmlSyntaxError, text)
  })
})
