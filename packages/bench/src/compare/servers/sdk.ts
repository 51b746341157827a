/** The official SDK v1: its router with a provider written by hand, which signs users in at the IdP. No consent page. @module */
import { randomBytes } from 'node:crypto'
import { InvalidGrantError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import type { AuthorizationParams, OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js'
import type { OAuthClientInformationFull, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import { createJoseVerifier } from '../jose.ts'
import { createTokens } from '../jwt.ts'
import { listen, origin, type StartServer, scope, tokenSeconds } from '../server.ts'
import { callByFetch, createUpstream, type UpstreamUser } from '../upstream.ts'
import { createSDKApp, toSDKVerifier } from './sdk-app.ts'

interface Transaction {
  readonly clientId: string
  readonly params: AuthorizationParams
  readonly verifier: string
}

interface Grant {
  readonly clientId: string
  readonly user: UpstreamUser
}

/** Starts it. */
export const start: StartServer = async (idp) => {
  const upstream = createUpstream(idp, callByFetch)
  const tokens = createTokens({ issuer: origin })
  const clients = new Map<string, OAuthClientInformationFull>()
  const transactions = new Map<string, Transaction>()
  const codes = new Map<string, Transaction & Grant>()
  const grants = new Map<string, Grant>()

  const issue = (grant: Grant): OAuthTokens => {
    const refreshToken = random()
    grants.set(refreshToken, grant)
    return {
      access_token: tokens.sign(grant.user.subject, grant.clientId),
      token_type: 'Bearer',
      expires_in: tokenSeconds,
      refresh_token: refreshToken,
      scope,
    }
  }
  const spend = <T extends Grant>(from: Map<string, T>, secret: string, client: OAuthClientInformationFull): T => {
    const found = from.get(secret)
    if (found?.clientId !== client.client_id) throw new InvalidGrantError('unknown')
    from.delete(secret)
    return found
  }
  const provider: OAuthServerProvider = {
    clientsStore: {
      getClient: (id) => clients.get(id),
      registerClient(client) {
        // The SDK has put the id in already; its type does not say so.
        const registered = client as OAuthClientInformationFull
        clients.set(registered.client_id, registered)
        return registered
      },
    },
    async authorize(client, params, response) {
      const id = random()
      const { url, verifier } = upstream.depart(id)
      transactions.set(id, { clientId: client.client_id, params, verifier })
      response.redirect(url)
    },
    async challengeForAuthorizationCode(_client, code) {
      return codes.get(code)?.params.codeChallenge ?? ''
    },
    exchangeAuthorizationCode: async (client, code) => issue(spend(codes, code, client)),
    exchangeRefreshToken: async (client, refreshToken) => issue(spend(grants, refreshToken, client)),
    verifyAccessToken: toSDKVerifier(await createJoseVerifier(origin, tokens.publicKey.export({ format: 'jwk' }))),
  }

  const app = createSDKApp(provider)
  app.get('/callback', async (request, response) => {
    const { searchParams } = new URL(request.url, origin)
    const id = searchParams.get('state') ?? ''
    const transaction = transactions.get(id)
    transactions.delete(id)
    if (!transaction) return void response.status(400).end()
    const user = await upstream.arrive(searchParams.get('code') ?? '', transaction.verifier)
    const code = random()
    codes.set(code, { ...transaction, user })
    const { redirectUri, state = '' } = transaction.params
    response.redirect(`${redirectUri}?${new URLSearchParams({ code, state })}`)
  })
  return await listen(app)
}

function random(): string {
  return randomBytes(32).toString('base64url')
}
