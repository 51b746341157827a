import { describe, expect, it } from 'vitest'
import { createLab, depart, type LabOptions, refresh, signIn } from './support/lab.ts'

const supporting = (scopes_supported: readonly string[] | undefined): LabOptions => ({
  profile: { metadata: (document) => ({ ...document, scopes_supported }) },
})

/** The scopes that reach the provider. */
async function sentScopes(options: LabOptions, asked?: readonly string[]): Promise<string[]> {
  const { location } = await depart(createLab(options), asked)
  return location.searchParams.get('scope')?.split(' ') ?? []
}

describe('offline_access', () => {
  const known = supporting(['openid', 'offline_access'])
  it.each<readonly [string, LabOptions, boolean]>([
    ['sends it where the metadata list it', known, true],
    ['leaves it out where they do not', supporting(['openid']), false],
    ['leaves it out where they list nothing', supporting(undefined), false],
    ['sends it when told to', { ...supporting(['openid']), oidc: { offlineAccess: true } }, true],
    ['leaves it out when told to', { ...known, oidc: { offlineAccess: false } }, false],
  ])('%s, whatever the client asks for', async (_name, options, isSent) => {
    for (const asked of [['openid'], ['openid', 'offline_access'], []]) {
      expect((await sentScopes(options, asked)).includes('offline_access')).toBe(isSent)
    }
  })

  it('of the client is granted by us, even when the provider knows no such scope', async () => {
    const lab = createLab({ ...supporting(['openid']), settings: { withheldScopes: ['offline_access'] } })
    const tokens = await signIn(lab, ['openid', 'offline_access'])
    expect(tokens.scopes).toEqual(['openid', 'offline_access'])
  })

  it('of the provider is never seen by the client', async () => {
    const lab = createLab(known)
    expect((await signIn(lab, ['openid', 'profile'])).scopes).toEqual(['openid', 'profile'])
    expect(lab.auth.metadata.protectedResource.scopes_supported).toEqual(['openid', 'profile'])
  })

  it('withheld by the provider does not end the sign-in', async () => {
    const lab = createLab({ ...known, settings: { withheldScopes: ['offline_access'] } })
    expect((await signIn(lab)).scopes).toEqual(['openid', 'profile'])
  })

  it('is what a provider gives refresh tokens for', async () => {
    const profile = {
      ...known.profile,
      issuesRefreshToken: ({ grant }: { grant: { scopes: readonly string[] } }) =>
        grant.scopes.includes('offline_access'),
    }
    const lab = createLab({ profile, settings: { expiresIn: 600 } })
    const tokens = await signIn(lab)
    lab.clock.advance(700)
    expect(await refresh(lab, tokens)).toMatchObject({ scopes: ['openid', 'profile'] })
  })
})

describe('openid', () => {
  it('is sent even when neither the options nor the client name it', async () => {
    expect(await sentScopes({ oidc: { scopes: ['email'] } })).toEqual(expect.arrayContaining(['openid', 'email']))
    expect(await sentScopes({}, ['profile'])).toEqual(expect.arrayContaining(['openid', 'profile']))
  })

  it('may be asked for by a client that has read of it', async () => {
    const lab = createLab({ oidc: { scopes: ['email'] } })
    expect((await signIn(lab, ['openid', 'email'])).scopes).toEqual(['openid', 'email'])
  })

  it('counts as granted when the provider leaves it out of its answer', async () => {
    const lab = createLab({ profile: { writeScopes: () => 'profile' } })
    expect((await signIn(lab)).scopes).toEqual(['openid', 'profile'])
  })

  it('remains when the user took everything else back', async () => {
    const lab = createLab({ profile: { writeScopes: () => '' } })
    expect((await signIn(lab)).scopes).toEqual(['openid'])
  })

  it('does not bring back what the provider withheld', async () => {
    const lab = createLab({ oidc: { optionalScopes: ['email'] }, settings: { withheldScopes: ['email'] } })
    expect((await signIn(lab, ['openid', 'email'])).scopes).toEqual(['openid'])
  })
})

it('scopes are as requested when the provider says nothing about them', async () => {
  const lab = createLab({ profile: { writeScopes: () => undefined } })
  expect((await signIn(lab)).scopes).toEqual(['openid', 'profile'])
})

it('scopes that nobody offered are not sent to the provider', async () => {
  expect(await sentScopes({ oidc: { offlineAccess: false } }, ['openid', 'admin'])).toEqual(['openid'])
})
