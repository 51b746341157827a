import { type Identity, type UpstreamApi, UpstreamError } from '@mcp-auth/core'
import { type GitHubOptions, github } from '@mcp-auth/provider-github'
import { describe, expect, it } from 'vitest'

const required = { clientId: 'Ov23liA1b2C3d4E5f6G7', clientSecret: 'secret' }
const origin = 'https://api.github.com'

/** Answers by path; an error is what core throws for a refused call. */
type Answers = Readonly<Record<string, unknown>>

const check = `/applications/${required.clientId}/token`
const token = { app: { client_id: required.clientId }, scopes: ['read:user'], user: { id: 583_231 } }
const user = {
  id: 583_231,
  login: 'nelly',
  name: 'Nelly',
  avatar_url: 'https://avatars.example/1',
  email: 'public@x.example',
}
const membership = {
  state: 'active',
  role: 'admin',
  organization: { id: 7, login: 'octo-org' },
  user: { id: 583_231 },
}
const good: Answers = {
  [check]: token,
  '/user': user,
  '/user/emails?per_page=100': [
    { email: 'old@example.com', primary: false, verified: true },
    { email: 'nelly@example.com', primary: true, verified: true },
  ],
  '/user/memberships/orgs/octo-org': membership,
}

const notFound = new UpstreamError('protocol', { status: 404 })
const forbidden = new UpstreamError('access_denied', { status: 403 })
const limited = new UpstreamError('unavailable', { status: 403, retryAfterSeconds: 60 })

function apiOf(answers: Answers, asked: string[]): UpstreamApi {
  const answer = async (url: string): Promise<unknown> => {
    asked.push(url)
    const found = answers[url.replace(origin, '')] ?? new UpstreamError('protocol', { status: 404 })
    return await (found instanceof UpstreamError ? Promise.reject(found) : Promise.resolve(found))
  }
  return {
    endpoints: github(required),
    nonce: undefined,
    now: () => 1_800_000_000,
    getJSON: async (url, accessToken) => await answer(accessToken === 'gho_token' ? url : 'another token'),
    postJSONAsClient: async (url, content) => {
      expect(content).toEqual({ access_token: 'gho_token' })
      return await answer(url)
    },
    verifyIDToken: async () => await Promise.reject(new Error('not called')),
  }
}

async function identify(
  answers: Answers = {},
  options: Partial<GitHubOptions> = {},
  asked: string[] = [],
): Promise<Identity> {
  const provider = github({ ...required, ...options })
  return await provider.identify({ accessToken: 'gho_token' }, apiOf({ ...good, ...answers }, asked))
}

describe('identify', () => {
  it('has the number of the user for a subject, in text, and the login for a name', async () => {
    expect(await identify()).toEqual({
      subject: '583231',
      username: 'nelly',
      claims: { id: 583_231, login: 'nelly', name: 'Nelly', avatar_url: 'https://avatars.example/1' },
    })
  })

  it('asks GitHub first whose application the token was issued to', async () => {
    const asked: string[] = []
    await identify({}, {}, asked)
    expect(asked).toEqual([`${origin}${check}`, `${origin}/user`])
  })

  it.each<readonly [string, Answers, string]>([
    ["another application's token", { [check]: { ...token, app: { client_id: 'Ov23liOther' } } }, 'invalid_token'],
    ['a token that GitHub does not know', { [check]: notFound }, 'invalid_token'],
    ['our own secret refused', { [check]: new UpstreamError('invalid_token', { status: 401 }) }, 'invalid_client'],
    ['a rate limit', { [check]: limited }, 'unavailable'],
    ['a check without an application', { [check]: { scopes: [] } }, 'protocol'],
    ['a check that names another user', { [check]: { ...token, user: { id: 1 } } }, 'protocol'],
    ['a user without a number', { '/user': { login: 'nelly' } }, 'protocol'],
    ['a user whose number is text', { '/user': { ...user, id: '583231' } }, 'protocol'],
    ['a number that is too long to be exact', { '/user': { ...user, id: 2 ** 53 } }, 'protocol'],
    ['a number that is none', { '/user': { ...user, id: 0 } }, 'protocol'],
    ['a user without a login', { '/user': { ...user, login: '' } }, 'protocol'],
    ['a dead token', { '/user': new UpstreamError('invalid_token', { status: 401 }) }, 'invalid_token'],
    ['an outage', { '/user': new UpstreamError('unavailable') }, 'unavailable'],
  ])('refuses %s', async (_name, answers, kind) => {
    await expect(identify(answers)).rejects.toMatchObject({ kind })
  })

  it('has no name and no picture for a user without', async () => {
    const { claims } = await identify({ '/user': { id: 583_231, login: 'nelly', name: null } })
    expect(claims).toEqual({ id: 583_231, login: 'nelly', name: null, avatar_url: null })
  })
})

describe('the address', () => {
  const emails = '/user/emails?per_page=100'
  const scoped = { [check]: { ...token, scopes: ['user:email'] } }

  it.each<readonly [string, Answers, Partial<GitHubOptions>, unknown]>([
    ['looked up with scope user:email', scoped, {}, 'nelly@example.com'],
    ['looked up with scope user', { [check]: { ...token, scopes: ['user'] } }, {}, 'nelly@example.com'],
    ['not the public one of the profile, without a scope', {}, {}, undefined],
    ['not looked up when the option says so', scoped, { email: false }, undefined],
    [
      'looked up with a GitHub App when the option says so',
      {},
      { kind: 'github-app', email: true },
      'nelly@example.com',
    ],
    [
      'not looked up with a GitHub App, whose check names no scopes',
      { [check]: { ...token, scopes: null } },
      { kind: 'github-app' },
      undefined,
    ],
    [
      'not one that GitHub has not verified',
      { ...scoped, [emails]: [{ email: 'nelly@example.com', primary: true, verified: false }] },
      {},
      null,
    ],
    [
      'not one that is not the primary one',
      { ...scoped, [emails]: [{ email: 'old@example.com', primary: false, verified: true }] },
      {},
      null,
    ],
    ['none when the app may not see it', { ...scoped, [emails]: forbidden }, {}, null],
    ['none when it is hidden from the app', { ...scoped, [emails]: notFound }, {}, null],
  ])('is %s', async (_name, answers, options, email) => {
    expect((await identify(answers, options)).claims['email']).toBe(email)
  })

  it('D9: is not taken for absent during an outage', async () => {
    await expect(identify({ ...scoped, [emails]: limited })).rejects.toMatchObject({ kind: 'unavailable' })
  })
})

describe('organizations', () => {
  const options = { organizations: ['octo-org', 'other'] }
  const path = '/user/memberships/orgs/octo-org'

  it('lets an active member of one of them in, and says which', async () => {
    const { claims } = await identify({}, options)
    expect(claims['organizations']).toEqual([{ id: 7, login: 'octo-org', role: 'admin' }])
  })

  it('are not asked for when everybody may come', async () => {
    expect((await identify()).claims).not.toHaveProperty('organizations')
  })

  it.each<readonly [string, unknown, string]>([
    ['somebody who is no member', notFound, 'access_denied'],
    ['somebody whose organization does not let the app look', forbidden, 'access_denied'],
    ['somebody who has not accepted the invitation', { ...membership, state: 'pending' }, 'access_denied'],
    ['somebody by the membership of somebody else', { ...membership, user: { id: 1 } }, 'protocol'],
    ['an answer without a state', { ...membership, state: undefined }, 'protocol'],
    ['nobody and refuses nobody during a rate limit (D9)', limited, 'unavailable'],
  ])('let in %s: never', async (_name, answer, kind) => {
    await expect(identify({ [path]: answer }, options)).rejects.toMatchObject({ kind })
  })
})

describe('GitHub Enterprise', () => {
  it.each([
    ['https://ghe.example.com', undefined, 'https://ghe.example.com/api/v3'],
    ['https://octo.ghe.com', undefined, 'https://api.octo.ghe.com'],
    ['http://127.0.0.1:8001', undefined, 'http://127.0.0.1:8001/api/v3'],
    ['https://ghe.example.com', 'https://api.ghe.example.com/', 'https://api.ghe.example.com'],
  ])('%s with API %s is asked at %s', async (baseUrl, apiUrl, expected) => {
    const asked: string[] = []
    const api = apiOf({ [`${expected}${check}`]: token, [`${expected}/user`]: user }, asked)
    await github({ ...required, baseUrl, apiUrl }).identify({ accessToken: 'gho_token' }, api)
    expect(asked).toEqual([`${expected}${check}`, `${expected}/user`])
  })
})
