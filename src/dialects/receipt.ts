import type { Receipt } from '../operations/write.ts'

/** The receipt of a write as every dialect sends it (contract, HTTP). */
export const receiptHeader = (receipt: Receipt): Record<string, string> => ({
  'x-tandem-receipt': `${receipt.id}; row=done; cache=${receipt.cache}; switch=${receipt.switch}`,
})
