import { computed, integer, text } from '../../fields/field.ts'
import { resource } from '../core/define.ts'

/** Messages of one box (demand S002-VM-MSG; facts 8: NULL or empty status is new, `saved` is heard). */
export const voicemailMessages = resource({
  name: 'voicemails/messages',
  title: 'Voicemail message',
  about: 'Messages that callers left in one box.',
  table: 'v_voicemail_messages',
  key: 'voicemail_message_uuid',
  scope: 'tenant',
  operations: ['list'],
  under: { resource: 'voicemails', key: 'voicemail_uuid' },
  permission: 'voicemail_message',
  app: { name: 'voicemails', uuid: 'b523c2d2-64cd-46f1-9520-ca4b4098e044' },
  sort: ['-created_epoch'],
  filters: {
    status: {
      about: 'unread: new messages; read: those read or saved (C-16).',
      choices: {
        unread: `coalesce(t.message_status, '') = ''`,
        new: `coalesce(t.message_status, '') = ''`,
        read: `coalesce(t.message_status, '') <> ''`,
        saved: `t.message_status = 'saved'`,
      },
    },
  },
  fields: {
    created_epoch: integer({
      shown: 'list',
      counted: true,
      max: 99_999_999_999,
      about: 'When it was left, in Unix seconds.',
    }),
    caller_id_name: text({ shown: 'list', about: "The caller's name." }),
    caller_id_number: text({ shown: 'list', about: "The caller's number." }),
    message_length: integer({ shown: 'list', counted: true, about: 'Length in seconds.' }),
    message_status: computed(
      text({ shown: 'list', choices: ['new', 'read', 'saved'], about: 'new, read or saved.' }),
      'text',
      (row) => `coalesce(nullif(${row}.message_status, ''), 'new')`,
    ),
    message_priority: computed(
      text({ shown: 'list', choices: ['normal', 'urgent'], about: 'normal or urgent.' }),
      'text',
      (row) => `coalesce(nullif(${row}.message_priority, ''), 'normal')`,
    ),
    read_epoch: integer({ counted: true, max: 99_999_999_999, about: 'When it was first heard, in Unix seconds.' }),
    message_transcription: text({ max: 1_000_000, about: 'What was said, as text.' }),
  },
})
