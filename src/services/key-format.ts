import { createHash, randomBytes } from 'node:crypto'

/**
 * `tdm_PREFIX_SECRET`. The fixed beginning lets secret scanners recognise a leaked key; the prefix finds its row and
 * names it in lists and logs; the secret is 43 letters of base 62, 256 bits, so that a plain SHA-256 protects it.
 */
const shape = /^tdm_([0-9A-Za-z]{10})_[0-9A-Za-z]{43}$/

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** The largest multiple of 62 below 256: bytes from there on would make the first letters likelier than the others. */
const fairBytes = 248

function randomLetters(length: number): string {
  let letters = ''
  while (letters.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < fairBytes && letters.length < length) letters += alphabet[byte % alphabet.length]
    }
  }
  return letters
}

/** A new key and its prefix. The key is the only copy of its secret. */
export function makeKey(): { key: string; prefix: string } {
  const prefix = randomLetters(10)
  return { key: `tdm_${prefix}_${randomLetters(43)}`, prefix }
}

/** The prefix of a presented key; undefined when it does not look like one of ours. */
export const prefixOf = (presented: string): string | undefined => shape.exec(presented)?.[1]

/** SHA-256 of a text, 32 bytes: what is stored of a key, and what makes keys of any length comparable. */
export const sha256 = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest()
