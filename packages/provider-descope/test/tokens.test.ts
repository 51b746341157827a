import type { DescopeOptions } from '@mcp-auth/provider-descope'
import { describe, expect, it } from 'vitest'
import { clientId, createSurroundings, ids, issuers, resource } from './support.ts'

const { projectId } = ids
const configUrl = `${issuers.server}/.well-known/openid-configuration`
const sibling = 'https://other.example/mcp'

/** How a server can be configured. `server` knows the id of its MCP server at Descope. */
const servers = {
  server: { configUrl },
  project: { projectId },
  'audience of the project': { configUrl, audience: 'project' },
  'audience and issuer of the project': { projectId, audience: projectId },
  'any tenant': { configUrl, audience: 'project', tenantIssuers: 'any' },
  'one tenant': { configUrl, tenantIssuers: ['T2TestTenant000000000000000'] },
} as const satisfies Record<string, DescopeOptions>
type Server = keyof typeof servers

const everywhere = Object.keys(servers) as Server[]
const wide: readonly Server[] = ['audience of the project', 'audience and issuer of the project', 'any tenant']
const knowsServer: readonly Server[] = ['server', 'audience of the project', 'any tenant', 'one tenant']
const tenantIssuer = `${issuers.project}/T2TestTenant000000000000000`
const tenants = { T2TestTenant000000000000000: { roles: ['Editor'], permissions: ['docs.write'] } }
const both = [clientId, projectId]

/** What a token says, and which servers take it. Shapes that Descope was seen to issue, or is documented to. */
const tokens: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly Server[]])[] = [
  ['of the project, for client and project', { iss: issuers.project, aud: both }, wide],
  [
    'of the MCP server, for client and project',
    { iss: issuers.server, aud: both },
    ['audience of the project', 'any tenant'],
  ],
  [
    'of a tenant, for client and project',
    { iss: tenantIssuer, aud: both, dct: 'T2TestTenant000000000000000', tenants },
    ['any tenant'],
  ],
  ['of the project, that names this server', { iss: issuers.project, aud: [...both, resource] }, everywhere],
  ['of the MCP server, that names this server', { iss: issuers.server, aud: [...both, resource] }, knowsServer],
  [
    'of a tenant, that names this server',
    { iss: tenantIssuer, aud: [...both, resource] },
    ['any tenant', 'one tenant'],
  ],
  [
    'of another tenant, that names this server',
    { iss: `${issuers.project}/T2OtherTenant00000000000000`, aud: [...both, resource] },
    ['any tenant'],
  ],
  [
    'of the project, for this server only',
    { iss: issuers.project, aud: resource },
    ['server', 'project', 'one tenant'],
  ],
  [
    'with the roles of a tenant',
    { iss: issuers.project, aud: both, dct: 'T2TestTenant000000000000000', tenants, roles: ['Viewer'] },
    wide,
  ],
  ['of a machine', { iss: issuers.project, aud: both, sub: 'TPA2TestClient00000000000', amr: undefined }, wide],
  [
    'of an agent that acts for a user',
    { iss: issuers.project, aud: both, act: { sub: 'TPA2Agent0000000000000000' } },
    wide,
  ],
  ['without a kind', { iss: issuers.project, aud: [...both, resource], drn: undefined }, everywhere],
  [
    'of a client whose id is a URL',
    {
      iss: issuers.project,
      azp: 'https://client.example/oauth.json',
      aud: ['https://client.example/oauth.json', resource],
    },
    ['server', 'project', 'one tenant'],
  ],

  ['that is a session of a user', { iss: projectId, aud: undefined, azp: undefined, scope: undefined }, []],
  [
    'that is a session with the host in its issuer',
    { iss: `https://api.descope.com/${projectId}`, aud: [...both, resource] },
    [],
  ],
  [
    'of another project',
    { iss: 'https://api.descope.com/v1/apps/P2OtherProject0000000000000', aud: ['P2OtherProject0000000000000'] },
    [],
  ],
  [
    'of another project, that names this server',
    { iss: 'https://api.descope.com/v1/apps/P2OtherProject0000000000000', aud: [projectId, resource] },
    [],
  ],
  ['of an issuer that only begins like ours', { iss: `${issuers.project}EVIL`, aud: [...both, resource] }, []],
  ['of an issuer below ours', { iss: `${issuers.server}/x`, aud: [...both, resource] }, []],
  ['of an issuer below a tenant', { iss: `${tenantIssuer}/x`, aud: [...both, resource] }, []],
  ['of an issuer with an empty tenant', { iss: `${issuers.project}/`, aud: [...both, resource] }, []],
  ['of an issuer that climbs out of a tenant', { iss: `${issuers.project}/..`, aud: [...both, resource] }, []],
  ['of an issuer that hides a slash', { iss: `${issuers.project}/T2%2Fx`, aud: [...both, resource] }, []],
  ['of an issuer with a query', { iss: `${issuers.project}?T2`, aud: [...both, resource] }, []],
  ['of our issuer in capitals', { iss: issuers.project.replace('api', 'API'), aud: [...both, resource] }, []],
  ['of another host', { iss: `https://evil.example/v1/apps/${projectId}`, aud: [...both, resource] }, []],
  [
    'of a host that only begins like ours',
    { iss: `https://api.descope.com.evil.example/v1/apps/${projectId}`, aud: [...both, resource] },
    [],
  ],
  ['of http', { iss: issuers.project.replace('https', 'http'), aud: [...both, resource] }, []],
  [
    'of another MCP server, for that server',
    { iss: issuers.server.replace(ids.serverId, 'MS2OtherMcpServer00000000000'), aud: [...both, sibling] },
    [],
  ],
  [
    'of another MCP server, that names this server',
    { iss: issuers.server.replace(ids.serverId, 'MS2OtherMcpServer00000000000'), aud: [...both, resource] },
    [],
  ],
  ['of the project, for another server', { iss: issuers.project, aud: [...both, sibling] }, []],
  ['of the project, for another server and this one', { iss: issuers.project, aud: [...both, sibling, resource] }, []],
  ['of the project, for this server with a slash', { iss: issuers.project, aud: [...both, `${resource}/`] }, []],
  [
    'of the project, for the origin of this server',
    { iss: issuers.project, aud: [...both, 'https://mcp.example'] },
    [],
  ],
  ['of the project, for somebody else', { iss: issuers.project, aud: ['someone-else'] }, []],
  [
    'of the project, for somebody else and this server',
    { iss: issuers.project, aud: ['someone-else', projectId, resource] },
    [],
  ],
  ['of the project, for nobody', { iss: issuers.project, aud: undefined }, []],
  ['of the project, for an empty list', { iss: issuers.project, aud: [] }, []],
  ['of the project, for the client only', { iss: issuers.project, aud: clientId }, []],
  ['without issuer', { iss: undefined, aud: [...both, resource] }, []],
  ['without subject', { iss: issuers.project, aud: [...both, resource], sub: undefined }, []],
  ['that is a refresh token', { iss: issuers.project, aud: [...both, resource], drn: 'DSR' }, []],
  ['of a kind that nobody knows', { iss: issuers.project, aud: [...both, resource], drn: null }, []],
  ['that is an id token', { iss: issuers.project, aud: [...both, resource], nonce: 'n', at_hash: 'h' }, []],
]

describe('A011 A012 A017 A018 which tokens are taken', () => {
  const running = everywhere.map((name) => ({ name, ...createSurroundings(servers[name]) }))

  it.each(tokens)('a token %s', async (_name, claims, expected) => {
    const verdicts = await Promise.all(
      running.map(async ({ name, mint, judge }) => [name, await judge(await mint(claims))]),
    )
    const wanted = everywhere.map((name) => [name, expected.includes(name) ? 'ok' : 'token_invalid'])
    expect(verdicts).toEqual(wanted)
  })

  it('A011 takes no token whose client calls itself like another server, although all of the project are let in', async () => {
    const { mint, judge } = createSurroundings(servers['audience of the project'])
    const claims = { iss: issuers.project, azp: sibling, aud: [projectId, sibling] }
    expect(await judge(await mint(claims))).toBe('token_invalid')
    expect(await judge(await mint({ ...claims, aud: [projectId] }))).toBe('ok')
  })

  it('A012 takes another URL in the place of its own only if it is told which', async () => {
    const { mint, judge } = createSurroundings({ projectId, audience: 'https://registered.example/' })
    expect(await judge(await mint({ iss: issuers.project, aud: [...both, 'https://registered.example/'] }))).toBe('ok')
    expect(await judge(await mint({ iss: issuers.project, aud: [...both, 'https://registered.example'] }))).toBe(
      'token_invalid',
    )
    expect(await judge(await mint({ iss: issuers.project, aud: both }))).toBe('token_invalid')
  })

  it('A012 A052 keeps the resources of one server apart, whatever audience is expected', async () => {
    for (const audience of ['resource', 'project']) {
      const other = 'https://mcp.example/other'
      const { auth, mint } = createSurroundings(
        { projectId, audience },
        { server: { otherResources: [{ resource: other }] } },
      )
      const token = await mint({ iss: issuers.project, aud: [...both, other] })
      await expect(auth.verifyAccessToken(token, { resource })).rejects.toMatchObject({ reason: 'token_invalid' })
      expect((await auth.verifyAccessToken(token, { resource: other })).resource.href).toBe(other)
    }
  })
})

describe('A013 time', () => {
  const claims = { iss: issuers.project, aud: [...both, resource] }

  it.each([
    ['ends now', { exp: 1_800_000_000 }, 'ok'],
    ['ended 4 seconds ago', { exp: 1_799_999_996 }, 'ok'],
    ['ended 5 seconds ago', { exp: 1_799_999_995 }, 'token_expired'],
    ['ended a minute ago', { exp: 1_799_999_940 }, 'token_expired'],
    ['never ends', { exp: undefined }, 'token_invalid'],
    ['ends in a text', { exp: '1900000000' }, 'token_invalid'],
    ['has no beginning', { iat: undefined }, 'token_invalid'],
    ['begins in a minute', { nbf: 1_800_000_060 }, 'token_invalid'],
    ['was issued in a minute', { iat: 1_800_000_060 }, 'token_invalid'],
  ])('a token that %s', async (_name, more, verdict) => {
    const { mint, judge } = createSurroundings()
    expect(await judge(await mint({ ...claims, ...more }))).toBe(verdict)
  })

  it('a token that was verified ends when it says so', async () => {
    const { mint, judge, clock } = createSurroundings()
    const token = await mint({ ...claims, exp: clock.now + 10 })
    expect(await judge(token)).toBe('ok')
    clock.now += 15
    expect(await judge(token)).toBe('token_expired')
  })
})
