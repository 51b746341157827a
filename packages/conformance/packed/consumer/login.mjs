// Runs in a user's project: a server as the README shows it, and a client that logs in. Prints one line, or throws.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createOAuthProxy, mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import { createFakeDiscord } from '@mcp-auth/provider-discord/mocks'
import express from 'express'

const expect = (condition, what) => {
  if (!condition) throw new Error(`packed login: ${what}`)
}
const listen = async (handler) => {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, origin: `http://127.0.0.1:${server.address().port}` }
}

const fake = createFakeDiscord()
const idp = await listen(async (request, response) => {
  const chunks = await request.toArray()
  const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined
  const answer = await fake.fetch(
    new Request(`http://${request.headers.host}${request.url}`, {
      method: request.method,
      headers: request.headers,
      body,
    }),
  )
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
})

const app = express()
const site = await listen(app)
const auth = createOAuthProxy({
  baseUrl: site.origin,
  provider: discord({
    clientId: fake.clientId,
    clientSecret: fake.clientSecret,
    apiUrl: `${idp.origin}/api/v10`,
    authorizeUrl: `${idp.origin}/oauth2/authorize`,
  }),
  secret: randomBytes(32).toString('hex'),
})
app.use(mcpAuth(auth))
app.all('/mcp', requireBearerAuth(auth), (request, response) => response.json(readAuthSession(request).identity))

const challenge = await fetch(`${site.origin}/mcp`, { method: 'POST' })
expect(challenge.status === 401, `the MCP endpoint answered ${challenge.status} without a token`)
const prm = await (await fetch(/resource_metadata="([^"]+)"/.exec(challenge.headers.get('www-authenticate'))[1])).json()
const [issuer] = prm.authorization_servers
const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()
const redirectUri = 'http://127.0.0.1:32767/callback'
const client = await (
  await fetch(metadata.registration_endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [redirectUri], token_endpoint_auth_method: 'none', client_name: 'Packed' }),
  })
).json()

const verifier = randomBytes(32).toString('base64url')
const authorize = new URL(metadata.authorization_endpoint)
authorize.search = new URLSearchParams({
  response_type: 'code',
  client_id: client.client_id,
  redirect_uri: redirectUri,
  state: 'packed',
  resource: prm.resource,
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
})
const page = await fetch(authorize)
const consent = /name="consent" value="([^"]+)"/.exec(await page.text())[1]
const cookieOf = (response) => response.headers.getSetCookie()[0].split(';')[0]
const approved = await fetch(`${site.origin}/consent`, {
  method: 'POST',
  redirect: 'manual',
  headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: cookieOf(page), origin: site.origin },
  body: new URLSearchParams({ consent, decision: 'approve' }),
})
const atDiscord = await fetch(approved.headers.get('location'), { redirect: 'manual' })
const back = await fetch(atDiscord.headers.get('location'), {
  redirect: 'manual',
  headers: { cookie: cookieOf(approved) },
})
const answer = new URL(back.headers.get('location')).searchParams
expect(answer.get('iss') === issuer && answer.get('state') === 'packed', 'the authorization response is not ours')
const tokens = await (
  await fetch(metadata.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: answer.get('code'),
      code_verifier: verifier,
      client_id: client.client_id,
    }),
  })
).json()
const identity = await (
  await fetch(prm.resource, { method: 'POST', headers: { authorization: `Bearer ${tokens.access_token}` } })
).json()
expect(identity.username === 'nelly', `whoami answered ${JSON.stringify(identity)}`)
console.log(`logged in as ${identity.username}`)
idp.server.close().closeAllConnections()
site.server.close().closeAllConnections()
