import type { Domain, Resource } from '../resources/core/define.ts'

/** Whose rows an operation may see: one tenant's, or those that belong to the system as a whole. */
export type Reach = { readonly domain: Domain } | { readonly domain: null }

/**
 * The tenant filter: the one place where it is written. `$1` is the tenant's UUID, or NULL for rows of the system.
 * Every statement over a resource's own table contains it (S002-ISO).
 */
export function ownRows(resource: Resource, alias: string): string {
  switch (resource.scope) {
    case 'tenant':
      return `${alias}.domain_uuid = $1::uuid`
    case 'both':
      return `${alias}.domain_uuid is not distinct from $1::uuid`
    case 'tenants':
      return `($1::uuid is null or ${alias}.domain_uuid = $1::uuid)`
    case 'global':
      return '($1::uuid is null or true)'
  }
}

/** The values of `$1` and `$2` in every statement over a resource: tenant and its time zone. */
export const reachValues = (reach: Reach): [string | null, string] => [
  reach.domain?.uuid ?? null,
  reach.domain?.zone ?? 'UTC',
]
