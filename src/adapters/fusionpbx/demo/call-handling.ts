import { applications, orders } from '../dialplan/applications.ts'
import { callCenterQueueXml } from '../dialplan/call-center-queue.ts'
import { ivrMenuXml } from '../dialplan/ivr-menu.ts'
import { ringGroupXml } from '../dialplan/ring-group.ts'
import { type Dialplan, dialplanRow } from '../dialplan/rows.ts'
import { newPin, type Part, type Tenant, transferTo } from './tenant.ts'

function plan(tenant: Tenant, application: 'ringGroup' | 'ivrMenu' | 'callCenterQueue', name: string): Dialplan {
  return {
    uuid: tenant.random.uuid(),
    name,
    continue: false,
    context: tenant.domain.name,
    domain: tenant.domain,
    app: applications[application],
    order: orders[application],
  }
}

/** A group whose members ring together, then the first one's voicemail. */
export function ringGroupRows(tenant: Tenant): Part {
  const { domain, random, ringGroup } = tenant
  const dialplan = { ...plan(tenant, 'ringGroup', 'Sales'), number: ringGroup.extension, description: 'Sales team' }
  const row = {
    domain_uuid: domain.uuid,
    ring_group_uuid: ringGroup.uuid,
    ring_group_name: dialplan.name,
    ring_group_extension: ringGroup.extension,
    ring_group_call_timeout: 30,
    ring_group_forward_enabled: false,
    ring_group_strategy: 'simultaneous',
    ring_group_timeout_app: 'transfer',
    ring_group_timeout_data: transferTo(tenant, `*99${ringGroup.members[0]?.number}`),
    ring_group_call_screen_enabled: false,
    ring_group_call_forward_enabled: false,
    ring_group_follow_me_enabled: false,
    ring_group_context: domain.name,
    ring_group_enabled: true,
    ring_group_description: dialplan.description,
    dialplan_uuid: dialplan.uuid,
  }
  const destinations = ringGroup.members.map((member) => ({
    ring_group_destination_uuid: random.uuid(),
    domain_uuid: domain.uuid,
    ring_group_uuid: ringGroup.uuid,
    destination_number: member.number,
    destination_delay: 0,
    destination_timeout: 30,
    destination_enabled: true,
  }))
  const xml = ringGroupXml({
    uuid: ringGroup.uuid,
    dialplanUuid: dialplan.uuid,
    name: dialplan.name,
    extension: ringGroup.extension,
  })
  return [
    ['v_ring_groups', [row]],
    ['v_ring_group_destinations', destinations],
    ['v_dialplans', [dialplanRow(dialplan, xml)]],
  ]
}

/** The menu callers from outside hear: sales, support, the front desk. */
export function ivrMenuRows(tenant: Tenant): Part {
  const { domain, random, ivrMenu } = tenant
  const dialplan = { ...plan(tenant, 'ivrMenu', 'Main menu'), number: ivrMenu.extension, description: 'Main number' }
  const exit = { application: 'transfer', data: transferTo(tenant, '1001') }
  const ringback = '${us-ring}'
  const row = {
    ivr_menu_uuid: ivrMenu.uuid,
    domain_uuid: domain.uuid,
    dialplan_uuid: dialplan.uuid,
    ivr_menu_name: dialplan.name,
    ivr_menu_extension: ivrMenu.extension,
    ivr_menu_dialect: 'us',
    ivr_menu_voice: 'callie',
    ivr_menu_greet_long: 'ivr/ivr-welcome.wav',
    ivr_menu_greet_short: 'ivr/ivr-welcome.wav',
    ivr_menu_tts_engine: 'flite',
    ivr_menu_tts_voice: 'rms',
    ivr_menu_confirm_attempts: 1,
    ivr_menu_timeout: 3000,
    ivr_menu_exit_app: exit.application,
    ivr_menu_exit_data: exit.data,
    ivr_menu_inter_digit_timeout: 2000,
    ivr_menu_max_failures: 1,
    ivr_menu_max_timeouts: 1,
    ivr_menu_digit_len: 5,
    ivr_menu_direct_dial: true,
    ivr_menu_ringback: ringback,
    ivr_menu_context: domain.name,
    ivr_menu_enabled: true,
    ivr_menu_description: dialplan.description,
  }
  const choices = [
    { digits: '1', to: tenant.ringGroup.extension, description: 'Sales' },
    { digits: '2', to: tenant.queue.extension, description: 'Support' },
    { digits: '0', to: '1001', description: 'Front desk' },
    { digits: '*', to: undefined, description: 'Once more' },
  ]
  const options = choices.map(({ digits, to, description }, order) => ({
    ivr_menu_option_uuid: random.uuid(),
    ivr_menu_uuid: ivrMenu.uuid,
    domain_uuid: domain.uuid,
    ivr_menu_option_digits: digits,
    ivr_menu_option_action: to ? 'menu-exec-app' : 'menu-top',
    ivr_menu_option_param: to ? `transfer ${transferTo(tenant, to)}` : undefined,
    ivr_menu_option_order: order,
    ivr_menu_option_description: description,
    ivr_menu_option_enabled: true,
  }))
  const xml = ivrMenuXml({
    uuid: ivrMenu.uuid,
    dialplanUuid: dialplan.uuid,
    name: dialplan.name,
    extension: ivrMenu.extension,
    ringback,
    exit,
  })
  return [
    ['v_ivr_menus', [row]],
    ['v_ivr_menu_options', options],
    ['v_dialplans', [dialplanRow(dialplan, xml)]],
  ]
}

/** A queue with three agents, one available, one on a break and one logged out. */
export function queueRows(tenant: Tenant): Part {
  const { domain, random, queue } = tenant
  const dialplan = { ...plan(tenant, 'callCenterQueue', 'Support'), number: queue.extension, description: 'Help line' }
  const timeout = { application: 'transfer', data: transferTo(tenant, '*991001') }
  const row = {
    call_center_queue_uuid: queue.uuid,
    domain_uuid: domain.uuid,
    dialplan_uuid: dialplan.uuid,
    queue_name: dialplan.name,
    queue_extension: queue.extension,
    queue_strategy: 'longest-idle-agent',
    queue_moh_sound: 'local_stream://default',
    queue_time_base_score: 'system',
    queue_max_wait_time: 300,
    queue_max_wait_time_with_no_agent: 90,
    queue_max_wait_time_with_no_agent_time_reached: 30,
    queue_tier_rules_apply: false,
    queue_tier_rule_wait_second: 30,
    queue_tier_rule_no_agent_no_wait: true,
    queue_timeout_action: `${timeout.application}:${timeout.data}`,
    queue_discard_abandoned_after: 900,
    queue_abandoned_resume_allowed: false,
    queue_tier_rule_wait_multiply_level: true,
    queue_context: domain.name,
    queue_description: dialplan.description,
  }
  const statuses = ['Available', 'On Break', 'Logged Out']
  const agents = queue.agents.map(({ uuid, extension }, position) => ({
    call_center_agent_uuid: uuid,
    domain_uuid: domain.uuid,
    agent_name: extension.name,
    agent_type: 'callback',
    agent_call_timeout: 20,
    agent_id: extension.number,
    agent_password: newPin(4),
    agent_contact: `user/${extension.number}@${domain.name}`,
    agent_status: statuses[position],
    agent_max_no_answer: 0,
    agent_wrap_up_time: 10,
    agent_reject_delay_time: 90,
    agent_busy_delay_time: 90,
    agent_no_answer_delay_time: '30',
    agent_record: false,
  }))
  const tiers = queue.agents.map(({ uuid }, position) => ({
    call_center_tier_uuid: random.uuid(),
    domain_uuid: domain.uuid,
    call_center_queue_uuid: queue.uuid,
    call_center_agent_uuid: uuid,
    tier_level: 1,
    tier_position: position + 1,
  }))
  const xml = callCenterQueueXml({
    uuid: queue.uuid,
    dialplanUuid: dialplan.uuid,
    name: dialplan.name,
    extension: queue.extension,
    domainName: domain.name,
    soundPrefix: '/usr/share/freeswitch/sounds/en/us/callie',
    exportVariables: ['hold_music'],
    timeout,
  })
  return [
    ['v_call_center_queues', [row]],
    ['v_call_center_agents', agents],
    ['v_call_center_tiers', tiers],
    ['v_dialplans', [dialplanRow(dialplan, xml)]],
  ]
}
