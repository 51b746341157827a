/** The official SDK v1: its router with its `ProxyOAuthServerProvider`. Clients register at the IdP and get its tokens. @module */
import { ProxyOAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/providers/proxyProvider.js'
import {
  type OAuthClientInformationFull,
  OAuthClientInformationFullSchema,
} from '@modelcontextprotocol/sdk/shared/auth.js'
import { createJoseVerifier } from '../jose.ts'
import { listen, type StartServer } from '../server.ts'
import { createSDKApp, toSDKVerifier } from './sdk-app.ts'

/** Starts it. */
export const start: StartServer = async (idp) => {
  const clients = new Map<string, OAuthClientInformationFull>()
  const registrationUrl = `${idp.origin}/register`
  const provider = new ProxyOAuthServerProvider({
    endpoints: {
      authorizationUrl: `${idp.origin}/authorize`,
      tokenUrl: `${idp.origin}/token`,
      registrationUrl,
    },
    // The provider does not keep what the IdP answers, and asks for it later.
    async fetch(url, init) {
      const answer = await fetch(url, init)
      if (String(url) !== registrationUrl) return answer
      const client = OAuthClientInformationFullSchema.parse(await answer.json())
      clients.set(client.client_id, client)
      return Response.json(client, { status: answer.status })
    },
    getClient: async (id) => clients.get(id),
    verifyAccessToken: toSDKVerifier(await createJoseVerifier(idp.origin, idp.publicKey)),
  })
  return await listen(createSDKApp(provider))
}
