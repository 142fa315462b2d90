import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  allows,
  isSystemScope,
  parseScopes,
  type Scope,
  systemScopes,
  tenantScopes,
} from '../../src/services/scopes.ts'

describe('scopes', () => {
  const cases: [held: Scope[], needed: Scope, allowed: boolean][] = [
    [['extensions:read'], 'extensions:read', true],
    [['extensions:read'], 'extensions:write', false],
    [['extensions:write'], 'extensions:read', false],
    [['extensions:read'], 'gateways:read', false],
    [['*:read'], 'extensions:read', true],
    [['*:read'], 'extensions:write', false],
    [['*:write'], 'call-centers:write', true],
    [['*:read', '*:write'], 'secrets:read', false],
    [['*:read', '*:write'], 'system:read', false],
    [['*:read', '*:write'], 'system:write', false],
    [['secrets:read'], 'secrets:read', true],
    [['system:read'], 'system:read', true],
    [['system:read', 'system:write'], 'extensions:read', false],
    [[], 'extensions:read', false],
  ]
  for (const [held, needed, allowed] of cases) {
    it(`[${held.join(', ')}] ${allowed ? 'allow' : 'do not allow'} ${needed}`, () => {
      assert.equal(allows(held, needed), allowed)
    })
  }

  it('of a new key reach everything of a tenant, or of the system, but no secrets', () => {
    for (const scopes of [tenantScopes, systemScopes]) {
      assert.equal(allows(scopes, 'extensions:write'), true)
      assert.equal(allows(scopes, 'secrets:read'), false)
    }
    assert.equal(tenantScopes.some(isSystemScope), false)
    assert.equal(allows(systemScopes, 'system:write'), true)
  })

  it('are read without repetitions', () => {
    assert.deepEqual(parseScopes(['*:read', 'call-center-queues:write', '*:read']), [
      '*:read',
      'call-center-queues:write',
    ])
  })

  it('that are none are refused, all of them by name', () => {
    const wrong = ['*', 'extensions', 'extensions:delete', 'Extensions:read', ':read', 'secrets:write', 'a:read ', '']
    assert.throws(
      () => parseScopes(['*:read', ...wrong]),
      (error) => error instanceof RangeError && wrong.every((text) => error.message.includes(JSON.stringify(text))),
    )
    assert.throws(
      () => parseScopes(['all']),
      /^RangeError: "all" is no scope: a scope is RESOURCE:read or RESOURCE:write/,
    )
  })
})
