/** What a fake identity provider tells about itself and its users. @module */
import { clientAuthenticationOf, isOurClient } from './client.ts'
import { endpointURL } from './endpoints.ts'
import type { FakeIdPApiEndpoint } from './profile.ts'
import { refuse } from './refusals.ts'
import { applicationOf, type FakeIdPCall, type FakeIdPGrant, type FakeIdPState, findGrant } from './state.ts'

/** Answers [userinfo](https://openid.net/specs/openid-connect-core-1_0.html#UserInfo). */
export function answerUserinfo(call: FakeIdPCall, state: FakeIdPState): Response {
  const grant = grantOf(call.request, state)
  const user = grant && state.users.get(grant.user)
  if (!grant || !user) return refuse(call, state, 401, 'invalid_token', 'Unknown or expired access token')
  const claims = { sub: user.subject, ...user.claims }
  return Response.json(state.profile.userinfo?.(claims, { grant, user, state }) ?? claims)
}

/** Answers an endpoint of the profile's API. */
export async function answerApi(
  endpoint: FakeIdPApiEndpoint,
  call: FakeIdPCall,
  state: FakeIdPState,
): Promise<Response> {
  const { method = 'GET', caller = 'bearer', scope } = endpoint
  if (call.request.method !== method) return refuse(call, state, 405, 'invalid_request', `Only ${method}`)
  const grant = caller === 'bearer' ? grantOf(call.request, state) : undefined
  if (caller === 'bearer' && !grant) return refuse(call, state, 401, 'invalid_token', 'Unknown or expired access token')
  if (caller === 'client' && !isOurClient(call, state)) return refuse(call, state, 401, 'invalid_client')
  if (scope !== undefined && grant?.scopes.includes(scope) === false) {
    return refuse(call, state, 403, 'insufficient_scope', `Needs ${scope}`)
  }
  const user = grant && state.users.get(grant.user)
  const answer: unknown = await endpoint.answer({ ...call, grant, user, state })
  if (answer instanceof Response) return answer
  return answer === undefined ? refuse(call, state, 404, '', 'Not found') : Response.json(answer)
}

function grantOf(request: Request, state: FakeIdPState): FakeIdPGrant | undefined {
  const [scheme, token = ''] = request.headers.get('authorization')?.split(' ') ?? []
  // GitHub's older scheme means the same.
  return scheme !== undefined && /^(bearer|token)$/i.test(scheme) ? findGrant(state, token) : undefined
}

/** Answers [introspection](https://www.rfc-editor.org/rfc/rfc7662): only to our application. */
export function answerIntrospect(call: FakeIdPCall, state: FakeIdPState): Response {
  if (call.request.method !== 'POST') return refuse(call, state, 405, 'invalid_request', 'Only POST')
  if (!isOurClient(call, state)) return refuse(call, state, 401, 'invalid_client')
  const grant = findGrant(state, call.form.get('token') ?? '')
  const user = grant && state.users.get(grant.user)
  if (!grant || !user) return Response.json({ active: false })
  return Response.json({
    active: true,
    iss: state.issuer,
    sub: user.subject,
    client_id: applicationOf(state),
    scope: grant.scopes.join(' '),
    exp: Math.floor(grant.expiresAt),
    token_type: 'Bearer',
    username: user.claims['preferred_username'],
  })
}

/** Answers the metadata at every well-known form, [RFC 8414 §3](https://www.rfc-editor.org/rfc/rfc8414#section-3). */
export function answerMetadata(call: FakeIdPCall, state: FakeIdPState): Response {
  const { wellKnown = ['oauth-authorization-server', 'openid-configuration'], metadata } = state.profile
  if (!wellKnown.some((name) => call.url.pathname.includes(`/.well-known/${name}`))) {
    return refuse(call, state, 404, '', 'Not found')
  }
  const document = buildMetadata(state)
  return Response.json(metadata?.(document, call, state) ?? document)
}

function buildMetadata(state: FakeIdPState): Readonly<Record<string, unknown>> {
  const { issuer, profile, settings } = state
  const at = (name: Parameters<typeof endpointURL>[2]): string | undefined => endpointURL(profile, issuer, name)
  const authentication = clientAuthenticationOf(state)
  return {
    issuer,
    authorization_endpoint: at('authorize'),
    token_endpoint: at('token'),
    revocation_endpoint: at('revoke'),
    introspection_endpoint: at('introspect'),
    userinfo_endpoint: at('userinfo'),
    jwks_uri: at('jwks'),
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [profile.algorithm ?? 'RS256'],
    token_endpoint_auth_methods_supported: authentication,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: settings.issuer !== 'absent',
  }
}
