import { command } from '../../../esl/index.ts'
import type { CallService, FoundLeg } from '../calls.ts'
import { readVariable } from '../leg.ts'
import { audioBugs } from './mute.ts'
import { comesTrue, inReach, order, refused } from './order.ts'

/** Variable of ours on the leg: the file that the API made FreeSWITCH record to. */
const variable = 'tandem_recording'

/** Where FreeSWITCH keeps recordings: an absolute path without anything that a command line could take apart. */
const folderForm = /^(?:[A-Za-z]:)?\/[A-Za-z0-9._/-]{1,200}$/
const dayForm = /^\d{4}\/[A-Z][a-z]{2}\/\d{2}$/
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `2026/Nov/21` on the switch's own calendar, as FusionPBX's dialplan writes it; on UTC's where the switch does not say. */
async function dayOn({ node }: FoundLeg): Promise<string> {
  const text = (await node.api(command('strftime', '%Y/%b/%d'))).trim()
  if (dayForm.test(text)) return text
  const now = new Date()
  return `${now.getUTCFullYear()}/${months[now.getUTCMonth()]}/${String(now.getUTCDate()).padStart(2, '0')}`
}

/**
 * The file: `RECORDINGS/DOMAIN/archive/YEAR/Mon/DAY/UUID.wav`, FusionPBX's own layout, so that its pages and the call's
 * record find it. Nothing in it comes from the caller: `uuid_record` writes wherever it is told (facts 2).
 */
async function fileFor(leg: FoundLeg, configured: string): Promise<string> {
  const folder = configured || (await leg.node.api(command('global_getvar', 'recordings_dir'))).trim()
  if (!folderForm.test(folder) || folder.includes('..'))
    throw refused('The folder of recordings is not known: set freeswitch.recordings_dir')
  if (!leg.domain || !/^[A-Za-z0-9._-]+$/.test(leg.domain.name) || leg.domain.name.includes('..'))
    throw refused('The call belongs to no tenant, so its recording has no place')
  const extension = (await readVariable(leg.node, leg.uuid, 'record_ext')) === 'mp3' ? 'mp3' : 'wav'
  return `${folder.replace(/\/$/, '')}/${leg.domain.name}/archive/${await dayOn(leg)}/${leg.uuid}.${extension}`
}

/** Records a call from now on; answers the file's name. Throws CALL_REFUSED when it is being recorded already. */
export async function startRecording(service: CallService, leg: FoundLeg, folder: string): Promise<string> {
  const { port } = service
  if ((await inReach(port, audioBugs(leg))).includes('session_record'))
    throw refused('The call is being recorded already')
  const file = await inReach(port, fileFor(leg, folder))
  await order(port, leg, command('uuid_record', leg.uuid, 'start', file))
  const isRecorded = await comesTrue(port, async () => (await audioBugs(leg)).includes('session_record'))
  if (!isRecorded) throw refused('FreeSWITCH accepted the order, but the call is not recorded')
  await order(port, leg, command('uuid_setvar', leg.uuid, variable, file))
  return file.slice(file.lastIndexOf('/') + 1)
}

/** Ends a recording that the API began, and no other: what the tenant's own rules record goes on. */
export async function stopRecording({ port }: CallService, leg: FoundLeg): Promise<void> {
  const file = await inReach(port, readVariable(leg.node, leg.uuid, variable))
  if (file === undefined || !/^[A-Za-z0-9:._/-]+$/.test(file))
    throw refused('No recording of this call was begun over the API')
  await order(port, leg, command('uuid_record', leg.uuid, 'stop', file))
  // Without a value the variable is removed.
  await order(port, leg, command('uuid_setvar', leg.uuid, variable))
}
