import { describe, expect, it } from 'vitest'
import { requireRole } from '../../src/access/predicates.ts'
import { ConfigurationError } from '../../src/errors.ts'
import { assertAuthenticateOptions } from '../../src/handlers/gate-options.ts'
import { guard } from '../../src/handlers/guard.ts'
import { createOAuthProxy } from '../../src/oauth-proxy.ts'
import { testProvider } from '../support/provider.ts'

const admin = requireRole('admin')

/** What plain JavaScript may give, by the option that the refusal names. */
const wrong: readonly (readonly [string, unknown, string])[] = [
  ['a rule in the place of options', admin, 'requireBearerAuth'],
  ['a list', [admin], 'requireBearerAuth'],
  ['a misspelt name', { canAcess: admin }, 'canAcess'],
  ['a name of another library', { scopes: ['admin'] }, 'scopes'],
  ['a rule that is undefined', { canAccess: undefined }, 'canAccess'],
  ['a rule that is null', { canAccess: null }, 'canAccess'],
  ['a text as a rule', { canAccess: 'admin' }, 'canAccess'],
  ['a list as a rule', { canAccess: [admin] }, 'canAccess'],
  ['a decision as a rule', { canAccess: { granted: true } }, 'canAccess'],
  ['scopes that are undefined', { requiredScopes: undefined }, 'requiredScopes'],
  ['scopes as a text', { requiredScopes: 'admin' }, 'requiredScopes'],
  ['a scope that is undefined', { requiredScopes: ['read', undefined] }, 'requiredScopes'],
  ['a text in the place of a switch', { allowAnonymous: 'false' }, 'allowAnonymous'],
  ['a number in the place of a switch', { allowAnonymous: 1 }, 'allowAnonymous'],
]

const auth = createOAuthProxy({
  baseUrl: 'https://mcp.example',
  provider: testProvider,
  secret: Buffer.alloc(32, 1).toString('base64url'),
  now: () => 500,
  authenticate: async () =>
    await Promise.resolve({ subject: 'alice', clientId: 'client', scopes: [], claims: {}, expiresAt: 1000 }),
})
const request = (): Request => new Request('https://mcp.example/mcp', { headers: { host: 'mcp.example' } })

describe('a gate', () => {
  it.each(wrong)('is not made with %s', (_name, options, option) => {
    const made = (): void => assertAuthenticateOptions(options as object)
    expect(made).toThrow(ConfigurationError)
    expect(made).toThrow(new RegExp(`^${option}: `))
  })

  it.each(wrong)('lets nobody pass with %s, where it is made for each request', async (_name, options) => {
    await expect(auth.authenticate(request(), options as object)).rejects.toBeInstanceOf(ConfigurationError)
  })

  it.each([{}, { canAccess: admin }, { requiredScopes: [] }, { requiredScopes: ['a'], allowAnonymous: false }])(
    'is made with %o',
    (options) => {
      expect(() => assertAuthenticateOptions(options)).not.toThrow()
    },
  )
})

describe('guard', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'admin'],
    ['true', true],
    ['a definition', { canAccess: admin }],
    ['a list with a hole', [admin, undefined]],
    ['a list in a list', [[admin]]],
    ['a decision', [{ granted: true }]],
    ['a Set', new Set([() => true])],
  ])('lets nobody pass by what is no rule: %s', async (_name, rules) => {
    await expect(guard(request(), auth, rules as never)).rejects.toBeInstanceOf(ConfigurationError)
  })

  it('lets nobody pass by options that are none', async () => {
    const options = { requireScopes: ['admin'] } as object
    await expect(guard(request(), auth, () => true, options)).rejects.toThrow(
      /^requireScopes: .*did you mean requiredScopes/,
    )
  })
})

describe('decide', () => {
  it.each([
    ['no list', undefined],
    ['a rule without a list', admin],
    ['a list with a hole', [() => true, undefined]],
    ['a list with a text', ['admin']],
  ])('never rejects, and never grants by what is no rule: %s', async (_name, rules) => {
    expect(await auth.decide(rules as never, undefined)).toMatchObject({ granted: false, reason: 'rule_failed' })
  })
})
