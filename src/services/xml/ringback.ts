import type { Globals } from './globals.ts'
import { globalVariable } from './write.ts'

const tone = (stream: string): string => `tone_stream://${stream};loops=-1`

/** A variable of the switch by name, else the tone of the United States, as FusionPBX falls back to it. */
const toneOf = (name: string, globals: Globals): string =>
  globals.get(name) || globals.get('us-ring') || globalVariable('us-ring')

/** What a caller hears, from what FusionPBX's pages store: nothing, a word, `${us-ring}` or a stream. */
export function ringbackOf(stored: string, globals: Globals): string {
  if (stored === '') return globals.get('hold_music') ?? globalVariable('hold_music')
  if (stored === 'default_ringback') return tone(globals.get('ringback') ?? globalVariable('ringback'))
  const named = /\$\{.*\}/.test(stored)
  return named ? tone(toneOf(stored.replaceAll('${', '').replaceAll('}', ''), globals)) : stored
}
