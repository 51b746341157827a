/** A server whose tokens a fake Descope issues, without a network. */
import { createRemoteOAuth, type OAuthError, type RemoteOAuth, type RemoteOAuthOptions } from '@mcp-auth/core'
import { type DescopeOptions, descope } from '@mcp-auth/provider-descope'
import {
  createFakeDescope,
  type FakeDescope,
  type FakeDescopeOptions,
  type MintOptions,
} from '@mcp-auth/provider-descope/mocks'

/** Public URL of the MCP endpoint. */
export const resource = 'https://mcp.example/mcp'

/** Ids of the project and the MCP server. */
export const ids = { projectId: 'P2TestProject0000000000000000', serverId: 'MS2TestMcpServer000000000000' } as const

/** A client id as Descope makes them. */
export const clientId: string = btoa(`${ids.projectId}:TPA2TestClient00000000000`)

/** Issuers that a token may name. */
export const issuers: { readonly project: string; readonly server: string } = {
  project: `https://api.descope.com/v1/apps/${ids.projectId}`,
  server: `https://api.descope.com/v1/apps/agentic/${ids.projectId}/${ids.serverId}`,
}

/** The server and what is around it. */
export interface Surroundings {
  readonly auth: RemoteOAuth
  readonly fake: FakeDescope
  readonly clock: { now: number }
  /** A token with exactly these claims, besides a subject and times. */
  readonly mint: (claims: Readonly<Record<string, unknown>>, options?: Omit<MintOptions, 'claims'>) => Promise<string>
  /** `ok`, or the reason of the refusal. */
  readonly judge: (token: string) => Promise<string>
}

/** Puts a server together; `fetch` reaches nothing but the fake. */
export function createSurroundings(
  options: DescopeOptions = { projectId: ids.projectId },
  more: { readonly fake?: FakeDescopeOptions; readonly server?: Partial<RemoteOAuthOptions> } = {},
): Surroundings {
  const clock = { now: 1_800_000_000 }
  const fake = createFakeDescope({ ...ids, ...more.fake, now: () => clock.now })
  const auth = createRemoteOAuth({
    baseUrl: 'https://mcp.example',
    provider: descope(options),
    now: () => clock.now,
    fetch: async (url, init) => await fake.fetch(new Request(url, init)),
    ...more.server,
  })
  return {
    auth,
    fake,
    clock,
    async mint(claims, mintOptions = {}) {
      const none = { name: undefined, email: undefined, roles: undefined, permissions: undefined, tenants: undefined }
      const common = { sub: 'U2TestUser00000000000000000', azp: clientId, scope: 'mcp:read mcp:write' }
      return await fake.mint(resource, { ...mintOptions, claims: { ...none, ...common, ...claims } })
    },
    async judge(token) {
      return await auth.verifyAccessToken(token).then(
        () => 'ok',
        (error: OAuthError) => error.reason,
      )
    },
  }
}
