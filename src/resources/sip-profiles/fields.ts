import { boolean, text } from '../../fields/field.ts'
import { identifier, note } from '../../fields/telephony.ts'

/** A parameter of a profile (facts 9). */
export const settingFields = {
  sip_profile_setting_name: text({
    ...identifier,
    label: 'Setting name',
    required: true,
    shown: 'list',
    filter: true,
    about: "Sofia's name of the parameter.",
    example: 'inbound-codec-prefs',
  }),
  sip_profile_setting_value: text({
    max: 4096,
    shown: 'list',
    about: "Its value; $${name} is a variable of the switch's.",
    example: '$${global_codec_prefs}',
  }),
  sip_profile_setting_enabled: boolean({ shown: 'list', default: true, filter: true, about: 'The switch gets it.' }),
  sip_profile_setting_description: text({ ...note, shown: 'list', about: 'A note for people.' }),
}

/**
 * FusionPBX's application, with the UUID that its pages write into audit rows (forms); its own list of applications has
 * another.
 */
export const sipProfilesApp = { name: 'sip_profiles', uuid: 'a6a7c4c5-340a-43ce-bcbc-2ed9bab8659d' }
