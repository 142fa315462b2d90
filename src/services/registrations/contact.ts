import type { Registration } from './registration.ts'

/** The address inside a contact: `sip:1001@192.168.1.100:5060;transport=udp`. */
function addressOf(contact: string): string {
  const inside = /<([^<>]*)>[^<>]*$/.exec(contact)
  return (inside?.[1] ?? contact).trim()
}

/** Without the parameters, as both documents show it: `sip:1001@192.168.1.100:5060`. */
export const shortContact = ({ contact }: Pick<Registration, 'contact'>): string =>
  addressOf(contact).replace(/;.*$/s, '')

/** As spec 004 shows it: `sofia/internal/1001@192.168.1.100:5060`. */
export const cleanContact = (phone: Pick<Registration, 'contact' | 'profile'>): string =>
  `sofia/${phone.profile}/${shortContact(phone).replace(/^sips?:/i, '')}`
