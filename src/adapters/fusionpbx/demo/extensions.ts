import { newPin, type Part, type Tenant } from './tenant.ts'

/** The extensions and their voicemail boxes, with what FusionPBX's form fills in by itself. */
export function extensionRows(tenant: Tenant): Part {
  const { domain, extensions } = tenant
  const rows = extensions.map((extension, position) => ({
    extension_uuid: extension.uuid,
    domain_uuid: domain.uuid,
    extension: extension.number,
    password: extension.sipPassword,
    accountcode: domain.name,
    effective_caller_id_name: extension.name,
    effective_caller_id_number: extension.number,
    outbound_caller_id_name: tenant.companyName,
    outbound_caller_id_number: tenant.mainNumber,
    directory_first_name: extension.firstName,
    directory_last_name: extension.lastName,
    directory_visible: false,
    directory_exten_visible: false,
    limit_max: '5',
    limit_destination: '!USER_BUSY',
    user_context: domain.name,
    // Every third may not dial abroad.
    toll_allow: position % 3 === 2 ? 'domestic' : 'domestic:international',
    call_timeout: 30,
    call_screen_enabled: false,
    extension_dialect: 'us',
    extension_voice: 'callie',
    extension_type: 'default',
    enabled: true,
    force_ping: false,
    description: extension.name,
  }))
  const voicemails = extensions.map((extension) => ({
    domain_uuid: domain.uuid,
    voicemail_uuid: extension.voicemailUuid,
    voicemail_id: extension.number,
    voicemail_password: newPin(6),
    voicemail_mail_to: `${extension.number}@${domain.name}`,
    voicemail_file: 'attach',
    voicemail_local_after_email: true,
    voicemail_enabled: true,
    voicemail_description: extension.name,
  }))
  return [
    ['v_extensions', rows],
    ['v_voicemails', voicemails],
  ]
}
