import { createFakeAuth0, leakMarker } from '@mcp-auth/provider-auth0/mocks'
import { describe, expect, it } from 'vitest'

const start = 1_795_168_800
const fake = createFakeAuth0({ now: () => start })

async function form(path: string, fields: Record<string, string>): Promise<Response> {
  const { clientId: client_id, clientSecret: client_secret } = fake
  const body = new URLSearchParams({ client_id, client_secret, ...fields })
  return await fake.fetch(new Request(`https://tenant.eu.auth0.com${path}`, { method: 'POST', body }))
}

describe('the fake Auth0 answers as Auth0 does', () => {
  it.each<readonly [string, Record<string, string>, number, string]>([
    ['an unknown refresh token', { refresh_token: 'unknown' }, 403, 'invalid_grant'],
    ['a wrong secret', { refresh_token: 'unknown', client_secret: 'wrong' }, 401, 'access_denied'],
  ])('to %s', async (_name, fields, status, error) => {
    const response = await form('/oauth/token', { grant_type: 'refresh_token', ...fields })
    const body: unknown = await response.json()
    expect([response.status, body]).toEqual([status, { error, error_description: expect.stringContaining(leakMarker) }])
  })

  it('to too many requests: with the time at which the limit ends', async () => {
    fake.fail('token', '429', 1)
    const { status, headers } = await form('/oauth/token', { grant_type: 'authorization_code' })
    expect([status, headers.get('x-ratelimit-reset'), headers.get('x-ratelimit-remaining')]).toEqual([
      429,
      String(start + 2),
      '0',
    ])
    expect(Date.parse(headers.get('date') ?? '')).toBe(start * 1000)
  })

  it('to the revocation of an access token: with 200, and the token lives on', async () => {
    const { access_token, refresh_token = '' } = await fake.issueTokens({ scopes: ['openid', 'offline_access'] })
    const userinfo = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${access_token}` }
      return (await fake.fetch(new Request('https://tenant.eu.auth0.com/userinfo', { headers }))).status
    }
    expect((await form('/oauth/revoke', { token: access_token })).status).toBe(200)
    expect(await userinfo()).toBe(200)
    expect((await form('/oauth/revoke', { token: refresh_token })).status).toBe(200)
    const refreshed = await form('/oauth/token', { grant_type: 'refresh_token', refresh_token })
    expect([refreshed.status, await userinfo()]).toEqual([403, 200])
  })
})
