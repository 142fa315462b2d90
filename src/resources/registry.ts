import { accessControls } from './access-controls/index.ts'
import { accessControlNodes } from './access-controls/nodes.ts'
import { callBlock } from './call-block.ts'
import type { Resource } from './core/define.ts'
import { devices } from './devices/index.ts'
import { domains } from './domains.ts'
import { extensions } from './extensions/index.ts'
import { gateways } from './gateways.ts'
import { numberTranslations } from './number-translations.ts'
import { pinNumbers } from './pin-numbers.ts'
import { sipProfiles } from './sip-profiles/index.ts'
import { sipProfileSettings } from './sip-profiles/settings.ts'
import { users } from './users/index.ts'
import { voicemails } from './voicemails/index.ts'
import { voicemailMessages } from './voicemails/messages.ts'

/** Every resource there is. A new one is a file and a line here. */
export const resources: readonly Resource[] = [
  extensions,
  users,
  gateways,
  devices,
  voicemails,
  voicemailMessages,
  domains,
  pinNumbers,
  accessControls,
  accessControlNodes,
  numberTranslations,
  sipProfiles,
  sipProfileSettings,
  callBlock,
]
