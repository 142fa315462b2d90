/**
 * What a key may do: `RESOURCE:read` or `RESOURCE:write`, with `*` for every resource of a tenant. Three words stand
 * apart and are never part of `*`: `secrets:read` shows passwords and PINs, `eavesdrop:write` lets a phone hear calls,
 * and `system:` reaches what belongs to no tenant (settings, gateways of all, the list of domains).
 */
export type Scope = `${string}:read` | `${string}:write`

/** What a new key of a tenant gets: everything of its tenant but the secrets. Source: demand C-08. */
export const tenantScopes: readonly Scope[] = ['*:read', '*:write']

/** What a new system-wide key gets: every tenant and the system itself, but no secrets. */
export const systemScopes: readonly Scope[] = [...tenantScopes, 'system:read', 'system:write']

/** Resources that `*` does not include. */
const apart: readonly string[] = ['secrets', 'eavesdrop', 'system']

const grammar = /^(?:\*|[a-z][a-z0-9-]*):(?:read|write)$/

const resourceOf = (scope: string): string => scope.slice(0, scope.indexOf(':'))

/** True for text that is a scope by its spelling; whether a resource of that name exists is not asked. */
export const isScope = (text: string): text is Scope => grammar.test(text) && text !== 'secrets:write'

/** True for a scope that reaches beyond one tenant. */
export const isSystemScope = (scope: Scope): boolean => resourceOf(scope) === 'system'

/** Checks scopes given by people and removes repetitions. Throws a RangeError naming everything that is no scope. */
export function parseScopes(texts: readonly string[]): Scope[] {
  const wrong = texts.filter((text) => !isScope(text)).map((text) => JSON.stringify(text))
  if (wrong.length > 0) {
    const be = wrong.length === 1 ? 'is no scope' : 'are no scopes'
    throw new RangeError(
      `${wrong.join(', ')} ${be}: a scope is RESOURCE:read or RESOURCE:write (* for every resource), or secrets:read`,
    )
  }
  return [...new Set(texts.filter(isScope))]
}

/** True when the scopes of a key include the needed one, by its name or by `*`. Write does not include read. */
export function allows(scopes: readonly Scope[], needed: Scope): boolean {
  if (scopes.includes(needed)) return true
  const resource = resourceOf(needed)
  return !apart.includes(resource) && scopes.includes(needed.endsWith(':read') ? '*:read' : '*:write')
}
