import { element, xmlDocument } from '../write.ts'

/** A whole configuration of the switch. */
export const configuration = (name: string, description: string, body: string): string =>
  xmlDocument('configuration', element('configuration', { name: `${name}.conf`, description }, body))
