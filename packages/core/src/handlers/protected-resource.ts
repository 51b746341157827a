/** The gate in front of the MCP endpoint — RFC 6750, RFC 9728 §5. @module */
import { bindClock } from '../access/auth-session.ts'
import { type AccessDecision, type AccessDenied, denyAll, granted } from '../access/decision.ts'
import { type AccessContext, type AccessRule, decide, requireAll } from '../access/predicates.ts'
import { OAuthError } from '../errors.ts'
import { parseBearerToken } from '../protocol/bearer.ts'
import { callerOfRefusal, nameCaller } from '../protocol/refused-caller.ts'
import { missingScopes, type ScopeHierarchy } from '../protocol/scope.ts'
import type { Identity } from '../provider.ts'
import type { AuthSession } from '../session.ts'
import type { VerifiedToken } from '../verifier.ts'
import { emitNow, type ProtectedResourceDescription, type ResourceContext, type TimelessEvent } from './context.ts'
import { describeResource } from './describe-resource.ts'
import { allowedHeaders, preflight, refusalOf, refusalReasons } from './gate-answers.ts'
import { assertAuthenticateOptions } from './gate-options.ts'
import type { RequestHead } from './request-head.ts'
import { anonymousSession, createForwarding, identityOf, toSession } from './sessions.ts'
import { createVisitorCheck, type VisitorOptions } from './visitor-check.ts'

/** Options of one gate. */
export interface AuthenticateOptions {
  /** Scopes every request through this gate needs. */
  readonly requiredScopes?: readonly string[]
  /**
   * Lets requests without credentials pass, with a session that is `anonymous`: access rules decide what they may do.
   * A token that is not good is refused nevertheless. Default: `false`.
   */
  readonly allowAnonymous?: boolean
  /**
   * Who may pass, asked on every request: a missing scope answers 403 `insufficient_scope`, everything else that a
   * login does not cure 403 `access_denied`.
   */
  readonly canAccess?: AccessRule<AuthSession>
  /** Which resource this is, where there are several. Default: the one at the request's path or above it, else the first. */
  readonly resource?: string
}

/** Roles of a user; asked on every request, so that a change counts at once. */
export type RolesOf = (identity: Identity) => readonly string[] | Promise<readonly string[]>

/** Verifies tokens for a resource. @throws {OAuthError} */
export type SessionVerifier = (token: string, description: ProtectedResourceDescription) => Promise<AuthSession>

/** What a session can do beyond saying who is calling. */
export interface SessionOptions {
  readonly roles?: RolesOf | undefined
  /**
   * APIs of your own that may get the caller's access token as it came: URLs, and everything below them. Off by
   * default, and dangerous: whoever gets the token can call this server with it, and an API that takes a token that
   * was not issued for it cannot tell servers apart ([MCP security best practices, token passthrough](https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices#token-passthrough)).
   * Tokens are forwarded only by `session.forwardedAuthorization(url)`.
   */
  readonly dangerouslyForwardTokenTo?: readonly string[] | undefined
}

/** Settings of a protected resource. */
export interface ProtectedResourceOptions extends SessionOptions, VisitorOptions {
  /** Which scopes imply which others. */
  readonly scopeHierarchy?: ScopeHierarchy
  /**
   * Another way for callers to say who they are, such as an API key; asked first. `undefined`: it is not theirs to
   * decide, and the access token counts. See `apiKeys`.
   * @throws {OAuthError} to refuse the request, such as `new OAuthError('token_invalid')`
   */
  readonly authenticate?: ((request: RequestHead) => Promise<VerifiedToken | undefined>) | undefined
}

/** The gate. */
export interface ProtectedResource {
  /**
   * The session of a request that may pass, or the answer to one that may not.
   * @throws {ConfigurationError} for options that are none
   */
  authenticate(request: RequestHead, options?: AuthenticateOptions): Promise<AuthSession | Response>
  /** @throws {OAuthError} `token_invalid`, `token_expired`, `grant_revoked`, or 503 during an outage */
  verifyAccessToken(token: string, options?: Pick<AuthenticateOptions, 'resource'>): Promise<AuthSession>
  /** The 403 that names every scope an operation needs. */
  insufficientScope(requiredScopes: readonly string[], request?: RequestHead): Response
  /** The 401 that invites to sign in: for what an anonymous session may not do. */
  signInRequired(request?: RequestHead, requiredScopes?: readonly string[]): Response
  /** Asks rules, every one of which has to grant, with this server's scope hierarchy and clock. Never rejects. */
  decide(rules: readonly AccessRule<AuthSession>[], session: AuthSession | undefined): Promise<AccessDecision>
  /**
   * The answer to a request that rules denied: 401 where a login may cure it, else 403. It names every scope that is
   * missing together with those the caller has and those of every login, since some clients ask for exactly what they
   * read, and would lose the rest.
   */
  refuseAccess(request: RequestHead, session: AuthSession | undefined, denials: readonly AccessDenied[]): Response
  /** Reports an event through `onEvent`; its time is now. */
  report(event: TimelessEvent): void
  /** Headers a browser client needs on every answer of the resource; empty for an origin that is not allowed. */
  corsHeaders(request: RequestHead): Record<string, string>
}

/** Rules name few scopes; a rule that makes them up shall not fill the log. */
const maxWarnings = 100

/** Creates the gate. */
export function createProtectedResource(
  context: ResourceContext,
  verify: SessionVerifier,
  options: ProtectedResourceOptions = {},
): ProtectedResource {
  const forward = createForwarding(options.dangerouslyForwardTokenTo)
  const isForeign = createVisitorCheck(context, options)
  const headersOfPages = allowedHeaders(options.allowedHeaders)
  const corsHeaders = (request: RequestHead): Record<string, string> => {
    const origin = request.headers.get('origin')
    if (origin === null || isForeign.origin(origin)) return {}
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'WWW-Authenticate, Retry-After, Mcp-Session-Id, MCP-Protocol-Version',
      vary: 'Origin',
    }
  }
  const refuse = (
    error: OAuthError,
    description: ProtectedResourceDescription,
    request?: RequestHead,
    requiredScopes: readonly string[] = [],
  ): Response => {
    const event = { type: 'request.refused', reason: error.reason, endpoint: 'resource' } as const
    emitNow(context, { ...event, ...callerOfRefusal(error) })
    // Who signs in for this gate is asked at once for what it needs, and not only once the first token is too weak.
    const scopes = error.requiredScopes ?? [...(description.metadata.scopes_supported ?? []), ...requiredScopes]
    return refusalOf(error, [...new Set(scopes)], description.metadataURL, request ? corsHeaders(request) : {})
  }
  const accessContext = (): AccessContext => ({ scopeHierarchy: options.scopeHierarchy, now: context.now() })
  const warned = new Set<string>()
  /** Whether a rule needs a scope that nobody can get: said once, since the rule is what has to change. */
  const warnOfUnknown = (missing: readonly string[]): boolean => {
    const unknown = missing.filter((scope) => context.grantableScopes?.includes(scope) === false)
    for (const scope of unknown.filter((one) => !warned.has(one)).slice(0, maxWarnings - warned.size)) {
      warned.add(scope)
      const message = `an access rule needs the scope ${JSON.stringify(scope)}, which this server does not give: name it in optionalScopes of the provider or in serverScopes`
      emitNow(context, { type: 'configuration.warning', message })
    }
    return unknown.length > 0
  }
  const refuseAccess = (
    request: RequestHead,
    session: AuthSession | undefined,
    denials: readonly AccessDenied[],
    description = context.resources.find(({ metadataURL }) => metadataURL === session?.resourceMetadataUrl) ??
      describeResource(context, undefined, request.url),
  ): Response => {
    const { reason, missingScopes: missing } = denyAll(denials)
    const usual = description.metadata.scopes_supported ?? []
    const requiredScopes = [...new Set([...usual, ...(session?.scopes ?? []), ...missing])]
    const isCurable = !warnOfUnknown(missing) || reason !== 'scope_missing'
    const refusal = isCurable ? refusalReasons[reason] : 'access_denied'
    const error = nameCaller(new OAuthError(refusal, { requiredScopes }), session ?? {})
    return refuse(error, description, request)
  }
  /** What a login for a gate should ask for at once. */
  const scopesOf = async ({ requiredScopes = [], canAccess }: AuthenticateOptions): Promise<readonly string[]> => {
    const decision = canAccess ? await decide(canAccess, undefined, accessContext()) : granted
    return decision.granted ? requiredScopes : [...requiredScopes, ...decision.missingScopes]
  }
  /** The session of a caller whom the server's own hook knows. */
  const authenticateOwn = async (
    request: RequestHead,
    token: string,
    description: ProtectedResourceDescription,
  ): Promise<AuthSession | undefined> => {
    const verified = await options.authenticate?.(request)
    if (!verified) return undefined
    if (verified.expiresAt <= context.now()) throw nameCaller(new OAuthError('token_expired'), verified)
    const roles = verified.roles ?? (await options.roles?.(identityOf(verified))) ?? []
    return toSession(verified, token, description, { roles, forward })
  }
  const identify = async (
    request: RequestHead,
    description: ProtectedResourceDescription,
    allowAnonymous: boolean,
  ): Promise<AuthSession> => {
    const credentials = parseBearerToken(request.headers.get('authorization'))
    const own = await authenticateOwn(request, credentials.kind === 'token' ? credentials.token : '', description)
    if (own) return bindClock(own, context.now)
    if (credentials.kind === 'none' && allowAnonymous) return anonymousSession(description)
    if (credentials.kind === 'none') throw new OAuthError('token_missing')
    if (credentials.kind === 'malformed') throw new OAuthError('token_malformed')
    return bindClock(await verify(credentials.token, description), context.now)
  }
  const admit = async (
    request: RequestHead,
    description: ProtectedResourceDescription,
    { requiredScopes: required = [], allowAnonymous = false }: AuthenticateOptions,
  ): Promise<AuthSession> => {
    const session = await identify(request, description, allowAnonymous && required.length === 0)
    if (missingScopes(session.scopes, required, options.scopeHierarchy).length > 0) {
      throw nameCaller(new OAuthError('scope_insufficient', { requiredScopes: required }), session)
    }
    return session
  }

  return {
    corsHeaders,
    refuseAccess: (request, session, denials) => refuseAccess(request, session, denials),
    report: (event) => emitNow(context, event),
    // What is no rule throws inside of one, and so denies.
    decide: async (rules, session) =>
      await decide(async (...asked) => await requireAll(...rules)(...asked), session, accessContext()),
    async verifyAccessToken(token, { resource } = {}) {
      const description = describeResource(context, resource)
      const own = await authenticateOwn(headWithToken(description.resource, token), token, description)
      return bindClock(own ?? (await verify(token, description)), context.now)
    },
    insufficientScope: (requiredScopes, request) =>
      refuse(
        new OAuthError('scope_insufficient', { requiredScopes }),
        describeResource(context, undefined, request?.url),
        request,
      ),
    signInRequired: (request, requiredScopes) =>
      refuse(
        new OAuthError('token_missing', requiredScopes === undefined ? {} : { requiredScopes }),
        describeResource(context, undefined, request?.url),
        request,
      ),
    async authenticate(request, options = {}) {
      assertAuthenticateOptions(options)
      const description = describeResource(context, options.resource, request.url)
      const stranger = isForeign.request(request)
      if (stranger) return refuse(stranger, description)
      if (request.method === 'OPTIONS' && request.headers.get('access-control-request-method') !== null) {
        return preflight(corsHeaders(request), headersOfPages)
      }
      try {
        const session = await admit(request, description, options)
        if (options.canAccess === undefined) return session
        const decision = await decide(options.canAccess, session, accessContext())
        return decision.granted ? session : refuseAccess(request, session, [decision], description)
      } catch (error) {
        if (error instanceof OAuthError) return refuse(error, description, request, await scopesOf(options))
        emitNow(context, { type: 'server.failed', endpoint: 'resource', error: errorName(error) })
        return refuse(new OAuthError('internal_error', { cause: error }), description, request)
      }
    },
  }
}

/** A request that holds nothing but a token, for whoever asks about the token alone. */
function headWithToken(url: string, token: string): RequestHead {
  return { method: 'POST', url, headers: { get: (name) => (/^authorization$/i.test(name) ? `Bearer ${token}` : null) } }
}

/** The name of what was thrown: its message may hold anything. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
