import { type Capture, formsDomain } from './capture.ts'
import type { Difference } from './fidelity.ts'
import type { Laid } from './world.ts'

const voicemailRoot = '/var/lib/freeswitch/storage/voicemail/'
const inVoicemail = (paths: readonly string[]): string[] =>
  paths.flatMap((path) => (path.startsWith(voicemailRoot) ? [path.slice(voicemailRoot.length)] : []))

const domainFolder = `default/${formsDomain.name}/`

/** The storage before the form: what it removes, the folders of the boxes there are, and the tenant's unless it makes it. */
export function voicemailBefore(capture: Capture, laid: readonly Laid[], more: readonly string[]): string[] {
  const made = inVoicemail(capture.files.created)
  const boxes = laid.flatMap(([table, row]) =>
    table === 'v_voicemails' ? [`${domainFolder}${row.voicemail_id}/`] : [],
  )
  return [
    ...inVoicemail(capture.files.removed),
    ...boxes.filter((path) => !made.includes(path)),
    ...(made.includes(domainFolder) ? [] : [domainFolder]),
    ...more,
  ]
}

/** Folders and files of the storage that came and went, in words. */
const folderText = (made: readonly string[], removed: readonly string[]): string => {
  const short = (paths: readonly string[]) =>
    paths.map((path) => path.replace(domainFolder, '').replace(/\/$/, '') || domainFolder).sort()
  const words = [...short(made).map((path) => `made ${path}`), ...short(removed).map((path) => `removed ${path}`)]
  return words.length === 0 ? 'nothing' : words.join(', ')
}

export function compareFolders(capture: Capture, had: readonly string[], has: readonly string[]): Difference[] {
  const fusionpbx = folderText(inVoicemail(capture.files.created), inVoicemail(capture.files.removed))
  const tandem = folderText(
    has.filter((path) => !had.includes(path)),
    had.filter((path) => !has.includes(path)),
  )
  return fusionpbx === tandem ? [] : [{ what: 'voicemail storage', fusionpbx, tandem }]
}
