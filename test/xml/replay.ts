import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { SaxesParser } from 'saxes'
import { differences, type Ranks, type XmlDifference } from '../../src/services/xml/equivalent.ts'
import { parseLenient, XmlSyntaxError } from '../../src/services/xml/lenient.ts'
import { XmlLedger } from './ledger.ts'
import { formOf, type Pair, type Rows } from './pairs.ts'
import { openXmlWorld, type XmlWorld } from './world.ts'

/** Throws where the text is not well-formed, by a parser that is not ours. */
export function assertWellFormed(text: string): void {
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.write(text).close()
}

const isNotFound = (text: string): boolean => text.includes('<result status="not found"/>')

/** What an answer that nobody can read, or that there is none of, is told as. */
function captured(pair: Pair): string | XmlDifference[] {
  if (pair.xml === undefined) return pair.answer === 'none' ? '<document/>' : []
  try {
    parseLenient(pair.xml)
    return pair.xml
  } catch (error) {
    if (error instanceof XmlSyntaxError) return []
    throw error
  }
}

/** The differences of one answer, as docs/fidelity.md tells them. */
export function toldDifferences(pair: Pair, answer: string, ranks: Ranks): XmlDifference[] {
  if (pair.answer === 'none') return isNotFound(answer) ? [] : [{ at: 'answer', fusionpbx: 'none', tandem: 'found' }]
  const tandem = isNotFound(answer) ? 'not found' : 'found'
  if (pair.answer === 'error') return [{ at: 'answer', fusionpbx: 'an error', tandem }]
  const text = captured(pair)
  if (typeof text !== 'string') return [{ at: 'answer', fusionpbx: 'malformed', tandem }]
  return differences(text, answer, ranks)
}

const ranksOf = (rows: Rows): Ranks =>
  new Map((rows.v_dialplans ?? []).map((row) => [String(row.dialplan_uuid), Number(row.dialplan_order ?? 0)]))

/** A test for each pair: the same rows give an answer that is equivalent, but for what docs/fidelity.md lists. */
export function replayPairs(title: string, pairs: readonly Pair[], rows: Rows): void {
  for (const template of ['5.6', '5.4'] as const)
    describe(`${title} on the columns of FusionPBX ${template}`, () => {
      const ledger = new XmlLedger()
      let world: XmlWorld
      before(async () => {
        world = await openXmlWorld(rows, { template })
      })
      after(() => world.close())

      for (const pair of pairs)
        it(`${pair.name} is answered as FusionPBX does`, async () => {
          world.layFiles(pair.existing_paths ?? [])
          const { status, text, headers } = await world.changed(pair.database_changes ?? [], () =>
            world.ask(formOf(pair)),
          )
          assert.equal(status, 200, text)
          assert.match(headers['content-type'] ?? '', /^text\/xml/)
          assertWellFormed(text)
          assert.deepEqual(ledger.unlisted(pair.name, toldDifferences(pair, text, ranksOf(rows))), [])
        })

      it('no row of docs/fidelity.md is left that none of them needs', () => {
        assert.deepEqual(ledger.stale(pairs.map(({ name }) => name)), [])
      })
    })
}
