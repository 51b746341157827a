import { describe, expect, it } from 'vitest'
import { UpstreamError } from '../../src/errors.ts'
import {
  type ClientTokens,
  createLab,
  type Lab,
  type LabOptions,
  outcomeOf,
  readJSON,
  refresh,
  signIn,
} from './support/lab.ts'

const expiring: LabOptions = { settings: { expiresIn: 600 } }

/** Lets the upstream token expire and refreshes ours. */
async function refreshLater(lab: Lab, tokens: ClientTokens): Promise<ClientTokens> {
  lab.clock.advance(700)
  const refreshed = await refresh(lab, tokens)
  if (refreshed instanceof Response) throw new Error(`refresh: ${refreshed.status} ${await refreshed.text()}`)
  return refreshed
}

/** In one word: `tokens`, or the error. */
async function refreshOutcome(lab: Lab, tokens: ClientTokens): Promise<unknown> {
  const refreshed = await refresh(lab, tokens)
  return refreshed instanceof Response ? (await readJSON(refreshed))['error'] : 'tokens'
}

async function identityOf(lab: Lab, { accessToken }: ClientTokens): Promise<Record<string, unknown>> {
  const { identity } = await lab.auth.verifyAccessToken(accessToken)
  return { subject: identity.subject, username: identity.username, ...identity.claims }
}

function rename(lab: Lab, claims: Readonly<Record<string, unknown>>): void {
  const user = lab.fake.users.get('user-nelly')
  lab.fake.users.set('user-nelly', { subject: 'user-nelly', claims: { ...user?.claims, ...claims } })
}

describe('a session with an OpenID Provider', () => {
  it.each([true, false])('goes on for long when refresh tokens rotate: %s', async (rotatesRefreshTokens) => {
    const lab = createLab({ ...expiring, profile: { rotatesRefreshTokens } })
    let tokens = await signIn(lab)
    for (let rounds = 0; rounds < 3; rounds += 1) tokens = await refreshLater(lab, tokens)
    const sent = lab.fake.requestsTo('refresh').map(({ form }) => form['refresh_token'])
    expect(sent).toHaveLength(3)
    expect(new Set(sent).size).toBe(rotatesRefreshTokens ? 3 : 1)
    expect(await identityOf(lab, tokens)).toMatchObject({ subject: 'user-nelly' })
  })

  it('sends the extra parameters of the token endpoint on refresh too, and those of authorization never there', async () => {
    const lab = createLab({
      ...expiring,
      oidc: { tokenParameters: { resource: 'https://api.example' }, authorizationParameters: { prompt: 'login' } },
    })
    await refreshLater(lab, await signIn(lab))
    const [form] = lab.fake.requestsTo('refresh').map((request) => request.form)
    expect(form).toMatchObject({ grant_type: 'refresh_token', resource: 'https://api.example' })
    expect(form).not.toHaveProperty('prompt')
    expect(form).not.toHaveProperty('scope')
  })

  it('sends the granted scopes on refresh where the provider insists', async () => {
    const lab = createLab({ ...expiring, oidc: { refreshSendsScope: true } })
    await refreshLater(lab, await signIn(lab))
    expect(lab.fake.requestsTo('refresh')[0]?.form['scope']?.split(' ')).toContain('offline_access')
  })

  it('A096 ends when the account is gone', async () => {
    const lab = createLab(expiring)
    const tokens = await signIn(lab)
    lab.fake.users.delete('user-nelly')
    lab.clock.advance(700)
    expect(await refreshOutcome(lab, tokens)).toBe('invalid_grant')
  })

  it('C11 says what userinfo says by now, but only of what the id_token said', async () => {
    const lab = createLab({ ...expiring, profile: { issuesIDToken: ({ on }) => on === 'code' } })
    const tokens = await signIn(lab)
    rename(lab, { preferred_username: 'nelly2', phone_number: '+1' })
    const identity = await identityOf(lab, await refreshLater(lab, tokens))
    expect(identity).toMatchObject({ username: 'nelly2', preferred_username: 'nelly2' })
    expect(identity).not.toHaveProperty('phone_number')
  })

  it('C11 says what a new id_token says where userinfo is not asked', async () => {
    const lab = createLab({ ...expiring, oidc: { userinfo: false } })
    const tokens = await signIn(lab)
    rename(lab, { preferred_username: 'nelly2' })
    expect(await identityOf(lab, await refreshLater(lab, tokens))).toMatchObject({ username: 'nelly2' })
    expect(lab.fake.requestsTo('userinfo')).toHaveLength(0)
  })

  it('keeps what it knew where nothing new comes, however old the id_token', async () => {
    const lab = createLab({
      ...expiring,
      oidc: { userinfo: false },
      profile: { issuesIDToken: ({ on }) => on === 'code' },
    })
    const tokens = await signIn(lab)
    lab.clock.advance(86_400)
    expect(await identityOf(lab, await refreshLater(lab, tokens))).toMatchObject({ username: 'nelly' })
    expect(lab.fake.requestsTo('refresh')).toHaveLength(1)
  })

  it('does not ask userinfo with a token that is for another API, unless told to', async () => {
    const lab = createLab({ ...expiring, oidc: { audience: 'https://api.example' } })
    await refreshLater(lab, await signIn(lab))
    expect(lab.fake.requestsTo('userinfo')).toHaveLength(0)
  })

  it('C11 ends when the provider’s tokens are another user’s all of a sudden', async () => {
    const lab = createLab({ ...expiring, oidc: { userinfo: false } })
    const tokens = await signIn(lab)
    lab.fake.fail(
      'refresh',
      async (request) => {
        const answer = await readJSON(await lab.fake.fetch(request))
        return Response.json({ ...answer, id_token: await lab.fake.mintIDToken({ sub: 'user-wumpus' }) })
      },
      1,
    )
    lab.clock.advance(700)
    expect(await refreshOutcome(lab, tokens)).toBe('invalid_grant')
    expect(lab.events).toContainEqual(expect.objectContaining({ type: 'grant.revoked', reason: 'subject_changed' }))
  })

  it('C11 ends when userinfo says that the account is another one', async () => {
    const lab = createLab(expiring)
    const tokens = await signIn(lab)
    lab.fake.fail('userinfo', () => Response.json({ sub: 'user-wumpus' }))
    lab.clock.advance(700)
    expect(await refreshOutcome(lab, tokens)).toBe('invalid_grant')
  })

  it.each(['500', '429', 'html', 'garbage', 'empty', 'lost'] as const)(
    'D9 stays as it was while userinfo answers with %s',
    async (fault) => {
      const lab = createLab(expiring)
      const tokens = await signIn(lab)
      lab.fake.fail('userinfo', fault)
      expect(await identityOf(lab, await refreshLater(lab, tokens))).toMatchObject({ subject: 'user-nelly' })
    },
  )

  it.each([{}, [], [{ sub: 'user-wumpus' }], null, 5, { sub: null }, { sub: ['user-wumpus'] }])(
    'D9 stays as it was while userinfo answers with %o, which is about nobody',
    async (answer) => {
      const lab = createLab(expiring)
      const tokens = await signIn(lab)
      lab.fake.fail('userinfo', () => Response.json(answer))
      expect(await identityOf(lab, await refreshLater(lab, tokens))).toMatchObject({ subject: 'user-nelly' })
    },
  )

  it('D9 stays as it was when the key of the old id_token is withdrawn and no new one comes', async () => {
    const lab = createLab({ ...expiring, profile: { issuesIDToken: ({ on }) => on === 'code' } })
    const tokens = await signIn(lab)
    await lab.fake.rotateKeys()
    lab.clock.advance(90_000)
    expect(await identityOf(lab, await refreshLater(lab, tokens))).toMatchObject({ username: 'nelly' })
    // Once more, since a newer id_token might have come.
    expect(lab.fake.requestsTo('refresh')).toHaveLength(2)
    expect(lab.events).not.toContainEqual(expect.objectContaining({ type: 'grant.revoked' }))
  })
})

describe('userinfo at sign-in', () => {
  const thin: LabOptions = {
    oidc: { userinfo: true },
    profile: {
      idTokenClaims: (claims) => ({
        ...claims,
        name: undefined,
        preferred_username: undefined,
        email: 'old@example.com',
      }),
    },
  }

  it('adds to the claims of the id_token, and is the newer one', async () => {
    const lab = createLab(thin)
    expect(await identityOf(lab, await signIn(lab))).toMatchObject({
      username: 'nelly',
      email: 'nelly@example.com',
      iss: lab.fake.issuer,
    })
  })

  it.each<readonly [string, unknown]>([
    ['another subject', { sub: 'user-wumpus', preferred_username: 'wumpus' }],
    ['no subject', { preferred_username: 'nelly' }],
    ['a list', [{ sub: 'user-nelly' }]],
    ['text', 'user-nelly'],
  ])('A6 refuses the sign-in when it says %s', async (_name, answer) => {
    const lab = createLab(thin)
    lab.fake.fail('userinfo', () => Response.json(answer))
    expect(await outcomeOf(lab)).toBe('server_error')
  })

  it('A097 makes its outage an outage of the sign-in', async () => {
    const lab = createLab(thin)
    lab.fake.fail('userinfo', '503')
    expect(await outcomeOf(lab)).toBe('temporarily_unavailable')
  })
})

describe('mapIdentity', () => {
  it('chooses subject, name and claims', async () => {
    const profile: LabOptions['profile'] = {
      idTokenClaims: (claims) => ({ ...claims, oid: 'object-1', groups: ['a'] }),
    }
    const mapIdentity = (claims: Readonly<Record<string, unknown>>) => ({
      subject: String(claims['oid']),
      username: 'Nell',
      claims: { groups: claims['groups'] },
    })
    const lab = createLab({ profile, oidc: { mapIdentity } })
    expect(await identityOf(lab, await signIn(lab))).toEqual({ subject: 'object-1', username: 'Nell', groups: ['a'] })
  })

  it('leaves what it does not give as it is', async () => {
    const lab = createLab({ oidc: { mapIdentity: () => ({ username: 'Nell' }) } })
    expect(await identityOf(lab, await signIn(lab))).toMatchObject({
      subject: 'user-nelly',
      username: 'Nell',
      name: 'Nelly Example',
    })
  })

  it('may refuse a user', async () => {
    const mapIdentity = (): never => {
      throw new UpstreamError('access_denied')
    }
    expect(await outcomeOf(createLab({ oidc: { mapIdentity } }))).toBe('access_denied')
  })

  it('cannot make a user without a subject', async () => {
    expect(await outcomeOf(createLab({ oidc: { mapIdentity: () => ({ subject: '' }) } }))).toBe('server_error')
  })

  it('C11 ends a session when it refuses the user later', async () => {
    const mapIdentity = ({ email_verified }: Readonly<Record<string, unknown>>) => {
      if (email_verified !== true) throw new UpstreamError('access_denied')
      return {}
    }
    const lab = createLab({ ...expiring, oidc: { mapIdentity } })
    const tokens = await signIn(lab)
    rename(lab, { email_verified: false })
    lab.clock.advance(700)
    expect(await refreshOutcome(lab, tokens)).toBe('invalid_grant')
  })
})
