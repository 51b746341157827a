/** One request on its way through a fake identity provider. @module */
import { answerApi, answerIntrospect, answerMetadata, answerUserinfo } from './api.ts'
import { answerAuthorize } from './authorize.ts'
import { findEndpoint } from './endpoints.ts'
import type { FakeIdPProfile } from './profile.ts'
import { describeRequest, distinguishRefresh, receiveRequest } from './received-request.ts'
import { object, refuse } from './refusals.ts'
import type { FakeIdPCall, FakeIdPRequest, FakeIdPState } from './state.ts'
import { answerRevoke, answerToken } from './token.ts'

/** Reads a request and finds out what it is for. */
export async function readCall(request: Request, profile: FakeIdPProfile): Promise<FakeIdPCall> {
  const received = await receiveRequest(request)
  return { ...received, endpoint: distinguishRefresh(findEndpoint(profile, received.url), received.form) }
}

/** The request as the log keeps it. */
export function describeCall(call: FakeIdPCall): FakeIdPRequest {
  return { ...describeRequest(call.endpoint, call), url: call.url.origin + call.url.pathname }
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
