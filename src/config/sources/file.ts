import { readFileSync } from 'node:fs'
import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Fault } from '../fault.ts'
import { nearest } from '../nearest.ts'
import type { Given } from '../setting.ts'
import { isSettingKey, type SettingKey, settingKeys } from '../settings.ts'
import { configFileVariable } from './environment.ts'
import type { Entry, Layer } from './layer.ts'

const fileFault = (path: string, problem: string, allowed: string): Fault => ({
  key: configFileVariable,
  problem,
  allowed,
  source: `file ${path}`,
})

/** A value found in the file, by its dotted key; undefined where its shape fits no setting. */
interface Leaf {
  key: string
  given: Given | undefined
}

/**
 * Text of a scalar as it stands in the file, so that `version: 1.0` is "1.0" and not the number 1; what the text
 * means is for the setting to say. Undefined for null, which is "not set".
 */
function scalarText(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined
  return node.source ?? String(node.value)
}

/** The leaves below a node. A dot in a key is the same as a level of nesting. */
function leaves(document: Document, given: unknown, path: string): Leaf[] {
  const node = isAlias(given) ? given.resolve(document) : given
  if (isMap(node)) {
    return node.items.flatMap(({ key, value }) => {
      const name = scalarText(key) ?? ''
      return leaves(document, value, path === '' ? name : `${path}.${name}`)
    })
  }
  if (path === '') return []
  if (isSeq(node)) {
    const texts = node.items.map(scalarText)
    return [{ key: path, given: texts.every((text) => text !== undefined) ? texts : undefined }]
  }
  const text = scalarText(node)
  return text === undefined ? [] : [{ key: path, given: text }]
}

function unknown(key: string, source: string): Fault {
  const inside = settingKeys.find((candidate) => key.startsWith(`${candidate}.`))
  if (inside !== undefined) {
    return { key: inside, problem: `has ${JSON.stringify(key)} below it`, allowed: 'a value, no further keys', source }
  }
  const section = settingKeys.some((candidate) => candidate.startsWith(`${key}.`))
  if (section) return { key, problem: 'has a value of its own', allowed: 'a section of settings', source }
  const meant = nearest(key, settingKeys)
  return { key, problem: 'is no setting', allowed: meant ?? 'the keys that `tandem config print` lists', source }
}

function readLeaves(found: readonly Leaf[], source: string): Layer {
  const entries = new Map<SettingKey, Entry>()
  const faults: Fault[] = []
  for (const { key, given } of found) {
    if (!isSettingKey(key)) faults.push(unknown(key, source))
    else if (given === undefined) {
      faults.push({ key, problem: 'is a list of other things than texts', allowed: 'a list of texts', source })
    } else if (entries.has(key)) faults.push({ key, problem: 'is given twice', allowed: 'each key once', source })
    else entries.set(key, { given, source })
  }
  return { entries, faults }
}

function readText(path: string): string | Fault {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error
    return fileFault(path, `names a file that cannot be read (${code})`, 'a YAML or JSON file this user may read')
  }
}

/** Settings from the file that TANDEM_CONFIG names, YAML or JSON (which is YAML); none when it names no file. */
export function fileLayer(path: string | undefined): Layer {
  const nothing = new Map<SettingKey, Entry>()
  if (!path) return { entries: nothing, faults: [] }
  const text = readText(path)
  if (typeof text !== 'string') return { entries: nothing, faults: [text] }
  const document = parseDocument(text, { prettyErrors: true })
  if (document.errors.length > 0) {
    // The first line of a message says what and where; the lines below it quote the file, secrets included.
    const faults = document.errors.map((error) =>
      fileFault(path, `does not parse: ${error.message.split('\n')[0]?.replace(/:$/, '')}`, 'YAML or JSON'),
    )
    return { entries: nothing, faults }
  }
  const { contents } = document
  if (contents !== null && !isMap(contents) && !(isScalar(contents) && contents.value === null)) {
    return { entries: nothing, faults: [fileFault(path, 'holds no settings', 'keys with values')] }
  }
  return readLeaves(leaves(document, contents, ''), `file ${path}`)
}
