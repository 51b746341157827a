/** What both servers with the official SDK v1 have in common. @module */
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js'
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js'
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js'
import express, { type Express } from 'express'
import type { Verified } from '../jose.ts'
import { origin, resource, scope } from '../server.ts'

/** An application with the SDK's router, without limits of rate, and its gate. */
export function createSDKApp(provider: OAuthServerProvider): Express {
  const unlimited = { rateLimit: false } as const
  const app = express()
  app.use(
    mcpAuthRouter({
      provider,
      issuerUrl: new URL(origin),
      resourceServerUrl: new URL(resource),
      scopesSupported: [scope],
      authorizationOptions: unlimited,
      clientRegistrationOptions: unlimited,
      tokenOptions: unlimited,
    }),
  )
  const resourceMetadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`
  app.get('/mcp', requireBearerAuth({ verifier: provider, resourceMetadataUrl }), (request, response) => {
    const { auth } = request as { readonly auth?: AuthInfo }
    response.json({ caller: auth?.extra?.['sub'] })
  })
  app.get('/open', (_request, response) => {
    response.json({ caller: 'anybody' })
  })
  return app
}

/** A verifier as the SDK wants it: it throws `InvalidTokenError` for a token that is not good. */
export function toSDKVerifier(verify: (token: string) => Promise<Verified>): (token: string) => Promise<AuthInfo> {
  return async (token) => {
    const { subject, clientId, expiresAt } = await verify(token).catch((cause: unknown) => {
      throw new InvalidTokenError(cause instanceof Error ? cause.message : 'invalid')
    })
    return { token, clientId, scopes: [scope], expiresAt, resource: new URL(resource), extra: { sub: subject } }
  }
}
