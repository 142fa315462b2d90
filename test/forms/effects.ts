import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Effect } from '../../src/adapters/effects.ts'
import type { TestAnswer } from '../support/app.ts'
import { type Capture, formsDomain, formsHost } from './capture.ts'
import type { Difference } from './fidelity.ts'
import type { Laid, World } from './world.ts'

/** `cache KEY` and `switch COMMAND`, with the host's name out of the way. */
const effectText = (effect: Effect): string | undefined => {
  if (effect.to === 'cache') return `cache ${effect.perHost ? 'HOST:' : ''}${effect.key}`.replaceAll(':', '.')
  return effect.to === 'switch' ? `switch ${effect.command.join(' ')}` : undefined
}

const commandText = (command: string): string => {
  const key = /API-Command-Argument: delete (.*)$/.exec(command)?.[1]
  if (key !== undefined) return `cache ${key.replace(new RegExp(`^${formsHost}\\.`), 'HOST.')}`
  return `switch ${command.replace(/^(bg)?api /, '')}`
}

/** What a write has to tell caches and switch, by its receipt. */
export async function effectsOf(world: World, answer: TestAnswer): Promise<string[]> {
  const id = /^[0-9a-f-]{36}/.exec(answer.headers['x-tandem-receipt'] ?? '')?.[0]
  if (id === undefined) return []
  const [row] = await world.app.sql<{ effects: string }>(
    'select effects::text from tandem.receipts where receipt_uuid = $1',
    [id],
  )
  return (JSON.parse(row?.effects ?? '[]') as Effect[]).flatMap((effect) => effectText(effect) ?? [])
}

/** Compares the commands and dropped keys of a form with ours, order included. */
export function compareEffects(capture: Capture, ours: readonly string[]): Difference[] {
  const theirs = capture.esl.map(({ command }) => commandText(command))
  const split = (text: string): [what: string, rest: string] => {
    const [what = '', ...rest] = text.split(' ')
    return [what, rest.join(' ')]
  }
  const differences: Difference[] = []
  for (const text of theirs)
    if (!ours.includes(text)) differences.push({ what: split(text)[0], fusionpbx: split(text)[1], tandem: 'nothing' })
  for (const text of ours)
    if (!theirs.includes(text)) differences.push({ what: split(text)[0], fusionpbx: 'nothing', tandem: split(text)[1] })
  const common = (texts: readonly string[], others: readonly string[]) =>
    texts.filter((text) => others.includes(text)).join(', ')
  if (common(theirs, ours) !== common(ours, theirs))
    differences.push({
      what: 'order of effects',
      fusionpbx: common(theirs, ours),
      tandem: common(ours, theirs),
    })
  return differences
}

/** Files in FusionPBX's cache: of every name that the rows answer to, of neighbours, and of a switch. */
export function layCache(world: World, laid: readonly Laid[]): string[] {
  const numbers = laid.flatMap(([, row]) => [row.extension, row.number_alias, row.voicemail_id]).filter(Boolean)
  const names = [
    ...new Set(
      [...numbers, '201', '202', '203', '211', '555'].map((number) => `directory.${number}@${formsDomain.name}`),
    ),
    'directory.201@lobby.example.net',
    `${formsHost}.configuration.sofia.conf`,
    'configuration.acl.conf',
  ]
  for (const name of names) writeFileSync(join(world.app.cacheDir, name), '')
  return names
}

/** What a receipt says was dropped is gone from the disk, and nothing else is. */
export function checkCache(world: World, laid: readonly string[], effects: readonly string[]): void {
  const dropped = effects.map((text) => text.replace(/^cache /, '').replace(/^HOST/, formsHost))
  assert.deepEqual(
    laid.filter((name) => !existsSync(join(world.app.cacheDir, name))).sort(),
    laid.filter((name) => dropped.includes(name)).sort(),
  )
}
