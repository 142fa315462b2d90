import type { Part, Tenant } from './tenant.ts'

/** Two carriers: one we register with, one that knows our address. Their names resolve nowhere. */
export function gatewayRows(tenant: Tenant): Part {
  const common = {
    domain_uuid: tenant.domain.uuid,
    distinct_to: false,
    expire_seconds: 800,
    retry_seconds: 30,
    contact_in_ping: false,
    caller_id_in_from: false,
    supress_cng: false,
    channels: 0,
    context: 'public',
    profile: 'external',
    enabled: true,
  }
  const [primary, backup] = tenant.gateways
  const rows = [
    {
      ...common,
      gateway_uuid: primary?.uuid,
      gateway: primary?.name,
      username: 'demo-account',
      password: 'demo-password',
      from_domain: 'carrier.example',
      proxy: 'sip.carrier.example',
      register: true,
      description: 'Main carrier',
    },
    {
      ...common,
      gateway_uuid: backup?.uuid,
      gateway: backup?.name,
      proxy: 'sip.backup-carrier.example',
      register: false,
      description: 'Carrier for when the main one fails',
    },
  ]
  return [['v_gateways', rows]]
}
