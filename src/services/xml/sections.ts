import { directoryAnswers } from './directory/directory.ts'
import type { XmlAnswerer, XmlWorld } from './door.ts'

/** Answers every request of FreeSWITCH's XML interface; what no section knows is left to the switch's files. */
export function xmlAnswers(world: XmlWorld): XmlAnswerer {
  const sections = new Map<string, XmlAnswerer>([['directory', directoryAnswers(world)]])
  return async (request) => sections.get(request.section)?.(request)
}
