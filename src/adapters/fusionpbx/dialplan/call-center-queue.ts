// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the switch writes its variables
import { action, condition, extensionXml } from './xml.ts'

/** What the dialplan of a queue depends on. */
export interface QueuePlan {
  uuid: string
  dialplanUuid: string
  name: string
  extension: string
  domainName: string
  soundPrefix: string
  /** Variables handed on to the agent's call, besides those every queue hands on. */
  exportVariables: readonly string[]
  callerIdPrefix?: string | undefined
  exitKeys?: string | undefined
  /** What follows when nobody took the call. */
  timeout?: { application: string; data: string } | undefined
}

/** XML of a call centre queue. The first condition takes off a prefix that another queue put before the number. */
export function callCenterQueueXml(queue: QueuePlan): string {
  const exported = ['call_center_queue_uuid', 'sip_h_Alert-Info', 'sound_prefix', ...queue.exportVariables]
  const prefix = queue.callerIdPrefix
    ? [action('set', `effective_caller_id_name=${queue.callerIdPrefix}#\${caller_id_name}`)]
    : []
  return extensionXml({ name: queue.name, uuid: queue.dialplanUuid, continue: '' }, [
    condition('destination_number', '^([^#]+#)(.*)$', [action('set', 'caller_id_name=$2')], 'never'),
    condition('destination_number', `^(callcenter\\+)?${queue.extension}$`, [
      action('answer'),
      action('set', `sound_prefix=${queue.soundPrefix}`),
      action('set', `call_center_queue_uuid=${queue.uuid}`),
      action('set', `queue_extension=${queue.extension}`),
      action('set', `cc_export_vars=\${cc_export_vars},${exported.join(',')}`),
      action('set', 'hangup_after_bridge=true'),
      ...prefix,
      action('set', `cc_exit_keys=${queue.exitKeys ?? ''}`),
      action('callcenter', `${queue.extension}@${queue.domainName}`),
      ...(queue.timeout ? [action(queue.timeout.application, queue.timeout.data)] : []),
    ]),
  ])
}
