import { describe, expect, it } from 'vitest'
import { leakMarker } from '../../src/mocks/index.ts'
import { comeBack, createLab, depart, type Lab, outcome, outcomeOf, readJSON, signIn, visit } from './support/lab.ts'

/** Changes the answer to the next code. */
function rewriteTokens(lab: Lab, change: (tokens: Record<string, unknown>) => Promise<object> | object): void {
  lab.fake.fail(
    'token',
    async (request) => {
      const tokens = await readJSON(await lab.fake.fetch(request))
      return Response.json(await change({ ...tokens }))
    },
    1,
  )
}

/** The nonce of the sign-in that is under way. */
function lastNonce({ fake }: Lab): string | undefined {
  return fake.requestsTo('authorize').at(-1)?.query['nonce']
}

describe('a sign-in with an OpenID Provider', () => {
  it('finds the provider by its issuer and says who the user is', async () => {
    const lab = createLab()
    const { accessToken, scopes } = await signIn(lab)
    const { subject, identity } = await lab.auth.verifyAccessToken(accessToken)
    expect(scopes).toEqual(['openid', 'profile'])
    expect(subject).toBe('user-nelly')
    expect(identity).toEqual({
      subject: 'user-nelly',
      username: 'nelly',
      claims: {
        iss: 'https://idp.example',
        sub: 'user-nelly',
        auth_time: lab.clock.now(),
        ...lab.fake.users.get('user-nelly')?.claims,
      },
    })
    expect(lab.fake.requestsTo('metadata')).toHaveLength(1)
    expect(lab.fake.requestsTo('userinfo')).toHaveLength(0)
  })

  it('A101 sends a nonce that nothing else of the request tells, a new one each time', async () => {
    const lab = createLab()
    const first = (await depart(lab)).location.searchParams
    const second = (await depart(lab)).location.searchParams
    expect(first.get('nonce')).toMatch(/^[\w-]{43}$/)
    expect(second.get('nonce')).not.toBe(first.get('nonce'))
    expect([...first].filter(([, value]) => value === first.get('nonce'))).toHaveLength(1)
  })

  it('says no when the user did, and nothing of what the provider wrote', async () => {
    const lab = createLab({ settings: { deny: true } })
    const departure = await depart(lab)
    const answer = await comeBack(lab, departure, await visit(lab, departure.location))
    expect(outcome(answer)).toBe('access_denied')
    expect(answer instanceof URLSearchParams && answer.toString()).not.toContain(leakMarker)
  })

  it.each<readonly [string, (lab: Lab) => Promise<unknown>]>([
    ['of another sign-in', async ({ fake }) => await fake.mintIDToken({ nonce: 'another-nonce' })],
    ['without a nonce', async ({ fake }) => await fake.mintIDToken()],
    ['for another application', async (lab) => await lab.fake.mintIDToken({ aud: 'another', nonce: lastNonce(lab) })],
    [
      'for us and another application, which it was issued to',
      async (lab) =>
        await lab.fake.mintIDToken({ aud: [lab.fake.clientId, 'another'], azp: 'another', nonce: lastNonce(lab) }),
    ],
    [
      'of another issuer',
      async (lab) => await lab.fake.mintIDToken({ iss: 'https://evil.example', nonce: lastNonce(lab) }),
    ],
    [
      'of an issuer that differs by a slash',
      async (lab) => await lab.fake.mintIDToken({ iss: 'https://idp.example/', nonce: lastNonce(lab) }),
    ],
    [
      'that has expired',
      async (lab) => await lab.fake.mintIDToken({ exp: lab.clock.now() - 61, nonce: lastNonce(lab) }),
    ],
    [
      'from the future',
      async (lab) => await lab.fake.mintIDToken({ iat: lab.clock.now() + 61, nonce: lastNonce(lab) }),
    ],
    ['without a subject', async (lab) => await lab.fake.mintIDToken({ sub: undefined, nonce: lastNonce(lab) })],
    ['with an empty subject', async (lab) => await lab.fake.mintIDToken({ sub: '', nonce: lastNonce(lab) })],
    [
      'signed with a key of nobody’s',
      async (lab) => await lab.fake.mintIDToken({ nonce: lastNonce(lab) }, {}, 'unpublished'),
    ],
    ['that is not signed', async (lab) => await lab.fake.mintIDToken({ nonce: lastNonce(lab) }, {}, 'none')],
    [
      'signed with the client secret',
      async (lab) => await lab.fake.mintIDToken({ nonce: lastNonce(lab) }, {}, 'client-secret'),
    ],
    ['that is none', async () => 'e30.e30.e30'],
    ['that is missing', async () => undefined],
  ])('A6 refuses an id_token %s', async (_name, idToken) => {
    const lab = createLab()
    const departure = await depart(lab)
    const back = await visit(lab, departure.location)
    const id_token = await idToken(lab)
    rewriteTokens(lab, (tokens) => ({ ...tokens, id_token }))
    expect(outcome(await comeBack(lab, departure, back))).toBe('server_error')
    expect(lab.events).toContainEqual(expect.objectContaining({ type: 'login.failed' }))
    expect(lab.events).not.toContainEqual(expect.objectContaining({ type: 'login.succeeded' }))
  })

  it('A6 takes an id_token for several audiences that was issued to us', async () => {
    const lab = createLab({
      profile: { idTokenClaims: (claims) => ({ ...claims, aud: [claims['aud'], 'api'], azp: claims['aud'] }) },
    })
    expect(await outcomeOf(lab)).toBe('code')
  })

  it('A6 refuses the id_token of one sign-in in another one that runs beside it', async () => {
    const lab = createLab()
    const [mine, victims] = [await depart(lab), await depart(lab)]
    const [myReturn, victimsReturn] = [await visit(lab, mine.location), await visit(lab, victims.location)]
    let swapped: unknown
    rewriteTokens(lab, (tokens) => {
      swapped = tokens['id_token']
      return tokens
    })
    expect(outcome(await comeBack(lab, mine, myReturn))).toBe('code')
    rewriteTokens(lab, (tokens) => ({ ...tokens, id_token: swapped }))
    expect(outcome(await comeBack(lab, victims, victimsReturn))).toBe('server_error')
    expect(swapped).toBeTypeOf('string')
  })

  it('A6 refuses a sign-in when the provider says that its tokens are another application’s', async () => {
    const lab = createLab({ settings: { foreignApplication: true } })
    expect(await outcomeOf(lab)).toBe('server_error')
  })

  it('goes on when the provider changes its keys while the user is there', async () => {
    const lab = createLab()
    await signIn(lab)
    const departure = await depart(lab)
    const back = await visit(lab, departure.location)
    await lab.fake.rotateKeys()
    expect(outcome(await comeBack(lab, departure, back))).toBe('code')
    expect(lab.fake.requestsTo('jwks')).toHaveLength(2)
  })

  it('refuses what is signed with a key that the provider has withdrawn', async () => {
    const lab = createLab()
    const departure = await depart(lab)
    const back = await visit(lab, departure.location)
    await lab.fake.rotateKeys()
    rewriteTokens(lab, async (tokens) => ({
      ...tokens,
      id_token: await lab.fake.mintIDToken({ nonce: lastNonce(lab) }, {}, 'former'),
    }))
    expect(outcome(await comeBack(lab, departure, back))).toBe('server_error')
  })

  it('A097 says that it is an outage when the keys cannot be had, and works again by itself', async () => {
    const lab = createLab()
    lab.fake.fail('jwks', '503', 1)
    expect(await outcomeOf(lab)).toBe('temporarily_unavailable')
    lab.clock.advance(3)
    expect(await outcomeOf(lab)).toBe('code')
  })

  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const)(
    'takes id_tokens signed with %s',
    async (algorithm) => {
      expect(await outcomeOf(createLab({ profile: { algorithm } }))).toBe('code')
    },
  )

  it('takes the algorithms it was told and no others', async () => {
    const profile = { algorithm: 'ES256' } as const
    expect(await outcomeOf(createLab({ profile, oidc: { algorithms: ['RS256'] } }))).toBe('server_error')
    expect(await outcomeOf(createLab({ profile, oidc: { algorithms: ['ES256'] } }))).toBe('code')
  })

  it.each([
    ['client_secret_basic', 'client_secret_basic'],
    ['client_secret_post', 'client_secret_post'],
  ] as const)('proves who it is by %s alone', async (tokenEndpointAuthMethod, method) => {
    const profile = { clientAuthentication: [method] }
    expect(await outcomeOf(createLab({ profile, oidc: { tokenEndpointAuthMethod } }))).toBe('code')
  })

  it('signs in as a public client, without any secret', async () => {
    const lab = createLab({ clientSecret: '', oidc: { clientSecret: undefined } })
    expect(await outcomeOf(lab)).toBe('code')
    expect(lab.fake.requestsTo('token')[0]?.form).toMatchObject({ client_id: lab.fake.clientId })
    expect(lab.fake.requestsTo('token')[0]?.body).not.toContain('secret')
  })

  it('sends audience and parameters of its own, which never replace those of the protocol', async () => {
    const authorizationParameters = { prompt: 'consent', login_hint: 'a b&c' }
    const lab = createLab({
      oidc: { audience: 'https://api.example', authorizationParameters, tokenParameters: { tenant: 't1' } },
    })
    await signIn(lab)
    expect(lab.fake.requestsTo('authorize')[0]?.query).toMatchObject({
      ...authorizationParameters,
      audience: 'https://api.example',
      client_id: lab.fake.clientId,
      response_type: 'code',
    })
    expect(lab.fake.requestsTo('token')[0]?.form).toMatchObject({ tenant: 't1', grant_type: 'authorization_code' })
  })

  it('never sends the client’s own resource to the provider', async () => {
    const lab = createLab()
    await signIn(lab)
    for (const { query, form } of lab.fake.requests) expect({ ...query, ...form }).not.toHaveProperty('resource')
  })
})
