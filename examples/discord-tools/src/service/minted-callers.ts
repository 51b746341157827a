/** What is different for callers with a minted access token: they never signed in, and no consent gives them more. @module */
import type { AccessDenied, AccessRule, AuthSession, McpAuth } from '@mcp-auth/core'
import { mintedClientId } from '../tokens/mint-token.ts'

/** A rule: the caller came by a Discord login. What it denies is not there for them. */
export const requireLogin: AccessRule<AuthSession> = (session) => !isMinted(session)

/**
 * The same `auth`, with another answer to minted tokens that lack a scope: it names what `mint` can give, and not the scopes
 * of a login, which `mint` refuses.
 */
export function withMintedCallers<Auth extends Pick<McpAuth, 'insufficientScope' | 'refuseAccess'>>(auth: Auth): Auth {
  return {
    ...auth,
    refuseAccess: (request, session, denials) =>
      isMinted(session) && denials.every(({ reason }) => reason === 'scope_missing')
        ? auth.insufficientScope(scopesToMint(session, denials), request)
        : auth.refuseAccess(request, session, denials),
  }
}

/** What the next token needs, to do this and all that the present one does. */
function scopesToMint({ scopes }: AuthSession, denials: readonly AccessDenied[]): readonly string[] {
  return [...new Set([...scopes, ...denials.flatMap(({ missingScopes }) => missingScopes)])]
}

function isMinted(session: AuthSession | null | undefined): session is AuthSession {
  return session?.clientId === mintedClientId
}
