import { action, condition, extensionXml } from './xml.ts'

/** What the dialplan of an IVR menu depends on. */
export interface IvrMenuPlan {
  uuid: string
  dialplanUuid: string
  name: string
  extension: string
  ringback?: string | undefined
  /** What follows when the caller chose nothing; hang up if absent. */
  exit?: { application: string; data: string } | undefined
}

/** XML of an IVR menu: answers, lets the menu run, then takes the exit. */
export function ivrMenuXml(menu: IvrMenuPlan): string {
  const ringback = menu.ringback
    ? [action('set', `ringback=${menu.ringback}`), action('set', `transfer_ringback=${menu.ringback}`)]
    : []
  return extensionXml({ name: menu.name, uuid: menu.dialplanUuid, continue: 'false' }, [
    condition('destination_number', `^${menu.extension}$`, [
      action('ring_ready'),
      action('answer'),
      action('sleep', '1000'),
      action('set', 'hangup_after_bridge=true'),
      ...ringback,
      action('set', `ivr_menu_uuid=${menu.uuid}`),
      action('ivr', menu.uuid),
      menu.exit ? action(menu.exit.application, menu.exit.data) : action('hangup'),
    ]),
  ])
}
