/** One request on its way through a fake identity provider. @module */
import { answerApi, answerIntrospect, answerMetadata, answerUserinfo } from './api.ts'
import { answerAuthorize } from './authorize.ts'
import { findEndpoint } from './endpoints.ts'
import type { FakeIdPProfile } from './profile.ts'
import { object, refuse } from './refusals.ts'
import type { FakeIdPCall, FakeIdPRequest, FakeIdPState } from './state.ts'
import { answerRevoke, answerToken } from './token.ts'

/** Reads a request and finds out what it is for. */
export async function readCall(request: Request, profile: FakeIdPProfile): Promise<FakeIdPCall> {
  const url = new URL(request.url)
  // A copy: a fault that is a function may want to read the body as well.
  const body = await request.clone().text()
  const form = new URLSearchParams(body)
  const name = findEndpoint(profile, url)
  const endpoint = name === 'token' && form.get('grant_type') === 'refresh_token' ? 'refresh' : name
  return { endpoint, request, url, body, form }
}

/** The request as the log keeps it. */
export function describeCall({ endpoint, request, url, form, body }: FakeIdPCall): FakeIdPRequest {
  return {
    endpoint,
    method: request.method,
    url: url.origin + url.pathname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    form: Object.fromEntries(form),
    headers: Object.fromEntries(request.headers),
    body,
  }
}

/** What the IdP says when nothing is wrong with it. */
export async function answer(call: FakeIdPCall, state: FakeIdPState): Promise<Response> {
  const { profile } = state
  const objection = profile.checkRequest?.(call, state)
  if (objection) return object(call, state, objection)
  const own = profile.api?.[call.endpoint]
  if (own) return await answerApi(own, call, state)
  switch (call.endpoint) {
    case 'authorize':
      return answerAuthorize(call, state)
    case 'token':
    case 'refresh':
      return await answerToken(call, state)
    case 'revoke':
      return answerRevoke(call, state)
    case 'userinfo':
      return answerUserinfo(call, state)
    case 'introspect':
      return answerIntrospect(call, state)
    case 'jwks':
      return Response.json(await state.keys.published())
    case 'metadata':
      return answerMetadata(call, state)
    default:
      return refuse(call, state, 404, '', 'Not found')
  }
}
