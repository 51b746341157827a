/** Authorization request — RFC 6749 §4.1.1 with PKCE (RFC 7636) and resource indicators (RFC 8707). @module */
import { OAuthError } from '../errors.ts'
import type { RefusalReason } from '../refusals.ts'
import { type Parameters, parameterValues } from './form.ts'
import { isCodeChallenge } from './pkce.ts'
import { matchResource } from './resource.ts'
import { parseScope } from './scope.ts'

/** A valid request; everything later steps need is fixed here. */
export interface AuthorizationRequest {
  readonly client_id: string
  readonly redirect_uri: string
  readonly state?: string
  readonly code_challenge: string
  readonly scopes: readonly string[]
  /** The configured identifier, not the client's spelling of it. */
  readonly resource: string
}

/** What the server can grant. */
export interface AuthorizationPolicy {
  readonly resources: readonly string[]
  readonly defaultScopes: readonly string[]
  readonly supportedScopes: readonly string[]
  /** Default scopes of single resources, where they differ. */
  readonly scopesByResource?: ReadonlyMap<string, readonly string[]>
}

/**
 * Judges a request whose client and redirect URI are already known to belong together.
 * Scopes we do not know are left out; the token response names what was granted.
 * @throws {OAuthError} with the reason; whether it may travel to the client's redirect URI is the caller's decision
 * @see [RFC 6749 §4.1.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1)
 */
export function parseAuthorizationRequest(
  parameters: Parameters,
  client: { readonly client_id: string; readonly redirect_uri: string },
  policy: AuthorizationPolicy,
): AuthorizationRequest {
  const problem = unsupported(parameters)
  if (problem) throw new OAuthError(problem)
  const state = parameters.get('state')
  const resource = requestedResource(parameters, policy.resources)
  return {
    ...client,
    ...(state === undefined ? {} : { state }),
    code_challenge: requireCodeChallenge(parameters),
    scopes: requestedScopes(parameters, policy, policy.scopesByResource?.get(resource) ?? policy.defaultScopes),
    resource,
  }
}

function unsupported(parameters: Parameters): RefusalReason | undefined {
  if (parameters.has('request') || parameters.has('request_uri')) return 'request_object_unsupported'
  const type = parameters.get('response_type')
  if (type === undefined) return 'parameter_missing'
  if (type !== 'code') return 'response_type_unsupported'
  if ((parameters.get('response_mode') ?? 'query') !== 'query') return 'response_mode_unsupported'
  // Someone must look at the consent page, so a request that forbids any page cannot be met.
  return parameters.get('prompt')?.split(' ').includes('none') ? 'prompt_none' : undefined
}

function requireCodeChallenge(parameters: Parameters): string {
  const challenge = parameters.get('code_challenge')
  if (challenge === undefined) throw new OAuthError('code_challenge_missing')
  // An omitted method means plain, RFC 7636 §4.3.
  if (parameters.get('code_challenge_method') !== 'S256') throw new OAuthError('code_challenge_method')
  if (!isCodeChallenge(challenge)) throw new OAuthError('code_challenge_invalid')
  return challenge
}

function requestedScopes(
  parameters: Parameters,
  policy: AuthorizationPolicy,
  defaultScopes: readonly string[],
): string[] {
  const requested = parseScope(parameters.get('scope'))
  if (requested === undefined) throw new OAuthError('scope_malformed')
  if (requested.length === 0) return [...defaultScopes]
  const known = requested.filter((scope) => policy.supportedScopes.includes(scope))
  if (known.length === 0) throw new OAuthError('scope_invalid')
  // offline_access alone names no permission at all.
  return known.every((scope) => scope === 'offline_access') ? [...defaultScopes, ...known] : known
}

function requestedResource(parameters: Parameters, resources: readonly string[]): string {
  const matches = parameterValues(parameters, 'resource').map((value) => matchResource(value, resources))
  const [first = resources[0], ...others] = matches.length === 0 ? [resources[0]] : matches
  const one = matches.every((match) => match !== undefined) && others.every((other) => other === first)
  if (first === undefined || !one) throw new OAuthError('resource_invalid')
  return first
}
