import { uuid } from '../../fields/field.ts'
import { resource } from '../core/define.ts'
import { settingChanged } from './effects.ts'
import { settingFields, sipProfilesApp } from './fields.ts'

/** Settings of SIP profiles, one by one (demands S004-SIPSET-*; facts 9). */
export const sipProfileSettings = resource({
  name: 'sip-profiles/settings',
  title: 'SIP profile setting',
  about: 'Settings of all SIP profiles.',
  table: 'v_sip_profile_settings',
  key: 'sip_profile_setting_uuid',
  scope: 'global',
  permission: 'sip_profile_setting',
  app: sipProfilesApp,
  fields: {
    sip_profile_uuid: uuid({
      label: 'SIP profile',
      required: true,
      shown: 'list',
      filter: true,
      references: { table: 'v_sip_profiles', key: 'sip_profile_uuid', global: true },
      about: 'The profile it belongs to.',
    }),
    ...settingFields,
  },
  sort: ['sip_profile_setting_name'],
  effects: { inside: { create: [settingChanged], update: [settingChanged], remove: [settingChanged] } },
})
