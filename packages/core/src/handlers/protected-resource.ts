/** The gate in front of the MCP endpoint — RFC 6750, RFC 9728 §5. @module */
import { platform } from '#platform'
import { OAuthError } from '../errors.ts'
import { formatBearerChallenge, parseBearerToken } from '../protocol/bearer.ts'
import { type AccessTokenClaims, verifyAccessToken } from '../protocol/jwt.ts'
import { formatScope, missingScopes, type ScopeHierarchy } from '../protocol/scope.ts'
import { isLoopbackHostname } from '../protocol/uri.ts'
import { getProtectedResourceMetadataURL } from '../protocol/well-known.ts'
import type { Identity } from '../provider.ts'
import type { AuthSession } from '../session.ts'
import { emitNow, type ProxyContext } from './context.ts'
import { jsonResponse, retryAfter } from './responses.ts'

/** The part of a request that decides whether it may pass; a web `Request` is one. */
export interface RequestHead {
  readonly method: string
  readonly url: string
  readonly headers: { get(name: string): string | null }
}

/** Options of one gate. */
export interface AuthenticateOptions {
  /** Scopes every request through this gate needs. */
  readonly requiredScopes?: readonly string[]
}

/** Settings of a protected resource. */
export interface ProtectedResourceOptions {
  /** Which scopes imply which others. */
  readonly scopeHierarchy?: ScopeHierarchy
  /** Roles of a user; asked on every request, so that a change counts at once. */
  readonly roles?: ((identity: Identity) => readonly string[] | Promise<readonly string[]>) | undefined
  /** Further browser origins that may call the resource. */
  readonly allowedOrigins?: readonly string[]
  /** Further host names, besides those of issuer and resource, under which the resource may be called. */
  readonly allowedHosts?: readonly string[]
}

/** The gate. */
export interface ProtectedResource {
  /** The session of a request that may pass, or the answer to one that may not. */
  authenticate(request: RequestHead, options?: AuthenticateOptions): Promise<AuthSession | Response>
  /** @throws {OAuthError} `token_invalid`, `token_expired`, `grant_revoked`, or 503 during an outage */
  verifyAccessToken(token: string): Promise<AuthSession>
  /** The 403 that names every scope an operation needs. */
  insufficientScope(requiredScopes: readonly string[], request?: RequestHead): Response
  /** Headers a browser client needs on every answer of the resource; empty for an origin that is not allowed. */
  corsHeaders(request: RequestHead): Record<string, string>
}

/** Verified tokens remembered, so that a signature is checked once. */
const maxRememberedTokens = 10_000

const requestHeaders =
  'authorization, content-type, accept, last-event-id, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name'

/** Creates the gate. */
export function createProtectedResource(
  context: ProxyContext,
  options: ProtectedResourceOptions = {},
): ProtectedResource {
  const resourceMetadataURL = getProtectedResourceMetadataURL(context.resource)
  const own = [new URL(context.issuer), new URL(context.resource)]
  const hostnames = new Set([...own.map((url) => url.hostname), ...(options.allowedHosts ?? [])])
  const origins = new Set([...own.map((url) => url.origin), ...(options.allowedOrigins ?? [])])
  const isLocal = [...hostnames].some(isLoopbackHostname)
  const verified = new Map<string, AccessTokenClaims>()

  const isAllowedHostname = (hostname: string): boolean =>
    hostnames.has(hostname) || (isLocal && isLoopbackHostname(hostname))
  // Web pages served from the user's own machine are developer tools; the token is what protects the resource.
  const isAllowedOrigin = (origin: string): boolean =>
    origins.has(origin) || (URL.canParse(origin) && isLoopbackHostname(new URL(origin).hostname))

  const corsHeaders = (request: RequestHead): Record<string, string> => {
    const origin = request.headers.get('origin')
    if (origin === null || !isAllowedOrigin(origin)) return {}
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'WWW-Authenticate, Retry-After, Mcp-Session-Id, MCP-Protocol-Version',
      vary: 'Origin',
    }
  }
  const refuse = (error: OAuthError, request: RequestHead | undefined, withoutCredentials = false): Response => {
    emitNow(context, { type: 'request.refused', reason: error.reason, endpoint: 'resource' })
    // 5xx is our trouble and 403 for a foreign page is nobody's token: only the rest is a challenge.
    const isChallenge = [400, 401].includes(error.status) || error.reason === 'scope_insufficient'
    const challenge = formatBearerChallenge({
      error: withoutCredentials ? undefined : error.error,
      error_description: withoutCredentials ? undefined : error.message,
      scope: formatScope(error.requiredScopes ?? context.protectedResourceMetadata.scopes_supported ?? []) || undefined,
      resource_metadata: resourceMetadataURL,
    })
    return jsonResponse(
      error.status,
      withoutCredentials
        ? { error_description: error.message }
        : { error: error.error, error_description: error.message },
      {
        ...(isChallenge ? { 'www-authenticate': challenge } : {}),
        ...retryAfter(error),
        ...(request ? corsHeaders(request) : {}),
      },
    )
  }

  const claimsOf = async (token: string): Promise<AccessTokenClaims> => {
    const digest = await platform.sha256(token)
    const known = verified.get(digest)
    if (known && known.exp > context.now()) return known
    verified.delete(digest)
    const keys = (await context.keys()).verificationKeys
    const expected = { issuer: context.issuer, audience: context.resource, keys, now: context.now() }
    const claims = await verifyAccessToken(token, expected)
    if (verified.size >= maxRememberedTokens) {
      for (const oldest of verified.keys()) {
        verified.delete(oldest)
        break
      }
    }
    verified.set(digest, claims)
    return claims
  }

  const verify = async (token: string): Promise<AuthSession> => {
    const claims = await claimsOf(token)
    const stored = await context.grants.find(claims.sid)
    const grant = stored?.grant
    if (
      !stored ||
      grant?.state !== 'active' ||
      grant.clientId !== claims.client_id ||
      grant.identity.subject !== claims.sub
    ) {
      throw new OAuthError('grant_revoked')
    }
    const roles = (await options.roles?.(grant.identity)) ?? []
    return {
      token,
      clientId: claims.client_id,
      scopes: claims.scope.split(' '),
      expiresAt: claims.exp,
      resource: new URL(claims.aud),
      resourceMetadataUrl: resourceMetadataURL,
      subject: claims.sub,
      roles,
      identity: grant.identity,
      extra: { sub: claims.sub, username: grant.identity.username, roles },
      getUpstreamAccessToken: async ({ rejected } = {}) =>
        await context.upstreamAccess.accessToken(stored.id, rejected),
    }
  }

  const admit = async (request: RequestHead, required: readonly string[]): Promise<AuthSession> => {
    const credentials = parseBearerToken(request.headers.get('authorization'))
    if (credentials.kind === 'none') throw new OAuthError('token_missing')
    if (credentials.kind === 'malformed') throw new OAuthError('token_malformed')
    const session = await verify(credentials.token)
    if (missingScopes(session.scopes, required, options.scopeHierarchy).length > 0) {
      throw new OAuthError('scope_insufficient', { requiredScopes: required })
    }
    return session
  }

  const foreign = (request: RequestHead): OAuthError | undefined => {
    const host = request.headers.get('host') ?? new URL(request.url).host
    if (!isAllowedHostname(hostnameOf(host))) return new OAuthError('foreign_host')
    const origin = request.headers.get('origin')
    return origin !== null && !isAllowedOrigin(origin) ? new OAuthError('foreign_origin') : undefined
  }

  return {
    corsHeaders,
    verifyAccessToken: verify,
    insufficientScope: (requiredScopes, request) =>
      refuse(new OAuthError('scope_insufficient', { requiredScopes }), request),
    async authenticate(request, { requiredScopes = [] } = {}) {
      const stranger = foreign(request)
      if (stranger) return refuse(stranger, undefined)
      if (request.method === 'OPTIONS' && request.headers.get('access-control-request-method') !== null) {
        return preflight(corsHeaders(request))
      }
      try {
        return await admit(request, requiredScopes)
      } catch (error) {
        if (error instanceof OAuthError) return refuse(error, request, error.reason === 'token_missing')
        emitNow(context, { type: 'server.failed', endpoint: 'resource', error: errorName(error) })
        return refuse(new OAuthError('internal_error', { cause: error }), request)
      }
    },
  }
}

function preflight(cors: Record<string, string>): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...cors,
      'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
      'access-control-allow-headers': requestHeaders,
      'access-control-max-age': '600',
    },
  })
}

function hostnameOf(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
}

/** The name of what was thrown: its message may hold anything. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
