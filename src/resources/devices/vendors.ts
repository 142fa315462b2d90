/**
 * First six digits of hardware addresses and FusionPBX's name for the maker of the phones that carry them. Assignments
 * are the IEEE's; only those of phone makers whose templates FusionPBX ships.
 */
const prefixes: Readonly<Record<string, string>> = {
  '000413': 'snom',
  '0004f2': 'polycom',
  '00085d': 'aastra',
  '08000f': 'mitel',
  '000b82': 'grandstream',
  '000e08': 'linksys',
  '001565': 'yealink',
  '001fc1': 'htek',
  '00908f': 'audiocodes',
  '0c383e': 'fanvil',
  '249ad8': 'yealink',
  '482567': 'polycom',
  '64167f': 'polycom',
  '7c2f80': 'gigaset',
  '805e0c': 'yealink',
  '805ec0': 'yealink',
  '9cadef': 'obihai',
  bcc342: 'panasonic',
  c074ad: 'grandstream',
}

/** The maker of a device: from its template (`yealink/t46s`), else from its address; null when neither tells (facts 6). */
export function vendorOf(template: string | null | undefined, address: string | null | undefined): string | null {
  return template?.split('/')[0] || (prefixes[address?.slice(0, 6) ?? ''] ?? null)
}
