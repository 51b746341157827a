import { createFakeIdP, type FakeIdP } from '@mcp-auth/core/mocks'
import type { CreateIdP } from '@mcp-auth/testing/idp-contract'
import { describe, expect, it } from 'vitest'
import { contractCases } from '../../src/idp-contract/cases/index.ts'
import { runCase } from '../../src/idp-contract/contract-case.ts'
import { type Broken, identities, judgements } from './broken-providers.ts'
import { openID, plain, plainProfile, plainProvider } from './providers.ts'

/** A plain IdP with another way to its answers. */
function withFetch(wrap: (fake: FakeIdP) => FakeIdP['fetch']): CreateIdP {
  return ({ now }) => {
    const fake = createFakeIdP({ now, profile: plainProfile })
    return { provider: plainProvider(fake), fake: { ...fake, fetch: wrap(fake) } }
  }
}

const scopesAndRequests: readonly Broken[] = [
  ['asks for a scope that it does not support', plain(() => ({ supportedScopes: ['mail'] })), /^describes its scopes/],
  [
    'renames scopes one way only',
    plain(() => ({ toUpstreamScope: (scope) => `urn:${scope}` })),
    /^describes its scopes/,
  ],
  [
    'does not hear what the user withheld',
    plain(() => ({ readGrantedScopes: () => undefined })),
    /withheld at the IdP/,
  ],
  ['knows another application', plain(() => ({ clientId: 'another' })), /^knows the application/],
  [
    'adds a parameter that nobody configured',
    plain(() => ({ authorizationEndpoint: 'https://idp.example/authorize?audience=x' })),
    /^A101 .* only configured parameters/,
  ],
  [
    'writes the client secret into a URL',
    plain((fake) => ({
      async identify(tokens, api) {
        const me = Object(
          await api.getJSON(`https://idp.example/me?client_secret=${fake.clientSecret}`, tokens.accessToken),
        )
        return { subject: String(me['id']), claims: {} }
      },
    })),
    /^keeps the client secret out of every URL/,
  ],
  [
    'ends every sign-in of the user without saying so',
    plain(() => ({}), { profile: { ...plainProfile, revokes: 'user' } }),
    /other sign-in alone/,
  ],
  [
    'revokes at a place that is none',
    plain(() => ({ revocationEndpoint: 'https://idp.example/nowhere' })),
    /gives the IdP its own token back/,
  ],
]

const openIDs: readonly Broken[] = [
  [
    'believes any id_token',
    openID(() => ({
      async identify({ idToken = '' }) {
        const { sub } = JSON.parse(atob(idToken.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''))
        return { subject: String(sub), claims: {} }
      },
    })),
    /signature is another/,
  ],
  [
    'takes the id_token of another sign-in',
    openID(({ clientId }) => ({
      async identify({ idToken = '' }, api) {
        const expected = {
          issuer: 'https://idp.example',
          clientId,
          jwksURI: 'https://idp.example/jwks',
          nonce: undefined,
        }
        return { subject: String((await api.verifyIDToken(idToken, expected))['sub']), claims: {} }
      },
    })),
    /id_token of another sign-in/,
  ],
  [
    'takes id_tokens of another application',
    openID(() => ({
      async identify({ idToken = '' }, api) {
        const { nonce } = api
        const expected = {
          issuer: 'https://idp.example',
          clientId: 'another-application',
          jwksURI: 'https://idp.example/jwks',
          nonce,
        }
        return { subject: String((await api.verifyIDToken(idToken, expected))['sub']), claims: {} }
      },
    })),
    /^A015/,
  ],
  [
    'makes endpoints up while there is no metadata',
    openID(() => ({
      discover: async (discovery) => {
        await discovery.discover('https://idp.example').catch(() => undefined)
        return { authorizationEndpoint: 'https://idp.example/authorize', tokenEndpoint: 'https://idp.example/token' }
      },
    })),
    /^D9 starts, sends nobody anywhere.* status 503/,
  ],
]

const fakes: readonly Broken[] = [
  [
    'sends a rotating refresh token twice',
    withFetch((fake) => async (request) => {
      const isRefresh = (await request.clone().text()).includes('grant_type=refresh_token')
      if (isRefresh) await fake.fetch(request.clone())
      return await fake.fetch(request)
    }),
    /^refreshes an expired token/,
  ],
  [
    'gives the same tokens to everybody',
    withFetch((fake) => {
      let kept: string | undefined
      return async (request) => {
        const isToken = request.url.endsWith('/token')
        const response = await fake.fetch(request)
        if (!isToken || !response.ok) return response
        kept ??= await response.text()
        return new Response(kept, { headers: { 'content-type': 'application/json' } })
      }
    }),
    /^refreshes an expired token/,
  ],
  [
    'has texts that reach the client',
    async (surroundings) => ({ ...(await plain()(surroundings)), leakMarkers: ['temporarily_unavailable'] }),
    /^A097 D9 keeps .* status 503/,
  ],
  [
    'has secrets that reach the client',
    ({ now }) => {
      const fake = createFakeIdP({ now, profile: plainProfile })
      return { provider: plainProvider(fake), fake: { ...fake, secrets: ['Contract Client'] } }
    },
    /^A016 signs a user in/,
  ],
  [
    'issues refresh tokens against expectation',
    plain(() => ({}), {}, { issuesRefreshTokens: false }),
    /^issues refresh tokens as expected/,
  ],
  [
    'rotates refresh tokens against expectation',
    plain(() => ({}), {}, { rotatesRefreshTokens: false }),
    /^refreshes time and again/,
  ],
  [
    'issues no refresh tokens against expectation',
    plain(() => ({}), { profile: { ...plainProfile, issuesRefreshToken: () => false } }, { issuesRefreshTokens: true }),
    /^refreshes an expired token/,
  ],
  ['signs somebody else in', plain(() => ({}), {}, { identity: { subject: 'user-wumpus' } }), /^A016 signs a user in/],
]

const table = [...identities, ...judgements, ...scopesAndRequests, ...openIDs, ...fakes]

describe('the contract of identity providers', () => {
  it.each(table)('finds out an IdP package that %s', async (_fault, create, caughtBy) => {
    const [culprit] = contractCases.filter(({ name }) => caughtBy.test(name))
    if (!culprit) throw new Error(`no case ${caughtBy}`)
    await expect(runCase(culprit, create)).rejects.toThrow(/./)
  })

  /** Cases of which each needs something else. */
  const needing = contractCases.filter(({ name }) =>
    /^A026|^A015|withheld|changes every name|forgets every token|a refresh with its own 503|id_token|^A096 ends a grant without|metadata is status 500|^issues refresh/.test(
      name,
    ),
  )

  it('says why it leaves a case out, and closes the fixture all the same', async () => {
    let closed = 0
    const create: CreateIdP = async (surroundings) => {
      const { fake, provider } = await plain()(surroundings)
      const { clientId, clientSecret } = fake
      const bare = {
        clientId,
        clientSecret,
        fetch: async (request: Request) => await (fake.fetch?.(request) ?? fetch(request)),
      }
      return { provider, fake: bare, close: () => void (closed += 1) }
    }
    const omissions = new Set<string>()
    for (const one of needing) {
      const omission = await runCase(one, create)
      if (omission !== undefined) omissions.add(omission)
    }
    expect([...omissions].sort()).toEqual([
      'nothing is expected of refresh tokens',
      'the IdP issues refresh tokens',
      'the endpoints are known beforehand',
      'the fake has no dropAccessTokens',
      'the fake has no fail',
      'the fake has no settings.deny',
      'the fake has no settings.foreignApplication',
      'the fake has no settings.withheldScopes',
      'the fake has no users',
      'the provider binds no id_token to the sign-in',
      'the provider uses no id_token',
    ])
    expect(closed).toBe(needing.length)
  })
})
