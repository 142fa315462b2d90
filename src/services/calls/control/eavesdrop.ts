import type { Backend } from '../../../operations/backend.ts'
import type { Domain } from '../../../resources/core/define.ts'
import type { FoundLeg } from '../calls.ts'
import type { Originated, Originator } from './originate.ts'

/** Whether the listener is heard: by nobody, by the party at this leg, or by both. */
export type EavesdropMode = 'listen' | 'whisper' | 'barge'

const modes: Readonly<Record<EavesdropMode, Record<string, string>>> = {
  listen: {},
  // FreeSWITCH's b-leg is what it writes to this leg, so what the party at it hears; its a-leg what the other side hears.
  whisper: { eavesdrop_whisper_bleg: 'true' },
  barge: { eavesdrop_whisper_aleg: 'true', eavesdrop_whisper_bleg: 'true' },
}

/** Rings an extension and lets it hear a call of its tenant. */
export function eavesdrop(
  originator: Originator,
  backend: Backend,
  domain: Domain,
  leg: FoundLeg,
  wanted: { extension: string; mode: EavesdropMode },
): Promise<Originated> {
  return originator.ring(backend, domain, {
    extension: wanted.extension,
    nodeName: leg.node.name,
    application: `&eavesdrop(${leg.uuid})`,
    variables: {
      ...modes[wanted.mode],
      // Keys of the listening phone must not change what it does.
      eavesdrop_enable_dtmf: 'false',
      origination_caller_id_name: 'Eavesdrop',
      origination_caller_id_number:
        leg.dump
          .get('Caller-Caller-ID-Number')
          ?.replaceAll(/[^0-9+*#]/g, '')
          .slice(0, 32) || '0',
      ignore_early_media: 'true',
      originate_timeout: '30',
    },
  })
}
