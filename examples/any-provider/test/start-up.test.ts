import { createServer } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { refusal, runServer, startServer } from '../../kit/test/servers/support/server.ts'

const example = 'any-provider'

/** A port of this machine where nobody listens: the provider is down. */
const nowhere = 'http://127.0.0.1:9'
const guid = '5d2e0c3b-6a4f-4f8c-9b1d-2f7e8a9c0b1d'
const secret = 'a-secret-of-the-application'

const google = { GOOGLE_CLIENT_ID: '1-a.apps.googleusercontent.com', GOOGLE_CLIENT_SECRET: secret }
const github = { GITHUB_CLIENT_ID: 'Ov23liAbCdEfGhIjKlMn', GITHUB_CLIENT_SECRET: secret }
const entra = { ENTRA_TENANT_ID: guid, ENTRA_CLIENT_ID: guid, ENTRA_CLIENT_SECRET: secret }
const auth0 = { AUTH0_DOMAIN: 'tenant.eu.auth0.com', AUTH0_CLIENT_ID: 'client', AUTH0_CLIENT_SECRET: secret }
const proxied = { OIDC_ISSUER: nowhere, OIDC_CLIENT_ID: 'client', OIDC_CLIENT_SECRET: secret }
const descope = { DESCOPE_PROJECT_ID: 'P2abcdefghijklmnopqrstuvwxyz', DESCOPE_BASE_URL: nowhere }
const discord = {
  DISCORD_CLIENT_ID: '157730590492196864',
  DISCORD_CLIENT_SECRET: secret,
  DISCORD_API_URL: `${nowhere}/api`,
}

/** This server issues the tokens. */
const ours = 'this server'

it.each<[string, Record<string, string>, string]>([
  ['oidc', {}, ours],
  ['oidc', proxied, ours],
  ['oidc', { ...proxied, OIDC_AUDIENCE: 'https://api.example' }, ours],
  ['oidc', { OIDC_ISSUER: nowhere }, nowhere],
  ['oidc', { OIDC_ISSUER: nowhere, OIDC_AUDIENCE: 'https://api.example' }, nowhere],
  ['discord', {}, ours],
  ['discord', discord, ours],
  ['google', google, ours],
  ['github', github, ours],
  ['github', { ...github, GITHUB_APP_KIND: 'github-app' }, ours],
  ['entra', entra, ours],
  ['auth0', { ...auth0, AUTH0_AUDIENCE: 'https://api.example' }, ours],
  ['descope', descope, `${nowhere}/v1/apps/P2abcdefghijklmnopqrstuvwxyz`],
])(
  'K001 starts with %s and %j although no provider can be reached, and says who issues tokens',
  async (name, variables, issuer) => {
    const server = await runServer(example, { MCP_AUTH_PROVIDER: name, MCP_AUTH_UPSTREAM_TIMEOUT: '2', ...variables })
    expect(server.stdout()).toBe(`mcp-auth ready ${server.mcpURL}\n`)
    expect(server.stdout() + server.stderr()).not.toContain(secret)
    const challenge = await fetch(server.mcpURL, { method: 'POST' })
    expect([challenge.status, challenge.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining(`resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`),
    ])
    const metadata = await fetch(`${server.origin}/.well-known/oauth-protected-resource/mcp`)
    expect(await metadata.json()).toMatchObject({
      resource: server.mcpURL,
      authorization_servers: [issuer === ours ? server.origin : issuer],
    })
    expect((await fetch(`${server.origin}/healthz`)).status).toBe(200)
    server.kill('SIGTERM')
    expect(await server.exit).toEqual({ code: 0, signal: null })
  },
)

it('starts with an OpenID Provider to try out where nothing is set, and says so', async () => {
  const server = await runServer(example)
  expect(server.stderr()).toMatch(
    /^A fake OpenID Provider is running at http:\/\/127\.0\.0\.1:\d+: everybody can sign in/,
  )
  await server.stop()
})

it.each(['okta', 'Google', 'google,github', '__proto__', secret])(
  'K003 refuses the provider %j with the list of names',
  async (name) => {
    const line = await refusal(startServer(example, { MCP_AUTH_PROVIDER: name }))
    expect(line).toBe(
      'configuration error: MCP_AUTH_PROVIDER: must be one of oidc, discord, google, github, entra, auth0, descope',
    )
  },
)

const application = { google, github, entra, auth0 }

it.each(
  Object.entries(application).flatMap(([name, variables]) =>
    Object.keys(variables).map((missing) => [name, missing] as const),
  ),
)('K003 refuses %s without %s, and says what it needs', async (name, missing) => {
  const variables = { ...application[name as keyof typeof application], [missing]: '' }
  const line = await refusal(startServer(example, { MCP_AUTH_PROVIDER: name, ...variables }))
  expect(line).toMatch(new RegExp(`^configuration error: ${missing}: is missing: this provider needs `))
  expect(line).not.toContain(secret)
})

it.each<[string, Record<string, string>, string]>([
  ['google', { ...google, GOOGLE_CLIENT_ID: 'client' }, 'GOOGLE_CLIENT_ID'],
  ['google', { ...google, GOOGLE_CLIENT_SECRET: `${secret} and more` }, 'GOOGLE_CLIENT_SECRET'],
  ['google', { ...google, MCP_AUTH_SCOPES: 'no-scope-of-google' }, 'MCP_AUTH_SCOPES'],
  ['github', { ...github, GITHUB_CLIENT_ID: '1234567' }, 'GITHUB_CLIENT_ID'],
  ['github', { ...github, GITHUB_APP_KIND: 'app' }, 'GITHUB_APP_KIND'],
  ['entra', { ...entra, ENTRA_TENANT_ID: 'no tenant' }, 'ENTRA_TENANT_ID'],
  ['entra', { ...entra, ENTRA_TENANT_ID: 'common' }, 'ENTRA_TENANT_ID'],
  ['entra', { ...entra, ENTRA_CLIENT_ID: 'client' }, 'ENTRA_CLIENT_ID'],
  ['auth0', { ...auth0, AUTH0_DOMAIN: 'https://tenant.eu.auth0.com/x?y' }, 'AUTH0_DOMAIN'],
  ['discord', { DISCORD_CLIENT_ID: '157730590492196864' }, 'DISCORD_CLIENT_SECRET'],
  ['descope', { DESCOPE_PROJECT_ID: 'project' }, 'DESCOPE_PROJECT_ID'],
  ['oidc', { OIDC_ISSUER: 'http://login.example' }, 'OIDC_ISSUER'],
  ['oidc', { ...proxied, OIDC_ISSUER: 'login.example' }, 'OIDC_ISSUER'],
  ['oidc', { OIDC_CLIENT_ID: 'client', OIDC_CLIENT_SECRET: secret }, 'OIDC_ISSUER'],
  ['oidc', { OIDC_AUDIENCE: 'https://api.example' }, 'OIDC_ISSUER'],
  ['oidc', { OIDC_ISSUER: nowhere, OIDC_CLIENT_SECRET: secret }, 'OIDC_CLIENT_ID'],
])('K003 refuses %s with %j by the name of the variable', async (name, variables, variable) => {
  const line = await refusal(startServer(example, { MCP_AUTH_PROVIDER: name, ...variables }))
  expect(line).toMatch(new RegExp(`^configuration error: ${variable}: `))
  expect(line).not.toContain(secret)
})

it.each([
  ['as the provider of a proxy', proxied],
  ['as the authorization server', {}],
])('D2 refuses an OpenID Provider whose metadata name another issuer, %s', async (_case, variables) => {
  const idp = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ issuer: 'https://other.example' }))
  })
  await new Promise<void>((resolve) => void idp.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    idp.closeAllConnections()
    idp.close()
  })
  const address = idp.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const line = await refusal(startServer(example, { ...variables, OIDC_ISSUER: `http://127.0.0.1:${port}` }))
  expect(line).toMatch(/^configuration error: OIDC_ISSUER: the metadata that .* publishes is not that of /)
})
