/** Servers that share a store, behind one address, and a client that knows only that. */
import { createHash, randomBytes } from 'node:crypto'
import { freePort } from '../../../../../packages/store-redis/test/support/free-port.ts'
import { openCallback } from '../../../../discord-express/src/demo/callback.ts'
import { agree } from '../../../../discord-express/src/demo/person.ts'
import { startFakeDiscord } from '../../../src/fake-discord.ts'
import { users } from './client.ts'
import { type Forwarder, startForwarder } from './forwarder.ts'
import { type StartedServer, startServer } from './server.ts'

/** Servers behind one address. */
export interface Fleet {
  readonly forwarder: Forwarder
  readonly origin: string
  /** Ends every server by a signal and starts as many new ones. */
  restart(signal: NodeJS.Signals): Promise<void>
  /** Origins of the servers themselves. */
  readonly each: () => readonly string[]
  /** What the servers wrote on standard error. */
  readonly stderr: () => string
  stop(): Promise<void>
}

// One identity provider for the whole file, as real ones do not go down with our server.
let discord: Promise<Readonly<Record<string, string>>> | undefined
async function discordVariables(): Promise<Readonly<Record<string, string>>> {
  discord ??= startFakeDiscord().then(({ apiUrl, authorizeUrl, clientId, clientSecret }) => ({
    DISCORD_API_URL: apiUrl,
    DISCORD_AUTHORIZE_URL: authorizeUrl,
    DISCORD_CLIENT_ID: clientId,
    DISCORD_CLIENT_SECRET: clientSecret,
  }))
  return await discord
}

/** Starts servers that keep everything in `store`, which is a value of `MCP_AUTH_STORE`. */
export async function startFleet(store: string, size = 1): Promise<Fleet> {
  const forwarder = await startForwarder()
  const variables = { ...(await discordVariables()), MCP_AUTH_STORE: store, MCP_AUTH_BASE_URL: forwarder.origin }
  let servers: StartedServer[] = []
  const start = async (): Promise<void> => {
    const ports = await Promise.all(Array.from({ length: size }, freePort))
    servers = ports.map((port) => startServer('discord-express', { ...variables, PORT: String(port) }))
    await Promise.all(servers.map(async ({ ready }) => await ready))
    forwarder.targets = ports
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    for (const server of servers) server.kill(signal)
    await Promise.all(servers.map(async ({ exit }) => await exit))
  }
  await start()
  return {
    forwarder,
    origin: forwarder.origin,
    async restart(signal) {
      await end(signal)
      await start()
    },
    each: () => forwarder.targets.map((port) => `http://127.0.0.1:${port}`),
    stderr: () => servers.map((server) => server.stderr()).join(''),
    stop: async () => await end('SIGTERM'),
  }
}

/** What a client has when its user is signed in. */
export interface SignedIn {
  readonly client_id: string
  readonly access_token: string
  readonly refresh_token: string
}

/** What a client sends to redeem its code. */
export type Redemption = Readonly<Record<'client_id' | 'code' | 'code_verifier' | 'redirect_uri', string>>

/** Registers a client and has a user sign in, up to the code. */
export async function authorize({ origin }: Fleet): Promise<Redemption> {
  const registration = await fetch(`${origin}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
    }),
  })
  const { client_id } = await registration.json()
  const callback = await openCallback()
  const code_verifier = randomBytes(32).toString('base64url')
  const request = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri: callback.redirectURI,
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
    scope: 'identify',
    resource: `${origin}/mcp`,
  })
  await agree(new URL(`${origin}/authorize?${request}`), callback.redirectURI, () => {}, { user: users.nelly })
  const code = (await callback.parameters).get('code') ?? ''
  callback.close()
  return { client_id, code, code_verifier, redirect_uri: callback.redirectURI }
}

/** Redeems a code at one of the servers. */
export async function redeem(origin: string, redemption: Redemption): Promise<Response> {
  return await token(origin, { grant_type: 'authorization_code', ...redemption })
}

/** Signs a user in. */
export async function signIn(fleet: Fleet): Promise<SignedIn> {
  const redemption = await authorize(fleet)
  const answer = await redeem(fleet.origin, redemption)
  if (answer.status !== 200) throw new Error(`no token: ${answer.status}`)
  return { client_id: redemption.client_id, ...(await answer.json()) }
}

/** Shows a refresh token. */
export async function refresh(origin: string, { client_id, refresh_token }: SignedIn): Promise<Response> {
  return await token(origin, { grant_type: 'refresh_token', client_id, refresh_token })
}

/** The session after a refresh that must succeed. */
export async function refreshed(origin: string, session: SignedIn): Promise<SignedIn> {
  const answer = await refresh(origin, session)
  if (answer.status !== 200) throw new Error(`not refreshed: ${answer.status}`)
  return { client_id: session.client_id, ...(await answer.json()) }
}

/** Calls the tool that says who the user is. */
export async function whoAmI(origin: string, { access_token }: SignedIn): Promise<Response> {
  const headers = {
    authorization: `Bearer ${access_token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'whoami',
  }
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', _meta } })
  return await fetch(`${origin}/mcp`, { method: 'POST', headers, body })
}

/** Revokes a token. */
export async function revoke(origin: string, { client_id, refresh_token }: SignedIn): Promise<Response> {
  return await fetch(`${origin}/revoke`, {
    method: 'POST',
    body: new URLSearchParams({ client_id, token: refresh_token }),
  })
}

/** Status of a page without a body, such as `/readyz`. */
export async function statusOf(url: string): Promise<number> {
  const answer = await fetch(url)
  await answer.text()
  return answer.status
}

async function token(origin: string, parameters: Readonly<Record<string, string>>): Promise<Response> {
  return await fetch(`${origin}/token`, { method: 'POST', body: new URLSearchParams(parameters) })
}
