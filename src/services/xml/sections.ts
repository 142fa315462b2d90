import { acl } from './configuration/acl.ts'
import { callcenter } from './configuration/callcenter.ts'
import { conference } from './configuration/conference.ts'
import { ivr } from './configuration/ivr.ts'
import { localStream } from './configuration/local-stream.ts'
import { sofia } from './configuration/sofia.ts'
import { translate } from './configuration/translate.ts'
import { dialplanAnswers } from './dialplan.ts'
import { directoryAnswers } from './directory/directory.ts'
import type { XmlAnswerer, XmlWorld } from './door.ts'
import { languageAnswers } from './languages.ts'

/** Configurations that FusionPBX serves from the database; all others are files of the switch. */
function configurationAnswers(world: XmlWorld): XmlAnswerer {
  const answerers = new Map<string, XmlAnswerer>([
    ['acl.conf', acl(world)],
    ['callcenter.conf', callcenter(world)],
    ['conference.conf', conference(world)],
    ['ivr.conf', ivr(world)],
    ['local_stream.conf', localStream(world)],
    ['sofia.conf', sofia(world)],
    ['translate.conf', translate(world)],
  ])
  return async (request) => answerers.get(request.keyValue)?.(request)
}

/** Answers every request of FreeSWITCH's XML interface; what no section knows is left to the switch's files. */
export function xmlAnswers(world: XmlWorld): XmlAnswerer {
  const sections = new Map<string, XmlAnswerer>([
    ['directory', directoryAnswers(world)],
    ['dialplan', dialplanAnswers(world)],
    ['configuration', configurationAnswers(world)],
    ['languages', languageAnswers(world)],
  ])
  return async (request) => sections.get(request.section)?.(request)
}
