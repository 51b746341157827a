/**
 * The floor: what a login and a protected request take at the least, written by hand on `node:http`. It limits nothing,
 * encrypts nothing, and lets nothing expire but access tokens.
 * @module
 */
import { createHash } from 'node:crypto'
import { readBody, sendJSON } from '../http.ts'
import { type IdPAddress, listen, origin, type RunningServer } from '../server.ts'
import { loginEndpoints } from './floor-login.ts'
import {
  createFloorState,
  type Endpoint,
  type FloorOptions,
  type FloorState,
  type Grant,
  issue,
  random,
  refuse,
} from './floor-state.ts'

const challenge = `Bearer error="invalid_token", resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`

/** Starts one. */
export async function start(idp: IdPAddress, options: FloorOptions = {}): Promise<RunningServer> {
  const state = createFloorState(idp, options)
  const endpoints = new Map(Object.entries({ ...loginEndpoints(state), ...tokenEndpoints(state) }))
  return await listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', origin)
    const endpoint = endpoints.get(pathname)
    return endpoint ? endpoint(request, response, searchParams) : refuse(response)
  })
}

/** What issues tokens, and what asks for them. */
function tokenEndpoints(state: FloorState): Readonly<Record<string, Endpoint>> {
  const { grants, read } = state
  return {
    async '/token'(request, response) {
      const form = new URLSearchParams(await readBody(request))
      const found = form.has('refresh_token') ? refreshed(state, form) : redeemed(state, form)
      if (!found) return refuse(response)
      return issue(state, response, ...found)
    },
    '/mcp'({ headers: { authorization = '' } }, response) {
      const claims = authorization.startsWith('Bearer ') ? read(authorization.slice('Bearer '.length)) : undefined
      const grant = grants.get(claims?.sid ?? '')
      if (!grant || grant.clientId !== claims?.client_id) {
        return sendJSON(response, 401, { error: 'invalid_token' }, { 'www-authenticate': challenge })
      }
      return sendJSON(response, 200, { caller: claims.sub })
    },
    '/open': (_request, response) => sendJSON(response, 200, { caller: 'anybody' }),
  }
}

/** The grant of a refresh token. */
function refreshed({ grants }: FloorState, form: URLSearchParams): [string, Grant] | undefined {
  const refreshToken = form.get('refresh_token') ?? ''
  const sid = refreshToken.slice(0, refreshToken.indexOf('.'))
  const grant = grants.get(sid)
  return grant?.refreshToken === refreshToken && grant.clientId === form.get('client_id') ? [sid, grant] : undefined
}

/** The grant that a code turns into. */
function redeemed({ codes, grants }: FloorState, form: URLSearchParams): [string, Grant] | undefined {
  const code = form.get('code') ?? ''
  const pending = codes.get(code)
  codes.delete(code)
  const verifier = form.get('code_verifier') ?? ''
  const isRight =
    pending?.clientId === form.get('client_id') &&
    pending.redirectURI === form.get('redirect_uri') &&
    pending.challenge === createHash('sha256').update(verifier).digest('base64url')
  if (!isRight || !pending.user) return undefined
  const sid = random()
  const grant = { clientId: pending.clientId, user: pending.user, refreshToken: '' }
  grants.set(sid, grant)
  return [sid, grant]
}
