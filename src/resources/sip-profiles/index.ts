import { boolean, text } from '../../fields/field.ts'
import { identifier, note } from '../../fields/telephony.ts'
import { child, resource } from '../core/define.ts'
import { ownName, profileChanged } from './effects.ts'
import { settingFields, sipProfilesApp } from './fields.ts'

const settings = child({
  table: 'v_sip_profile_settings',
  key: 'sip_profile_setting_uuid',
  names: ['sip_profile_settings', 'settings'],
  about: 'Parameters of the profile.',
  identity: ['sip_profile_setting_name'],
  sort: ['sip_profile_setting_name'],
  max: 1000,
  fields: settingFields,
})

const domains = child({
  table: 'v_sip_profile_domains',
  key: 'sip_profile_domain_uuid',
  names: ['sip_profile_domains', 'domains'],
  about: 'Domains that the profile answers for; all is every one.',
  identity: ['sip_profile_domain_name'],
  sort: ['sip_profile_domain_name'],
  max: 1000,
  fields: {
    sip_profile_domain_name: text({ ...identifier, label: 'Domain name', required: true, about: 'Name, or all.' }),
    sip_profile_domain_alias: boolean({ default: false, about: 'The domain is an alias of the profile.' }),
    sip_profile_domain_parse: boolean({ default: false, about: "The domain's gateways are read from the directory." }),
  },
})

/**
 * SIP profiles of the switch (FusionPBX app/sip_profiles; demands S004-SIP-*; facts 9). Their settings hold addresses and
 * passwords of the whole system, so a tenant's key does not read them.
 */
export const sipProfiles = resource({
  name: 'sip-profiles',
  title: 'SIP profile',
  about: 'SIP user agents of the switch, with their settings.',
  table: 'v_sip_profiles',
  key: 'sip_profile_uuid',
  scope: 'global',
  permission: 'sip_profile',
  app: sipProfilesApp,
  fields: {
    sip_profile_name: text({
      ...identifier,
      label: 'SIP profile name',
      required: true,
      shown: 'list',
      filter: true,
      about: 'Name by which gateways and calls refer to it.',
      example: 'external',
    }),
    sip_profile_hostname: text({ ...identifier, shown: 'list', about: 'The only switch that loads it.' }),
    sip_profile_enabled: boolean({ shown: 'list', default: true, filter: true, about: 'The switch loads it.' }),
    sip_profile_description: text({ ...note, shown: 'list', about: 'A note for people.' }),
  },
  sort: ['sip_profile_name'],
  children: [settings, domains],
  effects: {
    inside: { create: [ownName], update: [ownName] },
    after: { create: [profileChanged], update: [profileChanged], remove: [profileChanged] },
  },
})
