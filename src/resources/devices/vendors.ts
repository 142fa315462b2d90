/**
 * Makers of phones by the names FusionPBX gives them, with the first six digits of the addresses that IEEE assigned to
 * them. Only those of makers that FusionPBX knows.
 */
const assignments: Readonly<Record<string, string>> = {
  aastra: '00085d',
  audiocodes: '00908f',
  avaya: `00040d 001b4f 00549f 048a15 10cdae 14612f 24b209 24d921 2cf4c5 3475c7 38bb3c 3c3a73 3cb15b 44322a 506184
    50cd22 581626 6049c1 646a52 64a7dd 64c354 6ca849 6cfa58 703018 7038ee 7052c5 707c69 801daa 848371 90fb5b a009ed
    a01290 a051c6 a4251b a47886 b0adaa b4475e b4a95a b4b017 bcadab c057bc c4bed4 c81fea c8f406 ccf954 d47856 d4ea0e
    e45d52 f81547 f873a2 fc8399 fca841`,
  bittel: 'f00786',
  cisco: '001873 002155 0021a0 30e4db 68efbd a44c11',
  escene: '00268b',
  fanvil: '0c383e',
  flyingvoice: '0021f2',
  gigaset: '002104 14b370 7c2f80',
  grandstream: '000b82 c074ad',
  htek: '001fc1',
  konftel: '00177d',
  linksys: '00045a 000625 000e08',
  mitel: '08000f',
  obihai: '9cadef',
  panasonic: '0080f0 080023 bcc342',
  polycom: '0004f2 00907a 482567 64167f',
  snom: '000413',
  yealink: '001565 249ad8 44dbd2 805e0c 805ec0 c4fc22',
}

const makers = new Map(
  Object.entries(assignments).flatMap(([maker, prefixes]) =>
    prefixes.split(/\s+/).map((prefix) => [prefix, maker] as const),
  ),
)

/** The maker of a device: from its template (`yealink/t46s`), else from its address; null when neither tells (facts 6). */
export function vendorOf(template: string | null | undefined, address: string | null | undefined): string | null {
  return template?.split('/')[0] || (makers.get(address?.slice(0, 6) ?? '') ?? null)
}
