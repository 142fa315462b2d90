// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the switch writes its variables
import type { Detail } from './details.ts'

const when = (type: string, data: string): Detail => ({ tag: 'condition', type, data })
const run = (type: string, data: string): Detail => ({ tag: 'action', type, data })
const now = (type: string, data: string): Detail => ({ tag: 'action', type, data, inline: 'true' })
/** Written so that an operator can switch it on. */
const prepared = (type: string, data: string): Detail => ({ tag: 'action', type, data, enabled: false })

/** Hang-up causes after which the next gateway is tried; a busy or a refusing callee is not among them. */
const continueOnFail = '1,2,3,6,18,21,27,28,31,34,38,41,42,44,58,88,111,403,501,602,607,809'

/** Details of the dialplan that marks a call as outbound early, so that what comes between can tell. */
export function outboundDirectionDetails(expression: string): Detail[] {
  return [
    when('${user_exists}', 'false'),
    when('${call_direction}', '^$'),
    when('destination_number', expression),
    now('export', 'call_direction=outbound'),
  ]
}

/** Details of an outbound route over one or more gateways, tried in turn. */
export function outboundRouteDetails(expression: string, gatewayUuids: readonly string[], prefix = ''): Detail[] {
  return [
    when('${user_exists}', 'false'),
    when('destination_number', expression),
    prepared('set', 'sip_h_accountcode=${accountcode}'),
    now('export', 'call_direction=outbound'),
    run('unset', 'call_timeout'),
    run('set', 'hangup_after_bridge=true'),
    run('set', 'effective_caller_id_name=${outbound_caller_id_name}'),
    run('set', 'effective_caller_id_number=${outbound_caller_id_number}'),
    run('set', 'inherit_codec=true'),
    run('set', 'ignore_display_updates=true'),
    run('set', 'callee_id_number=$1'),
    run('set', `continue_on_fail=${continueOnFail}`),
    prepared('set', 'limit_max='),
    prepared('limit', 'hash ${domain_name} outbound ${limit_max} !USER_BUSY'),
    prepared('set', 'pin_number='),
    prepared('lua', 'pin_number.lua'),
    ...gatewayUuids.map((uuid) => run('bridge', `sofia/gateway/${uuid}/${prefix}$1`)),
  ]
}
