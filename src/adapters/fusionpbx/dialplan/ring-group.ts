import { action, condition, extensionXml } from './xml.ts'

/** XML of a ring group: whom to ring is looked up when a call comes in, so it holds nothing but the number. */
export function ringGroupXml(group: { uuid: string; dialplanUuid: string; name: string; extension: string }): string {
  return extensionXml({ name: group.name, uuid: group.dialplanUuid, continue: '' }, [
    condition('destination_number', `^${group.extension}$`, [
      action('ring_ready'),
      action('set', `ring_group_uuid=${group.uuid}`),
      action('set', 'record_stereo=true'),
      action('lua', 'app.lua ring_groups'),
    ]),
  ])
}
