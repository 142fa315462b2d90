import { derive, formsUser, readCapture, rowOf } from './capture.ts'
import { replayForms } from './replay.ts'

const edit = readCapture('sip-profile-edit-setting')
const setting = rowOf(edit, 'v_sip_profile_settings', 'before')

replayForms('sip-profile', [
  {
    capture: edit,
    title: 'changing a setting and the description of a profile (S004-SIP-UPDATE, S004-SIPSET-UPDATE)',
    verb: 'update',
    uuid: String(rowOf(edit, 'v_sip_profiles', 'before').sip_profile_uuid),
    variants: ['typed'],
    // The form's own names say which input on the page it was, not which setting.
    body: () => ({
      sip_profile_description: 'edited',
      sip_profile_settings: [
        {
          sip_profile_setting_uuid: setting.sip_profile_setting_uuid,
          sip_profile_setting_name: setting.sip_profile_setting_name,
          sip_profile_setting_value: 'PCMU,PCMA',
        },
      ],
    }),
  },
  {
    capture: derive(edit, 'sip-profile-edit-setting+new', {
      rows: ['v_sip_profiles', 'v_sip_profile_settings'].map((table) => ({
        table,
        before: { update_user: null, update_date: null },
        after: { update_user: formsUser, update_date: rowOf(edit, table, 'after').update_date },
      })),
      more: [
        {
          table: 'v_sip_profile_settings',
          op: 'insert',
          after: {
            ...rowOf(edit, 'v_sip_profile_settings', 'after'),
            sip_profile_setting_uuid: '5d0f2a60-6c8e-4b0a-9a55-0f3c5c0a7a11',
            sip_profile_setting_name: 'outbound-codec-prefs',
            sip_profile_setting_value: 'PCMU',
            insert_date: rowOf(edit, 'v_sip_profiles', 'after').update_date,
            insert_user: formsUser,
            update_date: null,
            update_user: null,
          },
        },
      ],
    }),
    title: 'adding a setting to a profile that nobody had edited (S004-SIPSET-CREATE)',
    verb: 'update',
    uuid: String(rowOf(edit, 'v_sip_profiles', 'before').sip_profile_uuid),
    variants: ['typed'],
    body: () => ({
      sip_profile_description: 'edited',
      sip_profile_settings: [
        { sip_profile_setting_name: 'inbound-codec-prefs', sip_profile_setting_value: 'PCMU,PCMA' },
        { sip_profile_setting_name: 'outbound-codec-prefs', sip_profile_setting_value: 'PCMU' },
      ],
    }),
  },
])
