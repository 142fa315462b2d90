import type { Reach } from '../operations/scope.ts'

/**
 * The tenant filter of live things: the one place where it is written, as `ownRows` is for rows. A caller sees what is
 * of his tenant; what is of nobody known is seen by the system's own keys alone, where no tenant is named (S002-ISO).
 */
export const isWithin = (reach: Reach, domainName: string | null): boolean =>
  reach.domain === null || (domainName !== null && domainName.toLowerCase() === reach.domain.name.toLowerCase())
