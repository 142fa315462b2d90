import { type DemoExtension, documented, type Part, type Tenant } from './tenant.ts'

interface DemoDevice {
  uuid?: string
  address: string
  label: string
  template: string
  model: string
  /** Positions of the extensions on its lines. */
  extensions: readonly number[]
}

const devices: readonly DemoDevice[] = [
  {
    uuid: documented.device,
    address: 'a0b1c2d3e4f6',
    label: 'Front desk',
    template: 'yealink/t46u',
    model: 'SIP-T46U',
    extensions: [0, 19],
  },
  { address: '001565a1b2c3', label: 'Sales 1', template: 'yealink/t54w', model: 'SIP-T54W', extensions: [1] },
  { address: '0004f2a1b2c4', label: 'Sales 2', template: 'poly/vvx', model: 'VVX 450', extensions: [2] },
  { address: '000b82a1b2c5', label: 'Support 1', template: 'grandstream/gxp2170', model: 'GXP2170', extensions: [4] },
  { address: '000413a1b2c6', label: 'Support 2', template: 'snom/d785', model: 'D785', extensions: [5] },
]

/** Phones with their lines, and on the first a line key and a busy lamp. */
export function deviceRows(tenant: Tenant): Part {
  const { domain, random, extensions } = tenant
  const identified = devices.map((device) => ({ ...device, uuid: device.uuid ?? random.uuid() }))
  const rows = identified.map((device) => ({
    device_uuid: device.uuid,
    domain_uuid: domain.uuid,
    device_address: device.address,
    device_label: device.label,
    device_vendor: device.template.split('/')[0],
    device_model: device.model,
    device_enabled: true,
    device_template: device.template,
    device_description: device.label,
  }))
  const lines = identified.flatMap((device) =>
    device.extensions.map((position, line) => {
      const extension = extensions[position] as DemoExtension
      return {
        domain_uuid: domain.uuid,
        device_line_uuid: device.uuid === documented.device && line === 0 ? documented.deviceLine : random.uuid(),
        device_uuid: device.uuid,
        line_number: String(line + 1),
        server_address: domain.name,
        label: extension.number,
        display_name: extension.name,
        user_id: extension.number,
        auth_id: extension.number,
        password: extension.sipPassword,
        sip_port: 5060,
        sip_transport: 'tcp',
        register_expires: 120,
        enabled: true,
      }
    }),
  )
  const key = (id: number, category: string, type: string, value: string | undefined, label: string) => ({
    domain_uuid: domain.uuid,
    device_key_uuid: random.uuid(),
    device_uuid: documented.device,
    device_key_id: id,
    device_key_category: category,
    device_key_vendor: 'yealink',
    device_key_type: type,
    device_key_line: 1,
    device_key_value: value,
    device_key_label: label,
  })
  return [
    ['v_devices', rows],
    ['v_device_lines', lines],
    // Types 15 and 16 are Yealink's numbers for a line and for a busy lamp.
    ['v_device_keys', [key(1, 'line', '15', undefined, '1001'), key(2, 'memory', '16', '1002', 'Jane Smith')]],
  ]
}
