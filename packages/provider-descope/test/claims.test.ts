import { readDescopeClaims } from '@mcp-auth/provider-descope'
import { describe, expect, it } from 'vitest'
import { clientId, createSurroundings, ids, issuers, resource } from './support.ts'

const garden = 'T2FakeGarden00000000000000000'
const tenants = {
  [garden]: { roles: ['editor'], permissions: ['docs.write'] },
  T2Other: { roles: ['admin'], permissions: ['all'] },
}
const top = { sub: 'U2User', iss: issuers.project, roles: ['viewer'], permissions: ['read'] }

describe('roles and permissions', () => {
  it.each([
    ['of the project without tenants', top, ['viewer'], ['read']],
    ['of the project without a current tenant', { ...top, tenants }, ['viewer'], ['read']],
    [
      'of the current tenant, and not of the project as well',
      { ...top, tenants, dct: garden },
      ['editor'],
      ['docs.write'],
    ],
    ['of the project for a tenant the user is not in', { ...top, tenants, dct: 'T2Stranger' }, ['viewer'], ['read']],
    [
      'of the project for a tenant with the name of an inherited property',
      { ...top, tenants, dct: 'toString' },
      ['viewer'],
      ['read'],
    ],
    ['of nobody in a tenant without roles', { ...top, tenants: { [garden]: {} }, dct: garden }, [], []],
    ['of nobody in a tenant of odd form', { ...top, tenants: { [garden]: ['admin'] }, dct: garden }, [], []],
    ['of nobody where they are a text', { ...top, roles: 'admin', permissions: 'all' }, [], []],
    ['of nobody where one is no text', { ...top, roles: ['admin', 7], permissions: [null] }, [], []],
    ['of the project where tenants are a list', { ...top, tenants: ['T2Other'], dct: '0' }, ['viewer'], ['read']],
  ])('are those %s', (_name, claims, roles, permissions) => {
    expect(readDescopeClaims(claims)).toMatchObject({ roles, permissions })
  })

  it('A120 gives the session the roles of the current tenant', async () => {
    const { auth, fake, mint } = createSurroundings()
    const claims = { iss: issuers.project, aud: [clientId, ids.projectId, resource], tenants, roles: ['admin'] }
    expect((await auth.verifyAccessToken(await mint({ ...claims, dct: garden }))).roles).toEqual(['editor'])
    expect((await auth.verifyAccessToken(await mint(claims))).roles).toEqual(['admin'])
    expect(fake.secrets).toHaveLength(2)
  })
})

describe('the session', () => {
  it('has what the token says, typed, with further claims as they were', async () => {
    const { auth, mint } = createSurroundings()
    const session = await auth.verifyAccessToken(
      await mint({
        iss: issuers.project,
        aud: [clientId, ids.projectId, resource],
        name: 'Nelly',
        tenants,
        dct: garden,
        plan: 'gold',
        tenant: 'T2Other',
        isMachine: true,
      }),
    )
    expect(session).toMatchObject({
      subject: 'U2TestUser00000000000000000',
      clientId,
      scopes: ['mcp:read', 'mcp:write'],
    })
    expect(session.identity.username).toBe('Nelly')
    const claims = readDescopeClaims(session.identity.claims)
    expect(claims).toMatchObject({ tenant: garden, tenants, amr: ['email'], plan: 'gold', isMachine: false })
    expect(claims.act).toBeUndefined()
  })

  it.each([
    ['an application', { sub: 'TPA2TestClient00000000000' }, true],
    ['a client that is its own subject', { sub: clientId }, true],
    ['a user', { sub: 'U2TestUser00000000000000000' }, false],
  ])('says whether %s is a machine', async (_name, more, isMachine) => {
    const { auth, mint } = createSurroundings()
    const aud = [clientId, ids.projectId, resource]
    const { identity } = await auth.verifyAccessToken(await mint({ iss: issuers.project, aud, ...more }))
    expect(readDescopeClaims(identity.claims).isMachine).toBe(isMachine)
  })

  it('says who acts for the user', async () => {
    const { auth, mint } = createSurroundings()
    const aud = [clientId, ids.projectId, resource]
    const act = { sub: 'TPA2Agent0000000000000000' }
    const session = await auth.verifyAccessToken(await mint({ iss: issuers.project, aud, act }))
    expect(session.subject).toBe('U2TestUser00000000000000000')
    expect(readDescopeClaims(session.identity.claims).act).toEqual(act)
  })

  it('reads nothing out of an anonymous session', () => {
    expect(readDescopeClaims({})).toMatchObject({
      sub: '',
      tenants: {},
      roles: [],
      permissions: [],
      amr: [],
      isMachine: false,
    })
  })
})
